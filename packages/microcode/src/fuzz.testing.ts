/** Structured fuzzing of everything that reads microcode: sound files with fields set to what hurts, cut, repeated and joined. */
import { pick, type Random, randomOf } from '../../cpuid/src/random.testing.js'
import { makeAmdPatch } from './amd/patches.testing.js'
import { encodeAmdContainer, encodeAmdContainers } from './amd/write.js'
import { splitEarlyCpio } from './cpio.js'
import { replaceEarlyCpio } from './cpio-replace.js'
import { buildEarlyCpio } from './cpio-write.js'
import { MicrocodeFormatError } from './errors.js'
import { parseMicrocode } from './file.js'
import { makeIntelUpdate } from './intel/updates.testing.js'
import { encodeIntel, encodeIntelDat } from './intel/write.js'
import { runAmdUcodeInfo } from './peers/amd-ucode-info.js'
import { runGnuCpio } from './peers/gnu-cpio.js'
import { runIucode } from './peers/iucode.js'
import type { MicrocodeFile, MicrocodeVendor } from './types.js'
import { explainMicrocode, verifyMicrocode } from './verify.js'
import { joined } from './verify.testing.js'

/** Words that sizes, counts and offsets are wrong with. */
const WORDS = [
  0, 1, 2, 3, 4, 11, 12, 16, 20, 31, 32, 44, 47, 48, 49, 63, 64, 1000, 1023, 1024, 2000, 2047, 2048,
  4096, 0x0041_4d44, 0x4000_0002, 0x7fff_ffff, 0x8000_0000, 0xffff_fc00, 0xffff_ffd0, 0xffff_fff0,
  0xffff_fff8, 0xffff_fffc, 0xffff_ffff,
]

/** Sound files of every form, small enough that a run is quick. */
function soundFiles(): Uint8Array[] {
  const small = makeIntelUpdate({ dataSize: 1024 - 48 })
  const tabled = makeIntelUpdate({
    dataSize: 1024 - 48 - 44,
    revision: 5,
    metadata: [[3, new Uint8Array(4)]],
    table: [
      [0x0009_0672, 7],
      [0x000b_06f2, 3],
    ],
  })
  const old = makeIntelUpdate({ defaultSizes: true, platformMask: 0 })
  const equivalences = [
    { signature: 0x0010_0f43, equivalenceId: 0x1043 },
    { signature: 0x0080_0f12, equivalenceId: 0x8012 },
  ]
  const patches = [
    makeAmdPatch({ equivalenceId: 0x1043, size: 128 }),
    makeAmdPatch({ size: 200, seed: 3 }),
  ]
  const amd = encodeAmdContainer({ patches, equivalences })
  const intel = joined(small, tabled)
  return [
    small,
    intel,
    joined(old, tabled, small),
    amd,
    joined(amd, amd),
    patches[0] ?? amd,
    buildEarlyCpio({ intel, amd }),
    joined(buildEarlyCpio({ amd, form: 'mini' }), buildEarlyCpio({ intel, form: 'mini' })),
    new TextEncoder().encode(encodeIntelDat([small])),
  ]
}

/** Sound files of every form. */
export const SOUND_MICROCODE: readonly Uint8Array[] = soundFiles()

function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.length + 1)
  const near = random(3) === 0 ? random(Math.min(bytes.length, 128) + 1) : at
  const word = random(2) === 0 ? pick(random, WORDS) : random(0xffff_ffff)
  const four = new Uint8Array([word, word >>> 8, word >>> 16, word >>> 24])
  const length = random(70)
  switch (random(8)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return joined(bytes.subarray(0, near), bytes.subarray(near + length))
    case 2:
      return joined(bytes.subarray(0, near), four, bytes.subarray(near))
    case 3:
      return joined(bytes, bytes.subarray(at, at + length))
    case 4:
      return joined(
        bytes.subarray(0, near),
        new Uint8Array([random(256)]),
        bytes.subarray(near + 1),
      )
    default: {
      const place = near & ~3
      const put =
        random(5) === 0 ? new TextEncoder().encode(word.toString(16).padStart(8, '0')) : four
      return joined(bytes.subarray(0, place), put, bytes.subarray(place + put.length))
    }
  }
}

/** A sound file with one to four things done to it. */
export function damagedMicrocode(random: Random): Uint8Array {
  let bytes = pick(random, SOUND_MICROCODE)
  for (let steps = random(4); steps >= 0; steps--) bytes = mutated(bytes, random)
  return bytes.slice()
}

/** What one run feeds. */
export interface MicrocodeInput {
  /** A file. */
  readonly bytes: Uint8Array
  /** Where it begins in its buffer. */
  readonly shift: number
  /** Seed of the ways of asking: all of them take longer and find no more. */
  readonly choice: number
}

/** Makes what one run feeds. An odd start in its buffer now and then: sums must not care. */
export function microcodeInput(random: Random): MicrocodeInput {
  return { bytes: damagedMicrocode(random), shift: random(4), choice: random(2 ** 32) }
}

