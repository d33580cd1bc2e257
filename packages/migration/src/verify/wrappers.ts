/** The rules of the files around streams: xl's, libvirt's, xenopsd's. */
import type { HeaderEvent, RecordEvent } from '../event.js'
import { readXenopsMetadata } from '../layers/xenops-metadata.js'
import type { Beginning } from '../walk.js'
import { Beginnings, type Bench, type BodyReader, type Rules } from './rules.js'

/** Metadata of a VM have some kilobytes; of more than this the rest is not looked into. */
const MOST_METADATA = 2 ** 18
const XENOPS_RECORD = 'XenopsRecord'
const LIBXC = 'Libxc'

/** The rules of one file. */
export class WrapperRules implements Rules {
  readonly #bench: Bench
  #reader: BodyReader | null = null
  /** Of xenopsd's image: whether there is one, and a guest in it. */
  #xenopsd = false
  #guest = false
  /** Where the last header begins. */
  #end = 0

  constructor(bench: Bench) {
    this.#bench = bench
  }

  begin({ name, length, offset }: Beginning): number {
    this.#reader = null
    if (name !== XENOPS_RECORD) return 0
    if (length > MOST_METADATA) {
      this.#bench.unseen(`xenopsd's metadata: there are ${length} bytes of them.`)
      return 0
    }
    this.#reader = new Beginnings(length, (view) => {
      const bytes = new Uint8Array(view.buffer, 0, view.byteLength)
      if (readXenopsMetadata(new TextDecoder().decode(bytes)) === null)
        this.#bench.found({
          code: 'BAD_XENOPS_RECORD',
          message: "xenopsd's metadata are no s-expression",
          offset,
        })
    })
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
    if (layer === 'xenopsd' && name === LIBXC) this.#guest = true
    if (event.kind === 'header' && name === 'XlHeader' && event.fields.optionalDataLength === 0)
      this.#bench.found({
        code: 'NO_XL_CONFIG',
        message: 'The file has no configuration: `xl restore` has to be given one',
        offset,
      })
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
}
