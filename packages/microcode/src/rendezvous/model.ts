/** A request made ready to be stepped through: who takes part, in which role, by which programs, and what each load would come to. */
import type { MicrocodeVendor } from '../types.js'
import { type LateLoadErrno, LateLoadRequestError } from './errors.js'
import {
  CONTROL,
  controlThread,
  type Program,
  primaryHandler,
  primaryThread,
  primaryThreadInNmi,
  secondaryHandler,
  secondaryThread,
} from './programs.js'
import { type LateLoadRelease, lateLoadRelease } from './releases.js'
import { type LoadRequest, wouldWrite } from './revisions.js'
import type {
  CpuList,
  FailureList,
  LateLoadOptions,
  LateLoadRole,
  LateLoadTopology,
  LateLoadVariant,
} from './types.js'
import { base, EXTERNAL_TO_COME, give, LOAD_ERROR, RUNS_NEW, wordCount } from './words.js'

/** What a CPU's load would come to. */
interface LoadOutcome {
  readonly kind: 'writes' | 'fails' | 'hangs' | 'not-newer'
  /** Index of {@link Model.errors}. */
  readonly error: number
}

/** A request made ready. CPUs are counted anew over those that are online; {@link cpus} has their numbers. */
export interface Model {
  /** The release and its rules. */
  readonly known: LateLoadRelease
  /** How a CPU decides whether to write. */
  readonly request: LoadRequest
  /** The flags of the hypercall, as given. */
  readonly flags: number
  /** Number of every CPU that takes part, the control CPU first. */
  readonly cpus: readonly number[]
  /** Part of each. */
  readonly roles: readonly LateLoadRole[]
  /** CPUs that are to write. */
  readonly primaries: number
  /** The first CPU that takes part of each one's core. */
  readonly firstOfCore: readonly number[]
  /** What each thread does. */
  readonly threads: readonly Program[]
  /** What each NMI handler does; null where NMIs are left to Xen's usual handler. */
  readonly handlers: readonly (Program | null)[]
  /** What the load of each comes to: with the old revision, with the new one. */
  readonly loads: readonly (readonly [LoadOutcome, LoadOutcome])[]
  /** Return codes that can occur; the first is OK. */
  readonly errors: readonly LateLoadErrno[]
  /** By index of {@link errors}: whether that result on the control CPU ends the load. */
  readonly aborts: readonly boolean[]
  /** Where the control CPU goes when it ends the load early. */
  readonly whenAborted: number
  /** What comes to find the load over returns; index of {@link errors}. */
  readonly tooLateError: number
  /** The call-in's time-out; index of {@link errors}. */
  readonly timeoutError: number
  /** Whose own NMI never comes. */
  readonly losesNmi: readonly boolean[]
  /** Revisions as 32 unsigned bits: the old, the new. */
  readonly revisions: readonly [old: number, offered: number]
  /** The moment before anything happened. */
  readonly start: Uint16Array
}

const LARGEST = 4096

/** The CPUs of a list. @throws {@link LateLoadRequestError} `LATE_LOAD_CPU` for one that the machine has not. */
function cpuSet(list: CpuList | undefined, count: number): ReadonlySet<number> {
  const cpus = new Set(list === undefined ? [] : [list].flat())
  for (const cpu of cpus) {
    if (Number.isInteger(cpu) && cpu >= 0 && cpu < count) continue
    throw new LateLoadRequestError({
      code: 'LATE_LOAD_CPU',
      message: `There is no CPU ${cpu}: this machine has CPUs 0 to ${count - 1}.`,
      details: { cpu, count },
    })
  }
  return cpus
}

/** The failures of a list, by CPU. */
function failureMap(
  list: FailureList | undefined,
  count: number,
): ReadonlyMap<number, LateLoadErrno> {
  const failures = new Map(
    (list === undefined ? [] : [list].flat()).map((failure): [number, LateLoadErrno] =>
      typeof failure === 'number' ? [failure, 'EIO'] : [failure.cpu, failure.errno],
    ),
  )
  cpuSet([...failures.keys()], count)
  return failures
}

function cpuCount({ cores, threadsPerCore }: LateLoadTopology): number {
  const count = cores * threadsPerCore
  if (![cores, threadsPerCore, count].every((n) => Number.isInteger(n) && n >= 1 && n <= LARGEST)) {
    throw new LateLoadRequestError({
      code: 'LATE_LOAD_TOPOLOGY',
      message: `${cores} cores of ${threadsPerCore} threads are no machine that can be modelled: say whole numbers, with 1 to ${LARGEST} CPUs in all.`,
      details: { cores, threadsPerCore },
    })
  }
  return count
}

/** The vendors, by name in lower case: tools write it in either. */
const VENDORS: ReadonlyMap<string, MicrocodeVendor> = /* @__PURE__ */ new Map([
  ['intel', 'Intel'],
  ['amd', 'AMD'],
])

function vendorOf(name: string): MicrocodeVendor {
  const vendor = VENDORS.get(name.toLowerCase())
  if (vendor !== undefined) return vendor
  throw new LateLoadRequestError({
    code: 'LATE_LOAD_TOPOLOGY',
    message: `Xen loads no microcode into CPUs of ${JSON.stringify(name.slice(0, 40))}: say Intel or AMD.`,
    details: { vendor: name },
  })
}

/** The machine of a request, whoever is online. */
export interface Machine {
  /** CPUs, online or not. */
  readonly count: number
  /** CPUs that run the new revision already. */
  readonly alreadyNew: ReadonlySet<number>
  /** CPUs that are not online. */
  readonly offline: ReadonlySet<number>
}

