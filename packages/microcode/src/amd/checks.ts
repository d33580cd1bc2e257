/** Everything that some reader of AMD containers checks, each on its own; who checks what stands in readers.ts. */
import { hex, leftText, type Region } from '../bytes.js'
import type { Fault } from '../finding.js'
import {
  EQUIVALENCE_SIZE,
  familyOfId,
  MAGIC,
  PATCH_FIELD,
  SECTION,
  SECTION_HEADER,
} from './format.js'

/** A container that may be one, at its magic. */
export interface ContainerCandidate {
  /** The file. */
  readonly region: Region
  /** Where its magic would be. */
  readonly offset: number
  /** Bytes from there to the end of the file. */
  readonly remaining: number
}

/** A patch that may be one, at the header of its section. */
export interface PatchCandidate extends ContainerCandidate {
  /** Bytes that the reader takes for a patch's header. */
  readonly headerSize: number
}

/** The magic of a container is at `offset`. */
export function isMagic({ view, end }: Region, offset: number): boolean {
  return offset + 4 <= end && view.getUint32(offset, true) === MAGIC
}

/** Bytes of the table of a container whose header is there. */
export function tableLength({ region, offset }: ContainerCandidate): number {
  return region.view.getUint32(offset + 8, true)
}

/** Bytes of a patch whose section's header is there. */
export function patchLength({ region, offset }: ContainerCandidate): number {
  return region.view.getUint32(offset + 4, true)
}

function room(
  { remaining, offset }: ContainerCandidate,
  needed: number,
  what: string,
): Fault | null {
  if (remaining >= needed) return null
  const why = `${leftText(remaining)}, ${what} has ${needed}`
  return {
    code: 'TRUNCATED_HEADER',
    field: '',
    offset,
    why,
    expected: needed,
    found: remaining,
  }
}

function tableFault(candidate: ContainerCandidate, code: string, why: string, expected: string) {
  const found = tableLength(candidate)
  return { code, field: 'table.length', offset: candidate.offset + 8, why, expected, found }
}

function lengthFault(candidate: ContainerCandidate, code: string, why: string, expected: string) {
  const found = patchLength(candidate)
  return { code, field: 'length', offset: candidate.offset + 4, why, expected, found }
}

function typeFault(
  { region, offset }: ContainerCandidate,
  at: number,
  field: string,
  expected: number,
) {
  const found = region.view.getUint32(offset + at, true)
  const why = `its type is ${found}, that of a ${expected === SECTION.table ? 'table' : 'patch'} is ${expected}`
  return found === expected
    ? null
    : { code: 'SECTION_TYPE', field, offset: offset + at, why, expected, found }
}

/** The last word that an old Xen reads of a table as its last CPU: before the container if the table is empty. */
function lastCpu({ region, offset, ...rest }: ContainerCandidate): number | null {
  const at = offset + 12 + tableLength({ region, offset, ...rest }) - EQUIVALENCE_SIZE
  return at < 0 ? null : region.view.getUint32(at, true)
}

