/** Everything that some reader of Intel updates checks, each on its own; who checks what, and in which order, stands in readers.ts. */
import { hex, leftText, type Region } from '../bytes.js'
import type { Fault } from '../finding.js'
import {
  ENTRY_SIZE,
  FIELD,
  HEADER_SIZE,
  headerSignature,
  type SizeRule,
  signatureSum,
  sizesAt,
  TABLE_HEADER_SIZE,
  tableEntry,
} from './format.js'

/** Bytes below which iucode_tool believes in no update. */
export const SMALLEST_UPDATE = 1024

/** An update that may be one: what a reader sees of it. */
export interface Candidate {
  /** The file. */
  readonly region: Region
  /** Where it would begin. */
  readonly offset: number
  /** Bytes from there to the end of the file. */
  readonly remaining: number
  /** Bytes of data as this reader counts; 0 if the header is not whole. */
  readonly data: number
  /** Bytes in all as this reader counts; 0 if the header is not whole. */
  readonly total: number
}

/** The candidate at `offset`, with sizes by a reader's rule. */
export function candidateAt(region: Region, offset: number, rule: SizeRule): Candidate {
  const remaining = region.end - offset
  const sizes = remaining < HEADER_SIZE ? { data: 0, total: 0 } : sizesAt(region.view, offset, rule)
  return { region, offset, remaining, ...sizes }
}

/** A word of the header. */
function word({ region, offset }: Candidate, field: number): number {
  return region.view.getUint32(offset + field, true)
}

/** Where the table of further signatures begins, and its bytes; there is none if those are 0. */
function tableOf({ offset, data, total }: Candidate): { at: number; size: number } {
  return { at: offset + HEADER_SIZE + data, size: total - HEADER_SIZE - data }
}

/** Entries that fit into a table of this size. */
function entriesIn(size: number): number {
  return (size - TABLE_HEADER_SIZE) / ENTRY_SIZE
}

function fault(
  code: string,
  [field, offset]: readonly [field: string, offset: number],
  why: string,
  values: { readonly expected?: number | string; readonly found?: number | string } = {},
): Fault {
  return { code, field, offset, why, ...values }
}

function totalFault(candidate: Candidate, why: string, expected: string): Fault {
  const at = ['totalSize', candidate.offset + FIELD.totalSize] as const
  return fault('TOTAL_SIZE', at, why, { expected, found: candidate.total })
}

function dataFault(candidate: Candidate, why: string, expected: string): Fault {
  const at = ['dataSize', candidate.offset + FIELD.dataSize] as const
  return fault('DATA_SIZE', at, why, { expected, found: candidate.data })
}

function versionFault(candidate: Candidate, field: 'headerVersion' | 'loaderVersion') {
  const found = word(candidate, FIELD[field])
  const code = field === 'headerVersion' ? 'HEADER_VERSION' : 'LOADER_VERSION'
  const at = [field, candidate.offset + FIELD[field]] as const
  return found === 1
    ? null
    : fault(code, at, `${field} is ${hex(found)}, in microcode it is 1`, { expected: 1, found })
}

function sumFault(candidate: Candidate, words: number): Fault | null {
  const found = candidate.region.sum(candidate.offset, words)
  const at = ['checksum', candidate.offset + FIELD.checksum] as const
  return found === 0
    ? null
    : fault('CHECKSUM', at, `the sum of header and data is ${hex(found)}, not 0`, {
        expected: 0,
        found,
      })
}

function countFault(candidate: Candidate): Fault {
  const { at, size } = tableOf(candidate)
  const [found, expected] = [candidate.region.view.getUint32(at, true), entriesIn(size)]
  const why = `the table says ${found} entries, its ${size} bytes hold ${expected}`
  return fault('TABLE_COUNT', ['table.count', at], why, { expected, found })
}

function isDecimal(word: number): boolean {
  return !/[a-f]/.test(word.toString(16))
}