/** Feeds it; throws where something misbehaves, and returns what must be the same for the same input. */
export function checkMicrocode({ bytes, shift, choice }: MicrocodeInput): unknown {
  const shifted = joined(new Uint8Array(shift), bytes).subarray(shift)
  const answer = check(shifted, randomOf(choice))
  if (Buffer.compare(bytes, shifted) !== 0) throw new Error('the input was changed')
  return answer
}

/** Runs `runs` inputs through everything and returns how many it ran; throws on the first that misbehaves. */
export function fuzzMicrocode(runs: number, seed = 1): number {
  for (let run = 0; run < runs; run++) {
    const input = microcodeInput(randomOf(seed, run))
    try {
      checkMicrocode(input)
    } catch (cause) {
      const bytes = Buffer.from(input.bytes).toString('base64')
      throw new Error(`run ${run} of seed ${seed} misbehaves: ${bytes}`, { cause })
    }
  }
  return runs
}

function check(bytes: Uint8Array, random: Random): unknown {
  const file = parsed(bytes)
  checkVerdicts(bytes, file, random(2) === 0 ? 'Intel' : 'AMD')
  const format = pick(random, ['intel', 'amd', 'early-cpio'] as const)
  checkMicrocodeFile(parseMicrocode(bytes, { format }))
  checkArchive(bytes)
  for (const type of ['bin', 'dat', 'recover'] as const) {
    const [strict, ignoreBroken] = [random(2) === 0, random(2) === 0]
    const run = runIucode(bytes, { type, strict, ignoreBroken })
    if (run.gaveUp) throw new Error('iucode_tool is given up')
    if (!ignoreBroken && run.runaway) throw new Error('a runaway without ignoring')
  }
  for (const { patches, equivalences } of runAmdUcodeInfo(bytes).containers)
    if (patches.length + equivalences.length > bytes.length) throw new Error('more than there is')
  if (random(4) === 0) runGnuCpio(bytes)
  return file
}

function parsed(bytes: Uint8Array): MicrocodeFile | null {
  try {
    const file = parseMicrocode(bytes)
    checkMicrocodeFile(file)
    return file
  } catch (error) {
    if (error instanceof MicrocodeFormatError) return null
    throw error
  }
}

/** Everything lies inside; what has no problem is written back as it was. */
export function checkMicrocodeFile({
  content,
  updates,
  containers,
  members,
  problems,
  format,
}: MicrocodeFile): void {
  for (const { offset, size, bytes } of updates) {
    const inside = offset >= 0 && offset + size <= content.length && bytes.length === size
    if (
      !inside ||
      bytes.buffer !== content.buffer ||
      bytes.byteOffset !== content.byteOffset + offset
    )
      throw new Error(`the update at ${offset} is not where it says`)
  }
  for (const { offset, size } of [...containers, ...members])
    if (offset < 0 || offset + size > content.length) throw new Error('not inside')
  // Problems of a text are where the text is.
  const end = format === 'intel-dat' ? Infinity : content.length
  for (const { offset } of problems)
    if (offset < 0 || offset > end) throw new Error(`a problem at ${offset}`)
  if (format === 'early-cpio' || problems.length > 0 || updates.length === 0) return
  const intel = updates.filter((update) => update.vendor === 'Intel')
  const written =
    format !== 'amd'
      ? encodeIntel(intel)
      : containers.length > 0
        ? encodeAmdContainers({ containers, updates })
        : content
  if (Buffer.compare(written, content) !== 0) throw new Error('not written back as it was')
}

/** Who accepts what others accept. */
function checkVerdicts(
  bytes: Uint8Array,
  file: MicrocodeFile | null,
  vendor: MicrocodeVendor,
): void {
  explainMicrocode(bytes)
  explainMicrocode(bytes, { vendor })
  if (file?.format !== 'intel') return
  const accepts = (rules: 'xen' | 'linux-early' | 'linux-late' | 'strict' | 'loose') =>
    verifyMicrocode(bytes, { rules }).length === 0
  const codes = new Set(file.problems.map(({ code }) => code))
  const [strict, loose] = [accepts('strict'), accepts('loose')]
  if (strict && !loose) throw new Error('strict is laxer than loose')
  if (loose && !codes.has('LOADER_VERSION') && !(accepts('linux-early') && accepts('linux-late')))
    throw new Error('Linux refuses what iucode_tool takes')
  if (strict && !codes.has('LOADER_VERSION') && !codes.has('SIZES_DISPUTED') && !accepts('xen'))
    throw new Error('Xen refuses what iucode_tool takes')
}

/** What is found can be put back, and new microcode is found where it was put. */
function checkArchive(bytes: Uint8Array): void {
  const { intel, end } = splitEarlyCpio(bytes)
  if (end > bytes.length) throw new Error('the end is behind the end')
  const content = makeIntelUpdate({ dataSize: 1024 - 48, revision: 9 })
  const changed = replaceEarlyCpio(bytes, { intel: content })
  const found = splitEarlyCpio(changed).intel
  if (found === null || found.size !== content.length) throw new Error('not found where it was put')
  if (intel !== null && intel.size > 0) {
    const back = replaceEarlyCpio(changed, {
      intel: bytes.subarray(intel.offset, intel.offset + intel.size),
    })
    if (splitEarlyCpio(back).intel?.size !== intel.size) throw new Error('not put back')
  }
}