/** What each check of a container finds; null if it passes. Checks may rely on those before them in every reader's order. */
export const CONTAINER_CHECKS = {
  /** The magic is there. */
  magic: (candidate: ContainerCandidate): Fault | null => {
    const { region, offset, remaining } = candidate
    if (remaining < 4) return room(candidate, 4, 'the magic of a container')
    const found = region.view.getUint32(offset, true)
    if (found === MAGIC) return null
    const why = `there is ${hex(found, 8)} instead of the magic ${hex(MAGIC, 8)} of a container`
    return { code: 'MAGIC', field: 'magic', offset, why, expected: MAGIC, found }
  },
  /** Room for the header of the table. */
  tableRoom: (candidate: ContainerCandidate) =>
    room(candidate, 12, 'a magic with the header of a table'),
  /** Room for more than that. */
  moreThanTableRoom: (candidate: ContainerCandidate) =>
    room(candidate, 13, 'a container with anything in it'),
  /** The first section is a table. */
  tableType: (candidate: ContainerCandidate) =>
    typeFault(candidate, 4, 'table.type', SECTION.table),
  /** The whole table is there. */
  tableFits: (candidate: ContainerCandidate): Fault | null => {
    const left = candidate.remaining - 12
    const length = tableLength(candidate)
    if (length <= left) return null
    const why = `its table says ${length} bytes, ${leftText(left)}`
    return tableFault(candidate, 'TRUNCATED', why, `at most ${left}`)
  },
  /** Whole entries. */
  tableInEntries: (candidate: ContainerCandidate): Fault | null => {
    if (tableLength(candidate) % EQUIVALENCE_SIZE === 0) return null
    const why = `the ${tableLength(candidate)} bytes of its table are no whole entries of 16`
    return tableFault(candidate, 'TABLE_LENGTH', why, 'a multiple of 16')
  },
  /** At least one entry. */
  tableHasEntry: (candidate: ContainerCandidate): Fault | null => {
    if (tableLength(candidate) >= EQUIVALENCE_SIZE) return null
    const why = `its table of ${tableLength(candidate)} bytes has no entry`
    return tableFault(candidate, 'TABLE_LENGTH', why, 'at least 16')
  },
  /** The last entry is zero. */
  tableEndsWithZero: (candidate: ContainerCandidate): Fault | null => {
    if (lastCpu(candidate) === 0) return null
    const why =
      tableLength(candidate) === 0
        ? 'its table is empty, and what stands before the container is taken for its last entry'
        : 'its table does not end with an entry of zeros'
    return tableFault(candidate, 'TABLE_UNTERMINATED', why, 'a last entry of zeros')
  },
} as const satisfies Readonly<Record<string, (candidate: ContainerCandidate) => Fault | null>>

/** The largest patches that Linux takes by family; from 15h on there is no limit, for others none is right. */
const LINUX_PATCH_SIZES: readonly (readonly [family: number, bytes: number])[] = [
  [0x10, 2048],
  [0x11, 2048],
  [0x12, 2048],
  [0x14, 1824],
]

/** What each check of a patch finds; null if it passes. Checks may rely on those before them in every reader's order. */
export const PATCH_CHECKS = {
  /** Room for the header of a section. */
  sectionRoom: (candidate: PatchCandidate) =>
    room(candidate, SECTION_HEADER, 'the header of a patch'),
  /** It is a patch. */
  type: (candidate: PatchCandidate) => typeFault(candidate, 0, 'type', SECTION.patch),
  /** The whole patch is there. */
  fits: (candidate: PatchCandidate): Fault | null => {
    const left = candidate.remaining - SECTION_HEADER
    const length = patchLength(candidate)
    if (length <= left) return null
    const why = `it says ${length} bytes, ${leftText(left)}`
    return lengthFault(candidate, 'TRUNCATED', why, `at most ${left}`)
  },
  /** It has a header. */
  holdsHeader: (candidate: PatchCandidate): Fault | null => {
    const length = patchLength(candidate)
    if (length >= candidate.headerSize) return null
    const why = `its ${length} bytes have no room for a header of ${candidate.headerSize}`
    return lengthFault(candidate, 'TOO_SHORT', why, `at least ${candidate.headerSize}`)
  },
  /** Not larger than Linux takes for the patch's own family. */
  sizeInLinux: (candidate: PatchCandidate): Fault | null => {
    const at = candidate.offset + SECTION_HEADER + PATCH_FIELD.equivalenceId
    const family = familyOfId(candidate.region.view.getUint16(at, true))
    const most = LINUX_PATCH_SIZES.find(([known]) => known === family)?.[1] ?? 0
    if (family >= 0x15 || patchLength(candidate) <= most) return null
    const why = `it has ${patchLength(candidate)} bytes, more than ${most} for family ${family.toString(16)}h`
    return lengthFault(candidate, 'PATCH_TOO_LARGE', why, `at most ${most}`)
  },
  /** It is for no chipset. */
  noChipset: ({ region, offset }: PatchCandidate): Fault | null => {
    for (const field of ['northBridgeId', 'southBridgeId'] as const) {
      const at = offset + SECTION_HEADER + PATCH_FIELD[field]
      const found = region.view.getUint32(at, true)
      if (found === 0) continue
      const why = `it is for the chipset ${hex(found, 8)} alone`
      return { code: 'CHIPSET', field, offset: at, why, expected: 0, found }
    }
    return null
  },
} as const satisfies Readonly<Record<string, (candidate: PatchCandidate) => Fault | null>>

/** The name of a check of containers. */
export type ContainerCheck = keyof typeof CONTAINER_CHECKS

/** The name of a check of patches. */
export type PatchCheck = keyof typeof PATCH_CHECKS
