/** What each CPU does, step by step: a program for its thread, and one for its NMI handler. Xen's are in core.c. */
import {
  awaitCallIn,
  awaitExit,
  awaitExitInHandler,
  awaitOut,
  awaitState,
  callIn,
  copyRevision,
  countOut,
  countOutAndDecide,
  load,
  lookAtOut,
  type Operation,
  prepare,
  returns,
  sendNmi,
  setState,
  unwind,
} from './operations.js'
import { CALLIN, DONE, ENTER, EXIT, LEAVE, LOAD_ERROR, RETURN } from './words.js'

/** Steps; a step names the next by its number. */
export type Program = readonly Operation[]

/** The places of the control CPU's program that time-outs begin from and lead to. */
export const CONTROL = { awaitCallIn: 3, awaitOut: 8, exit: 9, return: 11, exitOnly: 12 } as const

/** control_thread_fn. */
export function controlThread(whenAborted: number): Program {
  return [
    /*  0 */ prepare(1),
    /*  1 */ setState(CALLIN, 'open-call-in', 2),
    /*  2 */ callIn(CONTROL.awaitCallIn),
    /*  3 */ awaitCallIn(4),
    /*  4 */ load(RETURN, 5),
    /*  5 */ countOutAndDecide(6, whenAborted),
    /*  6 */ setState(ENTER, 'open-enter', 7),
    /*  7 */ lookAtOut(CONTROL.awaitOut, CONTROL.exit),
    /*  8 */ awaitOut(7),
    /*  9 */ setState(EXIT, 'open-exit', 10),
    /* 10 */ unwind(CONTROL.return),
    /* 11 */ returns(RETURN, DONE),
    /* 12 */ setState(EXIT, 'open-exit', CONTROL.return),
  ]
}

/** primary_thread_fn with ucode=nmi: the work is done in the handler. */
export function primaryThreadInNmi(): Program {
  return [
    /* 0 */ awaitState(CALLIN, 'see-call-in', 1, { result: RETURN, next: 4 }),
    /* 1 */ sendNmi(2),
    /* 2 */ awaitExit(3),
    /* 3 */ returns(LOAD_ERROR, DONE),
    /* 4 */ returns(RETURN, DONE),
  ]
}

/** primary_thread_fn with ucode=no-nmi. */
export function primaryThread(): Program {
  return [
    /* 0 */ awaitState(CALLIN, 'see-call-in', 1, { result: RETURN, next: 5 }),
    /* 1 */ callIn(2),
    /* 2 */ awaitState(ENTER, 'see-enter', 3, { result: RETURN, next: 5 }),
    /* 3 */ load(RETURN, 4),
    /* 4 */ countOut(5),
    /* 5 */ returns(RETURN, DONE),
  ]
}

/** secondary_thread_fn. */
export function secondaryThread(): Program {
  return [
    /* 0 */ awaitState(CALLIN, 'see-call-in', 1, { result: RETURN, next: 5 }),
    /* 1 */ sendNmi(2),
    /* 2 */ awaitExit(3),
    /* 3 */ copyRevision(4),
    /* 4 */ returns(LOAD_ERROR, DONE),
    /* 5 */ returns(RETURN, DONE),
  ]
}

/** primary_thread_work in microcode_nmi_callback. */
export function primaryHandler(): Program {
  return [
    /* 0 */ callIn(1),
    /* 1 */ awaitState(ENTER, 'see-enter', 2, { result: LOAD_ERROR, next: LEAVE }),
    /* 2 */ load(LOAD_ERROR, 3),
    /* 3 */ countOut(LEAVE),
  ]
}

/** secondary_nmi_work in microcode_nmi_callback. */
export function secondaryHandler(forPrimaries: boolean): Program {
  return [/* 0 */ callIn(1), /* 1 */ awaitExitInHandler(forPrimaries, LEAVE)]
}
