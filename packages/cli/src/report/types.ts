/** The report of a pool as data: what the page and the picture are made of. Plain JSON. */
import type {
  CombineMethod,
  FeatureAspect,
  Finding,
  GuestKind,
  PsabiLevelName,
  ReasonCode,
  ReasonGrade,
} from '@xenlevel/core'
import type { CpuVendor, FeatureName } from '@xenlevel/cpuid'

/** The kind of guest that a report is about: of those two the featuresets differ. */
export type ReportKind = 'hvm' | 'pv'

/** Everything that is said of a pool. Indices of columns are places in {@link PoolReport.columns}. */
export interface PoolReport {
  /** What kind of document this is. */
  readonly format: 'xenlevel/pool-report'
  /** Which form of it. */
  readonly version: 1
  /** The heading. */
  readonly title: string
  /** The guests that it is about. */
  readonly kind: ReportKind
  /** The release whose names and words are used. */
  readonly release: string
  /** How the level was made. */
  readonly method: CombineMethod
  /** The vendor of all hosts; null if they differ. */
  readonly vendor: CpuVendor | null
  /** The narrowest physical address width, in bits. */
  readonly physAddrBits: number
  /** What compilers may assume at the level; null below the first psABI level. */
  readonly psabi: PsabiLevelName | null
  /** The hosts, in the order given. */
  readonly hosts: readonly ReportHost[]
  /** Hosts that are alike to a guest, once; the columns of both matrices. */
  readonly columns: readonly ReportColumn[]
  /** The features that some host can give a guest, by bit; the rows of the matrix. */
  readonly features: readonly ReportFeature[]
  /** The featureset words that have such features, in order. */
  readonly words: readonly ReportWord[]
  /** What these features are for, in the order in which that is shown. */
  readonly meanings: readonly string[]
  /** Features that some CPU has and that its Xen offers no guest, by bit. */
  readonly hidden: readonly HiddenFeature[]
  /** What the level costs, one entry for each set of hosts to blame. */
  readonly losses: readonly ReportLoss[]
  /** What should be known of the level. */
  readonly findings: readonly Finding[]
  /** Who may run where; null if no guests were given. */
  readonly mobility: ReportMobility | null
  /** The level as toolstacks write it. */
  readonly texts: readonly LevelText[]
}

/** One host. */
export interface ReportHost {
  /** Its name. */
  readonly name: string
  /** Its column. */
  readonly column: number
  /** The vendor of its CPU. */
  readonly vendor: CpuVendor
  /** What its CPU calls itself. */
  readonly brand: string
  /** Leaf 1's eax in hex, eight digits. */
  readonly signature: string
  /** Revision of its microcode in hex; null if it is not known. */
  readonly microcode: string | null
  /** Its Xen release; null if none runs. */
  readonly xen: string | null
  /** Its physical address width, in bits. */
  readonly physAddrBits: number
}

/** Hosts that offer the same and take the same guests. */
export interface ReportColumn {
  /** Places of the hosts in {@link PoolReport.hosts}. */
  readonly hosts: readonly number[]
  /** How many features they offer by default. */
  readonly offers: number
  /** Who says what they offer. */
  readonly evidence: 'said' | 'estimated' | 'unknown'
  /** False for hosts that cannot run this kind of guest or told nothing: the level is made without them. */
  readonly counts: boolean
  /** What the pool would gain if all of them left it, the weightiest first. */
  readonly gain: readonly FeatureName[]
  /** Columns of hosts that would have to leave as well for that: they offer the same, and differ otherwise. */
  readonly gainWith: readonly number[]
}

/** One featureset word. */
export interface ReportWord {
  /** Its place in the featureset. */
  readonly index: number
  /** Where the hardware keeps it: `7:0 ebx`. */
  readonly place: string
}

/**
 * What the level does with a feature. `kept`: guests have it. `lost`: some host offers it by default, and the level leaves it out.
 * `uncounted`: the same, of a bit that says nothing about the CPU. `on-request`: no host offers it by default and every host that counts
 * accepts it. `some-on-request`: only some of them accept it.
 */
export type FeatureState = 'kept' | 'lost' | 'uncounted' | 'on-request' | 'some-on-request'

/**
 * What a host does with a feature. `y`: offers it by default. `r`: accepts it on request. `h`: its CPU has it, and its Xen offers it to no
 * guest of this kind. `n`: does not have it. `u`: nothing is known, or the host does not count.
 */
