/** Reads Intel updates, whoever may accept them. */
import type { Region } from '../bytes.js'
import { dateText } from '../date.js'
import { type Fault, problemOf } from '../finding.js'
import type { IntelUpdate, Problem, UpdateSignature } from '../types.js'
import { type Candidate, candidateAt, INTEL_CHECKS, type IntelCheck } from './checks.js'
import {
  FIELD,
  HEADER_SIZE,
  headerSignature,
  metadataBlocks,
  plainSignature,
  signatureSum,
  sizesAt,
  sizesByManual,
  sizesByXen,
  tableEntry,
} from './format.js'

/** What there is. */
export interface IntelContent {
  /** In the order of the file. */
  readonly updates: readonly IntelUpdate[]
  /** What is wrong. */
  readonly problems: readonly Problem[]
}

/** Without these nothing can be said of an update, nor where the next one is. */
const ESSENTIAL: readonly IntelCheck[] = ['headerRoom', 'headerVersion', 'totalFits', 'dataInTotal']

/** Everything else that should hold of an update that can be read. */
const DESIRABLE: readonly IntelCheck[] = [
  'loaderVersion',
  'totalInKibibytes',
  'dataInWords',
  'checksum',
  'tableSize',
  'tableCount',
  'tableSum',
  'entrySums',
  'dateReal',
  'revisionThere',
]

/** Reads updates one behind the other, up to the end or the first whose extent cannot be known. */
export function parseIntel(region: Region): IntelContent {
  const updates: IntelUpdate[] = []
  const problems: Problem[] = []
  for (let offset = region.start; offset < region.end; ) {
    const path = `update ${updates.length}`
    const candidate = candidateAt(region, offset, sizesByManual)
    const fatal = firstFault(candidate, ESSENTIAL)
    if (fatal !== null) {
      problems.push(problemOf(fatal, path))
      break
    }
    const faults = allFaults(candidate, DESIRABLE)
    for (const fault of faults) problems.push(problemOf(fault, path))
    const dispute = disputedSizes(candidate)
    if (dispute !== null) problems.push(problemOf(dispute, path, 'warning'))
    updates.push(readUpdate(candidate, new Set(faults.map(({ code }) => code))))
    offset += candidate.total
  }
  return { updates, problems }
}

function firstFault(candidate: Candidate, checks: readonly IntelCheck[]): Fault | null {
  for (const check of checks) {
    const fault = INTEL_CHECKS[check](candidate)
    if (fault !== null) return fault
  }
  return null
}

/** Every fault, where a later check may rely on an earlier one only within the table. */
function allFaults(candidate: Candidate, checks: readonly IntelCheck[]): Fault[] {
  const faults: Fault[] = []
  let tableReadable = true
  for (const check of checks) {
    if ((check === 'tableCount' || check === 'tableSum' || check === 'entrySums') && !tableReadable)
      continue
    const fault = INTEL_CHECKS[check](candidate)
    if (fault === null) continue
    faults.push(fault)
    if (fault.code === 'TABLE_SIZE') tableReadable = false
  }
  return faults
}

/** Xen gives each size its default on its own, the others both or none. */
function disputedSizes({ region, offset, data, total }: Candidate): Fault | null {
  const xen = sizesAt(region.view, offset, sizesByXen)
  if (xen.data === data && xen.total === total) return null
  return {
    code: 'SIZES_DISPUTED',
    field: 'totalSize',
    offset: offset + FIELD.totalSize,
    why: `Xen reads its sizes as ${xen.data} and ${xen.total} bytes, Linux and iucode_tool as ${data} and ${total}`,
    expected: total,
    found: xen.total,
  }
}

function readUpdate(candidate: Candidate, faults: ReadonlySet<string>): IntelUpdate {
  const { region, offset, data, total } = candidate
  const { bytes, view } = region
  const field = (name: keyof typeof FIELD) => view.getUint32(offset + FIELD[name], true)
  const end = offset + HEADER_SIZE + data
  const metadataSize = field('metadataSize')
  const minRevision = field('minRevision')
  const checksumOk = !faults.has('CHECKSUM')
  const table = readTable(candidate, faults)
  return {
    vendor: 'Intel',
    revision: field('revision'),
    date: dateText(field('date')),
    offset,
    size: total,
    signatures: [plainSignature(headerSignature(view, offset), checksumOk), ...table.signatures],
    ...(minRevision !== 0 && { minRevision }),
    bytes: bytes.subarray(offset, offset + total),
    headerVersion: field('headerVersion'),
    loaderVersion: field('loaderVersion'),
    preProduction: field('revision') >= 0x8000_0000,
    dataSize: data,
    sizeFields: { data: field('dataSize'), total: field('totalSize') },
    checksum: field('checksum'),
    checksumOk,
    extendedTable: table.head,
    metadata: metadataSize <= data ? metadataBlocks(bytes, view, end, metadataSize) : [],
  }
}

/** The table's entries; none if its size or count cannot be right. */
function readTable(
  { region, offset, data, total }: Candidate,
  faults: ReadonlySet<string>,
): { head: IntelUpdate['extendedTable']; signatures: UpdateSignature[] } {
  const at = offset + HEADER_SIZE + data
  if (at === offset + total || faults.has('TABLE_SIZE')) return { head: null, signatures: [] }
  const count = faults.has('TABLE_COUNT') ? 0 : region.view.getUint32(at, true)
  const sum = signatureSum(headerSignature(region.view, offset))
  const signatures = Array.from({ length: count }, (_, index) => {
    const entry = tableEntry(region.view, at, index)
    return plainSignature(entry, signatureSum(entry) === sum)
  })
  return { head: { offset: at, count, checksumOk: !faults.has('TABLE_CHECKSUM') }, signatures }
}
