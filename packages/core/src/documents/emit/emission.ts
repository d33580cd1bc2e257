/** What every writer of configurations gives back: what the domain gets by it, and everything that is otherwise than wanted. */
import { type FeatureName, featureTable } from '@xenlevel/cpuid'
import { comparePolicies, type PolicyDifference } from '../../policy/compare.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { describeFault, type PolicyFault } from '../../policy/errors.js'
import type { ApplyConfigResult } from '../../xen/configuration/apply.js'
import type { ConfigFinding } from '../../xen/configuration/finding.js'
import { visiblePlace } from '../../xen/configuration/visible.js'
import { releaseRules } from '../../xen/releases.js'
import type { Target } from './target.js'

/** What comes of a configuration. */
export interface Emission {
  /** True if the domain gets exactly what is wanted. */
  readonly exact: boolean
  /** What the domain gets: found by reading the configuration again and going through libxc's and Xen's steps. */
  readonly policy: CpuPolicy
  /** Everything in which that is not what is wanted: `a` is wanted, `b` is what the domain gets. */
  readonly differences: readonly PolicyDifference[]
  /** Why there are differences, by name, and what else should be known. */
  readonly findings: readonly ConfigFinding[]
}

/** Compares what a configuration comes to with what is wanted. */
export function emissionOf(target: Target, result: ApplyConfigResult, language: string): Emission {
  const { ok, policy } = result
  // Leaves beyond the limits are nobody's; Xen writes the address width there all the same.
  const differences = comparePolicies(target.policy, policy.clearOutOfRange())
  return {
    exact: ok && target.runnable && differences.length === 0 && target.beyond.length === 0,
    policy,
    differences,
    findings: [
      ...(target.runnable ? [] : [NOT_RUNNABLE]),
      ...(ok ? [] : [refusal(result.error)]),
      ...beyondFindings(target),
      ...differenceFindings(target, differences, language),
      ...keptFindings(target),
    ],
  }
}

const NOT_RUNNABLE: ConfigFinding = {
  code: 'host-without-hvm',
  severity: 'error',
  message:
    'This host cannot run HVM guests: their max policy is empty. Switch VT-x or AMD-V on in its firmware, or take another host.',
}

function refusal(error: PolicyFault): ConfigFinding {
  return {
    code: 'configuration-refused',
    severity: 'error',
    message: `The domain cannot be made: ${describeFault(error)}. Look at what the host's max policy allows.`,
  }
}

/** How much of what is wanted a configuration misses: features weigh more than everything else. */
export function distance({ differences, exact }: Emission): number {
  if (exact) return 0
  const features = differences.filter(({ kind }) => kind === 'feature').length
  return 1 + features * 0x1_0000 + differences.length
}

function beyondFindings({ beyond, policy: { release } }: Target): ConfigFinding[] {
  if (beyond.length === 0) return []
  const words = featureTable(release).words.length
  return [
    {
      code: 'featureset-beyond-release',
      severity: 'error',
      message: `Xen ${release} has ${words} featureset words and cannot give what is wanted beyond them: bits ${beyond.join(', ')}. Make the level for this release.`,
    },
  ]
}

function keptFindings({ kept }: Target): ConfigFinding[] {
  if (kept.length === 0) return []
  return [
    {
      code: 'feature-not-chosen',
      severity: 'info',
      message: `No toolstack chooses these features of a guest; they belong to its topology or say what the hardware does, and are left out of what is wanted: ${kept.join(', ')}.`,
      features: kept,
    },
  ]
}

/** One reason for differences. */
interface Reason {
  readonly code: string
  readonly severity: ConfigFinding['severity']
  readonly message: (what: string, language: string) => string
}

const REASONS = {
  'not-offered': {
    code: 'feature-not-offered',
    severity: 'error',
    message: (what) =>
      `Xen does not give this domain what is wanted: ${what}. No configuration can, so want less or take another host.`,
  },
  'out-of-reach': {
    code: 'feature-out-of-reach',
    severity: 'error',
    message: (what) =>
      `The leaves of this domain end before those of these features: ${what}. Want a policy with higher limits, if the host has them.`,
  },
  dependent: {
    code: 'feature-without-requirement',
    severity: 'error',
    message: (what) =>
      `These features need others that are not wanted or not offered, and go with them: ${what}.`,
  },
  forced: {
    code: 'feature-forced',
    severity: 'warning',
    message: (what) =>
      `This domain has what is not wanted, whatever is configured, because Xen tells it what the host's hardware does: ${what}.`,
  },
  'without-name': {
    code: 'feature-without-name',
    severity: 'error',
    message: (what, language) => `${language} cannot say these features: ${what}.`,
  },
  'without-key': {
    code: 'register-without-key',
    severity: 'warning',
    message: (what, language) => `${language} cannot say these, or Xen settles them: ${what}.`,
  },
} as const satisfies Readonly<Record<string, Reason>>

function differenceFindings(
  target: Target,
  differences: readonly PolicyDifference[],
  language: string,
): ConfigFinding[] {
  if (differences.length === 0) return []
  const table = featureTable(target.policy.release)
  const reasonOf = reasons(target)
  return Object.entries(REASONS).flatMap(([reason, { code, severity, message }]) => {
    const found = differences.filter((each) => reasonOf(each) === reason)
    // Bits of leaf 1 and their copies in 0x8000_0001.edx have the same names.
    const names = [...new Set(found.map(({ name }) => name))]
    const features = names.flatMap((name): FeatureName[] => {
      const feature = table.feature(name)
      return feature === undefined ? [] : [feature.name]
    })
    if (names.length === 0) return []
    const what = message(names.join(', '), language)
    return [{ code, severity, message: what, ...(features.length > 0 ? { features } : {}) }]
  })
}

/** A feature that Xen would give as wanted is one that the language cannot say; everything else is Xen's doing. */
function reasons({
  policy,
  clamped,
}: Target): (difference: PolicyDifference) => keyof typeof REASONS {
  const { release, featureset } = clamped.policy
  const table = featureTable(release)
  const reached = (bit: number) => {
    const source = table.words[bit >>> 5]?.source ?? null
    if (source === null || 'msr' in source) return true
    const words = CpuPolicy.peek(clamped.policy)
    return visiblePlace(words, source.leaf, source.subleaf, releaseRules(release)) >= 0
  }
  const dependent = new Set(
    clamped.changes.filter(({ step }) => step === 'dependency').map(({ bit }) => bit),
  )
  return ({ kind, name }) => {
    if (kind !== 'feature') return 'without-key'
    const bit = table.feature(name)?.bit ?? Number(name.slice(1, -1))
    const [wanted, given] = [policy.featureset.has(bit), featureset.has(bit)]
    if (wanted === given) return 'without-name'
    if (given) return 'forced'
    if (!reached(bit)) return 'out-of-reach'
    return dependent.has(bit) ? 'dependent' : 'not-offered'
  }
}
