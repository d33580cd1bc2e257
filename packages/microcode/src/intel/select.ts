/** Which Intel update a loader chooses for a CPU. Xen: xen/arch/x86/cpu/microcode/intel.c. Linux: arch/x86/kernel/cpu/microcode/intel.c. */
import type { Region } from '../bytes.js'
import { STEP_FIRST } from '../generated/policy.js'
import { modelOf } from '../model-name.js'
import type { Choice, Chosen } from '../select/choice.js'
import { type LoadRequest, mayReplace } from '../select/load.js'
import type { PassedOver } from '../select/types.js'
import type { CpuIdentity } from '../types.js'
import {
  ENTRY_SIZE,
  FIELD,
  HEADER_SIZE,
  headerSignature,
  type SignatureFields,
  TABLE_HEADER_SIZE,
  tableEntry,
} from './format.js'
import type { IntelWalk, TakenUpdate } from './verify.js'

/** An update that was chosen. */
export interface ChosenUpdate extends Chosen {
  /** As the reader took it. */
  readonly taken: TakenUpdate
}

/** Chooses as Xen: the newest of those that fit, the first of equal ones, whatever runs. */
export function chooseAsXen(
  part: Region,
  { taken, stop }: IntelWalk,
  cpu: CpuIdentity,
  request: LoadRequest,
): Choice<ChosenUpdate> {
  let found: ChosenUpdate | null = null
  for (const one of taken) {
    if (!fitsInXen(part, one, cpu)) continue
    const revision = revisionOf(part, one)
    if (found === null || mayReplace(request, found.revision, revision))
      found = { offset: one.offset, revision, taken: one }
  }
  const log = stop?.says === undefined ? [] : [`microcode: ${stop.says}`]
  return { found, notNewer: null, stop, passedOver: [], log }
}

/** Whether an update fits a CPU in Xen: one of its signatures is the CPU's, with its platform in the mask. A mask of 0 fits none. */
export function fitsInXen(part: Region, taken: TakenUpdate, cpu: CpuIdentity): boolean {
  const mask = 1 << cpu.platformId
  return signaturesInXen(part, taken).some(
    ({ signature, platformMask }) => signature === cpu.signature && (platformMask & mask) !== 0,
  )
}

/**
 * The signatures that Xen compares. It looks for the table by the size fields as they stand, though it checked them with their defaults: where
 * only one of them is 0 it sees no table, or takes the data for one. What such a table would have behind the file's end is left out.
 */
function signaturesInXen(
  { view, end }: Region,
  { offset }: TakenUpdate,
): readonly SignatureFields[] {
  const own = headerSignature(view, offset)
  const dataField = view.getUint32(offset + FIELD.dataSize, true)
  const at = offset + HEADER_SIZE + dataField
  const hasTable = view.getUint32(offset + FIELD.totalSize, true) > HEADER_SIZE + dataField
  if (!hasTable || at + TABLE_HEADER_SIZE > end) return [own]
  const room = Math.floor((end - at - TABLE_HEADER_SIZE) / ENTRY_SIZE)
  const count = Math.min(view.getUint32(at, true), room)
  return [own, ...Array.from({ length: count }, (_, index) => tableEntry(view, at, index))]
}

/** How Linux chooses. */
export interface LinuxChoiceOptions {
  /** Updates that do not declare the running revision safe are passed over. */
  readonly requireMinRevision: boolean
}

/** Chooses as Linux: the newest of those that fit and are newer than what runs, as unsigned numbers; nothing if the file has a fault. */
export function chooseAsLinux(
  part: Region,
  { taken, stop }: IntelWalk,
  cpu: CpuIdentity,
  { requireMinRevision }: LinuxChoiceOptions,
): Choice<ChosenUpdate> {
  let found: ChosenUpdate | null = null
  let notNewer: ChosenUpdate | null = null
  const passedOver: PassedOver[] = []
  for (const one of taken) {
    if (!fitsInLinux(part, one, cpu)) continue
    const revision = revisionOf(part, one)
    const chosen = { offset: one.offset, revision, taken: one }
    if (revision <= (found?.revision ?? cpu.revision >>> 0)) {
      if (found === null) notNewer ??= chosen
      continue
    }
    const why = needsStep(cpu, revision)
      ? 'step-first'
      : requireMinRevision && !declaresSafe(part, one, cpu)
        ? 'min-revision'
        : null
    if (why === null) found = chosen
    else passedOver.push({ offset: one.offset, revision, why })
  }
  if (stop !== null) found = null
  return { found, notNewer, stop, passedOver, log: [] }
}

/** Linux: a mask of 0 fits every platform. */
function fitsInLinux({ view }: Region, { offset, data, total }: TakenUpdate, cpu: CpuIdentity) {
  const mask = 1 << cpu.platformId
  const table = offset + HEADER_SIZE + data
  const count = table < offset + total ? view.getUint32(table, true) : 0
  const fits = ({ signature, platformMask }: SignatureFields) =>
    signature === cpu.signature && (platformMask === 0 || (platformMask & mask) !== 0)
  if (fits(headerSignature(view, offset))) return true
  for (let index = 0; index < count; index++) if (fits(tableEntry(view, table, index))) return true
  return false
}

/** Linux passes over updates of one model that an earlier revision must come before (GNR98). */
export function needsStep(cpu: CpuIdentity, revision: number): boolean {
  const { model, platformMask, revision: step } = STEP_FIRST
  return (
    modelOf(cpu.signature) === model &&
    (platformMask & (1 << cpu.platformId)) !== 0 &&
    cpu.revision >>> 0 < step &&
    revision > step
  )
}

function declaresSafe({ view }: Region, { offset }: TakenUpdate, { revision }: CpuIdentity) {
  const least = view.getInt32(offset + FIELD.minRevision, true)
  return least !== 0 && (revision | 0) >= least
}

function revisionOf({ view }: Region, { offset }: TakenUpdate): number {
  return view.getUint32(offset + FIELD.revision, true)
}
