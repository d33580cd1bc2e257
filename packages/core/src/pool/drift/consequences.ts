/** Whom it concerns: guests that are refused now or start with other features, and the level of the pool. */
import { type FeatureName, type Featureset, featureTable, mapFeatureset } from '@xenlevel/cpuid'
import { admitGuest } from '../../guest/admit.js'
import { isHvmKind } from '../../guest/kind.js'
import { compatibilityMask } from '../../xen/compatibility-bits.js'
import { levelPool, type PoolLevel } from '../level.js'
import type { Side } from './sides.js'
import type { AffectedGuest, DriftOptions, LevelDrift, NamedChanges } from './types.js'

/** The levels of the pool with the host as it was and as it is; null if no pool was given. */
export function levelsOf(
  before: Side,
  after: Side,
  { pool, levelling }: DriftOptions,
): readonly [PoolLevel, PoolLevel] | null {
  if (pool === undefined) return null
  const names = [before.snapshot.name, after.snapshot.name]
  const others = pool.filter(({ name }) => !names.includes(name))
  return [
    levelPool([...others, before.snapshot], levelling),
    levelPool([...others, after.snapshot], levelling),
  ]
}

/** What changes between two levels. */
export function levelDrift([before, after]: readonly [PoolLevel, PoolLevel]): LevelDrift {
  const kind = (which: 'pv' | 'hvm') => ({
    default: between(newest(before[which].default, before), newest(after[which].default, after)),
    max: between(newest(before[which].max, before), newest(after[which].max, after)),
  })
  return {
    pv: kind('pv'),
    hvm: kind('hvm'),
    physAddrBits:
      before.physAddrBits === after.physAddrBits
        ? null
        : { before: before.physAddrBits, after: after.physAddrBits },
    release:
      before.release === after.release ? null : { before: before.release, after: after.release },
  }
}

function newest(set: Featureset, { release }: PoolLevel): Featureset {
  return mapFeatureset(set, featureTable(release), featureTable()).featureset
}

/** Features that come and go; those of compatibility do not count. */
function between(before: Featureset, after: Featureset): NamedChanges {
  const names = (set: Featureset): FeatureName[] =>
    set.andNot(compatibilityMask('AMD', featureTable())).names()
  return { lost: names(before.andNot(after)), gained: names(after.andNot(before)) }
}

/** The guests that notice, in the order given. */
export function affectedGuests(
  before: Side,
  after: Side,
  options: DriftOptions,
  levels: readonly [PoolLevel, PoolLevel] | null,
): AffectedGuest[] {
  const { guests = [] } = options
  const boots = {
    pv: bootChanges('pv', before, after, levels),
    hvm: bootChanges('hvm', before, after, levels),
  }
  return guests.flatMap((guest) => {
    const [was, is] = [before, after].map(({ snapshot }) => admitGuest(guest, snapshot, options))
    if (was === undefined || is === undefined) return []
    const nextBoot = boots[isHvmKind(guest.kind) ? 'hvm' : 'pv']
    const fits =
      was.admitted === is.admitted ? 'as-before' : is.admitted ? 'again' : ('no-longer' as const)
    if (fits === 'as-before' && nextBoot.lost.length + nextBoot.gained.length === 0) return []
    const refusing = fits === 'as-before' ? [] : (fits === 'again' ? was : is).reasons
    const reasons = refusing.filter(({ grade }) => grade === 'refused' || grade === 'lost')
    return [{ guest: guest.name, fits, reasons, nextBoot }]
  })
}

/** What the next start gives: the level of the pool where there is one, what the host gives by default otherwise. */
function bootChanges(
  kind: 'pv' | 'hvm',
  before: Side,
  after: Side,
  levels: readonly [PoolLevel, PoolLevel] | null,
): NamedChanges {
  if (levels !== null) return levelDrift(levels)[kind].default
  const set = kind === 'pv' ? 'pvDefault' : 'hvmDefault'
  const [a, b] = [before.sets[set], after.sets[set]]
  return a === undefined || b === undefined ? { lost: [], gained: [] } : between(a, b)
}
