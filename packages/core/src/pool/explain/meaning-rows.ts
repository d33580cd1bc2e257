/** What a row of the table of meanings is made of. */
import type { FeatureName } from '@xenlevel/cpuid'

/**
 * What features are for. `basic`: what every 64-bit program takes for granted. `protection`: what keeps attackers from getting further.
 * `mitigation`: what a guest protects itself with against speculation attacks. `immunity`: what tells a guest that it need not.
 * `platform`: what belongs to the machine, and guests are not given or do not use.
 */
export type FeatureGroup =
  | 'basic'
  | 'crypto'
  | 'vector'
  | 'integer'
  | 'string'
  | 'synchronisation'
  | 'state'
  | 'memory'
  | 'protection'
  | 'mitigation'
  | 'immunity'
  | 'virtualisation'
  | 'timing'
  | 'monitoring'
  | 'platform'

/** Features of which the same can be said. */
export interface MeaningRow {
  readonly group: FeatureGroup
  /** How much losing it hurts, from 0 (nothing that anyone notices) to 10 (programs do not run, or a hole stays open). */
  readonly weight: number
  /** What losing it means for a guest, in one sentence. */
  readonly losing: string
  readonly features: readonly FeatureName[]
}
