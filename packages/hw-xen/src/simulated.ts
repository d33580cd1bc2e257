/**
 * Hypervisors that are not there: a simulated Xen of any release from 4.13 on, on any CPU of which there is a policy or a dump; and one
 * that answers from a recording. Pure: no koffi, no module of Node.
 *
 * @module @xenlevel/hw-xen/simulated
 */
export {
  type RecordedCreation,
  type RecordedDomain,
  type RecordedErrno,
  type RecordedFeatureset,
  type RecordedLeaves,
  type RecordedPhysinfo,
  type RecordedPolicy,
  type RecordedPolicyName,
  type RecordedSet,
  type RecordedSetName,
  RecordingError,
  type Said,
  type XenRecording,
} from './replay/recording.js'
export { RecordedXen } from './replay.js'
export type { FailOptions, FallibleCall, RecordedCall, SimulatedCall } from './simulated/levers.js'
export type {
  SimulatedFacts,
  SimulatedMemory,
  SimulatedTopology,
  SimulatedXenOptions,
} from './simulated/options.js'
export type { PoolCommon, PoolHost } from './simulated/pool.js'
export { type RebootOptions, SimulatedXen } from './simulated/xen.js'
