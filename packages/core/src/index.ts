/**
 * What a mixed pool of Xen hosts can promise its guests, and which guest may run where: with every reason, by name.
 *
 * Pure: documents and featuresets in, answers out.
 *
 * @module @xenlevel/core
 */
export { type PoolLevelDocument, poolLevelSchema } from './documents/pool-level.js'
export {
  formatHostSnapshot,
  type HostSnapshot,
  hostSnapshotSchema,
  parseHostSnapshot,
  SnapshotError,
} from './documents/snapshot.js'
export { featuresetText, registerText } from './documents/text-forms.js'
export type { Finding } from './finding.js'
export {
  type Admission,
  type AdmitOptions,
  admitGuest,
  type GuestCpu,
  type GuestKind,
  type Reason,
  type ReasonGrade,
} from './guest/admit.js'
export {
  type CombineMethod,
  type CombineOptions,
  combineFeaturesets,
  FeaturesetCombiner,
} from './pool/combine.js'
export {
  type LevelledGuest,
  type LevelOptions,
  levelPool,
  PoolError,
  type PoolLevel,
} from './pool/level.js'
export type { Loss } from './pool/losses.js'
export { COMPATIBILITY_BITS, type CompatibilityBits } from './xen/compatibility-bits.js'
export type { DefaultFeatureset, MaxFeatureset } from './xen/offered-featuresets.js'
