/** Which features updates are known to change, by Xen's names. What changed, and from which revision on, stands in generated/policy.ts. */
import type { FeatureName } from '@xenlevel/cpuid'
import { FEATURE_REMOVALS } from '../generated/policy.js'
import type { FeatureChange } from './types.js'

/** The features of each change: TSX goes; with RTM_ALWAYS_ABORT its instructions stay and abort (Intel SDM volume 1, section 16.3.8). */
const NAMES: Readonly<Record<string, Pick<FeatureChange, 'lost' | 'gained'>>> = {
  'haswell-tsx-2014': { lost: ['HLE', 'RTM'], gained: [] },
  'broadwell-tsx': { lost: ['HLE', 'RTM'], gained: [] },
  'skl-kbl-tsx-force-abort-2021': { lost: ['HLE', 'RTM'], gained: ['RTM_ALWAYS_ABORT'] },
  'whl-cml-tsx-2022': { lost: ['HLE', 'RTM'], gained: ['RTM_ALWAYS_ABORT'] },
}

const UNNAMED: { readonly lost: readonly FeatureName[]; readonly gained: readonly FeatureName[] } =
  {
    lost: [],
    gained: [],
  }

/** A step from one revision to another on one kind of CPU. */
export interface RevisionStep {
  /** `06-9e-0a`. */
  readonly model: string
  /** One bit for the platform. */
  readonly platformMask: number
  /** The oldest revision that runs. */
  readonly from: number
  /** The revision that is offered. */
  readonly to: number
}

/** What a step changes, as far as it is known: every path across a revision that changes something does. */
export function featureChanges({ model, platformMask, from, to }: RevisionStep): FeatureChange[] {
  return FEATURE_REMOVALS.flatMap(({ id, what, source, sets }) => {
    const crossed = sets.find(
      ([name, mask, revision]) =>
        name === model &&
        (mask === 0 || (mask & platformMask) !== 0) &&
        (revision === 0 || (from < revision && to >= revision)),
    )
    if (crossed === undefined) return []
    return [{ id, ...(NAMES[id] ?? UNNAMED), what, certain: crossed[2] !== 0, source }]
  })
}

/** The names of changes that there are features for. */
export function namedChanges(): readonly string[] {
  return Object.keys(NAMES)
}
