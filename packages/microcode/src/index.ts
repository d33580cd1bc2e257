/** Microcode files: read, judge, choose, plan, and the late-load rendezvous. */
export {
  type AmdContainerInit,
  type EquivalenceInit,
  encodeAmdContainer,
  encodeAmdContainers,
} from './amd/write.js'
export type { Evidence } from './container-rules.js'
export { type EarlyCpio, type Extent, splitEarlyCpio } from './cpio.js'
export { type EarlyCpioChange, replaceEarlyCpio } from './cpio-replace.js'
export { buildEarlyCpio, type EarlyCpioInit } from './cpio-write.js'
export { MicrocodeFormatError } from './errors.js'
export {
  type NamedBytes,
  type NamedMicrocode,
  type ParseMicrocodeOptions,
  parseMicrocode,
  parseMicrocodeFiles,
} from './file.js'
export { encodeIntel, encodeIntelDat, type IntelUpdateInit } from './intel/write.js'
export {
  parseUcodeOption,
  type UcodeOption,
  type UcodeOptionCode,
  type UcodeOptionContext,
  type UcodeOptionFinding,
} from './option/option.js'
export { UcodeReleaseError } from './option/rules.js'
export { xenLoadsMicrocodeOn } from './outcome/drivers.js'
export { predictOutcome } from './outcome/outcome.js'
export type {
  CpuOutcome,
  HostCpu,
  LateLoadHost,
  LoadOutcome,
  OutcomeOptions,
  Trap,
  TrapCode,
} from './outcome/types.js'
export {
  type AmdUcodeInfoRun,
  type ListedContainer,
  type ListedPatch,
  runAmdUcodeInfo,
} from './peers/amd-ucode-info.js'
export { type GnuCpioRun, type ListedMember, runGnuCpio } from './peers/gnu-cpio.js'
export {
  type IucodeOptions,
  type IucodeRun,
  type IucodeSignature,
  type IucodeUpdate,
  runIucode,
} from './peers/iucode.js'
export { planUpdate } from './plan/plan.js'
export type {
  FeatureChange,
  Forbidden,
  HostPlan,
  PlanAction,
  PlanCpus,
  PlanGuest,
  PlanHost,
  PlanList,
  PlanPassedOver,
  PlanPolicy,
  PlanReason,
  PlanReasonCode,
  PlanRoad,
  PlanRule,
  PlanStep,
  UpdatePlan,
} from './plan/types.js'
export { recogniseMicrocode } from './recognise.js'
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
  FailureList,
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
export { filterIucode, type IucodeFilter } from './select/iucode.js'
export { selectUpdate, selectUpdates } from './select/select.js'
export type {
  MicrocodeInput,
  PassedOver,
  SelectCode,
  SelectConsumer,
  SelectErrno,
  Selection,
  SelectOptions,
} from './select/types.js'
export type {
  AmdContainer,
  AmdEquivalence,
  AmdUpdate,
  CpioMember,
  CpuIdentity,
  Finding,
  IntelUpdate,
  MetadataBlock,
  MicrocodeFile,
  MicrocodeFormat,
  MicrocodeRule,
  MicrocodeUpdate,
  MicrocodeVendor,
  Problem,
  UpdateSignature,
} from './types.js'
export {
  type Explanation,
  explainMicrocode,
  type Verdict,
  type VerifyOptions,
  verifyMicrocode,
} from './verify.js'
