/**
 * What becomes of a domain's configuration: xc_cpuid_apply_policy (tools/libs/guest/xg_cpuid_x86.c) from end to end, with the policy that
 * the domain is left with, whether it works or not.
 */
import type { CpuPolicy } from '../../policy/cpu-policy.js'
import type { PolicyFault } from '../../policy/errors.js'
import type { Evidence } from '../releases.js'
import { findingsOf } from './apply-findings.js'
import { configurationEvidence } from './apply-rules.js'
import type { ApplyConfigOptions, ApplyTrace } from './apply-trace.js'
import type { ConfigFinding } from './finding.js'
import { Toolstack } from './toolstack.js'

export type { ApplyConfigOptions } from './apply-trace.js'

interface Outcome {
  /** What the domain is left with. */
  readonly policy: CpuPolicy
  /** How often Xen was asked to set a policy. */
  readonly calls: number
  /** Where the answer is known from for this release. */
  readonly evidence: Evidence
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

  get evidence(): Evidence {
    return configurationEvidence(this.#trace.release)
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
