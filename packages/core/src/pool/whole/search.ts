/** The search for the policy that every host leaves alone: what all can promise, until no host takes anything away any more. */
import type { FeatureName, FeatureTable } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { type ReleaseFeatures, releaseFeatures } from '../../policy/features.js'
import {
  basic,
  EAX,
  EBX,
  EDX,
  extended,
  feature,
  PLATFORM_INFO,
  POLICY_WORDS,
  WHOLE_EXTENT,
  XSTATE_LEAVES,
  xstate,
} from '../../policy/layout.js'
import { clearOutOfRange } from '../../policy/range.js'
import { copyWords, zeroWords } from '../../policy/storage.js'
import { clampPolicy, type DomainOptions } from '../../xen/clamp.js'
import type { HostPolicies } from '../../xen/derive.js'
import { recalculateXstate } from '../../xen/recalculate.js'
import { releaseRules } from '../../xen/releases.js'
import { type CombineMethod, settleWords } from '../combine.js'
import type { WordFold } from './fold.js'
import type { HostClass } from './hosts.js'

/** What is searched for. */
export interface SearchGoal {
  /** In whose words. */
  readonly table: FeatureTable
  readonly method: CombineMethod
  readonly domain: DomainOptions
}

/** Whose it is to be. */
export interface SearchPool {
  readonly classes: readonly HostClass[]
  /** The default policies of all hosts. */
  readonly defaults: WordFold
  /** The default policy whose identity is taken. */
  readonly identity: Uint32Array
}

/** What was found. */
export interface SearchResult {
  /** Words of the nearest policy. */
  readonly words: Uint32Array
  /** Features that the clamp sets as each host has them, and that hosts have differently; featureset words of the newest release. */
  readonly hostValues: Uint32Array
  /** True if the hosts differ in the size of a CLFLUSH line. */
  readonly lineSizesDiffer: boolean
  /** Features that brought xstate components of which hosts differ in layout. */
  readonly layoutsDiffer: ReadonlyMap<FeatureName, readonly number[]>
}

/** All features by place, whatever release names them. */
export function allFeatures(): ReleaseFeatures {
  return releaseFeatures(CpuPolicy.empty.release)
}

/** Bits 15 to 8 of leaf 1's ebx: the size of a CLFLUSH line. */
const LINE_SIZE = { at: basic(1) + EBX, mask: 0xff00 } as const

/** Leaf 0xa's edx: AnyThread is deprecated, which must be known wherever it holds (Intel SDM volume 2A, CPUID). */
const ANYTHREAD_DEPRECATED = 1 << 15

/** Searches. There is at least one class. */
export function searchPolicy(pool: SearchPool, goal: SearchGoal): SearchResult {
  return new Search(pool, goal).run()
}

class Search {
  readonly #goal: SearchGoal
  readonly #pool: SearchPool
  readonly #features = allFeatures()
  readonly #lowest: readonly HostPolicies[]
  readonly #hosts: readonly HostPolicies[]
  /** Features that may still be promised. */
  readonly #allowed: Uint32Array
  /** Features that the clamp sets by itself, on any host and on all. */
  readonly #setByAny: Uint32Array
  readonly #setByAll: Uint32Array
  readonly #layoutsDiffer = new Map<FeatureName, number[]>()

  constructor(pool: SearchPool, goal: SearchGoal) {
    this.#pool = pool
    this.#goal = goal
    this.#lowest = pool.classes.map((hosts) => hosts.lowest())
    this.#hosts = [...this.#lowest, ...pool.classes.map((hosts) => hosts.highest())]
    this.#allowed = zeroWords(this.#features.table.words.length)
    this.#allowed.set(goal.table.mask('known').words)
    // Without the MSR in its records a policy cannot say what ARCH_CAPS stands for.
    if (releaseRules(goal.table.release).msrs < 2)
      this.#features.put(this.#allowed, 'ARCH_CAPS', false)
    const set = this.#hosts.map((host) => this.#features.read(this.#clamp(CpuPolicy.empty, host)))
    this.#setByAny = fold(set, (a, b) => a | b)
    this.#setByAll = fold(set, (a, b) => a & b)
  }

