/** Reads AMD containers and bare patches, whoever may accept them. */
import { hex, type Region } from '../bytes.js'
import { dateText } from '../date.js'
import { type Fault, problemOf } from '../finding.js'
import type { AmdContainer, AmdEquivalence, AmdUpdate, Problem, UpdateSignature } from '../types.js'
import {
  EQUIVALENCE_SIZE,
  equivalenceAt,
  hasChecksum,
  LONG_HEADER,
  minRevisionOf,
  PATCH_FIELD,
  SHORT_HEADER,
  signatureOfId,
} from './format.js'
import type { AmdReader } from './readers.js'
import { type TakenPatch, walkAmd } from './verify.js'

/** What there is. */
export interface AmdContent {
  /** In the order of the file. */
  readonly updates: readonly AmdUpdate[]
  /** In the order of the file. */
  readonly containers: readonly AmdContainer[]
  /** What is wrong. */
  readonly problems: readonly Problem[]
}

/** Takes whatever has an extent: every other reader takes less. */
const TOLERANT: AmdReader = {
  rule: 'xen',
  name: '',
  container: [
    { check: 'magic' },
    { check: 'tableRoom' },
    { check: 'tableType' },
    { check: 'tableFits' },
  ],
  patch: [{ check: 'sectionRoom' }, { check: 'type' }, { check: 'fits' }, { check: 'holdsHeader' }],
  patchHeader: SHORT_HEADER,
  nextContainer: 'anywhere',
  keepsEarlier: true,
  needsPatch: false,
  knowsFamily1a: true,
}

/** Reads containers one behind the other, up to the end or the first thing whose extent cannot be known. */
export function parseAmd(region: Region): AmdContent {
  const walk = walkAmd(region, TOLERANT)
  const tables = walk.containers.map(({ offset, tableLength }) =>
    readTable(region, offset + 12, tableLength),
  )
  const containers = walk.containers.map(
    ({ offset }, index): AmdContainer => ({
      offset,
      size: (walk.containers[index + 1]?.offset ?? walk.stop?.at ?? region.end) - offset,
      equivalences: tables[index] ?? [],
    }),
  )
  const problems: Problem[] = []
  walk.containers.forEach(({ offset, tableLength }, index) => {
    for (const fault of tableFaults(offset, tableLength, tables[index] ?? []))
      problems.push(problemOf(fault, `container ${index}`, 'warning'))
  })
  const cpus = tables.map((table) => signaturesById(effective(table)))
  const updates = walk.patches.map((patch, index) => {
    const update = readPatch(region, patch, cpus[patch.container] ?? new Map())
    for (const fault of patchFaults(update))
      problems.push(problemOf(fault, `patch ${index}`, 'warning'))
    return update
  })
  if (walk.stop !== null) problems.push(problemOf(walk.stop.fault, walk.stop.path))
  return { updates, containers, problems }
}

/** A patch without a container, as MCExtractor and firmware have them. */
export function parseBarePatch(region: Region): AmdContent {
  const { start, end, view } = region
  const id = view.getUint16(start + PATCH_FIELD.equivalenceId, true)
  const equivalence = {
    offset: start + PATCH_FIELD.equivalenceId,
    signature: signatureOfId(id),
    equivalenceId: id,
    errataMask: 0,
    errataCompare: 0,
    reserved: 0,
  }
  const patch = { container: 0, offset: start, size: end - start }
  const update = { ...readPatch(region, patch, signaturesById([equivalence])), container: null }
  const problems = patchFaults(update).map((fault) => problemOf(fault, 'patch 0', 'warning'))
  return { updates: [update], containers: [], problems }
}

/** True for bytes that may be a bare patch: a date, a kind of data and an id that patches have. */
export function looksLikeBarePatch({ view, start, end }: Region): boolean {
  if (end - start < LONG_HEADER) return false
  const date = view.getUint32(start, true)
  const dataId = view.getUint16(start + PATCH_FIELD.dataId, true)
  const [year, day, month] = [date & 0xffff, (date >>> 16) & 0xff, date >>> 24]
  return (
    /^(199|20[0-9])[0-9]$/.test(year.toString(16)) &&
    isBcd(day, 0x31) &&
    isBcd(month, 0x31) && // two patches have day and month swapped
    dataId >= 0x8000 &&
    dataId <= 0x80ff &&
    view.getUint32(start + PATCH_FIELD.patchId, true) !== 0
  )
}

function isBcd(byte: number, most: number): boolean {
  return byte > 0 && byte <= most && (byte & 0xf) <= 9
}

