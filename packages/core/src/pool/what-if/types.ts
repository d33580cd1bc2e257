/** What a change of a pool does: to its level, and to the guests that run. */
import type { FeatureName } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { Finding } from '../../finding.js'
import type { GuestCpu } from '../../guest/reasons.js'
import type { Weights } from '../explain/costs.js'
import type { FeatureMeaning } from '../explain/feature-meaning.js'
import type { ChangedFeature } from '../explain/gains.js'
import type { LevelOptions, PoolLevel } from '../level.js'
import type { Loss } from '../losses.js'
import type { ReleaseUpgrade } from './upgraded.js'

/** A guest that runs in the pool. */
export interface RunningGuest extends GuestCpu {
  /** Its name. */
  readonly name: string
  /** The host it runs on, where that is known. */
  readonly host?: string
}

/** Options of {@link whatIf}. */
export interface WhatIfOptions extends LevelOptions {
  /** The guests that run: of each is told what the change means to it. */
  readonly guests?: readonly RunningGuest[]
  /** In whose words their featuresets are; the newest by default. */
  readonly guestRelease?: string
}

/** A feature that the level gains. */
export interface LevelGain extends ChangedFeature {
  /** What it means to a guest. */
  readonly meaning: FeatureMeaning
  /** Why the level did not have it before: as {@link Loss.kind}; `told` of what guests are now told because of some host. */
  readonly kind: Loss['kind'] | 'told'
  /** The hosts that kept it back; of `told`, those because of which it is told. */
  readonly hosts: readonly string[]
  /** How many hosts those are. */
  readonly count: number
}

/** A feature that the level loses. */
export interface LevelLoss extends ChangedFeature {
  /** What it means to a guest. */
  readonly meaning: FeatureMeaning
  /**
   * Why: `absent` and `dependency` as {@link Loss.kind}; `release`: the release in whose words the level is then does not know it; `untold`:
   * guests were told of it because of some host, and no host is so any more.
   */
  readonly kind: 'absent' | 'dependency' | 'release' | 'untold'
  /** The hosts because of which it goes: those that lack it, or run that release; none of `untold`. */
  readonly hosts: readonly string[]
  /** How many hosts those are. */
  readonly count: number
  /** All of that in a few sentences. */
  readonly message: string
}

/** A guest that could run on every host before and cannot any more. */
export interface GuestLosingMobility {
  /** The guest, by name. */
  readonly guest: string
  /** What it has seen and not every host accepts any more, by bit. */
  readonly features: readonly FeatureName[]
  /** The hosts that do not take it. */
  readonly hosts: readonly string[]
  /** How many hosts those are. */
  readonly count: number
}

/** A guest that has to be shut down and started again. */
export interface GuestToPowerCycle {
  /** The guest, by name. */
  readonly guest: string
  /**
   * `to-return`: it has seen features that the level does not have, and only by starting at the level can it run everywhere. `to-gain`:
   * the level has features that it did not see when it started.
   */
  readonly why: 'to-return' | 'to-gain'
  /** The features, by bit. */
  readonly features: readonly FeatureName[]
}

/** A guest whose host leaves, or is replaced or upgraded. */
export interface GuestToMove {
  /** The guest, by name. */
  readonly guest: string
  /** The host it runs on. */
  readonly from: string
  /** The hosts that take it, by its features and vendor. */
  readonly hosts: readonly string[]
  /** How many hosts those are. */
  readonly count: number
}

/**
 * What a change means to the guests that run. Judged by features and vendor, with the hosts’ max sets; {@link mobility} judges whole
 * policies and the room on hosts too.
 */
export interface GuestEffects {
  /** Guests that could run on every host and then cannot. */
  readonly losingMobility: readonly GuestLosingMobility[]
  /** Guests that have to be power-cycled to return to the level, or to use what it gains. */
  readonly toPowerCycle: readonly GuestToPowerCycle[]
  /** Guests that no host of the pool takes then. */
  readonly nowhere: readonly string[]
  /** Guests that have to move before the change. */
  readonly toMove: readonly GuestToMove[]
  /** Guests of which no features are known. */
  readonly unknown: readonly string[]
}

/** What a change does. */
export interface LevelChange {
  /** The level before. */
  readonly before: PoolLevel
  /** The level after; {@link whatIf} of it asks on. */
  readonly after: PoolLevel
  /** What guests that start then have more, the weightiest first. */
  readonly gains: readonly LevelGain[]
  /** What guests that start then have no more, the weightiest first. */
  readonly losses: readonly LevelLoss[]
  /** What the gains weigh together. */
  readonly gained: Weights
  /** What the losses weigh together. */
  readonly lost: Weights
  /** What the change means to the guests that run. */
  readonly guests: GuestEffects
  /** What should be known about it: findings that the level has after and had not before, and how far an upgrade could be foreseen. */
  readonly findings: readonly Finding[]
}

/** What a host is upgraded to. */
export type HostUpgrade =
  | ReleaseUpgrade
  | {
      /** Its snapshot afterwards, as of another host with the same microcode, firmware or Xen. Its name does not count. */
      readonly snapshot: HostSnapshot
    }

/** Questions to a pool. Each is about the pool as it was given; none changes it. */
export interface WhatIf {
  /** The level that it is about. */
  readonly level: PoolLevel
  /**
   * What if these hosts join?
   *
   * @throws {@link PoolError} for a name that is there already.
   */
  join(...hosts: readonly HostSnapshot[]): LevelChange
  /**
   * What if these hosts leave?
   *
   * @throws {@link PoolError} for a name that is not there, if nobody would stay, or where it is not known what each host offers: in a
   * level of more than 4,096 hosts.
   */
  leave(...names: readonly string[]): LevelChange
  /**
   * What if a host is replaced by another, which may have its name?
   *
   * @throws {@link PoolError} as {@link WhatIf.leave} and {@link WhatIf.join}.
   */
  replace(name: string, host: HostSnapshot): LevelChange
  /**
   * What if a host gets another Xen, microcode or firmware?
   *
   * @throws {@link PoolError} as {@link WhatIf.leave}, and for a release if only the level is known: give the hosts then.
   */
  upgrade(name: string, upgrade: HostUpgrade): LevelChange
}
