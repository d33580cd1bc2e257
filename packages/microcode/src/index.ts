/** Microcode files: read, judge, choose, plan, and the late-load rendezvous. */
export {
  parseUcodeOption,
  type UcodeOption,
  type UcodeOptionCode,
  type UcodeOptionContext,
  type UcodeOptionFinding,
} from './option.js'
export { UcodeReleaseError } from './option-rules.js'
export {
  type LateLoadErrno,
  LateLoadReleaseError,
  LateLoadRequestError,
} from './rendezvous/errors.js'
export { exploreLateLoad } from './rendezvous/explore.js'
export { type FormatTraceOptions, formatTrace } from './rendezvous/format.js'
export type { LateLoadPromise } from './rendezvous/promises.js'
export type {
  BrokenPromise,
  Deadlock,
  ExploredOutcome,
  ExploreOptions,
  LateLoadReport,
  WaitingCpu,
} from './rendezvous/report.js'
export { runLateLoad } from './rendezvous/run.js'
export type {
  CpuFailure,
  CpuList,
  LateLoadEnd,
  LateLoadEvent,
  LateLoadObstacle,
  LateLoadOptions,
  LateLoadOutcome,
  LateLoadRole,
  LateLoadRun,
  LateLoadState,
  LateLoadTiming,
  LateLoadTopology,
  LateLoadTraceEntry,
  LateLoadVariant,
  RunOptions,
} from './rendezvous/types.js'
