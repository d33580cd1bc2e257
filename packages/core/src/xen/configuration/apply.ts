/**
 * What becomes of a domain's configuration: xc_cpuid_apply_policy (tools/libs/guest/xg_cpuid_x86.c) from end to end, with the policy that
 * the domain is left with, whether it works or not.
 */
import type { Featureset } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { fault, type PolicyFault } from '../../policy/errors.js'
import { type ReleaseFeatures, releaseFeatures } from '../../policy/features.js'
import { clearOutOfRange } from '../../policy/range.js'
import { audit } from '../audit.js'
import type { Change } from '../changes.js'
import { clampPolicy, type DomainOptions, initDomainPolicy } from '../clamp.js'
import type { HostPolicies } from '../derive.js'
import { type ReleaseRules, releaseRules } from '../releases.js'
import { findingsOf } from './apply-findings.js'
import { type ToolstackRules, toolstackRules } from './apply-rules.js'
import { type AskedFault, putLeaves, putMsrs } from './asked.js'
import type { ConfigFinding } from './finding.js'
import { putLeaf } from './leaf-by-leaf.js'
import { type ParsedXlCpuid, parseXlCpuid, type XlCpuidLanguage } from './parse.js'
import type { XlCpuidPolicy } from './register-list.js'
import { startPolicy } from './start-policy.js'
import { putVisible } from './visible.js'

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

interface Outcome {
  /** What the domain is left with. */
  readonly policy: CpuPolicy
  /** How often Xen was asked to set a policy. */
  readonly calls: number
  /** Everything that will not be as it was asked for; found when it is asked for. */
  readonly findings: readonly ConfigFinding[]
}

/** What {@link applyConfig} comes to. */
export type ApplyConfigResult =
  | (Outcome & {
      /** Everything was set. */
      readonly ok: true
    })
  | (Outcome & {
      /** It was not; the domain is left with what was set before. */
      readonly ok: false
      /** The errno, and the place if Xen named one. */
      readonly error: PolicyFault
    })

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
  readonly stages: readonly Stage[]
  /** What stopped it before Xen was asked. */
  readonly stopped: AskedFault | null
  readonly error: PolicyFault | null
  readonly policy: CpuPolicy
}

/**
 * What a configuration makes of a domain's policy.
 *
 * @throws {@link @xenlevel/cpuid!XenlevelError} with code `CONFIG_RELEASE` for a release before 4.13, {@link
 * @xenlevel/cpuid!UnknownReleaseError} for one without a table. Whatever the configuration says is no exception.
 */
export function applyConfig(options: ApplyConfigOptions): ApplyConfigResult {
  const trace = new Toolstack(options).run()
  const { policy, error } = trace
  const calls = trace.stages.length
  return error === null
    ? new Applied(policy, calls, trace)
    : new NotApplied(policy, calls, trace, error)
}

/** A class for the sake of its getter, as the clamp's result is. */
abstract class LazyFindings {
  readonly #trace: ApplyTrace
  #findings: readonly ConfigFinding[] | undefined
  readonly policy: CpuPolicy
  readonly calls: number

  constructor(policy: CpuPolicy, calls: number, trace: ApplyTrace) {
    this.policy = policy
    this.calls = calls
    this.#trace = trace
  }

  get findings(): readonly ConfigFinding[] {
    this.#findings ??= findingsOf(this.#trace)
    return this.#findings
  }
}

class Applied extends LazyFindings {
  readonly ok = true
}

class NotApplied extends LazyFindings {
  readonly ok = false
  readonly error: PolicyFault

  constructor(policy: CpuPolicy, calls: number, trace: ApplyTrace, error: PolicyFault) {
    super(policy, calls, trace)
    this.error = error
  }
}

class Toolstack {
  readonly #options: ApplyConfigOptions
  readonly #release: string
  readonly #rules: ToolstackRules
  readonly #extent: ReleaseRules
  readonly #features: ReleaseFeatures
  readonly #hvm: boolean
  readonly #defaults: Uint32Array
  readonly #max: Uint32Array
  readonly #stages: Stage[] = []
  #policy: CpuPolicy
  #error: PolicyFault | null = null
  #stopped: AskedFault | null = null

  constructor(options: ApplyConfigOptions) {
    const { host, domain } = options
    this.#options = options
    this.#release = options.release ?? host.release
    this.#rules = toolstackRules(this.#release)
    this.#extent = releaseRules(host.release)
    this.#features = releaseFeatures(host.release)
    this.#hvm = domain.kind === 'hvm' || domain.kind === 'pvh'
    this.#defaults = CpuPolicy.peek(this.#hvm ? host.hvmDefault : host.pvDefault)
    this.#max = CpuPolicy.peek(this.#hvm ? host.hvmMax : host.pvMax)
    this.#policy = initDomainPolicy(host, domain).policy
  }

