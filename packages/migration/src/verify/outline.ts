/** What a report says of an image besides what is wrong with it. */
import type { HeaderEvent, ImageEvent, ImageLayer } from '../event.js'
import type { ImageReport } from './report.js'

/** The kinds of guest by the domain header. */
const KINDS: Readonly<Record<number, 'pv' | 'hvm'>> = { 1: 'pv', 2: 'hvm' }

/** Gathers it from the events. */
export class Outline {
  readonly #layers: ImageLayer[] = []
  readonly #records = new Map<ImageLayer, Map<string, number>>()
  #version: number | null = null
  #xen: ImageReport['xen'] = null
  #kind: ImageReport['kind'] = null
  #complete = false

  /** The kind of guest by the domain header; null before it. */
  get kind(): ImageReport['kind'] {
    return this.#kind
  }

  /** Whether there is a piece of a form. */
  has(layer: ImageLayer): boolean {
    return this.#layers.includes(layer)
  }

  /** Something was read. */
  event(event: ImageEvent): void {
    const { kind, layer, name } = event
    if (kind === 'end') this.#complete = true
    else if (!this.has(layer)) this.#layers.push(layer)
    if (kind === 'header') this.#header(event)
    // The names are those of the formats; whatever types damage makes up is UNKNOWN or OPTIONAL.
    if (kind !== 'record') return
    const records = this.#records.get(layer) ?? new Map<string, number>()
    this.#records.set(layer, records)
    records.set(name, (records.get(name) ?? 0) + 1)
  }

  #header({ name, fields }: HeaderEvent): void {
    if (name === 'ImageHeader') this.#version = fields.version ?? null
    if (name !== 'DomainHeader') return
    this.#xen = [fields.xenMajor ?? 0, fields.xenMinor ?? 0]
    this.#kind = KINDS[fields.type ?? 0] ?? null
  }

  /** What was gathered. */
  get known(): Pick<
    ImageReport,
    'format' | 'layers' | 'version' | 'xen' | 'kind' | 'complete' | 'records'
  > {
    return {
      format: this.#layers[0] ?? null,
      layers: [...this.#layers],
      version: this.#version,
      xen: this.#xen,
      kind: this.#kind,
      complete: this.#complete,
      records: Object.fromEntries(
        [...this.#records].flatMap(([layer, records]) =>
          [...records].map(([name, count]) => [`${layer}.${name}`, count]),
        ),
      ),
    }
  }
}
