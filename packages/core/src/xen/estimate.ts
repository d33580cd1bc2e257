/** What Xen will make of a CPU at boot, foreseen: its host featureset, and what else {@link derivePolicies} wants to be told. */
import {
  type FeatureName,
  type Featureset,
  featureTable,
  nearestRelease,
  UnknownReleaseError,
} from '@xenlevel/cpuid'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import { type BootOptions, parseBootOptions } from './boot-options.js'
import { Capability } from './estimate-capability.js'
import { type EstimatedFacts, estimateFacts } from './estimate-facts.js'
import type { CapabilityRule } from './estimate-rules.js'
import { AMD_RULES } from './estimate-rules-amd.js'
import { COMMON_RULES, POLICY_RULES, TSX_RULES } from './estimate-rules-common.js'
import { INTEL_RULES } from './estimate-rules-intel.js'

/** Something that neither the raw policy nor the command line tells. */
export type Assumption =
  | {
      /** The feature it decides about. */
      readonly feature: FeatureName
      /** The feature is taken to be there, or not. */
      readonly assumed: boolean
      /** What is taken to be so. */
      readonly reason: string
    }
  | {
      /** The fact it decides about. */
      readonly fact: keyof EstimatedFacts
      /** The fact is taken to hold, or not. */
      readonly assumed: boolean
      /** What is taken to be so. */
      readonly reason: string
    }

/** A feature that Xen adds to what the CPU says, or takes from it. */
export interface CapabilityChange {
  /** The feature. */
  readonly feature: FeatureName
  /** True if it was added. */
  readonly added: boolean
  /** Why. */
  readonly reason: string
  /** Where the rule stands: Xen release and file below xen/arch/x86; for `cpuid=` the option. */
  readonly source: string
}

/** What the estimate needs beside the raw policy. */
export interface EstimateOptions {
  /** The release that will boot, such as `'4.17.7'`. */
  readonly release: string
  /** Its command line; empty by default. */
  readonly commandLine?: string
}

/** What Xen will find. */
export interface HostEstimate {
  /**
   * The features that this Xen will name as its host's, in the words of its table: what XEN_SYSCTL_get_cpu_featureset answers for the
   * host, and `hostFeatureset` for {@link derivePolicies}.
   */
  readonly featureset: Featureset
  /** The other options for {@link derivePolicies}. */
  readonly facts: EstimatedFacts
  /** What differs from the known bits that the CPU says, in the order in which Xen comes to it. */
  readonly changes: readonly CapabilityChange[]
  /** What was taken to be so because nothing tells. */
  readonly assumptions: readonly Assumption[]
  /** What the command line says, with findings about it. */
  readonly boot: BootOptions
}

/**
 * Foresees what Xen will make of a CPU: hardware words as far as the release knows them, then what its code forces, clears and disables
 * (xen/arch/x86/cpu/common.c: identify_cpu, with the files that each rule names).
 *
 * It answers for the boot CPU. Xen intersects the features of all CPUs afterwards, so give it a policy that holds for all of them. Vendor
 * code reads more than CPUID: where an MSR, the firmware or the microcode decides, the usual is assumed and said.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function estimateHostFeatureset(raw: CpuPolicy, options: EstimateOptions): HostEstimate {
  const release = nearestRelease(options.release)
  if (release === undefined) throw new UnknownReleaseError(options.release)
  const boot = parseBootOptions(options.commandLine ?? '', release)
  const cpu = new Capability(raw, release)
  const changes: CapabilityChange[] = []
  const assumptions: Assumption[] = []
  const decided = new Set<string>()

  const doing = ({ effect, features, reason, source }: CapabilityRule) => {
    const before = new Set(cpu.names)
    cpu.apply(effect, features)
    const after = new Set(cpu.names)
    for (const feature of before)
      if (!after.has(feature)) changes.push({ feature, added: false, reason, source })
    for (const feature of after)
      if (!before.has(feature)) changes.push({ feature, added: true, reason, source })
  }
  const follow = (rules: readonly CapabilityRule[]) => {
    for (const rule of rules) {
      if (rule.decision !== undefined && decided.has(rule.decision)) continue
      if (!cpu.meets(rule.when, boot)) continue
      if (rule.decision !== undefined) decided.add(rule.decision)
      doing(rule)
      assumptions.push(...assumptionsOf(rule, cpu))
    }
  }

  const { enabled, disabled } = boot.cpuid
  const asked = { when: {}, reason: 'the command line says so', source: 'cpuid=' }
  doing({ ...asked, effect: 'disable', features: disabled })
  const rdrand = enabled.filter((name) => name === 'RDRAND' && cpu.hardwareHas(name))
  doing({ ...asked, effect: 'force', features: rdrand })
  for (const rules of [TSX_RULES, AMD_RULES, COMMON_RULES, INTEL_RULES, POLICY_RULES]) follow(rules)
  if (cpu.has('ARCH_CAPS') && raw.msr(0x10a) === 0n) {
    assumptions.push({
      feature: 'ARCH_CAPS',
      assumed: true,
      reason: 'MSR 0x10a is zero, as in the raw policy; a dump without MSRs has it so too',
    })
  }
  const told = estimateFacts(raw, cpu, boot)
  return {
    featureset: cpu.hostFeatureset,
    facts: told.facts,
    changes,
    assumptions: [...assumptions, ...told.assumptions],
    boot,
  }
}

/** Features that the release names and the CPU's kind can have; of a choice like VMX and SVM that is the one that is there. */
function assumptionsOf({ assumes, features, when }: CapabilityRule, cpu: Capability): Assumption[] {
  if (assumes === undefined) return []
  const table = featureTable(cpu.release)
  return features
    .filter((name) => table.feature(name) !== undefined)
    .filter((name) => !(when.hasAny?.includes(name) ?? false) || cpu.has(name))
    .map((feature) => ({ feature, assumed: cpu.has(feature), reason: assumes }))
}
