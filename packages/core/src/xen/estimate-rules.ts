/** What a rule of the estimate looks like. The rules themselves are rows, by vendor; nothing else knows a CPU model. */
import type { CpuVendor, FeatureName } from '@xenlevel/cpuid'
import type { BootOptions } from './boot-options.js'

/** First and last of a range of models or families, both included. */
export type NumberRange = readonly [first: number, last: number]

/** When a rule applies: all that is given must hold. */
export interface CapabilityCondition {
  /** The CPU's maker is one of these. */
  readonly vendor?: readonly CpuVendor[]
  /** The family lies in one of these. */
  readonly family?: readonly NumberRange[]
  /** The model is one of these. */
  readonly model?: readonly number[]
  /** The model lies in here. */
  readonly models?: NumberRange
  /** Model and stepping, as `model << 4 | stepping`, is one of these. */
  readonly modelStepping?: readonly number[]
  /** The release that brought the rule, then the point releases of older branches that have it too. Always, if it is not given. */
  readonly landed?: readonly string[]
  /** The releases, in the same form, that came without it again. */
  readonly until?: readonly string[]
  /** Xen has all of these at this point; for a feature that the release does not name: the CPU says so. */
  readonly has?: readonly FeatureName[]
  /** Xen has at least one of these. */
  readonly hasAny?: readonly FeatureName[]
  /** Xen has none of these. */
  readonly lacks?: readonly FeatureName[]
  /** True: no hypervisor below; false: there is one (bit HYPERVISOR of the raw policy). */
  readonly bareMetal?: boolean
  /** The highest basic leaf is below this. */
  readonly maxLeafBelow?: number
  /** Leaf 0x8000001e says that a core has one thread: SMT is off in the hardware. */
  readonly oneThreadPerCore?: boolean
  /** What the command line says. */
  readonly boot?: (options: BootOptions) => boolean
}

/**
 * What a rule does. `set` and `clear`: to the bits alone, in what the vendor's code finds. `force`: sets them unless they were disabled.
 * `disable`: clears them and everything that needs them, for good. `keep`: nothing; the rule ends a decision.
 */
export type CapabilityEffect = 'set' | 'clear' | 'force' | 'disable' | 'keep'

/** One thing that Xen does to the features that it finds. */
export interface CapabilityRule {
  /** Rules of one decision are alternatives: the first that applies is the only one. */
  readonly decision?: string
  /** When. */
  readonly when: CapabilityCondition
  /** What. */
  readonly effect: CapabilityEffect
  /** To which features; those that the release does not name are passed over. For `keep`: which an assumption is about. */
  readonly features: readonly FeatureName[]
  /** Why Xen does it. */
  readonly reason: string
  /** Given if the raw policy does not decide it: what is taken to be so, as a sentence. */
  readonly assumes?: string
  /** Where it stands: Xen release and file below xen/arch/x86. */
  readonly source: string
}
