/** What a foreseen hypercall comes to on single CPUs: what each one's load returns, and what it runs afterwards. */
import { fitsInXen } from '../intel/select.js'
import type { CpuFailure, LateLoadRun } from '../rendezvous/types.js'
import { judgeLoad, type OfferedUpdate } from '../select/load.js'
import { loadRequest, type XenChoice, type XenRequest } from '../select/xen.js'
import { type ModelPlaces, takesPart } from './topology.js'
import type { CpuOutcome, HostCpu, LateLoadHost, OutcomeOptions } from './types.js'

/** What a CPU's load returns. */
type LoadErrno = Exclude<CpuOutcome['load'], null>

/** What was found out about file and CPUs before they meet. */
export interface Judged {
  /** How Xen was asked. */
  readonly request: XenRequest
  /** What CPU 0 chose. */
  readonly chosen: XenChoice
  /** CPU 0. */
  readonly first: HostCpu
  /** Where the CPUs are in the model. */
  readonly places: ModelPlaces
  /** What each one's load returns, by number. */
  readonly loads: readonly LoadErrno[]
}

/** What the load of every CPU of a host returns. */
export function loadsOf(
  { request, chosen, first }: Omit<Judged, 'loads' | 'places'>,
  { cpus }: LateLoadHost,
  { hardware = 'loads' }: OutcomeOptions,
): LoadErrno[] {
  return cpus.map((cpu) => {
    const { found } = chosen
    if (found === null) return 'ENOENT'
    if (!fitsOn(request, chosen, first, cpu)) return 'EINVAL'
    const { errno } = judgeLoad(loadRequest(request, cpu), cpu, found)
    if (errno !== 'OK' || hardware === 'loads') return errno
    return cpu.revision >>> 0 === found.revision ? 'OK' : 'EIO'
  })
}

/** Whether an update that CPU 0 chose is for another CPU too. */
function fitsOn({ known }: XenRequest, chosen: XenChoice, first: HostCpu, cpu: HostCpu): boolean {
  if (cpu.vendor !== first.vendor) return false
  if (cpu.vendor === 'AMD') return !known.rules.fitsBySignature || cpu.signature === first.signature
  const { part, found } = chosen
  return part !== null && found?.taken !== undefined && fitsInXen(part, found.taken, cpu)
}

/** The CPUs that do not load, as the model is told of them. */
export function failuresOf({ loads, places }: Judged): CpuFailure[] {
  return loads.flatMap((errno, cpu) => {
    const place = places.places[cpu]
    return place === undefined || errno === 'OK' || errno === 'ENODEV'
      ? []
      : [{ cpu: place, errno }]
  })
}

/** What became of a CPU where the call ended before anything was read. */
export function untouched(cpu: HostCpu, number: number): CpuOutcome {
  const before = cpu.revision >>> 0
  const online = takesPart(cpu)
  return { cpu: number, online, before, after: before, whenOnline: null, load: null }
}

/** What became of a CPU. */
export function cpuOutcome(
  judged: Judged,
  run: Pick<LateLoadRun, 'revisions' | 'nrCores' | 'cachedRevision'>,
  cpus: readonly HostCpu[],
  number: number,
): CpuOutcome | null {
  const cpu = cpus[number]
  if (cpu === undefined) return null
  const { places, chosen, request, loads } = judged
  const before = cpu.revision >>> 0
  const online = takesPart(cpu)
  const everyThread = cpu.vendor === 'AMD' && request.known.rules.everyThreadOnAmd
  const leader = places.leaders[number] ?? null
  // Threads of one Intel core have one revision, whether Xen uses them or not.
  const writer = cpu.vendor === 'Intel' && leader !== null ? leader : number
  const known = run.revisions[places.places[writer] ?? 0]
  const after = chosen.found !== null && known === chosen.found.revision ? known : before
  return {
    cpu: number,
    online,
    before,
    after,
    whenOnline: online ? null : broughtUp(judged, cpu, after, run.cachedRevision),
    load:
      run.nrCores > 0 && online && (everyThread || leader === number)
        ? (loads[number] ?? null)
        : null,
  }
}

/** What a CPU runs that comes up later: it is given what is in the cache, without flags. */
function broughtUp(
  { request, chosen }: Judged,
  cpu: HostCpu,
  revision: number,
  cached: number | null,
): number {
  if (cached === null) return revision
  const offered: OfferedUpdate =
    chosen.found?.revision === cached ? chosen.found : { revision: cached }
  const plain = { ...loadRequest(request, cpu), force: false }
  return judgeLoad(plain, { ...cpu, revision }, offered).errno === 'OK' ? cached : revision
}
