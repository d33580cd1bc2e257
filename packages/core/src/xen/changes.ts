/** What a clamp changed, step by step: the same steps once more, with a look at the policy after each. */
import { describeWordSource, type FeatureName, Featureset } from '@xenlevel/cpuid'
import { REGISTERS, storedLeaves } from '../policy/layout.js'

import { type ClampState, type ClampStep, FEATURE_STEPS, LEAF_STEPS } from './clamp-steps.js'

/** One change. */
export interface Change {
  /** The step that made it. */
  readonly step: ClampStep
  /** One sentence for people. */
  readonly message: string
  /** The feature that came or went, where it is one. */
  readonly feature?: FeatureName
  /** Its bit, or a bit without a name. */
  readonly bit?: number
  /** What a feature that went by dependency would have needed. */
  readonly missing?: readonly FeatureName[]
  /** The leaf whose register changed, where it is no feature. */
  readonly leaf?: number
  /** Its sub-leaf; null for a leaf without. */
  readonly subleaf?: number | null
  /** The register. */
  readonly register?: 'eax' | 'ebx' | 'ecx' | 'edx'
  /** The value before: 0 or 1 of a feature. */
  readonly before: number
  /** The value after. */
  readonly after: number
}

const WHY: Readonly<Record<ClampStep, string>> = {
  limits: 'beyond the leaves that the max policy has',
  'not-in-max': 'not in the max policy',
  'shadow-paging': 'not for guests on shadow paging',
  'no-nested-virtualisation': 'the domain was created without nested virtualisation',
  '32-bit-pv': 'not for a 32-bit PV guest',
  'no-xstate-leaf': 'the policy ends before leaf 0xd',
  dependency: 'needs what is absent',
  'host-value': 'always as the host has it',
  'cache-line-size': 'always that of the max policy',
  'address-width': 'limited by the host, the domain or the paging modes that the guest has',
  xstate: 'made anew for the features that the guest has',
  scrubbed: 'not for guests, or made anew for each',
  'cache-leaves': 'sharing and reserved fields are not for guests',
  'performance-counters': 'the vPMU is off for this domain',
  'svm-leaf': 'without SVM its leaf is empty',
  'page-1gb-leaf': 'without 1 GiB pages their leaf is empty',
}

/** Runs the steps and says what each changed. */
export function traceClamp(state: ClampState): Change[] {
  const changes: Change[] = []
  for (const { step, run } of FEATURE_STEPS) {
    const [policy, words] = [state.policy.slice(), state.words.slice()]
    run(state)
    changes.push(
      ...featureChanges(step, words, state),
      ...registerChanges(step, policy, state.policy),
    )
  }
  state.features.write(state.policy, state.words)
  for (const { step, run } of LEAF_STEPS) {
    const policy = state.policy.slice()
    run(state)
    changes.push(...registerChanges(step, policy, state.policy))
  }
  return changes
}

function featureChanges(
  step: ClampStep,
  before: Uint32Array,
  { words, features }: ClampState,
): Change[] {
  const { table } = features
  const changed = words.map((word, index) => word ^ (before[index] ?? 0))
  return Featureset.fromWords(changed)
    .bits()
    .map((bit): Change => {
      const feature = table.feature(bit)
      const on = ((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1
      const source = table.words[bit >>> 5]?.source ?? null
      const what =
        feature === undefined ? `${describeWordSource(source)} bit ${bit & 31}` : feature.name
      const missing =
        step === 'dependency' && feature !== undefined
          ? table.requirements(feature.name).filter((name) => !features.has(before, name))
          : []
      const why = missing.length > 0 ? `needs ${missing.join(', ')}, absent here` : WHY[step]
      return {
        step,
        message: `${what} ${on === 1 ? 'is set' : 'is cleared'}: ${why}.`,
        bit,
        before: 1 - on,
        after: on,
        ...(feature === undefined ? {} : { feature: feature.name }),
        ...(missing.length > 0 ? { missing } : {}),
      }
    })
}

function registerChanges(step: ClampStep, before: Uint32Array, after: Uint32Array): Change[] {
  const changes: Change[] = []
  for (const { leaf, subleaf, at } of storedLeaves()) {
    REGISTERS.forEach((register, offset) => {
      const [was = 0, is = 0] = [before[at + offset], after[at + offset]]
      if (was === is) return
      const place = `${describeWordSource({ leaf, subleaf, register })}`
      const hex = (value: number) => `0x${value.toString(16).padStart(8, '0')}`
      changes.push({
        step,
        message: `${place} becomes ${hex(is)} (was ${hex(was)}): ${WHY[step]}.`,
        leaf,
        subleaf,
        register,
        before: was,
        after: is,
      })
    })
  }
  return changes
}