  run(): ApplyTrace {
    const parsed = this.#parse()
    this.#start()
    if (this.#rules.leafByLeaf) this.#putEach(parsed)
    else {
      if (this.#error === null && parsed.cpuid.length > 0) this.#putLeaves(parsed)
      if (this.#error === null && parsed.msr.length > 0 && this.#rules.msrs) this.#putMsrs(parsed)
    }
    return {
      options: this.#options,
      release: this.#release,
      rules: this.#rules,
      features: this.#features,
      hvm: this.#hvm,
      parsed,
      defaults: this.#defaults,
      unasked: this.#unasked(),
      stages: this.#stages,
      stopped: this.#stopped,
      error: this.#error,
      policy: this.#policy,
    }
  }

  #parse(): XlCpuidPolicy & Partial<ParsedXlCpuid> {
    const { cpuid, language = 'libxl' } = this.#options
    if (cpuid === undefined) return NOTHING
    return isItems(cpuid) ? parseXlCpuid(cpuid, { language, release: this.#release }) : cpuid
  }

  #unasked(): Uint32Array {
    return this.#rules.unasked === 'max' ? this.#max : this.#defaults
  }

  #start(): void {
    const { host, domain, featureset } = this.#options
    const known = this.#features.table.words.length
    if (featureset?.words.slice(known).some((word) => word !== 0) === true) {
      this.#error = fault('EOPNOTSUPP')
      return
    }
    const wanted = startPolicy({
      defaults: this.#defaults,
      hostFeatures: this.#features.read(CpuPolicy.peek(host.host)),
      features: this.#features,
      extent: this.#extent,
      rules: this.#rules,
      hvm: this.#hvm,
      restore: this.#options.restore ?? false,
      pae: this.#options.pae ?? true,
      itsc: this.#options.itsc ?? false,
      nestedVirt: this.#options.nestedVirt ?? domain.nestedVirt ?? false,
      featureset: featureset?.words ?? null,
    })
    const sent = this.#policy.words()
    putVisible(sent, wanted, this.#extent)
    this.#set('start', sent)
  }

  #putLeaves({ cpuid }: XlCpuidPolicy): void {
    const sent = this.#policy.words()
    this.#stopped = putLeaves(sent, cpuid, this.#asked())
    if (this.#stopped === null) this.#set('leaves', sent)
    else this.#error = this.#stopped.error
  }

  #putMsrs({ msr }: XlCpuidPolicy): void {
    const sent = this.#policy.words()
    this.#stopped = putMsrs(sent, msr, this.#asked())
    if (this.#stopped === null) this.#set('msrs', sent)
    else if (this.#stopped.why === 'overflow') this.#refused('msrs', sent, this.#stopped.error)
    else this.#error = this.#stopped.error
  }

  /** Up to 4.13: whatever fails, the next leaf follows. */
  #putEach({ cpuid }: XlCpuidPolicy): void {
    for (const entry of cpuid) {
      const sent = this.#policy.words()
      const found = putLeaf(sent, entry, this.#asked())
      if (found === null) this.#set('leaves', sent)
      else if (found.why === 'missing') this.#refused('leaves', sent, found.error)
      this.#stopped ??= found
      this.#error ??= found?.error ?? null
    }
  }

  #asked() {
    return {
      current: CpuPolicy.peek(this.#policy),
      unasked: this.#unasked(),
      host: CpuPolicy.peek(this.#options.host.host),
      extent: this.#extent,
    }
  }

  /** XEN_DOMCTL_set_cpu_policy, from where records have become registers. */
  #set(purpose: Stage['purpose'], sent: Uint32Array): void {
    const { host, domain } = this.#options
    const words = sent.slice()
    clearOutOfRange(words, this.#extent)
    const error = audit(this.#max, words, this.#extent)
    if (error !== null) {
      this.#refused(purpose, sent, error)
      return
    }
    const clamped = clampPolicy(CpuPolicy.fromWords(words, host.release), host, domain)
    this.#stages.push({
      purpose,
      before: CpuPolicy.peek(this.#policy),
      sent,
      clamped,
      error: null,
    })
    this.#policy = clamped.policy
  }

  #refused(purpose: Stage['purpose'], sent: Uint32Array, error: PolicyFault): void {
    const before = CpuPolicy.peek(this.#policy)
    this.#stages.push({ purpose, before, sent, clamped: null, error })
    this.#error ??= error
  }
}

const NOTHING: XlCpuidPolicy = { cpuid: [], msr: [] }

function isItems(cpuid: readonly string[] | XlCpuidPolicy): cpuid is readonly string[] {
  return Array.isArray(cpuid)
}
