/** What changed on one host between two snapshots, why as far as it can be told, and whom it concerns. */
import type { FeatureName } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { Finding } from '../../finding.js'
import type { AdmitOptions, GuestCpu, Reason } from '../../guest/reasons.js'
import type { PolicyDifference } from '../../policy/compare.js'
import type { LevelOptions } from '../level.js'

/** The featuresets and policies of a host, by the names they have in its snapshot. */
export type HostSet = 'raw' | 'host' | 'pvDefault' | 'pvMax' | 'hvmDefault' | 'hvmMax'

/**
 * What may have changed a host. `cpu-replaced`: it has another processor. `microcode`, `firmware`: an update, or a setting. `xen-release`:
 * another Xen makes something else of the same CPU. `command-line`: Xen was started otherwise. `software`: shows what was switched on when
 * it was read. `unknown`: nothing is known that would explain it.
 */
export type DriftCauseName =
  | 'cpu-replaced'
  | 'microcode'
  | 'firmware'
  | 'xen-release'
  | 'command-line'
  | 'software'
  | 'unknown'

/** `certain`: the snapshots show it. `likely`: it explains the change, and something else might. `possible`: nothing speaks against it. */
export type Certainty = 'certain' | 'likely' | 'possible'

/** One way to explain one change. */
export interface Explanation {
  /** What it is put down to. */
  readonly cause: DriftCauseName
  /** How sure that is. */
  readonly certainty: Certainty
  /** What speaks for it, as a clause. */
  readonly because: string
}

/** A feature that came or went. */
export interface FeatureChange {
  /** Its name; a bit without a name has none. */
  readonly feature?: FeatureName
  /** Its bit in the words of the newest table; null if that does not name it. */
  readonly bit: number | null
  /** Whether it came or went. */
  readonly change: 'gained' | 'lost'
  /** Where. */
  readonly sets: readonly HostSet[]
  /** Why it does not count where it is only in sets for acceptance, if it does not. */
  readonly uncounted?: string
  /** What may have done it, the surest first. */
  readonly explanations: readonly Explanation[]
  /** One sentence for people. */
  readonly message: string
}

/** Something in policies that is no feature and is not what it was: `a` is before, `b` after. */
export interface FieldChange extends PolicyDifference {
  /** In which policies. */
  readonly sets: readonly HostSet[]
  /** What may have done it, the surest first. */
  readonly explanations: readonly Explanation[]
}

/** Something that the snapshots say of the host itself and that is not the same. */
export interface FactChange {
  /** What. */
  readonly fact:
    | 'name'
    | 'vendor'
    | 'brand'
    | 'signature'
    | 'physAddrBits'
    | 'microcodeRevision'
    | 'release'
    | 'pv'
    | 'pv32'
    | 'hvm'
    | 'hap'
    | 'commandLine'
  /** What it was; null if that is not known. */
  readonly before: string | number | boolean | null
  /** What it is. */
  readonly after: string | number | boolean | null
  /** What may have done it, the surest first; none for what is a cause itself. */
  readonly explanations: readonly Explanation[]
}

/** A cause with all that is put down to it. */
export interface DriftCause {
  /** The cause. */
  readonly cause: DriftCauseName
  /** How sure it is for the surest of the changes. */
  readonly certainty: Certainty
  /** What speaks for it. */
  readonly evidence: readonly string[]
  /** The features for which it is among the explanations; bits without a name as `<613>`. */
  readonly features: readonly string[]
  /** The same for fields of policies, and for what is said of the host itself. */
  readonly fields: readonly string[]
}

/** Features that came and went. */
export interface NamedChanges {
  /** Those that went, by bit. */
  readonly lost: readonly FeatureName[]
  /** Those that came, by bit. */
  readonly gained: readonly FeatureName[]
}

/** A guest that notices. */
export interface AffectedGuest {
  /** The guest. */
  readonly guest: string
  /** Whether the host admits it: `no-longer`, `again`, or `as-before`. */
  readonly fits: 'no-longer' | 'again' | 'as-before'
  /** Why it is not admitted, on the side where it is not; empty if that did not change. */
  readonly reasons: readonly Reason[]
  /** What its next start gives it that the last would not have, and the other way round: on this host, or at the pool's level. */
  readonly nextBoot: NamedChanges
}

/** What it does to what the level promises guests of one kind. */
export interface LevelledGuestDrift {
  /** For boot. */
  readonly default: NamedChanges
  /** For acceptance. */
  readonly max: NamedChanges
}

/** Something about the level that is not what it was. */
export interface LevelFactChange<Fact extends string | number> {
  /** What it was. */
  readonly before: Fact
  /** What it is. */
  readonly after: Fact
}

/** What it does to the level of the pool. */
export interface LevelDrift {
  /** What the level can promise. */
  readonly pv: LevelledGuestDrift
  /** The same for HVM and PVH guests. */
  readonly hvm: LevelledGuestDrift
  /** The narrowest address width in bits, if it changed. */
  readonly physAddrBits: LevelFactChange<number> | null
  /** The release that the level is made for, if it changed. */
  readonly release: LevelFactChange<string> | null
}

/** All that changed. */
export interface SnapshotDrift {
  /** The host, as it is called now. */
  readonly host: string
  /** True if nothing changed; what could not be compared is among the findings. */
  readonly same: boolean
  /** What the snapshots say of the host itself. */
  readonly facts: readonly FactChange[]
  /** Features, by bit. */
  readonly features: readonly FeatureChange[]
  /** Everything else in the policies that both snapshots have. */
  readonly fields: readonly FieldChange[]
  /** What may have done it, the surest first. */
  readonly causes: readonly DriftCause[]
  /** The guests that notice. */
  readonly guests: readonly AffectedGuest[]
  /** What it does to the pool's level; null if no pool was given. */
  readonly level: LevelDrift | null
  /** What could not be compared. */
  readonly findings: readonly Finding[]
}

/** A guest of which it is asked whether it notices. */
export interface DriftGuest extends GuestCpu {
  /** Its name. */
  readonly name: string
}

/** Options of {@link compareSnapshots}. */
export interface DriftOptions extends Pick<AdmitOptions, 'release' | 'domain'> {
  /** Guests that run on the host, or may come to it. */
  readonly guests?: readonly DriftGuest[]
  /** The hosts of its pool; one that has the name of the host is left out. */
  readonly pool?: readonly HostSnapshot[]
  /** How the pool is levelled. */
  readonly levelling?: LevelOptions
  /** Xen's command lines, where they are known and the snapshots do not tell them. */
  readonly commandLine?: {
    /** What Xen was started with when the first snapshot was taken. */
    readonly before?: string
    /** What Xen was started with when the second one was taken. */
    readonly after?: string
  }
}
