/** What a configuration is applied to, and the trace that applying it leaves: what findings are made from. */
import type { Featureset } from '@xenlevel/cpuid'
import type { CpuPolicy } from '../../policy/cpu-policy.js'
import type { PolicyFault } from '../../policy/errors.js'
import type { ReleaseFeatures } from '../../policy/features.js'
import type { PolicyExtent } from '../../policy/layout.js'
import type { Change } from '../changes.js'
import type { DomainOptions } from '../clamp.js'
import type { HostPolicies } from '../derive.js'
import type { ToolstackRules } from './apply-rules.js'
import type { AskedFault } from './asked.js'
import type { ParsedXlCpuid, XlCpuidLanguage } from './parse.js'
import type { XlCpuidPolicy } from './register-list.js'

/** A domain's configuration, as far as its policy depends on it. */
export interface ApplyConfigOptions {
  /** The policies of the host. */
  readonly host: HostPolicies
  /** The domain as Xen knows it. */
  readonly domain: DomainOptions
  /** Whose toolstack; that of the host's Xen by default. */
  readonly release?: string
  /** The guest comes from a Xen that did not send its policy along (up to 4.13); false by default. */
  readonly restore?: boolean
  /** An HVM guest has PAE (`pae=`); true by default. */
  readonly pae?: boolean
  /** The guest is told that its TSC never changes its rate; false by default. libxl asks for it with `nomigrate=1` and with `tsc_mode="always_emulate"`. */
  readonly itsc?: boolean
  /** An HVM guest is to have VMX or SVM (`nestedhvm=`); by default what the domain was created with. */
  readonly nestedVirt?: boolean
  /** The features that the guest is to have, instead of the default's; in the words of the release. */
  readonly featureset?: Featureset
  /** What is asked for in `cpuid=`: items, or what they or libxl's JSON come to. */
  readonly cpuid?: readonly string[] | XlCpuidPolicy
  /** The language of items; `libxl` by default. */
  readonly language?: XlCpuidLanguage
}

/** One call to Xen: what the domain had, what was sent over it, and what became of that. */
export interface Stage {
  /** What it was for. */
  readonly purpose: 'start' | 'leaves' | 'msrs'
  /** What the domain had. */
  readonly before: Uint32Array
  /** The same with what was sent put over it. */
  readonly sent: Uint32Array
  /** What Xen changed of that; null if it took nothing. */
  readonly clamped: { readonly policy: CpuPolicy; readonly changes: readonly Change[] } | null
  /** Why it took nothing. */
  readonly error: PolicyFault | null
}

/** Everything that findings are made from. */
export interface ApplyTrace {
  readonly options: ApplyConfigOptions
  readonly release: string
  readonly rules: ToolstackRules
  readonly features: ReleaseFeatures
  readonly hvm: boolean
  readonly parsed: XlCpuidPolicy & Partial<ParsedXlCpuid>
  /** The default policy of the domain's kind. */
  readonly defaults: Uint32Array
  /** What `x` stands for. */
  readonly unasked: Uint32Array
  readonly extent: PolicyExtent
  readonly stages: readonly Stage[]
  /** What stopped it before Xen was asked. */
  readonly stopped: AskedFault | null
  readonly error: PolicyFault | null
  readonly policy: CpuPolicy
}