  /**
   * Each round but the last takes at least one feature out of those allowed, and there are finitely many; in the last no host takes one
   * away. The clamp never adds a feature to another, so the result is the same in whatever order the hosts are asked.
   */
  run(): SearchResult {
    for (;;) {
      const candidate = this.#candidate()
      const words = this.#clampedByAll(candidate)
      const lost = this.#features.read(candidate)
      const left = this.#features.read(words)
      lost.forEach((word, index) => {
        lost[index] = word & ~(left[index] ?? 0) & ~(this.#setByAny[index] ?? 0)
      })
      if (this.#forbid(lost)) continue
      if (this.#forbid(this.#withOtherLayouts(words))) continue
      return this.#result(words, left)
    }
  }

  #result(words: Uint32Array, left: Uint32Array): SearchResult {
    const hostValues = this.#setByAny.map(
      (word, index) => word & ~(this.#setByAll[index] ?? 0) & (left[index] ?? 0),
    )
    const sizes = new Set(
      this.#hosts.map(({ pvMax }) => (CpuPolicy.peek(pvMax)[LINE_SIZE.at] ?? 0) & LINE_SIZE.mask),
    )
    const lineSizesDiffer = sizes.size > 1 && (words[0] ?? 0) >= 1
    if (lineSizesDiffer) {
      const own = (this.#pool.identity[LINE_SIZE.at] ?? 0) & LINE_SIZE.mask
      words[LINE_SIZE.at] = ((words[LINE_SIZE.at] ?? 0) & ~LINE_SIZE.mask) | own
    }
    return { words, hostValues, lineSizesDiffer, layoutsDiffer: this.#layoutsDiffer }
  }

  /** What all promise, with the identity of one. */
  #candidate(): Uint32Array {
    const { table, method } = this.#goal
    const words = copyWords(this.#pool.identity)
    this.#pool.defaults.putLow(words)
    const high = this.#pool.defaults.high()
    this.#limit(words)
    combineCounters(words, high)
    const features = this.#features.read(words)
    const mask = () =>
      features.forEach((word, index) => {
        features[index] = word & (this.#allowed[index] ?? 0)
      })
    mask()
    if (method === 'xenserver') {
      settleWords(features, this.#features.read(high), table)
      mask()
    }
    this.#setByAny.forEach((word, index) => {
      features[index] = (features[index] ?? 0) | word
    })
    this.#features.write(words, features)
    return words
  }

  /** Limits that the audit holds against the max policies, and those of the release. */
  #limit(words: Uint32Array): void {
    const extent = releaseRules(this.#goal.table.release)
    const subleaf = feature(0) + EAX
    let last = Math.min((words[extended(0)] ?? 0) & 0xffff, extent.extendedLeaves - 1)
    for (const { pvMax } of this.#lowest) {
      const max = CpuPolicy.peek(pvMax)
      last = Math.min(last, (max[extended(0)] ?? 0) & 0xffff)
      words[0] = Math.min(words[0] ?? 0, max[0] ?? 0)
      words[subleaf] = Math.min(words[subleaf] ?? 0, max[subleaf] ?? 0)
      words[PLATFORM_INFO] = (words[PLATFORM_INFO] ?? 0) & (max[PLATFORM_INFO] ?? 0)
    }
    words[extended(0)] = 0x8000_0000 + last
    words[subleaf] = Math.min(words[subleaf] ?? 0, extent.featureLeaves - 1)
  }

  /** What is in range of it, clamped by one class after the other; what each sets by itself is as any has it. */
  #clampedByAll(candidate: Uint32Array): Uint32Array {
    let words = copyWords(candidate)
    // Xen drops what is out of range before it clamps, and copies some of leaf 1 to extended leaves when it does.
    clearOutOfRange(words, WHOLE_EXTENT)
    for (const host of this.#lowest) {
      words = this.#clamp(CpuPolicy.fromWords(words, this.#goal.table.release), host)
    }
    const features = this.#features.read(words)
    this.#setByAny.forEach((word, index) => {
      features[index] = (features[index] ?? 0) | word
    })
    this.#features.write(words, features)
    clearOutOfRange(words, WHOLE_EXTENT)
    return words
  }

  /** Features that bring xstate components of which two hosts differ in anything. */
  #withOtherLayouts(words: Uint32Array): Uint32Array {
    const found = zeroWords(this.#allowed.length)
    const policy = CpuPolicy.fromWords(words, this.#goal.table.release)
    for (const host of this.#hosts) {
      const own = this.#clamp(policy, host)
      for (const component of differentComponents(words, own)) {
        const name = this.#featureOf(component)
        if (name === undefined || this.#layoutsDiffer.get(name)?.includes(component)) continue
        this.#layoutsDiffer.set(name, [...(this.#layoutsDiffer.get(name) ?? []), component])
        this.#features.put(found, name, true)
      }
    }
    return found
  }

  /** The feature that brings a component, as a release that gives the component knows it. */
  #featureOf(component: number): FeatureName | undefined {
    const policy = zeroWords(POLICY_WORDS)
    for (const { release } of this.#lowest) {
      const features = releaseFeatures(release)
      for (const { name } of features.table.features) {
        const words = features.read(policy.fill(0))
        features.put(words, 'XSAVE', true)
        features.put(words, name, true)
        features.write(policy, words)
        recalculateXstate(policy, policy, features, releaseRules(release))
        if ((((policy[xstate(0) + EAX] ?? 0) >>> component) & 1) === 1) return name
      }
    }
    return undefined
  }

  /** Takes features out of those allowed; false if none was in them. */
  #forbid(features: Uint32Array): boolean {
    let any = false
    features.forEach((word, index) => {
      const allowed = this.#allowed[index] ?? 0
      any ||= (word & allowed) !== 0
      this.#allowed[index] = allowed & ~word
    })
    return any
  }

  #clamp(policy: CpuPolicy, host: HostPolicies): Uint32Array {
    return clampPolicy(policy, host, this.#goal.domain).policy.words()
  }
}

/** Leaf 0xa: an event is missing where it is missing anywhere; without a version there is nothing. */
function combineCounters(words: Uint32Array, high: Uint32Array): void {
  const leaf = basic(0xa)
  if (((words[leaf + EAX] ?? 0) & 0xff) === 0) {
    words.fill(0, leaf, basic(0xb))
    return
  }
  words[leaf + EBX] = high[leaf + EBX] ?? 0
  words[leaf + EDX] = (words[leaf + EDX] ?? 0) | ((high[leaf + EDX] ?? 0) & ANYTHREAD_DEPRECATED)
}

function differentComponents(a: Uint32Array, b: Uint32Array): number[] {
  const states = (a[xstate(0) + EAX] ?? 0) ^ (b[xstate(0) + EAX] ?? 0)
  const differ = (component: number) => {
    if (component < 32 && ((states >>> component) & 1) === 1) return true
    const at = xstate(component)
    return [0, 1, 2, 3].some((register) => a[at + register] !== b[at + register])
  }
  return Array.from({ length: XSTATE_LEAVES - 2 }, (_, index) => index + 2).filter(differ)
}

function fold(all: readonly Uint32Array[], take: (a: number, b: number) => number): Uint32Array {
  return all.reduce((a, b) => a.map((word, index) => take(word, b[index] ?? 0)))
}
