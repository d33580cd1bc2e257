/**
 * What the bits of an x86 CPU mean to Xen: featuresets, feature tables and their dependencies, signatures, CPUID dumps.
 *
 * Pure: text and numbers in, plain values out. No dependency, no I/O, no state.
 *
 * @module @xenlevel/cpuid
 */
export { type CpuRegisters, type RawFeatureset, rawFeatureset } from './dump/featureset.js'
export { type CoreDifference, type HostFeatureset, hostFeatureset } from './dump/host-featureset.js'
export { featureOfLinuxFlag, type LinuxFlagMeaning, linuxFlags } from './dump/linux-flags.js'
export { readCpuDump } from './dump/read.js'
export {
  type CpuDump,
  type CpuDumpFormat,
  type DumpCpu,
  type DumpPolicy,
  DumpSyntaxError,
  type DumpWarning,
  type RegisterOmission,
} from './dump/types.js'

export {
  ParseError,
  type ParseErrorInit,
  XenlevelError,
  type XenlevelErrorInit,
} from './errors.js'
export { COMMON_1D_FEATURES } from './features/common-1d.js'
export {
  type FeatureDeclaration,
  FeatureDeclarationError,
  type FeatureDeclarations,
  type FeatureDependencies,
} from './features/declarations.js'
export { flattenFeatures } from './features/flatten.js'
export {
  type FeatureHeaderCode,
  FeatureHeaderError,
  parseFeatureHeader,
} from './features/header.js'
export { type MappedFeatureset, mapFeatureset } from './features/mapping.js'
export { featuresetOfPolicy, policyWithFeatureset } from './features/registers.js'
export {
  compareReleases,
  featureDependencies,
  knownReleases,
  nearestRelease,
  pointRelease,
  releaseHas,
  UnknownReleaseError,
  XEN_RELEASES,
  type XenRelease,
} from './features/releases.js'
export {
  type ClearedFeature,
  type CpuRegister,
  describeWordSource,
  type Feature,
  type FeatureMask,
  type FeatureName,
  type FeatureTable,
  type FeatureWord,
  UnknownFeatureError,
  type WordSource,
} from './features/table.js'
export { formatTableModule, type TableModuleInit } from './features/table-module.js'
export { featureTable } from './features/tables.js'
export { Featureset, FeaturesetRangeError } from './featureset.js'
export { FeaturesetSyntaxError, parseWordsInto } from './featureset-text.js'
export { locateJsonError, type TextPosition } from './json-error.js'
export type { CpuidLeaf, MsrEntry } from './leaves.js'
export {
  decodeLeaves,
  decodeMsrs,
  encodeLeaves,
  encodeMsrs,
  RecordsLengthError,
} from './records.js'
export {
  type CpuSignature,
  type CpuVendor,
  cpuSignature,
  cpuVendor,
  encodeSignature,
} from './signature.js'
export type { XenCpuidOutput } from './xen-cpuid/arguments.js'
export type { XenCpuidHost, XenCpuidPolicy, XenCpuidSet } from './xen-cpuid/host.js'
export { type XenCpuidOptions, xenCpuidText } from './xen-cpuid/text.js'
