/**
 * Domain images of Xen: what xl, libvirt, xenopsd, libxl and libxc save and send. Reads them from any stream, decides from their first
 * kilobytes, and judges them whole.
 *
 * Pure: bytes in, plain values out.
 *
 * @module @xenlevel/migration
 */
export { type AdmitImageOptions, admitImage, type ImageAdmission } from './admit.js'
export type { StreamReason, StreamReasonCode } from './admit-reasons.js'
export {
  ImageError,
  type ImageErrorCode,
  type ImageErrorInit,
  type LegacyConverter,
  type LegacyImage,
  LegacyImageError,
  SourceError,
} from './errors.js'
export type {
  DataEvent,
  EndEvent,
  HeaderEvent,
  ImageEvent,
  ImageFormat,
  ImageLayer,
  ImagePiece,
  RecordEvent,
} from './event.js'
export { type ImageHead, type ReadHeadOptions, readHead } from './head.js'
export type { Remainder } from './input/remainder.js'
export type {
  AbortLike,
  ImageSource,
  ReadableByteReader,
  ReadableByteStream,
  ReadableChunk,
} from './input/source.js'
export type { XenopsMetadata } from './layers/xenops-metadata.js'
export {
  type BodyQuestion,
  type ImageReading,
  type ReadImageOptions,
  readImage,
} from './read.js'
export type { PageTypeName } from './records/page-types.js'
export type { PolicyRecord } from './records/policy.js'
export { type EditConfig, editLibvirtXml, editXlConfig } from './rewrite/config.js'
export { RewriteError, type RewriteErrorCode } from './rewrite/errors.js'
export type { HeldHead, RewriteOptions } from './rewrite/head.js'
export { type PolicyOfHead, type RewritePolicyOptions, rewritePolicy } from './rewrite/policy.js'
export type { NewPolicy, PolicyChange } from './rewrite/policy-records.js'
export { trimImage } from './rewrite/trim.js'
export { upgradeImage } from './rewrite/upgrade.js'
export {
  IMAGE_FINDINGS,
  type ImageFindingCode,
  type ImageFindingMeaning,
  type ImageVerdictName,
} from './verify/codes.js'
export type { ImageFinding } from './verify/finding.js'
export type { ImageJudgeOptions, ImageVerifierOptions } from './verify/options.js'
export type { PageRound, PageSummary } from './verify/pages.js'
export type { ImageCheckpoints, ImageReport, ImageVerdict } from './verify/report.js'
export {
  ImageVerifier,
  type VerifierFill,
  type VerifierNeed,
  type VerifierPass,
} from './verify/verifier.js'
export { type VerifyImageOptions, type VerifyProgress, verifyImage } from './verify.js'
export type { Emulator, HvmParam, ListedPage, P2mFrames, TscInfo } from './write/bodies.js'
export { ImageWriterError } from './write/errors.js'
export type {
  ImageWriterOptions,
  LibvirtOptions,
  LibxcOptions,
  LibxlOptions,
  WriterOptions,
  XenopsdOptions,
  XlOptions,
} from './write/options.js'
export { ImageWriter } from './write/writer.js'
