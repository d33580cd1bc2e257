/** What features mean to a guest: what they are for, how much losing one hurts, and how. */
import type { FeatureName } from '@xenlevel/cpuid'
import type { FeatureGroup, MeaningRow } from './meaning-rows.js'
import { INSTRUCTION_MEANINGS } from './meanings-instructions.js'
import { SECURITY_MEANINGS } from './meanings-security.js'
import { SYSTEM_MEANINGS } from './meanings-system.js'

/**
 * What a loss is about. `speed`: programs become slower, or stop if they were built for it. `security`: it becomes easier to attack the
 * guest, or the guest does more than it needs to against that. `function`: something can no longer be done.
 */
export type FeatureAspect = 'speed' | 'security' | 'function'

/** What a feature means to a guest. */
export interface FeatureMeaning {
  /** What it is for. */
  readonly group: FeatureGroup
  /** What losing it is about. */
  readonly aspect: FeatureAspect
  /** How much losing it hurts, from 0 (nothing that anyone notices) to 10 (programs do not run, or a hole stays open). */
  readonly weight: number
  /** What losing it means for a guest, in one sentence. */
  readonly losing: string
}

const ASPECTS: Readonly<Record<FeatureGroup, FeatureAspect>> = {
  basic: 'function',
  crypto: 'speed',
  vector: 'speed',
  integer: 'speed',
  string: 'speed',
  synchronisation: 'speed',
  state: 'speed',
  memory: 'speed',
  protection: 'security',
  mitigation: 'security',
  immunity: 'security',
  virtualisation: 'function',
  timing: 'function',
  monitoring: 'function',
  platform: 'function',
}

/** All rows. */
export const MEANING_ROWS: readonly MeaningRow[] = /* @__PURE__ */ (() => [
  ...INSTRUCTION_MEANINGS,
  ...SECURITY_MEANINGS,
  ...SYSTEM_MEANINGS,
])()

/** Of a feature that is newer than the table. */
const UNKNOWN: FeatureMeaning = {
  group: 'platform',
  aspect: 'function',
  weight: 0,
  losing: 'Nothing is known of what guests use it for.',
}

// A cache, not state: the rows by name.
const known = /* @__PURE__ */ new Map<FeatureName, FeatureMeaning>()

/** What a feature means; names of any release are known. */
export function featureMeaning(feature: FeatureName): FeatureMeaning {
  if (known.size === 0) {
    for (const { features, group, weight, losing } of MEANING_ROWS)
      for (const name of features)
        known.set(name, Object.freeze({ group, aspect: ASPECTS[group], weight, losing }))
  }
  return known.get(feature) ?? UNKNOWN
}
