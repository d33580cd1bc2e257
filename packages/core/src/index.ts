/**
 * What a mixed pool of Xen hosts can promise its guests, and which guest may run where: with every reason, by name.
 *
 * Pure: documents and featuresets in, answers out.
 *
 * @module @xenlevel/core
 */

export type { Emission } from './documents/emit/emission.js'
export type { EmitOptions } from './documents/emit/forward.js'
export {
  type LibvirtXml,
  type LibvirtXmlOptions,
  libvirtCpuXml,
  toLibvirtXml,
} from './documents/emit/libvirt.js'
export {
  type LibvirtCpu,
  type LibvirtCpuFeature,
  type LibvirtFeaturePolicy,
  type LibvirtToXl,
  type LibvirtToXlOptions,
  libvirtToXl,
} from './documents/emit/libvirt-to-xl.js'
export type { LibvirtNaming } from './documents/emit/libvirt-xl-names.js'
export {
  type QemuCpu,
  type QemuCpuOptions,
  type QemuFlag,
  toQemuCpu,
} from './documents/emit/qemu.js'
export type { WantedCpu } from './documents/emit/target.js'
export {
  toXapiPlatform,
  type XapiPlatform,
  type XapiPlatformOptions,
} from './documents/emit/xapi.js'
export { toXlConfig, type XlConfig, type XlConfigOptions } from './documents/emit/xl.js'
export {
  type AddedHostLines,
  type AddHostLinesOptions,
  addHostLines,
  type BadHostLine,
  type GoodHostLine,
  type HostLinesOptions,
  readHostLines,
} from './documents/host-lines.js'
export {
  featuresetOfLibvirtNames,
  type LibvirtFeature,
  type LibvirtFeatureset,
  type LibvirtNames,
  libvirtFeature,
  libvirtFeatures,
  libvirtNameOf,
  libvirtNamesOf,
} from './documents/libvirt-names.js'
export { type ByteSource, LineError } from './documents/lines.js'
export {
  type CpuPolicyDocument,
  cpuPolicySchema,
  formatCpuPolicy,
  PolicyDocumentError,
  parseCpuPolicy,
} from './documents/policy.js'
export { type PoolLevelDocument, poolLevelSchema } from './documents/pool-level.js'
export {
  formatHostSnapshot,
  type HostSnapshot,
  hostSnapshotSchema,
  parseHostSnapshot,
  SnapshotError,
} from './documents/snapshot.js'
export { featuresetText, registerText } from './documents/text-forms.js'
export {
  assertVmIsCompatible,
  nextBootFeatureset,
  nextBootFeaturesKey,
  parseXapiCpuFlags,
  VM_INCOMPATIBLE_WITH_THIS_HOST,
  XAPI_INCOMPATIBLE_REASONS,
  type XapiCompatibility,
  type XapiCompatibilityOptions,
  type XapiCpuFlags,
  type XapiDomainType,
  type XapiHost,
  type XapiVm,
} from './documents/xapi/compatibility.js'
export {
  formatXapiCpuInfo,
  parseXapiCpuInfo,
  type XapiCpuInfo,
  type XapiCpuInfoOptions,
  type XapiFeaturesets,
  xapiCapabilities,
  xapiCpuVendor,
  xapiOffersHvm,
} from './documents/xapi/cpu-info.js'
export {
  swapXapiMaskOrder,
  toXapiFeatureset,
  XapiCpuInfoError,
  type XapiFeaturesetOptions,
} from './documents/xapi/featureset.js'
export {
  type XapiArithmetic,
  type XapiPoolMember,
  type XapiPoolOptions,
  xapiPoolCpuInfo,
} from './documents/xapi/pool.js'
export {
  type XapiUpgradeOptions,
  xapiExtend,
  xapiIntersect,
  xapiIsEqual,
  xapiIsStrictSubset,
  xapiIsSubset,
  xapiUpgradeFeatures,
  xapiZeroExtend,
} from './documents/xapi/set-operations.js'
export { hostSnapshotFromXapi, type XapiSnapshotOptions } from './documents/xapi/snapshot.js'
export type { Finding } from './finding.js'
export { admitGuest } from './guest/admit.js'
export type { GuestKind } from './guest/kind.js'
export type {
  Admission,
  AdmissionLevel,
  AdmitOptions,
  GuestCpu,
  GuestRecords,
  Reason,
  ReasonCode,
  ReasonGrade,
  UncountedBit,
} from './guest/reasons.js'
export type {
  FeaturesetKind,
  Hypervisor,
  HypervisorVersion,
  MicrocodeAnswer,
  OptionalCall,
  PhysicalCpu,
  PhysicalInfo,
  PolicyKind,
  ProbeDomain,
  SetPolicyAnswer,
  UpdateMicrocodeOptions,
} from './hypervisor/contract.js'
export {
  HypercallError,
  type HypercallErrorInit,
  HypervisorClosedError,
  HypervisorLacksError,
} from './hypervisor/errors.js'
export { comparePolicies, type PolicyDifference } from './policy/compare.js'
export {
  CpuPolicy,
  type PolicyOptions,
  PolicyRecordError,
  type PolicyRecords,
} from './policy/cpu-policy.js'
export { describeFault, type PolicyErrno, type PolicyFault } from './policy/errors.js'
export {
  type AddressWidths,
  addressWidths,
  brandString,
  type CacheLeaf,
  cacheLeaves,
  clflushBytes,
  type ProcessorNumbers,
  processorNumbers,
  type TopologyLevel,
  topologyLevels,
  type XstateComponent,
  type XstateSizes,
  xstateComponents,
  xstateSizes,
} from './policy/fields.js'
export { formatPolicyText, PolicyTextError, parsePolicyText } from './policy/text.js'
export {
  type CombineMethod,
  type CombineOptions,
  combineFeaturesets,
  FeaturesetCombiner,
} from './pool/combine.js'
export { compareSnapshots } from './pool/drift/compare-snapshots.js'
export type {
  AffectedGuest,
  Certainty,
  DriftCause,
  DriftCauseName,
  DriftGuest,
  DriftOptions,
  Explanation,
  FactChange,
  FeatureChange,
  FieldChange,
  HostSet,
  LevelDrift,
  LevelFactChange,
  LevelledGuestDrift,
  NamedChanges,
  SnapshotDrift,
} from './pool/drift/types.js'
export { PoolError, PoolLevelError } from './pool/errors.js'
export type { HostCost, Weights } from './pool/explain/costs.js'
export {
  type Departure,
  type ExplainedLoss,
  explainLevel,
  type LevelExplanation,
  type PsabiGap,
  type PsabiGapFeature,
} from './pool/explain/explain-level.js'
export {
  type FeatureAspect,
  type FeatureMeaning,
  featureMeaning,
} from './pool/explain/feature-meaning.js'
export type { ChangedFeature } from './pool/explain/gains.js'
export type { FeatureGroup } from './pool/explain/meaning-rows.js'
export type { ToldFeature } from './pool/explain/told-features.js'
export type {
  GroupOffer,
  GroupTraits,
  LevelKind,
  MixedBit,
  OfferGroup,
  PendingOffer,
  Span,
} from './pool/groups/host-group.js'
export type { Tally } from './pool/groups/tally.js'
export { type LevelOptions, levelPool, type PoolLevel } from './pool/level.js'
export type { LevelledGuest } from './pool/levelled-guest.js'
export { PoolLeveller } from './pool/leveller.js'
export type { Loss } from './pool/losses.js'
export { FleetError } from './pool/mobility/errors.js'
export type { Evacuation, EvacuationBlocker, Move } from './pool/mobility/evacuation.js'
export {
  type DistinctCounts,
  type MobilityMatrix,
  type MobilityVerdict,
  mobility,
} from './pool/mobility/matrix.js'
export type { Obstacle, SharedReason } from './pool/mobility/obstacles.js'
export type { PowerCycle } from './pool/mobility/power-cycle.js'
export type { RollingUpdateOptions, RollingUpdatePlan } from './pool/mobility/rolling.js'
export type { RollingBlocker } from './pool/mobility/rolling-blockers.js'
export type { RollingStep } from './pool/mobility/rolling-greedy.js'
export type { StrandedGuest } from './pool/mobility/stranded.js'
export type { FleetGuest, HostCapacity, MobilityOptions } from './pool/mobility/types.js'
export {
  type CustomLevel,
  type NamedLevel,
  NamedLevelError,
  namedLevel,
  namedLevels,
} from './pool/named/named-level.js'
export {
  type GivenUp,
  type NotGiven,
  type PinnedGuest,
  type PinnedLevel,
  type PinOptions,
  pinLevel,
} from './pool/named/pin-level.js'
export { type PsabiLevel, type PsabiLevelName, psabiLevel } from './pool/named/psabi.js'
export type { FeatureWeights } from './pool/partition/counted.js'
export {
  type FleetPartition,
  type PartitionOptions,
  partitionFleet,
} from './pool/partition/partition.js'
export type { UnplacedHost } from './pool/partition/read-fleet.js'
export type { FleetPool, HostLoss } from './pool/partition/report.js'
export type { PartitionMethod } from './pool/partition/search.js'
export { parsePoolLevel } from './pool/read-level.js'
export type {
  GuestEffects,
  GuestLosingMobility,
  GuestToMove,
  GuestToPowerCycle,
  HostUpgrade,
  LevelChange,
  LevelGain,
  LevelLoss,
  RunningGuest,
  WhatIf,
  WhatIfOptions,
} from './pool/what-if/types.js'
export type { ReleaseUpgrade } from './pool/what-if/upgraded.js'
export { whatIf } from './pool/what-if/what-if.js'
export type { HostChanges } from './pool/whole/level-policies.js'
export {
  type LevelPoliciesOptions,
  levelPolicies,
  type PolicyLevel,
  PolicyLeveller,
} from './pool/whole/level-policies.js'
export type {
  ComponentLayout,
  NarrowedField,
  PolicyFeatureLoss,
  PolicyLoss,
  PolicyNumberLoss,
} from './pool/whole/losses.js'
export type { HostGroup, PolicyObstacle } from './pool/whole/obstacles.js'
export type { PolicyHost } from './pool/whole/pool.js'
export { type DescribeTopologyOptions, describeTopology } from './topology/describe.js'
export type { OverwrittenRegister } from './topology/overwritten.js'
export { TopologyError } from './topology/shape.js'
export type {
  ApicIdScheme,
  ApicIdShifts,
  Topology,
  TopologyCache,
  TopologyFinding,
  TopologyShape,
} from './topology/types.js'
export {
  type WithTopologyOptions,
  type WithTopologyResult,
  withTopology,
} from './topology/with-topology.js'
export { type XenVerdict, xenCompatible } from './xen/audit.js'
export { type BootOptions, type NamedFeatures, parseBootOptions } from './xen/boot-options.js'
export type { Change } from './xen/changes.js'
export {
  type ClampResult,
  clampPolicy,
  type DomainOptions,
  initDomainPolicy,
  type SetPolicyResult,
  setDomainPolicy,
} from './xen/clamp.js'
export type { ClampStep } from './xen/clamp-steps.js'
export { COMPATIBILITY_BITS, type CompatibilityBits } from './xen/compatibility-bits.js'
export {
  type ApplyConfigOptions,
  type ApplyConfigResult,
  applyConfig,
} from './xen/configuration/apply.js'
export { configurationEvidence } from './xen/configuration/apply-rules.js'
export type { ConfigFinding } from './xen/configuration/finding.js'
export {
  formatXlCpuidJson,
  parseXlCpuidJson,
  type XlCpuidJson,
  XlCpuidJsonError,
  type XlCpuidJsonOptions,
} from './xen/configuration/json.js'
export { type LibxlName, libxlName, libxlNameOf } from './xen/configuration/libxl-name.js'
export { type XlField, xlCpuidNames } from './xen/configuration/names.js'
export {
  type ParsedXlCpuid,
  parseXlCpuid,
  type XlCpuidItem,
  type XlCpuidLanguage,
  type XlCpuidOptions,
} from './xen/configuration/parse.js'
export type { XlCpuidLeaf, XlCpuidPolicy, XlMsr } from './xen/configuration/register-list.js'
export {
  splitXlCpuid,
  type XlCpuidSetting,
  type XlCpuidSettingItem,
} from './xen/configuration/xl-setting.js'
export {
  type DeriveOptions,
  derivePolicies,
  type HostPolicies,
  type VpmuMode,
} from './xen/derive.js'
export {
  type Assumption,
  type CapabilityChange,
  type EstimateOptions,
  estimateHostFeatureset,
  type HostEstimate,
} from './xen/estimate.js'
export type { EstimatedFacts } from './xen/estimate-facts.js'
export {
  explainSameModel,
  type FeatureOrigin,
  type SameModelCpu,
  type SameModelDifference,
} from './xen/feature-origins.js'
export { policiesOfSnapshot, type SnapshotPolicies } from './xen/host-policies.js'
export {
  type CapsAssumption,
  type LevellingCaps,
  type LevellingCapsOptions,
  levellingCaps,
  levellingCapsOfSysctl,
  publicLevellingCaps,
} from './xen/levelling-caps.js'
export type { LevellingCap, MaskMsr } from './xen/levelling-caps-table.js'
export type { DefaultFeatureset, MaxFeatureset } from './xen/offered-featuresets.js'
export { type Evidence, evidenceFor } from './xen/releases.js'
export { uncooperativeView } from './xen/uncooperative.js'
export { type EnforcementFinding, levelEnforcement } from './xen/uncooperative-findings.js'
