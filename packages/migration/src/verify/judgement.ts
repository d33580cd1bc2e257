/** What is made of the steps of a walk: each is shown to the rules of its form, and to those who count. */
import type { ImageError } from '../errors.js'
import type { ImageEvent, ImageLayer } from '../event.js'
import type { ByteQueue } from '../input/queue.js'
import { type Beginning, Cursor, type Judge } from '../walk.js'
import type { Fault } from './finding.js'
import { FindingList, type Place } from './finding-list.js'
import { JudgedLists } from './judged-lists.js'
import { LibxcRules } from './libxc.js'
import { LibxlRules } from './libxl.js'
import type { ImageVerifierOptions } from './options.js'
import { Outline } from './outline.js'
import type { ImageReport, ImageVerdict } from './report.js'
import type { Bench, Rules } from './rules.js'
import { WrapperRules } from './wrappers.js'

/** Judges one image. */
export class Judgement implements Judge, Bench {
  readonly options: ImageVerifierOptions
  readonly cursor: Cursor
  readonly findings: FindingList
  readonly lists: JudgedLists
  readonly #outline = new Outline()
  readonly #libxc: LibxcRules
  readonly #rules: Readonly<Record<ImageLayer, Rules>>
  readonly #unseen = new Set<string>()
  /** How many records of each form have begun. */
  readonly #records = new Map<ImageLayer, number>()
  #record: Pick<Place, 'layer' | 'record'> = { layer: null, record: null }
  /** The rounds that were told of. */
  #checkpoints = 0
  #trailing = 0

  constructor(queue: ByteQueue, options: ImageVerifierOptions) {
    this.options = options
    this.findings = new FindingList(options.mode)
    this.cursor = new Cursor(queue, this)
    this.#libxc = new LibxcRules(this)
    this.lists = new JudgedLists(this, this.#libxc)
    const wrapper = new WrapperRules(this)
    this.#rules = {
      libxc: this.#libxc,
      libxl: new LibxlRules(this, this.#libxc),
      xl: wrapper,
      libvirt: wrapper,
      xenopsd: wrapper,
    }
  }

  found(fault: Fault): void {
    this.#settle()
    this.findings.add(fault, () => ({ path: this.cursor.path, ...this.#record }))
  }

  unseen(sentence: string): void {
    this.#unseen.add(sentence)
  }

  /** A piece begins; how much of its body is to be shown. */
  begin(piece: Beginning): number {
    this.#settle()
    const { layer } = piece
    const record = this.#records.get(layer) ?? 0
    this.#records.set(layer, record + 1)
    this.#record = { layer, record }
    this.lists.begin()
    return this.#rules[layer].begin(piece)
  }

  /** Something was read. */
  event(event: ImageEvent): void {
    this.#settle()
    if (event.kind === 'data') {
      this.#rules[event.layer].data(event.bytes)
      return
    }
    this.#outline.event(event)
    if (event.kind === 'end') return
    this.#rules[event.layer].event(event)
    this.#record = { layer: event.layer, record: null }
    if (event.name === 'VERIFY' || event.name === 'CHECKPOINT') this.lists.endRound()
  }

  /** Nothing behind this place can be followed. */
  stop({ code, problem: message, offset }: ImageError): void {
    // A stream that ends after a complete checkpoint is what checkpoints are for.
    if (code === 'TRUNCATED' && this.cursor.checkpoints > 0)
      this.found({ code: 'FAILOVER', message, offset })
    else this.found({ code, message, offset })
  }

  /** Bytes follow the image. */
  trail(bytes: number): void {
    this.#trailing += bytes
  }

  /** The input ends. */
  end(): void {
    this.#settle()
    const { complete } = this.#outline.known
    const { checkpoints } = this.cursor
    this.#record = { layer: null, record: null }
    if (checkpoints > 0) this.findings.forgive()
    this.findings.commit()
    if (this.#trailing > 0 && complete)
      this.found({
        code: 'TRAILING_DATA',
        message: `${this.#trailing} bytes follow the image, which is complete before them`,
        offset: this.#size,
        path: 'image',
      })
    for (const rules of new Set(Object.values(this.#rules))) rules.end(complete)
    this.findings.commit()
  }

  /** The whole answer. */
  report(): ImageReport {
    const findings = this.findings.list()
    const { mode } = this.options
    const verdict = (name: 'verify' | 'restore'): ImageVerdict => ({
      ok: this.findings.ok(name),
      findings: findings.filter(({ rejects }) => rejects.includes(name)),
    })
    const [verify, restore] = [verdict('verify'), verdict('restore')]
    const { checkpoints, lastCheckpoint } = this.cursor
    return {
      ok: mode === undefined ? verify.ok && restore.ok : this.findings.ok(mode),
      ...{ verify, restore, findings },
      counts: this.findings.counts,
      ...this.#outline.known,
      size: this.#size,
      trailing: this.#trailing,
      pages: this.lists.summary(),
      checkpoints: { complete: checkpoints, lastEnd: checkpoints > 0 ? lastCheckpoint : null },
      unseen: [...this.#unseen],
    }
  }

  /** Where the image ends, or where it could be followed no further. */
  get #size(): number {
    return this.cursor.offset - this.#trailing
  }

  /** Tells the rules of a round that was completed behind the last step. */
  #settle(): void {
    if (this.cursor.checkpoints === this.#checkpoints) return
    this.#checkpoints = this.cursor.checkpoints
    this.#libxc.roundComplete()
    this.findings.commit()
  }
}
