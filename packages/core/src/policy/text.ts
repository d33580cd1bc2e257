/**
 * A policy as text that people read and edit:
 *
 *     xenlevel/cpu-policy 1, Xen 4.23-dev
 *     # leaf:subleaf -> eax:ebx:ecx:edx
 *     00000000:ffffffff -> 0000000d:756e6547:6c65746e:49656e69  # GenuineIntel
 *     0000010a -> 0000000000000001
 *
 * All numbers are hexadecimal, sub-leaf ffffffff is none, and what is not there is zero. The limits of Xen's own leaves are the eax of
 * leaves 40000000 and 40000100; lines without a sub-leaf are MSRs. From # on a line is comment.
 */
import { describeWordSource, ParseError } from '@xenlevel/cpuid'
import type { CpuPolicy } from './cpu-policy.js'
import { brandString } from './fields.js'
import {
  ARCH_CAPABILITIES,
  MSR_PLATFORM_INFO,
  NO_SUBLEAF,
  type StoredLeaf,
  storedLeaves,
} from './layout.js'
import {
  featureWords,
  PolicyBuilder,
  releaseComplaint,
  type StoredFeatures,
  writableWords,
  writtenMsrs,
} from './text-registers.js'

/** A text that is no policy. Code `POLICY_TEXT_INVALID`; `offset` is where the wrong line begins, `path` such as `'line 3'`. */
export class PolicyTextError extends ParseError {}

const COMMENT_WIDTH = 100

/**
 * The text of a policy: a line for each leaf that is not zero, also beyond the policy's limits, with its features in comments.
 *
 * @throws {@link @xenlevel/cpuid!XenlevelError} with code `POLICY_NOT_OF_RELEASE` if the policy holds what policies of its release do
 * not have, or its release is not known.
 */
export function formatPolicyText(policy: CpuPolicy): string {
  const words = writableWords(policy)
  const { family, model, stepping } = policy.signature
  const brand = brandString(policy).replaceAll(/[^ -~]/g, '?')
  const limits = policy.hypervisorLimits
  const lines = [
    `xenlevel/cpu-policy 1, Xen ${policy.release}`,
    `# ${policy.vendor}, family ${family}, model ${model}, stepping ${stepping}${brand === '' ? '' : `: ${brand}`}`,
    '# leaf:subleaf -> eax:ebx:ecx:edx',
  ]
  const [stored, features] = [storedLeaves(), featureWords(policy.release)]
  const put = (leaves: readonly StoredLeaf[]) => {
    for (const { leaf, subleaf, at } of leaves) {
      const registers = words.subarray(at, at + 4)
      if (registers.every((register) => register === 0)) continue
      lines.push(leafLine(leaf, subleaf ?? NO_SUBLEAF, [...registers]))
      lines.push(...featureComments(features, words, at, 4))
    }
  }
  put(stored.filter(({ leaf }) => leaf < 0x4000_0000))
  limits.forEach((limit, range) => {
    if (limit !== 0) lines.push(leafLine(0x4000_0000 + range * 0x100, NO_SUBLEAF, [limit, 0, 0, 0]))
  })
  put(stored.filter(({ leaf }) => leaf >= 0x8000_0000))
  const msrs = writtenMsrs(words)
  if (msrs.length > 0) lines.push('# MSR -> value')
  for (const { index, value } of msrs) {
    lines.push(`${hex(index)} -> ${value.toString(16).padStart(16, '0')}`)
    if (index !== MSR_PLATFORM_INFO)
      lines.push(...featureComments(features, words, ARCH_CAPABILITIES, 2))
  }
  return `${lines.join('\n')}\n`
}

function leafLine(leaf: number, subleaf: number, registers: readonly number[]): string {
  return `${hex(leaf)}:${hex(subleaf)} -> ${registers.map(hex).join(':')}`
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}

