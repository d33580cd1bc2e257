/** What an image is begun with. */
import type { GuestKind } from '@xenlevel/core'
import type { ImageVerifierOptions } from '../verify/options.js'

/** What the writer of an image of any form has to know. */
export interface WriterOptions {
  /** The kind of guest. */
  readonly kind: GuestKind
  /** The Xen that the guest is saved on. */
  readonly xen: readonly [major: number, minor: number]
  /** Version of the libxc image; 3 by default, 2 for receivers before 4.14. */
  readonly version?: 2 | 3
  /** It has checkpoints; false by default. */
  readonly checkpointed?: boolean
  /** What else its receiver is known to be: it may have so many vCPUs, such a host, such a release. */
  readonly receiver?: Pick<ImageVerifierOptions, 'vcpus' | 'host' | 'release' | 'maxPfn'>
}

/** A libxc image alone. */
export interface LibxcOptions extends WriterOptions {
  /** The outermost form. */
  readonly form: 'libxc'
}

/** A libxl stream. */
export interface LibxlOptions extends WriterOptions {
  /** The outermost form. */
  readonly form: 'libxl'
  /** It is made of a stream from before Xen 4.6; false by default. */
  readonly converted?: boolean
}

/** The file of xl. */
export interface XlOptions extends WriterOptions {
  /** The outermost form. */
  readonly form: 'xl'
  /** The guest's configuration. */
  readonly config: string
  /** Its language: libxl's JSON by default, or the text of a configuration file. */
  readonly configLanguage?: 'json' | 'xl'
  /** More optional data behind it, which xl passes over; none by default. */
  readonly optionalData?: Uint8Array
}

/** The file of libvirt. */
export interface LibvirtOptions extends WriterOptions {
  /** The outermost form. */
  readonly form: 'libvirt'
  /** The domain's XML. */
  readonly xml: string
}

/** The image of xenopsd. */
export interface XenopsdOptions extends WriterOptions {
  /** The outermost form. */
  readonly form: 'xenopsd'
  /** Its metadata of the VM: an s-expression. */
  readonly metadata: string
}

/** What an image is begun with, by its form. */
export type ImageWriterOptions =
  | LibxcOptions
  | LibxlOptions
  | XlOptions
  | LibvirtOptions
  | XenopsdOptions
