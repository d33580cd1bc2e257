/** What is said of an image while it is read: one event for each header, record and end. */

/** The forms that lie inside each other. */
export type ImageLayer = 'xl' | 'libvirt' | 'libxl' | 'xenopsd' | 'libxc'

/** The outermost form of an image. */
export type ImageFormat = ImageLayer

/** A piece of an image: what all events have. */
export interface ImagePiece {
  /** The form that it belongs to. */
  readonly layer: ImageLayer
  /** Its name: `ImageHeader`, `PAGE_DATA`, `Xenops`. `OPTIONAL` and `UNKNOWN` are records without a name that may, or may not, be ignored. */
  readonly name: string
  /** Where it begins, in bytes from the start of the input. */
  readonly offset: number
  /** Bytes of its body; of a header, all of it. */
  readonly length: number
  /** All its bytes: header, body and padding. */
  readonly size: number
}

/** A header of a form, with its numbers. */
export interface HeaderEvent extends ImagePiece {
  /** A header. */
  readonly kind: 'header'
  /** Its fields by name, as numbers; empty for a header that is a text. */
  readonly fields: Readonly<Record<string, number>>
}

/** A record that was read to its end. */
export interface RecordEvent extends ImagePiece {
  /** A record. */
  readonly kind: 'record'
  /** The number of its type; undefined for the body of a xenopsd header. */
  readonly type?: number
  /** Of PAGE_DATA: how many pfns it lists. */
  readonly count?: number
  /** Of PAGE_DATA: how many of them come with a page. */
  readonly withData?: number
}

/** A piece of a body that was asked for, before the event of the record itself. How a body is cut follows the input's chunks. */
export interface DataEvent extends ImagePiece {
  /** A piece of a body. */
  readonly kind: 'data'
  /** The bytes: a view of the input, good until the next event is asked for. */
  readonly bytes: Uint8Array
}

/** The image is complete. */
export interface EndEvent extends ImagePiece {
  /** The end; its offset is how many bytes the image has. */
  readonly kind: 'end'
  /** By an END record, or, of a checkpointed image, by the end of the input after a complete checkpoint. */
  readonly by: 'record' | 'end-of-input'
  /** How many checkpoints are complete; 0 for a plain image. */
  readonly checkpoints: number
}

/** What {@link readImage} gives. */
export type ImageEvent = HeaderEvent | RecordEvent | DataEvent | EndEvent
