/** Reads any microcode file: recognises it, finds the updates in it, and says what is wrong. */
import { isMagic } from './amd/checks.js'
import { parseAmd, parseBarePatch } from './amd/parse.js'
import { type Region, wholeOf } from './bytes.js'
import { MICROCODE_PATHS, skipZeros, splitEarlyCpio } from './cpio.js'
import type { MicrocodeFormatError } from './errors.js'
import { decodeIntelDat } from './intel/dat.js'
import { parseIntel } from './intel/parse.js'
import { recogniseMicrocode, unrecognised } from './recognise.js'
import type {
  CpioMember,
  MicrocodeFile,
  MicrocodeFormat,
  MicrocodeUpdate,
  Problem,
} from './types.js'

/** How to read a file. */
export interface ParseMicrocodeOptions {
  /** What the file is; recognised by its content if it is not said. */
  readonly format?: MicrocodeFormat
}

/**
 * Everything in a microcode file: Intel updates, binary or `.dat` text; AMD containers, or one bare patch; an early cpio archive with
 * anything behind it, of which the two files are read that Xen's `ucode=scan` and Linux would take. The updates are views of the input.
 *
 * A damaged file gives what can be read of it, and problems.
 *
 * @throws {@link MicrocodeFormatError} for an input that is none of these. With `format` it never throws.
 */
export function parseMicrocode(
  bytes: Uint8Array,
  options: ParseMicrocodeOptions = {},
): MicrocodeFile {
  const format = options.format ?? recogniseMicrocode(bytes)
  if (format === null) throw unrecognised(bytes)
  return READERS[format](bytes)
}

/** Each format's reader. */
const READERS: Readonly<Record<MicrocodeFormat, (bytes: Uint8Array) => MicrocodeFile>> = {
  intel: (bytes) => fileOf('intel', bytes, parseIntel(wholeOf(bytes))),
  'intel-dat': (bytes) => {
    const { content, problems } = decodeIntelDat(bytes)
    const intel = parseIntel(wholeOf(content))
    return fileOf('intel-dat', content, {
      updates: intel.updates,
      problems: [...problems, ...intel.problems],
    })
  },
  amd: (bytes) => {
    const region = wholeOf(bytes)
    const bare = !isMagic(region, 0) && recogniseMicrocode(bytes) === 'amd'
    return fileOf('amd', bytes, bare ? parseBarePatch(region) : parseAmd(region))
  },
  'early-cpio': readEarlyCpio,
}

/** What every reader finds; what is left out is empty. */
type Content = Partial<Omit<MicrocodeFile, 'format' | 'content'>>

function fileOf(format: MicrocodeFormat, content: Uint8Array, found: Content): MicrocodeFile {
  return { format, content, updates: [], containers: [], members: [], problems: [], ...found }
}

function readEarlyCpio(bytes: Uint8Array): MicrocodeFile {
  const { members, end } = splitEarlyCpio(bytes)
  const whole = wholeOf(bytes)
  const updates: MicrocodeUpdate[] = []
  const problems: Problem[] = [...archiveProblems(bytes, members, end)]
  const containers: MicrocodeFile['containers'][number][] = []
  for (const member of members) {
    if (member.vendor === null) continue
    const region: Region = { ...whole, start: member.offset, end: member.offset + member.size }
    problems.push(...memberProblems(member))
    const content = member.vendor === 'Intel' ? parseIntel(region) : parseAmd(region)
    updates.push(...content.updates)
    problems.push(...content.problems.map((problem) => inMember(problem, member)))
    if ('containers' in content) containers.push(...content.containers)
  }
  return fileOf('early-cpio', bytes, { updates, containers, members, problems })
}

function inMember(problem: Problem, { name }: CpioMember): Problem {
  return { ...problem, path: `${name}: ${problem.path}`, message: `${name}: ${problem.message}` }
}

function* archiveProblems(
  bytes: Uint8Array,
  members: readonly CpioMember[],
  end: number,
): Generator<Problem> {
  if (members.every(({ vendor }) => vendor === null)) {
    const message = 'The archive holds no microcode that Xen or Linux would find.'
    yield { code: 'NO_MICROCODE', severity: 'warning', message, offset: 0, path: 'archive' }
  }
  const names = Object.values(MICROCODE_PATHS)
  for (const member of members) {
    if (member.vendor !== null || !names.includes(member.name)) continue
    const message = `${member.name} at ${member.headerOffset} is not loaded: it is no regular file, or not the first of its name.`
    const [offset, path] = [member.headerOffset, member.name]
    yield { code: 'NOT_LOADED', severity: 'warning', message, offset, path }
  }
  // The scan steps by four over zeros, so what begins elsewhere is not seen.
  const rest = bytes.subarray(end)
  if (end % 4 !== 0 && splitEarlyCpio(rest).members.length > 0) {
    const message = `Another archive begins at ${end}, which is no multiple of 4: Xen and Linux do not find it.`
    yield { code: 'ODD_PADDING', severity: 'warning', message, offset: end, path: 'archive' }
  }
  if (members.length === 0 && skipZeros(bytes, 0) === bytes.length) {
    const message = 'There is nothing in the file.'
    yield { code: 'EMPTY', severity: 'warning', message, offset: 0, path: 'archive' }
  }
}

function* memberProblems(member: CpioMember): Generator<Problem> {
  const { name, vendor, offset, size, headerOffset } = member
  if (vendor !== null && name !== MICROCODE_PATHS[vendor]) {
    const message = `${name} is taken for ${MICROCODE_PATHS[vendor]}, since its name begins so.`
    const path = name
    yield { code: 'NAME_PREFIX', severity: 'warning', message, offset: headerOffset, path }
  }
  if (size === 0) {
    const message = `${name} is empty, and keeps Xen and Linux from looking for another.`
    yield { code: 'EMPTY', severity: 'warning', message, offset: headerOffset, path: name }
  }
  if (offset % 16 !== 0) {
    const message = `The data of ${name} begins at ${offset}, which is no multiple of 16: some old Linux kernels fail on it.`
    yield { code: 'DATA_UNALIGNED', severity: 'info', message, offset, path: name, found: offset }
  }
}

/** A file of a directory. */
export interface NamedBytes {
  /** Its name, for messages. */
  readonly name: string
  /** Its content. */
  readonly bytes: Uint8Array
}

/** What was found in a file of a directory. */
export interface NamedMicrocode {
  /** Its name. */
  readonly name: string
  /** What is in it; null for a file that is no microcode, such as a README or a signature. */
  readonly file: MicrocodeFile | null
  /** Why it was passed over; null if it was read. */
  readonly passedOver: MicrocodeFormatError | null
}

/** Reads the files of a directory, in the order given. What is no microcode is passed over. */
export function parseMicrocodeFiles(files: Iterable<NamedBytes>): NamedMicrocode[] {
  return Array.from(files, ({ name, bytes }) => {
    const format = recogniseMicrocode(bytes)
    return format === null
      ? { name, file: null, passedOver: unrecognised(bytes) }
      : { name, file: parseMicrocode(bytes, { format }), passedOver: null }
  })
}
