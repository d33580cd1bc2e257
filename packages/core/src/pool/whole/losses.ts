/** What the whole policy of a pool costs: what a new domain would get on some host alone, and does not get at the level. */
import type { FeatureName } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { releaseFeatures } from '../../policy/features.js'
import { FIELDS, fieldValue, type PolicyFieldName } from '../../policy/fields-table.js'
import {
  basic,
  extended,
  feature,
  PLATFORM_INFO,
  POLICY_WORDS,
  placeOfLeaf,
  WHOLE_EXTENT,
  xstate,
} from '../../policy/layout.js'
import { clearOutOfRange } from '../../policy/range.js'
import { zeroWords } from '../../policy/storage.js'
import { clampPolicy, initDomainPolicy } from '../../xen/clamp.js'
import { accumulatedFeatures } from '../combine.js'
import type { PolicyPool } from './pool.js'
import { allFeatures, type SearchResult } from './search.js'

/** How hosts lay out an xstate component. */
export interface ComponentLayout {
  /** Its number: its bit in XCR0. */
  readonly component: number
  /** Its size in bytes. */
  readonly size: number
  /** Its offset in the standard format, in bytes. */
  readonly offset: number
  /** Begins on a 64-byte boundary in the compacted format. */
  readonly aligned: boolean
  /** The hosts that lay it out so. */
  readonly hosts: readonly string[]
}

/** A feature that some host gives a new domain and the pool cannot promise. */
export interface PolicyFeatureLoss {
  /** What is lost, as the level's release spells it; where that has no name for it, as the host's own release does. */
  readonly feature: FeatureName
  /** The hosts it is lost to; of `not-carried`, those that give it. */
  readonly hosts: readonly string[]
  /**
   * `absent`: these hosts do not give it. `dependency`: all give it, and it needs what is lost otherwise. `not-carried`: the release that the
   * level is made for does not know it, or its records cannot hold it. `layout`: it brings state that hosts lay out differently, and a guest's memory image fits one of
   * them. `refused`: these hosts drop it from a policy, though a guest should be told of it because another host has it. `out-of-range`:
   * the same, where the leaf is beyond the limits of these hosts.
   */
  readonly kind: 'absent' | 'dependency' | 'not-carried' | 'layout' | 'refused' | 'out-of-range'
  /** Of `dependency`: what it needs and the level lacks, by bit. */
  readonly missing?: readonly FeatureName[]
  /** Of `layout`: the layouts, each with its hosts. */
  readonly layouts?: readonly ComponentLayout[]
}

/** A number that some host gives a new domain and the pool has to narrow. */
export interface PolicyNumberLoss {
  /** Which number. */
  readonly field: NarrowedField
  /** It is less at the level than on some host. */
  readonly kind: 'narrowed'
  /** What it is at the level, in the field's unit. */
  readonly level: number
  /** The most that a host gives. */
  readonly most: number
  /** The hosts that give no more than the level; none where it is the release that was asked for that keeps no more. */
  readonly hosts: readonly string[]
}

/** What a level costs. */
export type PolicyLoss = PolicyFeatureLoss | PolicyNumberLoss

/** Numbers that a level takes the least of. CPUID faulting is bit 31 of MSR 0xce. */
export type NarrowedField =
  | 'basic.max_leaf'
  | 'feat.max_subleaf'
  | 'basic.pmu_version'
  | 'extd.max_leaf'
  | 'extd.maxphysaddr'
  | 'platform_info.cpuid_faulting'

/** Where each is; those of the fields table by their names there. */
const NUMBERS = /* @__PURE__ */ (() => {
  const fields = [
    'basic.max_leaf',
    'feat.max_subleaf',
    'basic.pmu_version',
    'extd.max_leaf',
    'extd.maxphysaddr',
  ] as const satisfies readonly PolicyFieldName[]
  return [
    ...fields.map((name) => {
      const field = FIELDS[name]
      const subleaf = field.subleaves?.[0] ?? null
      const at = placeOfLeaf(field.leaf, subleaf, WHOLE_EXTENT) + field.register
      return { name, read: (words: Uint32Array) => fieldValue(field, words[at] ?? 0) }
    }),
    {
      name: 'platform_info.cpuid_faulting' as const,
      read: (words: Uint32Array) => (words[PLATFORM_INFO] ?? 0) >>> 31,
    },
  ]
})()

