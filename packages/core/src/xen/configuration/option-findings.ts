/** What will not be as the options of a domain ask for: featureset, PAE, ITSC, nested virtualisation, restore. */
import type { FeatureName } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { EAX, extended, feature } from '../../policy/layout.js'
import type { ApplyTrace, Stage } from './apply-trace.js'
import { featuresetFindings, tooLong } from './featureset-findings.js'
import type { ConfigFinding } from './finding.js'
import { listText } from './named-bits.js'
import { whyFeature } from './reasons.js'
import { restoredFeatures } from './start-policy.js'

/** What there is to say of the first call to Xen. */
export function optionFindings(trace: ApplyTrace): ConfigFinding[] {
  const start = trace.stages.find(({ purpose }) => purpose === 'start')
  if (start === undefined) return tooLong(trace)
  return [
    ...restoreFindings(trace),
    ...ignoredOptions(trace),
    ...(start.clamped === null
      ? []
      : [...featuresetFindings(trace, start.clamped), ...choiceFindings(trace, start.clamped)]),
  ]
}

type Clamped = NonNullable<Stage['clamped']>

/** Options that a featureset or the kind of guest makes void, where they were given and say something else. */
function ignoredOptions(trace: ApplyTrace): ConfigFinding[] {
  const { options, hvm, rules, features } = trace
  const { featureset } = options
  const got = CpuPolicy.peek(trace.stages[0]?.clamped?.policy ?? trace.policy)
  const findings: ConfigFinding[] = []
  const say = (option: string, why: string, features: readonly FeatureName[]) => {
    findings.push({
      code: 'option-ignored',
      severity: 'warning',
      message: `${option} has no effect: ${why}.`,
      features,
    })
  }
  const byFeatureset = 'a featureset is given, and that alone counts'
  const differs = (name: FeatureName, wanted: boolean | undefined) =>
    wanted !== undefined && features.policyHas(got, name) !== wanted
  if (differs('PAE', options.pae)) {
    if (!hvm) say('pae', 'Xen decides about PAE of PV guests', ['PAE'])
    else if (rules.pae === 'never')
      say('pae', 'the toolstack of this release does not look at it', ['PAE'])
    else if (featureset !== undefined && rules.pae !== 'always') say('pae', byFeatureset, ['PAE'])
  }
  if (featureset !== undefined && rules.choices !== 'always' && differs('ITSC', options.itsc))
    say('itsc', byFeatureset, ['ITSC'])
  const nested = features.policyHas(got, 'VMX') || features.policyHas(got, 'SVM')
  if (options.nestedVirt !== undefined && options.nestedVirt !== nested) {
    if (!hvm) say('nestedVirt', 'PV guests have no nested virtualisation', ['VMX', 'SVM'])
    else if (featureset !== undefined && rules.choices !== 'always')
      say('nestedVirt', byFeatureset, ['VMX', 'SVM'])
  }
  if (options.restore === true && !rules.restores)
    say(
      'restore',
      'the toolstack of this release knows no other way for guests that come without a policy',
      [],
    )
  return findings
}

/** What was asked of ITSC and nested virtualisation and could not be had. */
function choiceFindings(
  { options, hvm, rules, features }: ApplyTrace,
  { policy, changes }: Clamped,
): ConfigFinding[] {
  const has = (name: FeatureName) => features.policyHas(CpuPolicy.peek(policy), name)
  if (options.featureset !== undefined && rules.choices !== 'always') return []
  const findings: ConfigFinding[] = []
  if (options.itsc === true && !has('ITSC'))
    findings.push({
      code: 'feature-dropped',
      severity: 'warning',
      message: `itsc: the guest does not get ITSC: ${whyFeature('ITSC', changes).text}.`,
      features: ['ITSC'],
    })
  const name = policy.vendor === 'Intel' ? 'VMX' : 'SVM'
  if (hvm && options.nestedVirt === true && !has(name))
    findings.push({
      code: 'feature-dropped',
      severity: 'warning',
      message: `nestedVirt: the guest does not get ${name}: ${whyFeature(name, changes).text}.`,
      features: [name],
    })
  return findings
}

/** What a guest without a policy gets otherwise than a new guest would. */
function restoreFindings({
  options,
  rules,
  features,
  hvm,
  defaults,
  stages,
}: ApplyTrace): ConfigFinding[] {
  if (options.restore !== true || !rules.restores) return []
  const findings: ConfigFinding[] = []
  const got = stages[0]?.clamped?.policy
  const changed =
    options.featureset === undefined && got !== undefined
      ? restoredFeatures(rules, hvm).filter(
          (name) =>
            features.policyHas(CpuPolicy.peek(got), name) !== features.policyHas(defaults, name),
        )
      : []
  if (changed.length > 0)
    findings.push({
      code: 'restored-as-host',
      severity: 'info',
      message: `For a guest that came without a policy ${listText(changed)} ${changed.length === 1 ? 'is' : 'are'} as the host has ${changed.length === 1 ? 'it' : 'them'}, not as in the default policy.`,
      features: changed,
    })
  const limits = rules.restoreLimits
  if (limits === null) return findings
  const rows: readonly (readonly [what: string, at: number, limit: number])[] = [
    ['basic leaves', EAX, limits.basic],
    ['sub-leaves of leaf 7', feature(0) + EAX, limits.subleaf],
    ['extended leaves', extended(0) + EAX, limits.extended],
  ]
  const cut = rows.flatMap(([what, at, limit]) =>
    (defaults[at] ?? 0) > limit
      ? [`${what} end at ${limit < 10 ? limit : `0x${limit.toString(16)}`}`]
      : [],
  )
  if (cut.length > 0)
    findings.push({
      code: 'restored-limits',
      severity: 'info',
      message: `For a guest that came without a policy ${listText(cut)}, as on the Xen that it comes from.`,
    })
  return findings
}
