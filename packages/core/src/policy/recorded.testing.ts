/** For tests: policies and records in the encodings of the recorded answers. */
import type { CpuidLeaf, MsrEntry } from '@xenlevel/cpuid'
import { CpuPolicy } from './cpu-policy.js'
import {
  ARCH_CAPABILITIES,
  HYPERVISOR_LIMIT,
  HYPERVISOR_LIMIT_2,
  PLATFORM_INFO,
  POLICY_WORDS,
  placeOfLeaf,
  WHOLE_EXTENT,
} from './layout.js'

/** A recorded policy: registers that are not zero, also beyond the limits. */
export interface RecordedPolicy {
  readonly leaves: readonly string[]
  readonly msrs: readonly string[]
}

/** The labels of the vectors and the releases that they are. */
export const LABELS = [
  ['head', '4.23-dev'],
  ['4.17', '4.17.7'],
] as const
const word = (text: string | undefined) => Number.parseInt(text ?? '', 16)

/** `leaf:subleaf:eax:ebx:ecx:edx`. */
export function leafOf(text: string): CpuidLeaf {
  const [leaf, subleaf, a, b, c, d] = text.split(':')
  const sub = word(subleaf)
  return {
    leaf: word(leaf),
    subleaf: sub === 0xffff_ffff ? null : sub,
    a: word(a),
    b: word(b),
    c: word(c),
    d: word(d),
  }
}

/** `index:flags:value`. */
export function msrOf(text: string): MsrEntry {
  const [index, flags, value] = text.split(':')
  return { index: word(index), flags: word(flags), value: BigInt(`0x${value ?? '0'}`) }
}

/** A recorded policy as one of ours: stored register by register, without the checks of records. */
export function policyOf({ leaves, msrs }: RecordedPolicy, release: string): CpuPolicy {
  const words = new Uint32Array(POLICY_WORDS)
  for (const { leaf, subleaf, a, b, c, d } of leaves.map(leafOf)) {
    if (leaf === 0x4000_0000) words[HYPERVISOR_LIMIT] = a
    else if (leaf === 0x4000_0100) words[HYPERVISOR_LIMIT_2] = a
    else {
      const at = placeOfLeaf(leaf, subleaf, WHOLE_EXTENT)
      if (at < 0) throw new Error(`the recorded leaf ${leaf}:${subleaf} has no place`)
      words.set([a, b, c, d], at)
    }
  }
  for (const text of msrs) {
    const [index, value = '0'] = text.split(':')
    const number = BigInt(`0x${value}`)
    if (word(index) === 0xce) words[PLATFORM_INFO] = Number(number)
    else words.set([Number(number & 0xffff_ffffn), Number(number >> 32n)], ARCH_CAPABILITIES)
  }
  return CpuPolicy.fromWords(words, release)
}

/** A policy as the boots have it: `leaf:subleaf -> eax:ebx:ecx:edx` and `msr -> value`. */
export function bootPolicy({ leaves, msrs }: RecordedPolicy, release: string): CpuPolicy {
  return CpuPolicy.fromRecords(
    leaves.map((text) => leafOf(text.replace(' -> ', ':'))),
    msrs.map((text) => msrOf(text.replace(' -> ', ':0:'))),
    { release },
  )
}

const hex = (value: number) => value.toString(16).padStart(8, '0')

/** Leaves as the vectors write them. */
export function leafText({ leaf, subleaf, a, b, c, d }: CpuidLeaf): string {
  return [leaf, subleaf ?? 0xffff_ffff, a, b, c, d].map(hex).join(':')
}

/** MSRs as the vectors write them. */
export function msrText({ index, flags, value }: MsrEntry): string {
  return `${hex(index)}:${hex(flags)}:${value.toString(16).padStart(16, '0')}`
}
