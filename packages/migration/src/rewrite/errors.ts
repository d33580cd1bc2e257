/** What is thrown when an image cannot be changed as it was asked for. */
import { XenlevelError, type XenlevelErrorInit } from '@xenlevel/cpuid'

/** Stable names of why an image cannot be changed. */
export type RewriteErrorCode =
  | 'BAD_POLICY_LENGTH'
  | 'POLICY_DOES_NOT_FIT'
  | 'V3_RECORD_IN_V2'
  | 'BAD_VERSION'
  | 'NO_XL_CONFIG'
  | 'NO_LIBVIRT_XML'
  | 'BAD_XL_CONFIG'
  | 'BAD_LIBVIRT_XML'

/** An image that can be read and that cannot be changed so. Nothing of it was written. */
export class RewriteError extends XenlevelError {
  declare readonly code: RewriteErrorCode

  constructor(init: XenlevelErrorInit & { readonly code: RewriteErrorCode }) {
    super(init)
  }
}