/** The named features of registers that lie one after another, a register at a time. */
function featureComments(
  stored: ReadonlyMap<number, StoredFeatures>,
  words: Uint32Array,
  at: number,
  count: number,
): string[] {
  const lines: string[] = []
  for (let place = at; place < at + count; place++) {
    const features = stored.get(place)
    if (features === undefined) continue
    const names = features.names.filter((_, bit) => (((words[place] ?? 0) >>> bit) & 1) === 1)
    const named = names.filter((name) => name !== undefined)
    if (named.length > 0) lines.push(...wrap(`${describeWordSource(features.source)}:`, named))
  }
  return lines
}

function wrap(heading: string, names: readonly string[]): string[] {
  const lines: string[] = []
  let line = `#   ${heading}`
  for (const name of names) {
    if (line.length + 1 + name.length > COMMENT_WIDTH) {
      lines.push(line)
      line = '#    '
    }
    line += ` ${name}`
  }
  return [...lines, line]
}

const HEADER = /^xenlevel\/cpu-policy (\d{1,9}), Xen (\S+)$/
const LEAF =
  /^([0-9a-f]{8}):([0-9a-f]{8}) -> ([0-9a-f]{8}):([0-9a-f]{8}):([0-9a-f]{8}):([0-9a-f]{8})$/i
const MSR = /^([0-9a-f]{8}) -> ([0-9a-f]{16})$/i

/**
 * Reads what {@link formatPolicyText} writes; lines in any order, comments and empty lines anywhere.
 *
 * @throws {@link PolicyTextError} for a line that is none of these, is there twice, or says what policies of that release do not hold.
 */
export function parsePolicyText(text: string): CpuPolicy {
  let builder: PolicyBuilder | null = null
  for (const { line, number, offset } of linesOf(text)) {
    if (line === '') continue
    const complaint = builder === null ? headerComplaint(line) : put(builder, line)
    if (complaint !== null) throw wrong(complaint, number, offset)
    builder ??= new PolicyBuilder(HEADER.exec(line)?.[2] ?? '')
  }
  if (builder === null)
    throw wrong(`The text has no line "xenlevel/cpu-policy 1, Xen 4.17.7".`, 1, 0)
  return builder.build()
}

function headerComplaint(line: string): string | null {
  const [, version, release] = HEADER.exec(line) ?? []
  if (version === undefined || release === undefined)
    return `The text begins with ${quote(line)}; expected "xenlevel/cpu-policy 1, Xen 4.17.7" with the release that the policy is for.`
  if (Number(version) !== 1)
    return `The policy is written in version ${version} of its form; only version 1 can be read.`
  return releaseComplaint(release)
}

function put(builder: PolicyBuilder, line: string): string | null {
  const leaf = LEAF.exec(line)
  if (leaf !== null) {
    const [number = 0, subleaf = 0, ...registers] = leaf
      .slice(1)
      .map((digits) => Number.parseInt(digits, 16))
    return builder.putLeaf(number, subleaf === NO_SUBLEAF ? null : subleaf, registers)
  }
  const msr = MSR.exec(line)
  if (msr !== null) return builder.putMsr(Number.parseInt(msr[1] ?? '', 16), BigInt(`0x${msr[2]}`))
  return `${quote(line)} is neither a leaf such as "00000007:00000000 -> 4 words of 8 digits joined by :" nor an MSR such as "0000010a -> 16 digits".`
}

/** The lines of a text, whichever way they end, without comments and the blanks around them. */
function* linesOf(text: string): Generator<{ line: string; number: number; offset: number }> {
  let offset = 0
  for (let number = 1; offset <= text.length; number++) {
    const newline = text.indexOf('\n', offset)
    const whole = text.slice(offset, newline < 0 ? text.length : newline)
    const line = (whole.split('#', 1)[0] ?? '').trim()
    yield { line, number, offset: offset + Math.max(0, whole.indexOf(line)) }
    offset += whole.length + 1
  }
}

function wrong(problem: string, line: number, offset: number): PolicyTextError {
  return new PolicyTextError({
    code: 'POLICY_TEXT_INVALID',
    message: `Line ${line} of the policy: ${problem}`,
    offset,
    path: `line ${line}`,
    details: { line },
  })
}

function quote(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line)
}
