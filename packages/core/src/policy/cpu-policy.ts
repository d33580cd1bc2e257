/** What Xen keeps of a CPU: leaves, two MSRs, limits. Immutable. */
import {
  type CpuDump,
  type CpuidLeaf,
  type CpuSignature,
  type CpuVendor,
  cpuSignature,
  Featureset,
  type MsrEntry,
  XenlevelError,
} from '@xenlevel/cpuid'
import { vendorOf } from '../xen/recalculate.js'
import { releaseRules } from '../xen/releases.js'
import {
  describeFault,
  fault,
  foreignPolicy,
  type PolicyErrno,
  type PolicyFault,
} from './errors.js'
import { releaseFeatures } from './features.js'
import {
  basic,
  EAX,
  extended,
  feature,
  HYPERVISOR_LIMIT,
  HYPERVISOR_LIMIT_2,
  POLICY_WORDS,
  placeOfLeaf,
  WHOLE_EXTENT,
} from './layout.js'
import { fillNative } from './native.js'
import { clearOutOfRange } from './range.js'
import { readLeaves, readMsrs, writeLeaves, writeMsrs } from './records.js'
import { copyWords, zeroWords } from './storage.js'

/** The release that is meant where none is given: the newest there is. */
const NEWEST = '4.23-dev'

/** Options of everything that is as strict as one release of Xen. */
export interface PolicyOptions {
  /** Whose rules hold; the newest by default. */
  readonly release?: string
}

/** What a policy is in hypercalls and in the migration stream. */
export interface PolicyRecords {
  /** Leaves in Xen's order; {@link @xenlevel/cpuid!encodeLeaves} makes bytes of them. */
  readonly leaves: CpuidLeaf[]
  /** MSRs in Xen's order; {@link @xenlevel/cpuid!encodeMsrs} makes bytes of them. */
  readonly msrs: MsrEntry[]
}

/** Leaves or MSRs that Xen refuses, or room for fewer than there are. Code `POLICY_RECORDS`. */
export class PolicyRecordError extends XenlevelError implements PolicyFault {
  /** Xen's errno. */
  readonly errno: PolicyErrno
  /** The leaf that is wrong; null if Xen names none. */
  readonly leaf: number | null
  /** Its sub-leaf; null if Xen names none. */
  readonly subleaf: number | null
  /** The MSR that is wrong; null if Xen names none. */
  readonly msr: number | null
  /** What Xen has after the refusal: what came before the wrong record is in it. */
  readonly policy: CpuPolicy

  constructor(found: PolicyFault, policy: CpuPolicy) {
    super({
      code: 'POLICY_RECORDS',
      message: `Xen refuses these policy records: ${describeFault(found)}.`,
      details: { ...found },
    })
    this.errno = found.errno
    this.leaf = found.leaf
    this.subleaf = found.subleaf
    this.msr = found.msr
    this.policy = policy
  }
}

/** A CPU policy. */
export class CpuPolicy {
  /** Nothing: every register zero. */
  static readonly empty: CpuPolicy = /* @__PURE__ */ new CpuPolicy(
    /* @__PURE__ */ new Uint32Array(POLICY_WORDS),
    NEWEST,
  )

  /** The release in whose words and extent it is. */
  readonly release: string
  readonly #words: Uint32Array
  #featureWords: Uint32Array | undefined

  private constructor(words: Uint32Array, release: string) {
    this.#words = words
    this.release = release
  }

  /**
   * A policy from records, put into an empty one.
   *
   * @throws {@link PolicyRecordError} where that release's Xen refuses them (copy-from-buffer.c), with its errno and place.
   */
  static fromRecords(
    leaves: readonly CpuidLeaf[],
    msrs: readonly MsrEntry[] = [],
    options: PolicyOptions = {},
  ): CpuPolicy {
    const empty = new CpuPolicy(zeroWords(POLICY_WORDS), options.release ?? NEWEST)
    return empty.withRecords(leaves, msrs, options)
  }

  /**
   * The raw policy of the CPU in a dump: what Xen reads of it at boot (fill_native), with what that release takes out of it at once.
   *
   * @param options - `cpu`: which logical CPU of the dump; the first by default, as Xen takes the boot CPU.
   */
  static fromDump(
    dump: CpuDump,
    options: PolicyOptions & { readonly cpu?: number } = {},
  ): CpuPolicy {
    const release = options.release ?? NEWEST
    const cpu = dump.cpus[options.cpu ?? 0]
    if (cpu === undefined) {
      throw new XenlevelError({
        code: 'DUMP_CPU',
        message: `The dump has no logical CPU ${options.cpu ?? 0}; it has ${dump.cpus.length}, numbered from 0.`,
        details: { cpus: dump.cpus.length },
      })
    }
    return new CpuPolicy(fillNative(cpu, releaseRules(release), releaseFeatures(release)), release)
  }

  /** @internal A policy from its words, which it takes over. */
  static fromWords(words: Uint32Array, release: string): CpuPolicy {
    return new CpuPolicy(words, release)
  }

