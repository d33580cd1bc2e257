/** What features are for, and what losing them means, as the report shows it. */
import { type FeatureAspect, type FeatureGroup, featureMeaning } from '@xenlevel/core'
import type { FeatureName } from '@xenlevel/cpuid'
import type { LossMeaning } from './types.js'

/** Headings of what features are for, in the order in which they are shown: what programs notice, what guards them, the machine. */
const HEADINGS: Readonly<Record<FeatureGroup, string>> = {
  basic: 'Basic instructions and kernel needs',
  vector: 'Vectors',
  crypto: 'Cryptography',
  integer: 'Integers and bits',
  string: 'Copying and strings',
  synchronisation: 'Synchronisation',
  state: 'Saving of state',
  memory: 'Memory',
  protection: 'Protection',
  mitigation: 'Mitigations of speculation attacks',
  immunity: 'Immunity to speculation attacks',
  virtualisation: 'Virtualisation',
  timing: 'Time',
  monitoring: 'Monitoring',
  platform: 'The machine',
}

/** The headings that some features need. */
export function headingsOf(features: readonly FeatureName[]): string[] {
  const used = new Set(features.map((name) => HEADINGS[featureMeaning(name).group]))
  return Object.values(HEADINGS).filter((heading) => used.has(heading))
}

/** The heading of a feature. */
export function headingOf(feature: FeatureName): string {
  return HEADINGS[featureMeaning(feature).group]
}

/** What losing features means, those together that mean the same, the worst first. */
export function lossMeanings(features: readonly FeatureName[]): LossMeaning[] {
  const meanings = new Map<string, LossMeaning & { readonly features: FeatureName[] }>()
  for (const feature of features) {
    const { losing, aspect, weight } = featureMeaning(feature)
    const same = meanings.get(losing)
    if (same === undefined) meanings.set(losing, { features: [feature], losing, aspect, weight })
    else same.features.push(feature)
  }
  return [...meanings.values()].sort((a, b) => b.weight - a.weight)
}

/** How many of some features are about one thing. */
export function countAbout(features: readonly FeatureName[], aspect: FeatureAspect): number {
  return features.filter((name) => featureMeaning(name).aspect === aspect).length
}
