/** What will not be as the options of a domain ask for: featureset, PAE, ITSC, nested virtualisation, restore. */
import type { FeatureName } from '@xenlevel/cpuid'
import { type Featureset, featureTable } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { EAX, extended, feature } from '../../policy/layout.js'
import type { ApplyTrace, Stage } from './apply-trace.js'
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

function tooLong({ options, features, release }: ApplyTrace): ConfigFinding[] {
  const { featureset } = options
  if (featureset === undefined) return []
  const known = features.table.words.length
  const bits = featureset.bits().filter((bit) => bit >= known * 32)
  const names = bits.flatMap((bit) => featureTable().feature(bit)?.name ?? [])
  const newer =
    names.length === 0 ? '' : ` A newer Xen calls these bits ${listText(names)} in its own words.`
  return [
    {
      code: 'featureset-too-long',
      severity: 'error',
      message: `Xen ${release} knows ${known} featureset words, and bits are set beyond them (the first is ${bits[0]}): the toolstack refuses the whole featureset with EOPNOTSUPP before anything is set.${newer} Map the featureset to this release first.`,
      features: names,
    },
  ]
}

/** Bits that the toolstack sets for every guest, whatever is asked. */
const FORCED: readonly FeatureName[] = ['HTT', 'CMP_LEGACY']

function featuresetFindings(trace: ApplyTrace, clamped: Clamped): ConfigFinding[] {
  const { options, features, hvm } = trace
  if (options.featureset === undefined) return []
  const { table } = features
  const asked = options.featureset
  const cleared = table.explainCleared(asked)
  const findings: ConfigFinding[] = []
  for (const [missing, names] of grouped(cleared, (one) => one.missing.join(', ')))
    findings.push({
      code: 'feature-dropped',
      severity: 'warning',
      message: `The featureset has ${listText(names.map((one) => one.feature))} and not ${missing}, which ${names.length === 1 ? 'it needs' : 'they need'}: the toolstack drops ${names.length === 1 ? 'it' : 'them'}.`,
      features: names.map((one) => one.feature),
    })
  const whole = table.clearDependents(asked)
  const got = clamped.policy.featureset
  const isMsr = (bit: number) => {
    const source = table.words[bit >>> 5]?.source ?? null
    return source !== null && 'msr' in source
  }
  const named = (bit: number) => table.feature(bit)?.name ?? `bit ${bit}`
  const different = whole
    .xor(got)
    .bits()
    .filter((bit) => bit < table.words.length * 32)
  const inMsr = different.filter(isMsr)
  if (inMsr.length > 0)
    findings.push({
      code: 'featureset-msr-ignored',
      severity: 'warning',
      message: `Of the featureset the toolstack sends no MSRs: in MSR 0x10a the guest has the default's bits. ${differenceText(
        whole,
        got,
        inMsr.map((bit) => [bit, named(bit)]),
      )} Ask for them by name in cpuid=.`,
      features: inMsr.flatMap((bit) => table.feature(bit)?.name ?? []),
      msr: 0x10a,
    })
  const forced = different.filter((bit) => FORCED.some((name) => table.feature(bit)?.name === name))
  if (forced.length > 0)
    findings.push({
      code: 'feature-forced',
      severity: 'info',
      message: `${listText(forced.map(named))}: ${hvm ? 'of HVM guests the toolstack sets HTT and clears CMP_LEGACY' : 'of PV guests the toolstack sets them as the host has them'}, whatever the featureset says.`,
      features: forced.flatMap((bit) => table.feature(bit)?.name ?? []),
    })
  const others = different.filter((bit) => !isMsr(bit) && !forced.includes(bit))
  const reasoned = others.map((bit) => {
    const name = table.feature(bit)?.name
    return {
      bit,
      name,
      on: whole.has(bit),
      why:
        name === undefined
          ? 'this release does not name it'
          : whyFeature(name, clamped.changes).text,
    }
  })
  for (const [, group] of grouped(reasoned, ({ on, why }) => `${on} ${why}`)) {
    const first = group[0]
    if (first === undefined) continue
    const names = listText(group.map(({ bit }) => named(bit)))
    findings.push({
      code: first.on ? 'feature-dropped' : 'feature-added',
      severity: first.on ? 'warning' : 'info',
      message: first.on
        ? `The guest does not get ${names} of the featureset: ${first.why}.`
        : `The guest has ${names}, which the featureset has not: ${addedWhy(first.why, first.name)}.`,
      features: group.flatMap(({ name }) => name ?? []),
    })
  }
  return findings
}

/** In 0x80000001.edx AMD repeats bits of 1.edx, and Xen with it. */
function addedWhy(why: string, name: FeatureName | undefined): string {
  return name === undefined ? 'in 0x80000001.edx Xen repeats those bits of 1.edx' : why
}

function differenceText(
  asked: Featureset,
  got: Featureset,
  bits: readonly (readonly [bit: number, name: string])[],
): string {
  const absent = bits.filter(([bit]) => asked.has(bit) && !got.has(bit)).map(([, name]) => name)
  const extra = bits.filter(([bit]) => !asked.has(bit) && got.has(bit)).map(([, name]) => name)
  return [
    absent.length === 0 ? '' : `It lacks ${listText(absent)}.`,
    extra.length === 0 ? '' : `It has ${listText(extra)} all the same.`,
  ]
    .filter((text) => text !== '')
    .join(' ')
}

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
  const host = CpuPolicy.peek(options.host.host)
  const findings: ConfigFinding[] = []
  const changed =
    options.featureset === undefined
      ? restoredFeatures(rules, hvm).filter(
          (name) => features.policyHas(host, name) !== features.policyHas(defaults, name),
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
  const sent = stages[0]?.sent
  if (limits === null || sent === undefined) return findings
  const cut = [
    ['basic leaves', defaults[EAX], limits.basic],
    ['sub-leaves of leaf 7', defaults[feature(0) + EAX], limits.subleaf],
    ['extended leaves', defaults[extended(0) + EAX], limits.extended],
  ].flatMap(([what, had = 0, limit = 0]) =>
    had > limit ? [`${what} end at 0x${limit.toString(16)}`] : [],
  )
  if (cut.length > 0)
    findings.push({
      code: 'restored-limits',
      severity: 'info',
      message: `For a guest that came without a policy ${listText(cut)}, as on the Xen that it comes from.`,
    })
  return findings
}

function grouped<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
): Map<string, readonly Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const present = groups.get(key(item))
    if (present === undefined) groups.set(key(item), [item])
    else present.push(item)
  }
  return groups
}
