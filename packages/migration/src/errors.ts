/** What is thrown when input is not the image that it claims to be. */
import { ParseError, XenlevelError } from '@xenlevel/cpuid'

/** Stable names of what can be wrong with an image so that it cannot be read on. */
export type ImageErrorCode =
  | 'TRUNCATED'
  | 'BAD_MARKER'
  | 'BAD_ID'
  | 'BAD_MAGIC'
  | 'BAD_VERSION'
  | 'BIG_ENDIAN'
  | 'BAD_DOMAIN_TYPE'
  | 'BAD_PAGE_SHIFT'
  | 'LEGACY'
  | 'UNKNOWN_MANDATORY'
  | 'UNEXPECTED_RECORD'
  | 'RECORD_TOO_LONG'
  | 'BAD_RECORD_LENGTH'
  | 'BAD_PAGE_DATA'
  | 'BAD_PAGE_TYPE'
  | 'BAD_POLICY_LENGTH'
  | 'BAD_PV_INFO'
  | 'NO_STATIC_DATA_END'
  | 'NO_LIBXC_CONTEXT'
  | 'BAD_XL_CONFIG'
  | 'BAD_LIBVIRT_XML'
  | 'BAD_XENOPS_RECORD'
  | 'HEAD_TOO_LONG'

/** What an {@link ImageError} is made from. */
export interface ImageErrorInit {
  /** Its code. */
  readonly code: ImageErrorCode
  /** One sentence for people. */
  readonly message: string
  /** Where it is wrong, in bytes from the start of the input. */
  readonly offset: number
  /** Which part is wrong, outermost first, such as `xl.libxl.libxc.record 3 (PAGE_DATA)`. */
  readonly path: string
  /** More facts. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Input that cannot be read as an image, with where and which part. */
export class ImageError extends ParseError {
  declare readonly code: ImageErrorCode
  declare readonly offset: number
  /** @internal What is wrong, without the place: a finding has that apart. */
  readonly problem: string

  constructor(init: ImageErrorInit) {
    super({ ...init, message: `${init.message} (at byte ${init.offset}, ${init.path})` })
    this.problem = init.message
  }
}

/** A program that makes a newer image of an old one. */
export interface LegacyConverter {
  /** The name of the program. */
  readonly name: 'convert-legacy-stream'
  /** Its arguments, apart from input and output; those that only the user knows are left out. */
  readonly arguments: readonly string[]
}

/** What can be told of an image from before Xen 4.6. */
export interface LegacyImage {
  /** The form around it; null for a bare stream. */
  readonly wrapper: 'xl' | 'libvirt' | 'xenopsd' | null
  /** Where the old stream itself begins, in bytes from the start of the input. */
  readonly offset: number
  /** Bits of a word of the toolstack that wrote it; null if that cannot be seen. */
  readonly width: 32 | 64 | null
  /** The kind of guest; null if that cannot be seen. */
  readonly kind: 'pv' | 'hvm' | null
  /** The guest's memory in pages, with holes; null if that cannot be seen. */
  readonly pages: number | null
  /** What makes a newer image of it. */
  readonly converter: LegacyConverter
}

/** An image from before Xen 4.6: recognised and refused. Code `LEGACY`. */
export class LegacyImageError extends ImageError {
  /** What can be told of it. */
  readonly legacy: LegacyImage

  constructor(legacy: LegacyImage, path: string) {
    const { wrapper, offset, width, kind, converter } = legacy
    const written = width === null ? '' : ` by a ${width}-bit toolstack`
    const guest = kind === null ? '' : ` of ${kind === 'pv' ? 'a PV' : 'an HVM'} guest`
    const within = wrapper === null ? '' : ` (inside the ${wrapper} file, from byte ${offset} on)`
    super({
      code: 'LEGACY',
      message: `This is a stream from before Xen 4.6${guest}${written}: convert it with \`${[converter.name, ...converter.arguments].join(' ')}\`${within}, then read the result`,
      offset,
      path,
      details: { legacy },
    })
    this.legacy = legacy
  }
}

/** A source that gives something else than bytes, or that cannot be gone on with. Codes `SOURCE_CHUNK` and `SOURCE_CLOSED`. */
export class SourceError extends XenlevelError {
  constructor(code: 'SOURCE_CHUNK' | 'SOURCE_CLOSED', message: string) {
    super({ code, message })
  }
}
