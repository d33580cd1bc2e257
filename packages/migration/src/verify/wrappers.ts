/** The rules of the files around streams: xl's, libvirt's, xenopsd's. */
import type { HeaderEvent, RecordEvent } from '../event.js'
import { readXenopsMetadata } from '../layers/xenops-metadata.js'
import { XL_CONFIG_HEAD, XL_CONFIG_IS_JSON } from '../layers/xl.js'
import type { Beginning } from '../walk.js'
import { Beginnings, type Bench, type BodyReader, type Rules } from './rules.js'

/** Texts about a guest have some kilobytes; longer ones are not looked into. */
const MOST_TEXT = 2 ** 18
const XENOPS_RECORD = 'XenopsRecord'
const XL_DATA = 'XlOptionalData'
const LIBXC = 'Libxc'

/** The rules of one file. */
export class WrapperRules implements Rules {
  readonly #bench: Bench
  #reader: BodyReader | null = null
  /** Of an xl file: whether its configuration is JSON. */
  #json = false
  /** Of xenopsd's image: whether there is one, and a guest in it. */
  #xenopsd = false
  #guest = false
  /** Where the last header begins. */
  #end = 0

  constructor(bench: Bench) {
    this.#bench = bench
  }

  begin(piece: Beginning): number {
    this.#reader = null
    const { name, length } = piece
    const look = this.#lookAt(piece)
    if (look === null) return 0
    if (length > MOST_TEXT) {
      this.#bench.unseen(`${name}, which is longer than ${MOST_TEXT} bytes.`)
      return 0
    }
    this.#reader = new Beginnings(length, (view) =>
      look(new Uint8Array(view.buffer, 0, view.byteLength)),
    )
    return length
  }

  data(bytes: Uint8Array): void {
    this.#reader?.take(bytes)
  }

  event(event: HeaderEvent | RecordEvent): void {
    this.#reader?.end()
    this.#reader = null
    const { layer, name, offset } = event
    this.#end = offset
    if (layer === 'xenopsd') this.#xenopsd = true
    if (name === LIBXC) this.#guest = true
    if (event.kind === 'header' && name === 'XlHeader') this.#xlHeader(event)
  }

  end(complete: boolean): void {
    if (!complete || !this.#xenopsd || this.#guest) return
    this.#bench.found({
      code: 'NO_LIBXC_CONTEXT',
      message: "xenopsd's image has no Libxc: it is well formed, and there is no guest in it",
      offset: this.#end,
      path: 'xenopsd',
      rejects: ['verify', 'restore'],
    })
  }

  #xlHeader({ fields, offset }: HeaderEvent): void {
    this.#json = ((fields.mandatoryFlags ?? 0) & XL_CONFIG_IS_JSON) !== 0
    if (fields.optionalDataLength === 0)
      this.#bench.found({
        code: 'NO_XL_CONFIG',
        message: 'The file has no configuration: `xl restore` has to be given one',
        offset,
      })
  }

  /** What is looked for in a body; null for nothing. */
  #lookAt({ name, offset }: Beginning): ((bytes: Uint8Array) => void) | null {
    if (name === XENOPS_RECORD) return (bytes) => this.#metadata(bytes, offset)
    return name === XL_DATA && this.#json ? (bytes) => this.#config(bytes, offset) : null
  }

  #metadata(bytes: Uint8Array, offset: number): void {
    if (readXenopsMetadata(new TextDecoder().decode(bytes)) === null)
      this.#bench.found({
        code: 'BAD_XENOPS_RECORD',
        message: "xenopsd's metadata are no s-expression",
        offset,
      })
  }

  #config(bytes: Uint8Array, offset: number): void {
    const { buffer, byteOffset } = bytes
    const length = new DataView(buffer, byteOffset).getUint32(0, true)
    const room = bytes.length - XL_CONFIG_HEAD
    if (length > room) return
    const config = bytes.subarray(XL_CONFIG_HEAD, XL_CONFIG_HEAD + length)
    const end = config.indexOf(0)
    const why =
      end < 0
        ? 'has no zero that ends it, and xl reads on behind it'
        : isJson(config.subarray(0, end))
          ? null
          : 'is said to be JSON, and is none'
    if (why !== null)
      this.#bench.found({
        code: 'BAD_XL_CONFIG',
        message: `The configuration ${why}`,
        offset: offset + XL_CONFIG_HEAD,
      })
  }
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes))
    return true
  } catch {
    return false
  }
}
