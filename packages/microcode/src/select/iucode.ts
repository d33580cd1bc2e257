/** What iucode_tool selects for a CPU by `-s signature,mask`, and which of it the CPU should get. */
import { wholeOf } from '../bytes.js'
import { IUCODE_STRICT } from '../intel/readers.js'
import { type IucodeRun, runIucode } from '../peers/iucode.js'
import type { CpuIdentity } from '../types.js'
import { selectedBecause } from './reasons.js'
import type { Source } from './source.js'
import { declaredOf, type FileSelection, type Select } from './xen.js'

/** What `-s` leaves of a run's selection. Several updates may be left, and the first listed is not always the newest. */
export interface IucodeFilter {
  /** CPUID leaf 1, eax. */
  readonly signature: number
  /** Bits of which an update needs one; an update without a mask has none. */
  readonly platformMask: number
  /** Updates must be above this revision, as a signed number; all may stay by default. */
  readonly newerThan?: number
}

/** The entries of a run that `-s` leaves, in its order. */
export function filterIucode(run: IucodeRun, filter: IucodeFilter): IucodeRun['selected'] {
  const { signature, platformMask, newerThan } = filter
  return run.selected.filter(
    (entry) =>
      entry.signature === signature &&
      (entry.platformMask & platformMask) !== 0 &&
      (newerThan === undefined || (entry.revision | 0) > (newerThan | 0)),
  )
}

/** The newest that iucode_tool selects for a CPU. It knows no AMD. */
export function selectAsIucode(): Select {
  return (source, cpu) => {
    const chosen = choose(source, cpu)
    const base = {
      ...chosen,
      revision:
        chosen.errno === 'OK' ? (chosen.update?.revision ?? cpu.revision) : cpu.revision >>> 0,
      passedOver: [],
      lateLoad: declaredOf(chosen.update, cpu),
      log: [],
      bootLog: [],
      consumer: 'iucode_tool',
      evidence: 'recorded',
    } as const
    return { ...base, reason: selectedBecause(base, cpu) }
  }
}

function choose(
  source: Source,
  cpu: CpuIdentity,
): Pick<FileSelection, 'update' | 'errno' | 'code' | 'stop'> {
  const nothing = { update: null, stop: null }
  if (cpu.vendor !== 'Intel') return { ...nothing, errno: 'ENOENT', code: 'NOTHING_FITS' }
  const run = runIucode(source.bytes)
  const [stop = null] = run.findings
  if (stop !== null && run.exit !== 0)
    return { update: null, stop, errno: 'EINVAL', code: 'DAMAGED' }
  const { signature, platformId } = cpu
  const fitting = filterIucode(run, { signature, platformMask: 1 << platformId })
  const [first] = fitting
  if (first === undefined) {
    const code = source.bytes.length === 0 ? 'EMPTY' : 'NOTHING_FITS'
    return { ...nothing, errno: 'ENOENT', code }
  }
  const newest = fitting.reduce((best, entry) =>
    (entry.revision | 0) > (best.revision | 0) ? entry : best,
  )
  const part = wholeOf(source.bytes)
  const offset = run.all.find(({ index }) => index === newest.index)?.offset
  const taken = source
    .walkIntel(part, IUCODE_STRICT)
    .taken.find((candidate) => candidate.offset === offset)
  const update = taken === undefined ? null : source.intelUpdate(part, taken)
  const order = (newest.revision | 0) - (cpu.revision | 0)
  if (order > 0) return { update, stop, errno: 'OK', code: 'CHOSEN' }
  return { update, stop, errno: 'EEXIST', code: order === 0 ? 'SAME_REVISION' : 'OLDER_REVISION' }
}
