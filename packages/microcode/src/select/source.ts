/** A file made ready for choosing: its stretch for a vendor, and what readers take of it, which many CPUs share. */
import { parseAmd } from '../amd/parse.js'
import type { AmdReader } from '../amd/readers.js'
import { type AmdWalk, walkAmd } from '../amd/verify.js'
import { type Region, rememberingSums, viewOf, wholeOf } from '../bytes.js'
import { splitEarlyCpio } from '../cpio.js'
import { FIELD, sizesAt, sizesByManual } from '../intel/format.js'
import { parseIntel } from '../intel/parse.js'
import type { IntelReader } from '../intel/readers.js'
import { type IntelWalk, type TakenUpdate, walkIntel } from '../intel/verify.js'
import { recogniseMicrocode } from '../recognise.js'
import type { AmdUpdate, IntelUpdate, MicrocodeFile, MicrocodeVendor } from '../types.js'
import type { MicrocodeInput } from './types.js'

/** A file, and what was found out about it. */
export class Source {
  /** Its name; null without one. */
  readonly name: string | null
  /** The bytes that a loader is handed; of `.dat` text that was parsed, the binary that it stands for. */
  readonly bytes: Uint8Array
  readonly #whole: Region
  readonly #file: MicrocodeFile | null
  readonly #intelWalks = new Map<string, IntelWalk>()
  readonly #amdWalks = new Map<string, AmdWalk>()
  readonly #amdUpdates = new Map<number, readonly AmdUpdate[]>()
  #archive: boolean | undefined

  constructor(input: MicrocodeInput) {
    const named = !ArrayBuffer.isView(input) && 'name' in input ? input : null
    const file = !ArrayBuffer.isView(input) && 'content' in input ? input : null
    this.name = named?.name ?? null
    this.#file = file
    this.bytes = bytesOf(input)
    this.#whole = rememberingSums(wholeOf(this.bytes))
  }

  /** It is an early cpio archive. */
  get isArchive(): boolean {
    this.#archive ??= (this.#file?.format ?? recogniseMicrocode(this.bytes)) === 'early-cpio'
    return this.#archive
  }

  /** What a loader for CPUs of this vendor reads: the whole, or its member of the archive; null without one. */
  part(vendor: MicrocodeVendor, scan: boolean): Region | null {
    if (!scan) return this.#whole
    const { intel, amd } = splitEarlyCpio(this.bytes)
    const extent = vendor === 'Intel' ? intel : amd
    if (extent === null) return null
    return { ...this.#whole, start: extent.offset, end: extent.offset + extent.size }
  }

  /** What a reader takes of Intel's updates. */
  walkIntel(part: Region, reader: IntelReader): IntelWalk {
    return remembered(this.#intelWalks, keyOf(part, reader), () => walkIntel(part, reader))
  }

  /** What a reader takes of AMD's patches. */
  walkAmd(part: Region, reader: AmdReader): AmdWalk {
    return remembered(this.#amdWalks, keyOf(part, reader), () => walkAmd(part, reader))
  }

  /** The update that a reader took, as it is parsed: that of the file, where it was parsed already. */
  intelUpdate(part: Region, taken: TakenUpdate): IntelUpdate | null {
    const { offset, data, total } = taken
    const known = this.#file?.updates.find(
      (update) => update.vendor === 'Intel' && update.offset === offset && update.size === total,
    )
    if (known?.vendor === 'Intel' && known.dataSize === data) return known
    const [read] = parseIntel(readWithSizes(part, taken)).updates
    if (read === undefined) return null
    const sizeFields = {
      data: part.view.getUint32(offset + FIELD.dataSize, true),
      total: part.view.getUint32(offset + FIELD.totalSize, true),
    }
    return { ...read, sizeFields }
  }

  /** The patch at an offset, as it is parsed. */
  amdUpdate(part: Region, offset: number): AmdUpdate | null {
    const known = this.#file?.updates.find(
      (update) => update.vendor === 'AMD' && update.offset === offset,
    )
    if (known?.vendor === 'AMD') return known
    const updates = remembered(this.#amdUpdates, part.start, () => parseAmd(part).updates)
    return updates.find((update) => update.offset === offset) ?? null
  }
}

/** A stretch of one file is told by where it begins. */
function keyOf(part: Region, { name }: { readonly name: string }): string {
  return `${part.start} ${name}`
}

function remembered<Key, Value>(known: Map<Key, Value>, key: Key, find: () => Value): Value {
  const value = known.get(key) ?? find()
  known.set(key, value)
  return value
}

function bytesOf(input: MicrocodeInput): Uint8Array {
  if (ArrayBuffer.isView(input)) return input
  return 'content' in input ? input.content : input.bytes
}

/**
 * The stretch of one update, with its sizes as the reader that took it understood them: where a size field is 0, not all readers mean the
 * same by it.
 */
function readWithSizes(part: Region, { offset, data, total }: TakenUpdate): Region {
  const end = offset + total
  const usual = sizesAt(part.view, offset, sizesByManual)
  if (usual.data === data && usual.total === total) return { ...part, start: offset, end }
  const view = viewOf(part.bytes.slice(0, end))
  view.setUint32(offset + FIELD.dataSize, data, true)
  view.setUint32(offset + FIELD.totalSize, total, true)
  return { ...part, view, start: offset, end }
}
