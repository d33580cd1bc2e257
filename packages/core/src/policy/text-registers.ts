/** What the written forms of a policy have in common: which registers are written, and which are taken back. */
import {
  type CpuidLeaf,
  featureTable,
  type MsrEntry,
  nearestRelease,
  type WordSource,
  XenlevelError,
} from '@xenlevel/cpuid'
import { releaseRules } from '../xen/releases.js'
import { CpuPolicy } from './cpu-policy.js'
import {
  ARCH_CAPABILITIES,
  MSR_ARCH_CAPABILITIES,
  MSR_PLATFORM_INFO,
  PLATFORM_INFO,
  POLICY_WORDS,
  type PolicyExtent,
  placeOfLeaf,
  REGISTERS,
  storedLeaves,
  WHOLE_EXTENT,
} from './layout.js'

/** A leaf as people write it: `0x7, sub-leaf 0`. */
function describeLeaf(leaf: number, subleaf: number | null): string {
  return `leaf 0x${leaf.toString(16)}${subleaf === null ? '' : `, sub-leaf ${subleaf}`}`
}

/** Why a release cannot be named in a document; null if it can. */
export function releaseComplaint(release: string): string | null {
  return /^[\w.+~-]{1,40}$/.test(release) && nearestRelease(release) !== undefined
    ? null
    : `There is no Xen release ${JSON.stringify(release.slice(0, 40))} that is known; one is written like "4.17.7" or "4.17.7-xcp".`
}

/** A featureset word where a policy stores it. */
export interface StoredFeatures {
  readonly source: WordSource
  /** Number of its lowest bit over all words. */
  readonly firstBit: number
  /** Names of its bits; undefined for a bit without. */
  readonly names: readonly (string | undefined)[]
}

// A cache, not state: one immutable map a release that there is a table for.
const known = /* @__PURE__ */ new Map<string, ReadonlyMap<number, StoredFeatures>>()

/** The featureset words of a release by their places; those of the newest for a text that is no release. */
export function featureWords(release: string): ReadonlyMap<number, StoredFeatures> {
  const table = featureTable(nearestRelease(release))
  const present = known.get(table.release)
  if (present !== undefined) return present
  const stored = new Map<number, StoredFeatures>()
  for (const { index, source } of table.words) {
    if (source === null) continue
    const at =
      'msr' in source ? ARCH_CAPABILITIES : placeOfLeaf(source.leaf, source.subleaf, WHOLE_EXTENT)
    const register =
      'msr' in source && source.register === 'edx' ? 1 : REGISTERS.indexOf(source.register)
    const names = Array.from({ length: 32 }, (_, bit) => table.feature(index * 32 + bit)?.name)
    stored.set(at + register, { source, firstBit: index * 32, names })
  }
  known.set(table.release, stored)
  return stored
}

/** Which words a release's policies have. */
function wordsOf(extent: PolicyExtent): Uint8Array {
  const has = new Uint8Array(POLICY_WORDS).fill(1)
  for (const { leaf, subleaf, at } of storedLeaves())
    if (placeOfLeaf(leaf, subleaf, extent) < 0) has.fill(0, at, at + 4)
  if (extent.msrs < 2) has.fill(0, ARCH_CAPABILITIES, ARCH_CAPABILITIES + 2)
  return has
}

/**
 * The words of a policy that is to be written.
 *
 * @throws {@link @xenlevel/cpuid!XenlevelError} with code `POLICY_NOT_OF_RELEASE` for a policy that no reader would take back.
 */
export function writableWords(policy: CpuPolicy): Uint32Array {
  const complaint = releaseComplaint(policy.release)
  const words = policy.words()
  const foreign =
    complaint === null ? foreignLeaf(words, wordsOf(releaseRules(policy.release))) : null
  if (complaint !== null || foreign !== null) {
    throw new XenlevelError({
      code: 'POLICY_NOT_OF_RELEASE',
      message:
        complaint ??
        `The policy is in the words of Xen ${policy.release}, whose policies have no ${foreign}; it is not zero here. Make the policy for a release that has it.`,
      details: { release: policy.release },
    })
  }
  return words
}

function foreignLeaf(words: Uint32Array, has: Uint8Array): string | null {
  const at = words.findIndex((word, place) => word !== 0 && has[place] === 0)
  if (at < 0) return null
  const leaf = storedLeaves().find((stored) => at >= stored.at && at < stored.at + 4)
  return leaf === undefined ? 'MSR 0x10a' : describeLeaf(leaf.leaf, leaf.subleaf)
}

/** The MSRs of policy words that are not zero. */
export function writtenMsrs(words: Uint32Array): { index: number; value: bigint }[] {
  const wide = (at: number) => BigInt(words[at] ?? 0)
  return [
    { index: MSR_PLATFORM_INFO, value: wide(PLATFORM_INFO) },
    {
      index: MSR_ARCH_CAPABILITIES,
      value: (wide(ARCH_CAPABILITIES + 1) << 32n) | wide(ARCH_CAPABILITIES),
    },
  ].filter(({ value }) => value !== 0n)
}

/** A policy that is put together record by record. Each step answers what is wrong with it in one sentence; null if nothing is. */
export class PolicyBuilder {
  readonly #leaves: CpuidLeaf[] = []
  readonly #msrs: MsrEntry[] = []
  readonly #taken = new Set<string>()
  readonly #extent: PolicyExtent
  readonly #release: string

  /** @param release - one without a {@link releaseComplaint}. */
  constructor(release: string) {
    this.#release = release
    this.#extent = releaseRules(release)
  }

  /** Puts a leaf. The two that hold a limit take it in eax. */
  putLeaf(leaf: number, subleaf: number | null, registers: readonly number[]): string | null {
    const name = describeLeaf(leaf, subleaf)
    const [a = 0, b = 0, c = 0, d = 0] = registers
    if (subleaf === null && (leaf === 0x4000_0000 || leaf === 0x4000_0100)) {
      if (a > 0xff || b !== 0 || c !== 0 || d !== 0)
        return `Of ${name} a policy holds the low 8 bits of eax; all else must be 0.`
    } else if (placeOfLeaf(leaf, subleaf, this.#extent) < 0) {
      return `A policy of Xen ${this.#release} has no ${name}.`
    }
    this.#leaves.push({ leaf, subleaf, a, b, c, d })
    return this.#taking(name)
  }

  /** Puts an MSR. */
  putMsr(index: number, value: bigint): string | null {
    const name = `MSR 0x${index.toString(16)}`
    if (index === MSR_PLATFORM_INFO) {
      if (value > 0xffff_ffffn)
        return `Of ${name} a policy holds 32 bits; the upper half must be 0.`
    } else if (index !== MSR_ARCH_CAPABILITIES || this.#extent.msrs < 2) {
      return `A policy of Xen ${this.#release} has no ${name}.`
    }
    this.#msrs.push({ index, flags: 0, value })
    return this.#taking(name)
  }

  /** The policy, if no step complained. */
  build(): CpuPolicy {
    return CpuPolicy.fromRecords(this.#leaves, this.#msrs, { release: this.#release })
  }

  #taking(name: string): string | null {
    if (this.#taken.has(name)) return `The policy has ${name} twice; leave one of them out.`
    this.#taken.add(name)
    return null
  }
}
