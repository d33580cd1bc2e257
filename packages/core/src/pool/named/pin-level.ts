/** Holding a pool below what it could promise, for hosts that are yet to come. */
import { type FeatureName, Featureset, type FeatureTable, featureTable } from '@xenlevel/cpuid'
import type { Finding } from '../../finding.js'
import { compatibilityMask } from '../../xen/compatibility-bits.js'
import type { DefaultFeatureset, MaxFeatureset } from '../../xen/offered-featuresets.js'
import { byWeight, type Weights, weigh } from '../explain/costs.js'
import { type FeatureMeaning, featureMeaning } from '../explain/feature-meaning.js'
import type { ChangedFeature } from '../explain/gains.js'
import { levelGroupsOf } from '../folded-level.js'
import { GroupColumns } from '../groups/columns.js'
import { LEVEL_KINDS, type LevelKind } from '../groups/host-group.js'
import { carrySet } from '../groups/settle.js'
import { NOBODY, type Tally } from '../groups/tally.js'
import type { PoolLevel } from '../level.js'
import type { LevelGroups } from '../losses.js'
import { type CustomLevel, type NamedLevel, namedLevel } from './named-level.js'

/** Options of {@link pinLevel}. */
export interface PinOptions {
  /**
   * What is kept of the features that some CPUs of a generation have and others lack. `'mitigations'`, the default: the controls that come
   * with microcode; the hosts to come have to be up to date. `'none'`: nothing, so that any CPU of the generation can join. `'all'`: everything.
   */
  readonly varying?: 'mitigations' | 'none' | 'all'
}

/** A feature that the pool could promise and, held at the level, does not. */
export interface GivenUp extends ChangedFeature {
  /** What that means to a guest. */
  readonly meaning: FeatureMeaning
  /**
   * `beyond`: no CPU of the target has it. `varies`: some have it, others lack it. `dependency`: the target says nothing of it, and it
   * needs something that is given up.
   */
  readonly kind: 'beyond' | 'varies' | 'dependency'
}

/** A feature of the target that the pool cannot give. */
export interface NotGiven extends ChangedFeature {
  /** What that means to a guest. */
  readonly meaning: FeatureMeaning
  /** The hosts that do not offer it; none where all do and something that it needs is missing. */
  readonly hosts: readonly string[]
  /** How many hosts those are. */
  readonly count: number
}

/** What guests of one kind get in a pool that is held at a level. */
export interface PinnedGuest {
  /** For boot: never more than the pool’s own level. */
  readonly default: DefaultFeatureset
  /** For acceptance: as without the pin, for guests that have seen more stay where they are. */
  readonly max: MaxFeatureset
}

/** A pool that is held at a level. */
export interface PinnedLevel {
  /** What it is held at. */
  readonly target: NamedLevel
  /** The level that it would have. */
  readonly level: PoolLevel
  /** The release in whose words its sets are. */
  readonly release: string
  /** For PV guests. */
  readonly pv: PinnedGuest
  /** For HVM and PVH guests. */
  readonly hvm: PinnedGuest
  /** What is given up beyond what the hosts cost, the weightiest first. */
  readonly givenUp: readonly GivenUp[]
  /** How much that weighs. */
  readonly weights: Weights
  /** What of the target the pool cannot give, the weightiest first; only what a guest could have at all. */
  readonly notGiven: readonly NotGiven[]
  /** What is kept although not all CPUs of the target have it: a host that joins has to. By bit. */
  readonly expected: readonly FeatureName[]
  /** What should be known about it. */
  readonly findings: readonly Finding[]
}

/**
 * Holds a pool at a level: what guests get at boot is cut to what the target has too, so that hosts of that level can join later and no
 * running guest is in the way.
 *
 * @param target - a name as {@link namedLevel} takes it, or such a level, or one of one's own.
 * @throws {@link NamedLevelError} for a name that no level has; {@link PoolError} for a level that this package did not make.
 */
export function pinLevel(
  level: PoolLevel,
  target: string | NamedLevel | CustomLevel,
  { varying = 'mitigations' }: PinOptions = {},
): PinnedLevel {
  const named = typeof target === 'object' && 'kind' in target ? target : namedLevel(target)
  const pool = levelGroupsOf(level)
  const pin = new Pin(level, pool, named, varying)
  const givenUp = byWeight(pin.givenUp())
  return {
    target: named,
    level,
    release: level.release,
    pv: { default: pin.pinned.pv, max: level.pv.max },
    hvm: { default: pin.pinned.hvm, max: level.hvm.max },
    givenUp,
    weights: weigh(givenUp),
    notGiven: byWeight(pin.notGiven()),
    expected: pin.expected(),
    findings: findingsOf(level, named),
  }
}