function readTable({ view }: Region, at: number, length: number): AmdEquivalence[] {
  return Array.from({ length: Math.floor(length / EQUIVALENCE_SIZE) }, (_, index) =>
    equivalenceAt(view, at + EQUIVALENCE_SIZE * index),
  )
}

/** The entries before the first that is zero: Xen looks no further. */
function effective(table: readonly AmdEquivalence[]): readonly AmdEquivalence[] {
  const end = table.findIndex(({ signature }) => signature === 0)
  return end < 0 ? table : table.slice(0, end)
}

function tableFaults(offset: number, length: number, table: readonly AmdEquivalence[]): Fault[] {
  const faults: Fault[] = []
  const end = offset + 12 + length
  if (length % EQUIVALENCE_SIZE !== 0) {
    const why = `the ${length} bytes of its table are no whole entries of 16`
    faults.push({ code: 'TABLE_LENGTH', field: 'table.length', offset: offset + 8, why })
  }
  const used = effective(table).length
  if (used === table.length) {
    const why =
      'its table does not end with an entry of zeros, without which Xen before 4.20 refuses it'
    faults.push({ code: 'TABLE_UNTERMINATED', field: 'table', offset: end, why })
  } else if (table.slice(used).some(({ signature }) => signature !== 0)) {
    const at = table[used]?.offset ?? end
    const why = 'an entry of zeros hides those behind it from Xen'
    faults.push({ code: 'TABLE_HIDES_ENTRIES', field: 'table', offset: at, why })
  }
  return faults
}

function readPatch(
  { bytes, view, sum }: Region,
  { container, offset, size }: TakenPatch,
  cpus: ReadonlyMap<number, readonly UpdateSignature[]>,
): AmdUpdate {
  const byte = (field: keyof typeof PATCH_FIELD) => view.getUint8(offset + PATCH_FIELD[field])
  const half = (field: keyof typeof PATCH_FIELD) =>
    view.getUint16(offset + PATCH_FIELD[field], true)
  const word = (field: keyof typeof PATCH_FIELD) =>
    view.getUint32(offset + PATCH_FIELD[field], true)
  const [id, patchId, checksum] = [half('equivalenceId'), word('patchId'), word('checksum')]
  const minRevision = minRevisionOf(id, patchId, checksum)
  const summed = hasChecksum(id) && size >= LONG_HEADER
  return {
    vendor: 'AMD',
    revision: patchId,
    date: dateText(word('date')),
    offset,
    size,
    signatures: cpus.get(id) ?? [],
    ...(minRevision !== undefined && { minRevision }),
    bytes: bytes.subarray(offset, offset + size),
    container,
    equivalenceId: id,
    dataId: half('dataId'),
    dataLength: byte('dataLength'),
    initFlag: byte('initFlag'),
    checksum,
    checksumOk: summed
      ? sum(offset + LONG_HEADER, Math.floor((size - LONG_HEADER) / 4)) === checksum
      : null,
    northBridgeId: word('northBridgeId'),
    southBridgeId: word('southBridgeId'),
    northBridgeRevision: byte('northBridgeRevision'),
    southBridgeRevision: byte('southBridgeRevision'),
    biosApiRevision: byte('biosApiRevision'),
  }
}

/** The CPUs of each id: patches of one id share them, however long a table is. */
function signaturesById(
  table: readonly AmdEquivalence[],
): ReadonlyMap<number, readonly UpdateSignature[]> {
  const cpus = new Map<number, UpdateSignature[]>()
  for (const { equivalenceId, signature, offset } of table) {
    const entry = { signature, platformMask: 0, checksumOk: true, offset }
    const known = cpus.get(equivalenceId)
    if (known === undefined) cpus.set(equivalenceId, [entry])
    else known.push(entry)
  }
  return cpus
}

function patchFaults(update: AmdUpdate): Fault[] {
  const faults: Fault[] = []
  const { offset, equivalenceId, checksum, checksumOk, signatures } = update
  if (checksumOk === false) {
    const why = `the sum of what follows its header is not ${hex(checksum, 8)}`
    const at = offset + PATCH_FIELD.checksum
    faults.push({ code: 'CHECKSUM', field: 'checksum', offset: at, why, found: checksum })
  }
  if (signatures.length === 0) {
    const why = `no CPU of its container's table has its id ${hex(equivalenceId, 4)}`
    const at = offset + PATCH_FIELD.equivalenceId
    const found = equivalenceId
    faults.push({ code: 'NO_CPU', field: 'equivalenceId', offset: at, why, found })
  }
  return faults
}
