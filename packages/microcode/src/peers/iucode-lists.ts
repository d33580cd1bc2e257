/** The two lists that iucode_tool 2.3.1 keeps: everything it read, and what it would write. */
import type { Region } from '../bytes.js'
import type { TakenUpdate } from '../intel/verify.js'

/** One signature of an update in a list. */
export interface ListedSignature {
  /** CPUID leaf 1, eax. */
  readonly signature: number
  /** Bit n for platform id n. */
  readonly platformMask: number
  /** As 32 signed bits. */
  readonly revision: number
  /** The update. */
  readonly update: TakenUpdate
  /** Running number of the update in its file, from 0. */
  readonly index: number
  /** The update has a table of further signatures. */
  readonly hasTable: boolean
}

/**
 * Everything that was read. iucode_tool compares the payload of a new update with one earlier entry: the last one met of the same
 * signature and revision with a platform in common, or the first of the same platforms.
 */
export class AllSignatures {
  readonly #byCpu = new Map<number, ListedSignature[]>()

  /** The earlier entry that a new one must agree with, and its place among those of its signature. */
  find(entry: ListedSignature): { rival: ListedSignature | undefined; place: number } {
    const list = this.#byCpu.get(entry.signature) ?? []
    let rival: ListedSignature | undefined
    for (const [place, known] of list.entries()) {
      if (known.revision !== entry.revision) continue
      if (known.platformMask === entry.platformMask) return { rival: known, place }
      if ((known.platformMask & entry.platformMask) !== 0) rival = known
    }
    return { rival, place: list.length }
  }

  /** Puts an entry where {@link AllSignatures.find} said. */
  insert(entry: ListedSignature, place: number): void {
    const list = this.#byCpu.get(entry.signature) ?? []
    this.#byCpu.set(entry.signature, list)
    list.splice(place, 0, entry)
  }
}

/** Two updates claim to be the same and are not. Updates with a table are never compared. */
export function contradicts(
  { bytes, view }: Region,
  one: ListedSignature,
  other: ListedSignature,
): boolean {
  if (one.update === other.update || one.hasTable || other.hasTable) return false
  const [a, b] = [one.update, other.update]
  if (a.total !== b.total || a.data !== b.data || 48 + a.data < a.total) return false
  for (const field of [4, 12]) {
    if (view.getUint32(a.offset + field, true) !== view.getUint32(b.offset + field, true))
      return false
  }
  const masks = view.getUint32(a.offset + 24, true) & view.getUint32(b.offset + 24, true)
  if (masks === 0) return false
  for (let at = 48; at < 48 + a.data; at++)
    if (bytes[a.offset + at] !== bytes[b.offset + at]) return true
  return false
}

/**
 * What would be written: per signature the newest of each set of platforms, larger sets of equal or newer revision taking the place of
 * those inside them. Sets that overlap without one holding the other stay side by side, so two of them may fit one CPU.
 */
export class SelectedSignatures {
  readonly #byCpu = new Map<number, ListedSignature[]>()

  /** Puts an entry in its place, unless one that is there does as well. */
  merge(entry: ListedSignature): void {
    const list = this.#byCpu.get(entry.signature) ?? []
    this.#byCpu.set(entry.signature, list)
    const verdicts = list.map((known) => compare(known, entry))
    const first = verdicts.findIndex((verdict) => verdict !== 'beside')
    if (verdicts[first] === 'keeps') return
    const survivors = list.filter(
      (known, index) => first < 0 || index < first || !isReplaced(known, entry, index === first),
    )
    const place = survivors.findIndex((known) => entry.platformMask >= known.platformMask)
    survivors.splice(place < 0 ? survivors.length : place, 0, entry)
    this.#byCpu.set(entry.signature, survivors)
  }

  /** By signature, and in each from the highest mask down. */
  list(): ListedSignature[] {
    return [...this.#byCpu.entries()].sort(([a], [b]) => a - b).flatMap(([, entries]) => entries)
  }
}

/** What an entry that is there means for a new one: it stays beside it, it keeps its place, or it gives way. */
function compare(known: ListedSignature, entry: ListedSignature): 'beside' | 'keeps' | 'yields' {
  const [old, mask] = [known.platformMask, entry.platformMask]
  const common = (old & mask) >>> 0
  if (mask !== 0 && common === 0) return 'beside'
  if (common === mask) {
    if (known.revision >= entry.revision) return 'keeps'
    return mask === old ? 'yields' : 'beside'
  }
  return common === old && entry.revision >= known.revision ? 'yields' : 'beside'
}

function isReplaced(known: ListedSignature, entry: ListedSignature, decided: boolean): boolean {
  const inside = (known.platformMask & entry.platformMask) >>> 0 === known.platformMask
  return decided || (inside && entry.revision >= known.revision)
}