class Pin {
  /** What guests get, by kind. */
  readonly pinned: Readonly<Record<LevelKind, Featureset>>
  readonly #level: PoolLevel
  readonly #pool: LevelGroups
  readonly #table: FeatureTable
  readonly #target: Featureset
  readonly #varying: Featureset
  /** What the target does not let through. */
  readonly #beyond: Featureset

  constructor(
    level: PoolLevel,
    pool: LevelGroups,
    { featureset, varying, governs }: NamedLevel,
    keep: NonNullable<PinOptions['varying']>,
  ) {
    const newest = featureTable()
    const { table } = pool
    const carry = (set: Featureset) => carrySet(set, newest, table)
    const kept = varying.names(newest).filter((name) => isKept(name, keep))
    this.#level = level
    this.#pool = pool
    this.#table = table
    this.#target = carry(featureset)
    this.#varying = carry(varying)
    this.#beyond = carry(governs)
      .andNot(this.#target)
      .andNot(carry(Featureset.fromNames(kept, newest)))
    this.pinned = { pv: this.#hold(level.pv.default), hvm: this.#hold(level.hvm.default) }
  }

  givenUp(): GivenUp[] {
    return this.#byFeature((kind) => this.#level[kind].default.andNot(this.pinned[kind])).map(
      ({ feature, guests, bit }) => {
        const meaning = featureMeaning(feature)
        if (!this.#beyond.has(bit)) return { feature, guests, meaning, kind: 'dependency' }
        return { feature, guests, meaning, kind: this.#varying.has(bit) ? 'varies' : 'beyond' }
      },
    )
  }

  notGiven(): NotGiven[] {
    const offerable = {
      pv: this.#table.mask('pvDefault'),
      hvm: this.#table.mask('hvmHapDefault'),
    }
    return this.#byFeature((kind) =>
      this.#level[kind].count === 0
        ? Featureset.empty
        : this.#target.and(offerable[kind]).andNot(this.#level[kind].default),
    ).map(({ feature, guests, bit }) => ({
      feature,
      guests,
      meaning: featureMeaning(feature),
      ...this.#lacking(bit, guests),
    }))
  }

  expected(): FeatureName[] {
    const kept = this.pinned.pv.or(this.pinned.hvm).and(this.#varying).andNot(this.#target)
    return kept.names(this.#table)
  }

  /** Without what is beyond the target, and without what needs any of that. */
  #hold(set: Featureset): Featureset {
    const table = this.#table
    const names = set.and(this.#beyond).names(table)
    const needing = new Set(names.flatMap((name) => table.dependents(name)))
    return set.andNot(this.#beyond).andNot(Featureset.fromNames(needing, table))
  }

  #lacking(bit: number, guests: readonly LevelKind[]): Tally {
    return guests
      .map((kind) => new GroupColumns(this.#pool, kind, this.#table.words.length).lacking([bit]))
      .reduce((most, tally) => (tally.count > most.count ? tally : most), NOBODY)
  }

  #byFeature(
    bitsOf: (kind: LevelKind) => Featureset,
  ): { readonly feature: FeatureName; readonly bit: number; readonly guests: LevelKind[] }[] {
    const ignored = compatibilityMask(this.#level.vendor, this.#table)
    const guests = new Map<number, LevelKind[]>()
    for (const kind of LEVEL_KINDS)
      for (const bit of bitsOf(kind).andNot(ignored).bits())
        guests.set(bit, [...(guests.get(bit) ?? []), kind])
    return [...guests]
      .sort(([a], [b]) => a - b)
      .flatMap(([bit, kinds]) => {
        const feature = this.#table.feature(bit)?.name
        return feature === undefined ? [] : [{ feature, bit, guests: kinds }]
      })
  }
}

function isKept(feature: FeatureName, keep: NonNullable<PinOptions['varying']>): boolean {
  if (keep === 'mitigations') return featureMeaning(feature).group === 'mitigation'
  return keep === 'all'
}

function findingsOf({ vendor }: PoolLevel, target: NamedLevel): Finding[] {
  const findings: Finding[] = []
  if (target.vendor !== null && vendor !== null && target.vendor !== vendor)
    findings.push({
      code: 'target-vendor-differs',
      severity: 'error',
      message: `${target.name} is a level of ${target.vendor} CPUs and the hosts are ${vendor}: no guest can move between them, whatever its features.`,
    })
  if (target.unknownWords.length > 0)
    findings.push({
      code: 'target-words-unknown',
      severity: 'warning',
      message: `No recorded CPU of ${target.name} tells featureset words ${target.unknownWords.join(', ')}; the pool keeps what it has there, and a host that joins may lack it.`,
    })
  return findings
}
