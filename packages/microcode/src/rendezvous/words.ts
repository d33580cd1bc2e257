/**
 * How a moment of the rendezvous is stored: 16-bit words, so that moments can be compared, hashed and kept by the million. First what all
 * CPUs share, then the words of each.
 */
import type { LateLoadState } from './types.js'

/** The states of the rendezvous, by their word; it begins with 0. */
export const STATES: readonly LateLoadState[] = ['PREPARE', 'CALLIN', 'ENTER', 'EXIT']
/** All may call in. */
export const CALLIN = 1
/** Primaries may write. */
export const ENTER = 2
/** The load is over. */
export const EXIT = 3

/** Shared words. The state of the rendezvous. */
export const STATE = 0
/** How many have called in; who has is a bit of each CPU, so that calling in twice counts once. */
export const CALLED_IN = 1
/** How many have counted themselves out. */
export const OUT = 2
/** How many loads succeeded. */
export const UPDATED = 3
/** The last error that a CPU returned (stop_machine's fn_result), as an index of the model's errors. */
export const RESULT = 4
/** The count of OUT that the control CPU has seen. */
export const SEEN_OUT = 5
/** Bits: see below. */
export const FLAGS = 6
const SHARED = 7

/** The watchdog is off. */
export const WATCHDOG_OFF = 1
/** NMIs come to the rendezvous' handler first. */
export const HANDLER_TAKEN = 2
/** The hypervisor has stopped itself. */
export const PANICKED = 4

/** Words of a CPU, from {@link base}. The place in its thread's program. */
export const THREAD = 0
/** The place in its NMI handler's program plus one; 0 outside the handler. */
export const HANDLER = 1
/** What its thread is to return, as an index of the model's errors. */
export const RETURN = 2
/** What its handler's load returned (loading_err). */
export const LOAD_ERROR = 3
/** Bits: see below. */
export const BITS = 4
const PER_CPU = 5

/** An NMI waits to be taken. */
export const NMI_PENDING = 1
/** An NMI from elsewhere may still come. */
export const EXTERNAL_TO_COME = 2
/** It is counted among those that have called in. */
export const HAS_CALLED_IN = 4
/** It has written the MSR. */
export const HAS_WRITTEN = 8
/** What Xen knows of its revision is the offered one. */
export const RUNS_NEW = 16

/** Places outside every program. The thread has returned. */
export const DONE = 200
/** An MSR write that does not come back. */
export const HUNG = 201
/** The end of the handler's program. */
export const LEAVE = 202

/** Where the words of a CPU begin. */
export function base(cpu: number): number {
  return SHARED + cpu * PER_CPU
}

/** Words of a moment. */
export function wordCount(cpus: number): number {
  return SHARED + cpus * PER_CPU
}

/** One word; 0 outside, where none is ever read. */
export function at(words: Uint16Array, index: number): number {
  return words[index] ?? 0
}

/** Adds to a word. */
export function add(words: Uint16Array, index: number, amount: number): void {
  words[index] = at(words, index) + amount
}

/** Whether a CPU has a bit. */
export function has(words: Uint16Array, cpu: number, bit: number): boolean {
  return (at(words, base(cpu) + BITS) & bit) !== 0
}

/** Gives a CPU a bit. */
export function give(words: Uint16Array, cpu: number, bit: number): void {
  words[base(cpu) + BITS] = at(words, base(cpu) + BITS) | bit
}

/** Takes a bit from a CPU. */
export function take(words: Uint16Array, cpu: number, bit: number): void {
  words[base(cpu) + BITS] = at(words, base(cpu) + BITS) & ~bit
}