/** What hosts of the same policies give a new domain by themselves. */
interface Own {
  readonly policy: CpuPolicy
  readonly features: Uint32Array
  readonly numbers: readonly number[]
}

/** Features by bit, then numbers by leaf. */
export function findPolicyLosses(pool: PolicyPool, found: SearchResult): PolicyLoss[] {
  return new Losses(pool, found).all()
}

class Losses {
  readonly #pool: PolicyPool
  readonly #found: SearchResult
  readonly #level: Uint32Array
  readonly #own: readonly Own[]
  /** Features that a guest should see if any host has them. */
  readonly #told: ReadonlySet<FeatureName>

  constructor(pool: PolicyPool, found: SearchResult) {
    this.#pool = pool
    this.#found = found
    this.#level = allFeatures().read(found.words)
    const { table, purpose } = pool
    this.#told = new Set(
      purpose.method === 'intersection'
        ? []
        : [...accumulatedFeatures(table).names(table), ...RETURN_PREDICTIONS],
    )
    const words = zeroWords(POLICY_WORDS)
    this.#own = pool.members.policies.map((policies) => {
      const { policy } = initDomainPolicy(policies, purpose.domain)
      words.set(CpuPolicy.peek(policy))
      clearOutOfRange(words, WHOLE_EXTENT)
      const numbers = NUMBERS.map(({ read }) => read(words))
      return { policy, features: allFeatures().read(words), numbers }
    })
  }

  all(): PolicyLoss[] {
    return [...this.#lostBits().flatMap((bit) => this.#feature(bit) ?? []), ...this.#numbers()]
  }

  #lostBits(): number[] {
    const lost = this.#level.map((word, index) => {
      let any = 0
      for (const { features } of this.#own) any |= features[index] ?? 0
      return any & ~word
    })
    return Array.from({ length: lost.length * 32 }, (_, bit) => bit).filter((bit) => has(lost, bit))
  }

  #feature(bit: number): PolicyFeatureLoss | undefined {
    const { table } = this.#pool
    const carried = table.feature(bit)
    const giving = () => this.#hosts(({ features }) => has(features, bit))
    if (carried === undefined) {
      const feature = this.#nameOf(bit)
      return feature === undefined ? undefined : { feature, hosts: giving(), kind: 'not-carried' }
    }
    const feature = carried.name
    const components = this.#found.layoutsDiffer.get(feature)
    if (components !== undefined) {
      const layouts = components.flatMap((component) => this.#layouts(component))
      return { feature, hosts: giving(), kind: 'layout', layouts }
    }
    const missing = table
      .requirements(feature)
      .filter((name) => !has(this.#level, table.feature(name)?.bit ?? -1))
    if (this.#told.has(feature)) {
      if (this.#saysOtherwise(feature)) return undefined
      if (missing.length === 0) return this.#untold(feature, bit)
    }
    const lacking = this.#hosts(({ features }) => !has(features, bit))
    if (lacking.length > 0) return { feature, hosts: lacking, kind: 'absent' }
    if (missing.length === 0) return { feature, hosts: giving(), kind: 'not-carried' }
    const needed = missing.map((name) => table.feature(name)?.bit ?? -1)
    const hosts = this.#hosts(({ features }) => needed.some((one) => !has(features, one)))
    return { feature, hosts, kind: 'dependency', missing }
  }

  /** Of RSBA and RRSBA a guest sees one, which depends on whether it sees enhanced IBRS. */
  #saysOtherwise(feature: FeatureName): boolean {
    const { table } = this.#pool
    return (
      RETURN_PREDICTIONS.includes(feature) &&
      RETURN_PREDICTIONS.some((name) => has(this.#level, table.feature(name)?.bit ?? -1))
    )
  }

  /** What is not told although some host has it: others cannot hold it, or drop it. */
  #untold(feature: FeatureName, bit: number): PolicyFeatureLoss {
    const alone = withBit(zeroWords(POLICY_WORDS), bit)
    const trial = zeroWords(POLICY_WORDS)
    const short = this.#hosts(({ policy }) => {
      trial.set(alone)
      for (const at of LIMITS) trial[at] = CpuPolicy.peek(policy)[at] ?? 0
      clearOutOfRange(trial, WHOLE_EXTENT)
      return !has(allFeatures().read(trial), bit)
    })
    if (short.length > 0) return { feature, hosts: short, kind: 'out-of-range' }
    const { table, purpose, members } = this.#pool
    const policy = CpuPolicy.fromWords(withBit(this.#found.words, bit), table.release)
    const hosts = members.where((policies) => {
      const clamped = clampPolicy(policy, policies, purpose.domain).policy
      return !has(allFeatures().read(CpuPolicy.peek(clamped)), bit)
    })
    return { feature, hosts, kind: 'refused' }
  }

  #layouts(component: number): ComponentLayout[] {
    const at = xstate(component)
    // Hosts that do not give the feature lay nothing out.
    const layouts = this.#own.map(({ policy }) => {
      const words = CpuPolicy.peek(policy)
      const [size = 0, offset = 0, flags = 0] = words.subarray(at, at + 3)
      const given = (((words[xstate(0)] ?? 0) >>> component) & 1) === 1
      return given ? { component, size, offset, aligned: (flags & ALIGNED) !== 0 } : null
    })
    const keys = layouts.map((layout) => JSON.stringify(layout))
    return layouts
      .flatMap((layout, index) =>
        layout === null || keys.indexOf(keys[index] ?? '') < index
          ? []
          : { ...layout, hosts: this.#hosts((_, other) => keys[other] === keys[index]) },
      )
      .sort(
        (a, b) => a.offset - b.offset || a.size - b.size || Number(a.aligned) - Number(b.aligned),
      )
  }

  #numbers(): PolicyNumberLoss[] {
    return NUMBERS.flatMap(({ name: field, read }, index) => {
      const level = read(this.#found.words)
      const of = ({ numbers }: Own) => numbers[index] ?? 0
      const most = this.#own.reduce((value, own) => Math.max(value, of(own)), level)
      if (most === level) return []
      return [
        { field, kind: 'narrowed', level, most, hosts: this.#hosts((own) => of(own) <= level) },
      ]
    })
  }

  /** A bit that no host's release names is no feature. */
  #nameOf(bit: number): FeatureName | undefined {
    const given = this.#pool.members.policies.filter((_, index) =>
      has(this.#own[index]?.features ?? [], bit),
    )
    return given
      .map(({ release }) => releaseFeatures(release).table.feature(bit)?.name)
      .find((name) => name !== undefined)
  }

  #hosts(about: (own: Own, index: number) => boolean): string[] {
    return this.#pool.members.pick(this.#own.map(about))
  }
}

/** Bits that say what an empty return stack falls back on; combining keeps one of them. */
const RETURN_PREDICTIONS: readonly FeatureName[] = ['RSBA', 'RRSBA']

/** Registers that say how far a policy goes. */
const LIMITS = /* @__PURE__ */ (() => [basic(0), feature(0), extended(0)])()

/** Flag of a component in leaf 0xd's ecx. */
const ALIGNED = 1 << 1

function has(features: ArrayLike<number>, bit: number): boolean {
  return bit >= 0 && (((features[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
}

/** A copy of a policy with one more feature. */
function withBit(policy: Uint32Array, bit: number): Uint32Array {
  const [words, features] = [policy.slice(), allFeatures().read(policy)]
  features[bit >>> 5] = (features[bit >>> 5] ?? 0) | (1 << (bit & 31))
  allFeatures().write(words, features)
  return words
}
