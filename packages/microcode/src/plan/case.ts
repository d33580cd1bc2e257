/** What the checks of a plan are asked about: one host, one file, and what would come of it. */
import type { LoadOutcome } from '../outcome/types.js'
import type { Source } from '../select/source.js'
import type { Selection } from '../select/types.js'
import type { CpuIdentity, MicrocodeUpdate } from '../types.js'
import type { FeatureChange, Forbidden, PlanHost, PlanPolicy, PlanReason } from './types.js'

/** CPUs of a host that are alike. */
export interface CpuKind {
  /** One of them: that with the oldest revision. */
  readonly oldest: CpuIdentity
  /** `06-9e-0a`. */
  readonly model: string
  /** How many there are, online or not. */
  readonly count: number
  /** Revisions of those that are online, ascending. */
  readonly revisions: readonly number[]
}

/** What a file would do for a kind of CPU. */
export interface KindChoice {
  /** The kind. */
  readonly kind: CpuKind
  /** What it gets. */
  readonly selection: Selection
}

/** One host and one file that has an update for it. */
export interface PlanCase {
  /** The host. */
  readonly host: PlanHost
  /** What the caller wants. */
  readonly policy: PlanPolicy
  /** The file. */
  readonly source: Source
  /** The kind of CPU 0. */
  readonly kind: CpuKind
  /** What CPU 0's kind gets. */
  readonly selection: Selection
  /** Its update. */
  readonly update: MicrocodeUpdate
  /** Every kind, that of CPU 0 first. */
  readonly choices: readonly KindChoice[]
  /** What changes of features. */
  readonly features: readonly FeatureChange[]
  /** What the hypercall comes to; null where there is none. */
  readonly outcome: LoadOutcome | null
  /** The same with the force flag, where policy and release have it. */
  readonly forced: LoadOutcome | null
}

/** A check: why something is forbidden or should be known; null if it has nothing to say. */
export interface PlanCheck {
  /** The name of its reason. */
  readonly code: PlanReason['code']
  /** What it says. */
  readonly check: (subject: PlanCase) => Said | null
}

/** What a check says. */
export interface Said {
  /** What it forbids; null for nothing. */
  readonly forbids: Forbidden | null
  /** The sentence. */
  readonly message: string
  /** `error` for what forbids, `warning` for what does not, unless said. */
  readonly severity?: PlanReason['severity']
  /** Who says so. */
  readonly source?: string
}

/** The reasons that checks give. */
export function reasonsOf(checks: readonly PlanCheck[], subject: PlanCase): PlanReason[] {
  return checks.flatMap(({ code, check }) => {
    const said = check(subject)
    if (said === null) return []
    const { forbids, message, severity = forbids === null ? 'warning' : 'error', source } = said
    return [{ code, severity, forbids, message, ...(source !== undefined && { source }) }]
  })
}

/** Whether an update may be loaded so far as these reasons go. */
export function permitted(reasons: readonly PlanReason[]): 'late' | 'early' | 'never' {
  if (reasons.some(({ forbids }) => forbids === 'late and early')) return 'never'
  return reasons.some(({ forbids }) => forbids === 'late') ? 'early' : 'late'
}