  /** @internal A copy of its words. */
  words(): Uint32Array {
    return copyWords(this.#words)
  }

  /** @internal Its words themselves, for those who only read them. */
  static peek(policy: CpuPolicy): Uint32Array {
    if (!(#words in policy)) throw foreignPolicy()
    return policy.#words
  }

  /** @internal Whether it is a policy, and not the other thing that may be given; one of another copy of this class is refused. */
  static isPolicy(value: object): value is CpuPolicy {
    if (#words in value) return true
    if ('toRecords' in value) throw foreignPolicy()
    return false
  }

  /** @internal Its featureset in word form, found once. */
  static featureWords(policy: CpuPolicy): Uint32Array {
    const words = CpuPolicy.peek(policy)
    policy.#featureWords ??= releaseFeatures(policy.release).read(words)
    return policy.#featureWords
  }

  /**
   * Records in Xen's own order and extent (copy-to-buffer.c).
   *
   * @param room - how many leaves and MSRs there is room for; as many as there are by default.
   * @throws {@link PolicyRecordError} with ENOBUFS if there is not enough room.
   */
  toRecords(room: { readonly maxLeaves?: number; readonly maxMsrs?: number } = {}): PolicyRecords {
    const extent = releaseRules(this.release)
    const [leaves, msrs] = [writeLeaves(this.#words, extent), writeMsrs(this.#words, extent)]
    if (
      leaves.length > (room.maxLeaves ?? leaves.length) ||
      msrs.length > (room.maxMsrs ?? msrs.length)
    ) {
      throw new PolicyRecordError(fault('ENOBUFS'), this)
    }
    return { leaves, msrs }
  }

  /**
   * This policy with records put over it, in order; the last of two for the same place counts.
   *
   * @throws {@link PolicyRecordError} where Xen refuses them; its `policy` is what Xen is left with.
   */
  withRecords(
    leaves: readonly CpuidLeaf[],
    msrs: readonly MsrEntry[] = [],
    options: PolicyOptions = {},
  ): CpuPolicy {
    const release = options.release ?? this.release
    const extent = releaseRules(release)
    const words = copyWords(this.#words)
    const found = readLeaves(words, leaves, extent) ?? readMsrs(words, msrs, extent)
    const policy = new CpuPolicy(words, release)
    if (found !== null) throw new PolicyRecordError(found, policy)
    return policy
  }

  /** This policy with the words of a featureset written over its own. */
  withFeatureset(featureset: Featureset): CpuPolicy {
    const words = copyWords(this.#words)
    releaseFeatures(this.release).write(words, featureset.words)
    return new CpuPolicy(words, this.release)
  }

  /** This policy without leaves beyond its own limits. */
  clearOutOfRange(): CpuPolicy {
    const words = copyWords(this.#words)
    clearOutOfRange(words, releaseRules(this.release))
    return new CpuPolicy(words, this.release)
  }

  /** The registers of a leaf; zero for one that a policy does not hold. */
  leaf(leaf: number, subleaf?: number): CpuidLeaf {
    const limit = HYPERVISOR_LEAVES.indexOf(leaf)
    if (limit >= 0 && subleaf === undefined)
      return { leaf, subleaf: null, a: this.hypervisorLimits[limit] ?? 0, b: 0, c: 0, d: 0 }
    const at = placeOfLeaf(
      leaf,
      subleaf ?? (placeOfLeaf(leaf, null, WHOLE_EXTENT) < 0 ? 0 : null),
      WHOLE_EXTENT,
    )
    const [a = 0, b = 0, c = 0, d = 0] = at < 0 ? [] : this.#words.subarray(at, at + 4)
    return { leaf, subleaf: subleaf ?? null, a, b, c, d }
  }

  /** The value of an MSR; zero for one that a policy does not hold. */
  msr(index: number): bigint {
    return writeMsrs(this.#words, WHOLE_EXTENT).find((entry) => entry.index === index)?.value ?? 0n
  }

  /** The vendor that leaf 0 names. */
  get vendor(): CpuVendor {
    return vendorOf(this.#words)
  }

  /** Family, model and stepping. */
  get signature(): CpuSignature {
    return cpuSignature(this.#words[basic(1) + EAX] ?? 0)
  }

  /** Highest basic leaf. */
  get maxLeaf(): number {
    return this.#words[EAX] ?? 0
  }

  /** Highest sub-leaf of leaf 7. */
  get maxSubleaf(): number {
    return this.#words[feature(0) + EAX] ?? 0
  }

  /** Highest extended leaf, such as 0x8000_0021. */
  get maxExtendedLeaf(): number {
    return this.#words[extended(0) + EAX] ?? 0
  }

  /** Physical address width in bits; 0 if leaf 0x8000_0008 does not say. */
  get physAddrBits(): number {
    return (this.#words[extended(8) + EAX] ?? 0) & 0xff
  }

  /** Linear address width in bits; 0 if leaf 0x8000_0008 does not say. */
  get linAddrBits(): number {
    return ((this.#words[extended(8) + EAX] ?? 0) >>> 8) & 0xff
  }

  /** How many of Xen's own leaves the guest sees, in its two ranges; 0: as many as Xen likes. */
  get hypervisorLimits(): readonly [first: number, second: number] {
    return [this.#words[HYPERVISOR_LIMIT] ?? 0, this.#words[HYPERVISOR_LIMIT_2] ?? 0]
  }

  /** The featureset words, as many as the release has. */
  get featureset(): Featureset {
    return Featureset.fromWords(CpuPolicy.featureWords(this))
  }

  /** True if every register is the same. */
  equals(other: CpuPolicy): boolean {
    const words = CpuPolicy.peek(other)
    return this.#words.every((word, at) => word === words[at])
  }
}

/** Xen's own leaves of which a policy keeps the limits. */
const HYPERVISOR_LEAVES = [0x4000_0000, 0x4000_0100]