/** The machine of a request. @throws {@link LateLoadRequestError} for one that cannot be. */
export function machineOf(topology: LateLoadTopology): Machine {
  const count = cpuCount(topology)
  const offline = cpuSet(topology.offline, count)
  if (offline.size === count) {
    throw new LateLoadRequestError({
      code: 'LATE_LOAD_TOPOLOGY',
      message: 'Every CPU is offline: somebody has to make the call.',
      details: { count },
    })
  }
  return { count, offline, alreadyNew: cpuSet(topology.alreadyNew, count) }
}

/** Makes a request ready. @throws {@link LateLoadRequestError}, {@link LateLoadReleaseError} */
export function makeModel(topology: LateLoadTopology, options: LateLoadOptions): Model {
  const known = lateLoadRelease(options.release ?? '4.23-dev')
  const { count, offline, alreadyNew } = machineOf(topology)
  const { threadsPerCore } = topology
  const vendor = vendorOf(topology.vendor)
  const cpus = Array.from({ length: count }, (_, cpu) => cpu).filter((cpu) => !offline.has(cpu))
  const coreOf = (cpu: number) => Math.floor(cpu / threadsPerCore)
  const firstOfCore = cpus.map((cpu) => cpus.findIndex((other) => coreOf(other) === coreOf(cpu)))
  const everyThread = vendor === 'AMD' && known.rules.everyThreadOnAmd
  const roles = cpus.map((_, index): LateLoadRole => {
    if (index === 0) return 'control'
    return everyThread || firstOfCore[index] === index ? 'primary' : 'secondary'
  })
  const failing = failureMap(options.failing, count)
  const leftOver = failureMap(options.leftOver, count)
  const { rules } = known
  const errors: LateLoadErrno[] = [
    ...new Set<LateLoadErrno>([
      'OK',
      'EBUSY',
      rules.notNewer,
      ...failing.values(),
      ...leftOver.values(),
    ]),
  ]
  const indexOf = (errno: LateLoadErrno) => errors.indexOf(errno)
  const request = requestOf(vendor, known, options)
  const revisions: [number, number] = [
    (options.oldRevision ?? 0x10) >>> 0,
    (options.newRevision ?? 0x20) >>> 0,
  ]
  const hung = cpuSet(options.hung, count)
  const loadOf = (cpu: number, present: number): LoadOutcome => {
    if (!wouldWrite(request, present, revisions[1])) {
      return { kind: 'not-newer', error: indexOf(rules.notNewer) }
    }
    if (hung.has(cpu)) return { kind: 'hangs', error: 0 }
    const errno = failing.get(cpu) ?? 'OK'
    return { kind: errno === 'OK' ? 'writes' : 'fails', error: indexOf(errno) }
  }
  const lost = cpuSet(options.lostNmi, count)
  const external = cpuSet(options.externalNmi, count)
  cpuSet(options.lateNmi, count)
  const whenAborted = rules.unwindsAfterAbort ? CONTROL.exit : CONTROL.exitOnly
  const start = new Uint16Array(wordCount(cpus.length))
  cpus.forEach((cpu, index) => {
    if (alreadyNew.has(cpu)) give(start, index, RUNS_NEW)
    if (external.has(cpu)) give(start, index, EXTERNAL_TO_COME)
    start[base(index) + LOAD_ERROR] = indexOf(leftOver.get(cpu) ?? 'OK')
  })
  return {
    known,
    request,
    flags: Number(options.force ?? false),
    cpus,
    roles,
    primaries: roles.filter((role) => role !== 'secondary').length,
    firstOfCore,
    ...programsOf(roles, options.nmi ?? true, options.variant ?? 'xen', whenAborted),
    loads: cpus.map((cpu) => [loadOf(cpu, revisions[0]), loadOf(cpu, revisions[1])]),
    errors,
    aborts: errors.map((errno) => (rules.anyErrorAborts ? errno !== 'OK' : errno === 'EIO')),
    whenAborted,
    tooLateError: indexOf(rules.abortIsNoError ? 'OK' : 'EBUSY'),
    timeoutError: indexOf('EBUSY'),
    losesNmi: cpus.map((cpu) => lost.has(cpu)),
    revisions,
    start,
  }
}

function requestOf(
  vendor: MicrocodeVendor,
  { rules }: LateLoadRelease,
  { force = false, allowSame = false }: LateLoadOptions,
): LoadRequest {
  return { vendor, rules, force: rules.hasFlags && (Number(force) & 1) === 1, allowSame }
}

function programsOf(
  roles: readonly LateLoadRole[],
  inNmi: boolean,
  variant: LateLoadVariant,
  whenAborted: number,
): { threads: Program[]; handlers: (Program | null)[] } {
  const waiting = secondaryHandler(variant === 'handler-waits-for-primaries')
  // The callback leaves alone whoever has yet to write outside it: a CPU that waited here could not do so.
  const notOurs = variant === 'handler-holds-everyone' ? waiting : null
  const threads = {
    control: controlThread(whenAborted),
    primary: inNmi ? primaryThreadInNmi() : primaryThread(),
    secondary: secondaryThread(),
  }
  const handlers = {
    control: notOurs,
    primary: inNmi ? primaryHandler() : notOurs,
    secondary: waiting,
  }
  return {
    threads: roles.map((role) => threads[role]),
    handlers: roles.map((role) => handlers[role]),
  }
}