export type CellCode = 'y' | 'r' | 'h' | 'n' | 'u'

/** One feature. */
export interface ReportFeature {
  /** As Xen spells it. */
  readonly name: FeatureName
  /** Its number over all words. */
  readonly bit: number
  /** What the level does with it. */
  readonly state: FeatureState
  /** One {@link CellCode} a column. */
  readonly cells: string
  /** True if every host that counts lets a guest in that has it. */
  readonly accepted: boolean
  /** What it is for: place in {@link PoolReport.meanings}. */
  readonly meaning: number
  /** What losing it is about. */
  readonly aspect: FeatureAspect
  /** What losing it means to a guest, in one sentence. */
  readonly losing: string
  /** Why the level has it although a host lacks it, or why it does not count; empty if there is nothing to explain. */
  readonly why: string
}

/** A feature that no guest gets to see. */
export interface HiddenFeature {
  /** As Xen spells it. */
  readonly name: FeatureName
  /** How many hosts have it. */
  readonly hosts: number
}

/** Features that are lost to the same hosts. */
export interface ReportLoss {
  /** Why, as {@link @xenlevel/core!Loss} says it. */
  readonly kind: 'absent' | 'dependency' | 'not-carried'
  /** Places of the hosts in {@link PoolReport.hosts}; of many some, as the level names them. */
  readonly hosts: readonly number[]
  /** How many hosts there are. */
  readonly count: number
  /** What is lost, by bit. */
  readonly features: readonly FeatureName[]
  /** What that means, the worst first. */
  readonly meanings: readonly LossMeaning[]
}

/** Features whose loss means the same. */
export interface LossMeaning {
  /** The features, by bit. */
  readonly features: readonly FeatureName[]
  /** What losing them means to a guest, in one sentence. */
  readonly losing: string
  /** What it is about. */
  readonly aspect: FeatureAspect
  /** How much it hurts, from 0 to 10. */
  readonly weight: number
}

/** Who may run where. */
export interface ReportMobility {
  /** Guests that were promised the same, once; the rows. */
  readonly guests: readonly ReportGuest[]
  /** Why not, or not as before: the guests in order, and for each the hosts that say the same. */
  readonly verdicts: readonly ReportVerdict[]
}

/** Guests that were promised the same. */
export interface ReportGuest {
  /** What they are called. */
  readonly names: readonly string[]
  /** What kind they are. */
  readonly kind: GuestKind
  /** Columns of the hosts that some of them run on, where that is known. */
  readonly runsOn: readonly number[]
  /**
   * One letter a column. `y`: may run there. `d`: may, with less or with a difference. `l`: may not, because Xen takes it and drops
   * features in silence. `n`: may not, because Xen refuses it.
   */
  readonly cells: string
}

/** What some hosts say of a guest. */
export interface ReportVerdict {
  /** Place of the guest in {@link ReportMobility.guests}. */
  readonly guest: number
  /** Columns of the hosts. */
  readonly columns: readonly number[]
  /** Whether it may run there. */
  readonly admitted: boolean
  /** Whether whole policies were judged, or featuresets alone. */
  readonly judged: 'policy' | 'featureset'
  /** The reasons, those of a grade and code together. */
  readonly reasons: readonly ReportReason[]
  /** What would make it yes; null if it is yes. */
  readonly advice: string | null
  /** The level that it has to be started at for it to be yes, as a featureset; null if it is yes, or if no level helps. */
  readonly levelTo: string | null
}

/** Reasons of one grade and code. */
export interface ReportReason {
  /** How bad they are. */
  readonly grade: ReasonGrade
  /** Stable name. */
  readonly code: ReasonCode
  /** The features they are about, by bit. */
  readonly features: readonly FeatureName[]
  /** What is said, where it is not about features. */
  readonly messages: readonly string[]
}

/** The level in the language of one toolstack. */
export interface LevelText {
  /** Which: `xapi, VM.platform`. */
  readonly language: string
  /** The text to copy; empty if there is none, and then the notes say why. */
  readonly text: string
  /** Columns of the hosts that it is for; null if it is for all. */
  readonly columns: readonly number[] | null
  /** What should be known of it. */
  readonly notes: readonly string[]
}
