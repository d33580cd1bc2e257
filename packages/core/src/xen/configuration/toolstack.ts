/** The toolstack at work: which policies it sends to Xen for a new domain, and what Xen makes of each (xc_cpuid_apply_policy). */
import { Featureset } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { fault, type PolicyFault } from '../../policy/errors.js'
import { type ReleaseFeatures, releaseFeatures } from '../../policy/features.js'
import { clearOutOfRange } from '../../policy/range.js'
import { copyWords } from '../../policy/storage.js'
import { audit } from '../audit.js'
import { clampPolicy, initDomainPolicy } from '../clamp.js'
import type { HostPolicies } from '../derive.js'
import { type ReleaseRules, releaseRules } from '../releases.js'
import { type ToolstackRules, toolstackRules } from './apply-rules.js'
import type { ApplyConfigOptions, ApplyTrace, Stage } from './apply-trace.js'
import { type AskedFault, type AskedOf, putLeaves, putMsrs } from './asked.js'
import { putLeaf } from './leaf-by-leaf.js'
import { type ParsedXlCpuid, parseXlCpuid } from './parse.js'
import type { XlCpuidPolicy } from './register-list.js'
import { startPolicy } from './start-policy.js'
import { putVisible } from './visible.js'

/** One domain's configuration, run once. */
export class Toolstack {
  readonly #options: ApplyConfigOptions
  readonly #release: string
  readonly #rules: ToolstackRules
  readonly #extent: ReleaseRules
  readonly #features: ReleaseFeatures
  readonly #hvm: boolean
  readonly #defaults: Uint32Array
  readonly #max: Uint32Array
  /** The host that the domain's policies are clamped by. */
  readonly #clampHost: HostPolicies
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
    const steady = this.#rules.choices === 'always' && options.itsc === true
    this.#clampHost = steady ? withItsc(host, this.#features) : host
    this.#policy = initDomainPolicy(this.#clampHost, domain).policy
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
      extent: this.#extent,
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

  #asked(): AskedOf {
    return {
      current: CpuPolicy.peek(this.#policy),
      unasked: this.#unasked(),
      host: CpuPolicy.peek(this.#options.host.host),
      extent: this.#extent,
    }
  }

  /** XEN_DOMCTL_set_cpu_policy, from where records have become registers. */
  #set(purpose: Stage['purpose'], sent: Uint32Array): void {
    const { domain } = this.#options
    const host = this.#clampHost
    const words = copyWords(sent)
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

/**
 * Up to 4.14 max policies have no ITSC, and the clamp lets it pass for domains that stay where they are or whose TSC is emulated
 * (recalculate_cpuid_policy in xen/arch/x86/cpuid.c, 4.14).
 */
function withItsc(host: HostPolicies, features: ReleaseFeatures): HostPolicies {
  if (!features.policyHas(CpuPolicy.peek(host.host), 'ITSC')) return host
  const itsc = Featureset.fromNames(['ITSC'], features.table)
  const add = (policy: CpuPolicy) => policy.withFeatureset(policy.featureset.or(itsc))
  return { ...host, pvMax: add(host.pvMax), hvmMax: add(host.hvmMax) }
}

const NOTHING: XlCpuidPolicy = { cpuid: [], msr: [] }

function isItems(cpuid: readonly string[] | XlCpuidPolicy): cpuid is readonly string[] {
  return Array.isArray(cpuid)
}