/** What each check finds; null if the update passes. Checks may rely on those that stand before them in every reader's order. */
export const INTEL_CHECKS = {
  /** Room for a header. */
  headerRoom: (candidate: Candidate) =>
    candidate.remaining >= HEADER_SIZE
      ? null
      : fault(
          'TRUNCATED_HEADER',
          ['', candidate.offset],
          `${leftText(candidate.remaining)}, a header has ${HEADER_SIZE}`,
          { expected: HEADER_SIZE, found: candidate.remaining },
        ),
  /** Room for the smallest update there can be. */
  updateRoom: (candidate: Candidate) =>
    candidate.remaining >= SMALLEST_UPDATE
      ? null
      : fault(
          'TOO_SHORT',
          ['', candidate.offset],
          `${leftText(candidate.remaining)}, the smallest update has ${SMALLEST_UPDATE}`,
          { expected: SMALLEST_UPDATE, found: candidate.remaining },
        ),
  /** 1; In-Field Scan images have 2. */
  headerVersion: (candidate: Candidate) => versionFault(candidate, 'headerVersion'),
  /** 1. */
  loaderVersion: (candidate: Candidate) => versionFault(candidate, 'loaderVersion'),
  /** The whole update is there. */
  totalFits: (candidate: Candidate) =>
    candidate.total <= candidate.remaining
      ? null
      : fault(
          'TRUNCATED',
          ['totalSize', candidate.offset + FIELD.totalSize],
          `it says ${candidate.total} bytes, ${leftText(candidate.remaining)}`,
          { expected: candidate.remaining, found: candidate.total },
        ),
  /** Not smaller than its own header. */
  totalHoldsHeader: (candidate: Candidate) =>
    candidate.total >= HEADER_SIZE
      ? null
      : totalFault(
          candidate,
          `its ${candidate.total} bytes have no room for the header`,
          'at least 48',
        ),
  /** Whole kibibytes, as the manual has it. */
  totalInKibibytes: (candidate: Candidate) =>
    candidate.total % 1024 === 0
      ? null
      : totalFault(
          candidate,
          `its ${candidate.total} bytes are not a multiple of 1024`,
          'a multiple of 1024',
        ),
  /** Whole words. */
  totalInWords: (candidate: Candidate) =>
    candidate.total % 4 === 0
      ? null
      : totalFault(
          candidate,
          `its ${candidate.total} bytes are not a multiple of 4`,
          'a multiple of 4',
        ),
  /** Whole words of data. */
  dataInWords: (candidate: Candidate) =>
    candidate.data % 4 === 0
      ? null
      : dataFault(
          candidate,
          `its ${candidate.data} bytes of data are not a multiple of 4`,
          'a multiple of 4',
        ),
  /** At least as much data as header. */
  dataLikeHeader: (candidate: Candidate) =>
    candidate.data >= HEADER_SIZE
      ? null
      : dataFault(
          candidate,
          `its ${candidate.data} bytes of data are fewer than ${HEADER_SIZE}`,
          'at least 48',
        ),
  /** Header and data fit into the total. */
  dataInTotal: (candidate: Candidate) =>
    HEADER_SIZE + candidate.data <= candidate.total
      ? null
      : dataFault(
          candidate,
          `a header and ${candidate.data} bytes of data do not fit into ${candidate.total}`,
          `at most ${candidate.total - HEADER_SIZE}`,
        ),
  /** Header and data add up to 0; bytes behind the last whole word are left out. */
  checksum: (candidate: Candidate) =>
    sumFault(candidate, Math.floor((HEADER_SIZE + candidate.data) / 4)),
  /** The same, with a last word that may reach past the data. */
  checksumRoundedUp: (candidate: Candidate) =>
    sumFault(candidate, Math.ceil((HEADER_SIZE + candidate.data) / 4)),
  /** What is left behind the data has the size of a table, or is nothing. */
  tableSize: (candidate: Candidate) => {
    const { at, size } = tableOf(candidate)
    if (size === 0 || (size >= TABLE_HEADER_SIZE && Number.isInteger(entriesIn(size)))) return null
    const why = `${size} bytes behind the data are no table of signatures, which has 20 and 12 for each entry`
    return fault('TABLE_SIZE', ['table', at], why, { expected: '20 + 12n bytes', found: size })
  },
  /** As many entries as there is room for. */
  tableCount: (candidate: Candidate) => {
    const { at, size } = tableOf(candidate)
    return size === 0 || candidate.region.view.getUint32(at, true) === entriesIn(size)
      ? null
      : countFault(candidate)
  },
  /** The same, multiplied in 32 bits: too many by 0x40000000 passes. */
  tableCountIn32Bits: (candidate: Candidate) => {
    const { at, size } = tableOf(candidate)
    if (size === 0) return null
    const count = candidate.region.view.getUint32(at, true)
    const bytes = (Math.imul(count, ENTRY_SIZE) + TABLE_HEADER_SIZE) >>> 0
    return bytes === size ? null : countFault(candidate)
  },
  /** Who multiplied in 32 bits now reads entries that are not there. */
  tableCountWraps: (candidate: Candidate) => {
    const { at, size } = tableOf(candidate)
    if (size === 0 || candidate.region.view.getUint32(at, true) === entriesIn(size)) return null
    return { ...countFault(candidate), code: 'TABLE_COUNT_WRAPS' }
  },
  /** The table adds up to 0. */
  tableSum: (candidate: Candidate) => {
    const { at, size } = tableOf(candidate)
    const found = candidate.region.sum(at, Math.floor(size / 4))
    const why = `the sum of the table is ${hex(found)}, not 0`
    return found === 0
      ? null
      : fault('TABLE_CHECKSUM', ['table.checksum', at + 4], why, { expected: 0, found })
  },
  /** Each entry's checksum is the one that the header would need. */
  entrySums: (candidate: Candidate) => {
    const { at, size } = tableOf(candidate)
    const count = size === 0 ? 0 : entriesIn(size)
    const { view } = candidate.region
    const sum = signatureSum(headerSignature(view, candidate.offset))
    for (let index = 0; index < count; index++) {
      const entry = tableEntry(view, at, index)
      if (signatureSum(entry) === sum) continue
      const expected = (sum - entry.signature - entry.platformMask) >>> 0
      const why = `the checksum of signature ${hex(entry.signature, 8)} is ${hex(entry.checksum, 8)}, not ${hex(expected, 8)}`
      const place = [`table.entries.${index}.checksum`, entry.offset + 8] as const
      return fault('ENTRY_CHECKSUM', place, why, { expected, found: entry.checksum })
    }
    return null
  },
  /** There is a date. */
  dateThere: (candidate: Candidate) =>
    word(candidate, FIELD.date) !== 0
      ? null
      : fault('DATE', ['date', candidate.offset + FIELD.date], 'it has no date', {
          expected: 'a date',
          found: 0,
        }),
  /** Decimal, from 1995 on, day 1 to 31, month 1 to 12: whether the month has that day is not asked. */
  dateReal: (candidate: Candidate) => {
    const found = word(candidate, FIELD.date)
    const [year, day, month] = [found & 0xffff, (found >>> 16) & 0xff, found >>> 24]
    const real =
      isDecimal(found) && year >= 0x1995 && day >= 1 && day <= 0x31 && month >= 1 && month <= 0x12
    return real
      ? null
      : fault(
          'DATE',
          ['date', candidate.offset + FIELD.date],
          `its date ${hex(found, 8)} is none, read as month, day and year`,
          { expected: 'MMDDYYYY from 1995 on', found },
        )
  },
  /** There is a revision. */
  revisionThere: (candidate: Candidate) =>
    word(candidate, FIELD.revision) !== 0
      ? null
      : fault('REVISION', ['revision', candidate.offset + FIELD.revision], 'its revision is 0', {
          expected: 'not 0',
          found: 0,
        }),
} as const satisfies Readonly<Record<string, (candidate: Candidate) => Fault | null>>

/** The name of a check. */
export type IntelCheck = keyof typeof INTEL_CHECKS
