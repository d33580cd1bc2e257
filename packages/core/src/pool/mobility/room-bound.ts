/** A proof that guests cannot have room: they need more than all hosts have together that any of them may go to. */

/** Something that needs room, and where it may go. */
export interface Item {
  /** Numbers of bins. */
  readonly options: readonly number[]
  /** Bytes. */
  readonly memory: bigint
}

/** Items that need more room than there is for them. */
export interface Shortage {
  /** Their indices. */
  readonly items: readonly number[]
  /** All bins that any of them may go to. */
  readonly bins: readonly number[]
  /** What they need together, in bytes. */
  readonly needed: bigint
  /** What the bins have together, in bytes. */
  readonly room: bigint
}

/** Items that may go to the same bins. */
interface Kind {
  readonly options: readonly number[]
  readonly items: number[]
  needed: bigint
  left: bigint
  readonly flow: Map<number, bigint>
}

/**
 * A shortage, if there is one even when items could be cut in pieces (a maximum flow; its minimum cut is the shortage); null if there is
 * none. A bin without a limit has room for everything.
 */
export function findShortage(
  items: readonly Item[],
  rooms: readonly (bigint | null)[],
): Shortage | null {
  const limited = (bin: number) => rooms[bin] !== null
  const kinds = kindsOf(items.map((item) => (item.options.every(limited) ? item : undefined)))
  const left = rooms.map((room) => room ?? 0n)
  for (;;) {
    const path = reach(kinds, left)
    if (path.end === null) return shortageOf(kinds, path, rooms)
    augment(path.end, path, left)
  }
}

function kindsOf(items: readonly (Item | undefined)[]): Kind[] {
  const kinds = new Map<string, Kind>()
  for (const [index, item] of items.entries()) {
    if (item === undefined) continue
    const options = [...item.options].sort((a, b) => a - b)
    const key = options.join()
    const kind: Kind = kinds.get(key) ?? {
      options,
      items: [],
      needed: 0n,
      left: 0n,
      flow: new Map(),
    }
    kinds.set(key, kind)
    kind.items.push(index)
    kind.needed += item.memory
    kind.left += item.memory
  }
  return [...kinds.values()]
}

interface Reached {
  /** A bin with room that was come to; null if there is none. */
  readonly end: number | null
  /** The kinds that were come to, each with the bin from which it could be moved away; null for one that still needs room. */
  readonly kinds: ReadonlyMap<Kind, number | null>
  /** The bins that were come to, each with the kind that may go there. */
  readonly bins: ReadonlyMap<number, Kind>
}

/** From the kinds that still need room, by bins they may go to and by kinds that could leave those, to a bin with room. */
function reach(kinds: readonly Kind[], left: readonly bigint[]): Reached {
  const reachedKinds = new Map<Kind, number | null>()
  const reachedBins = new Map<number, Kind>()
  for (const kind of kinds) if (kind.left > 0n) reachedKinds.set(kind, null)
  // A map goes on with what is added while it is gone through.
  for (const kind of reachedKinds.keys()) {
    for (const bin of kind.options) {
      if (reachedBins.has(bin)) continue
      reachedBins.set(bin, kind)
      if ((left[bin] ?? 0n) > 0n) return { end: bin, kinds: reachedKinds, bins: reachedBins }
      for (const other of kinds)
        if (!reachedKinds.has(other) && (other.flow.get(bin) ?? 0n) > 0n)
          reachedKinds.set(other, bin)
    }
  }
  return { end: null, kinds: reachedKinds, bins: reachedBins }
}

function augment(end: number, { kinds, bins }: Reached, left: bigint[]): void {
  const steps: { readonly kind: Kind; readonly to: number; readonly from: number | null }[] = []
  for (let to: number | null = end; to !== null; ) {
    const kind = bins.get(to)
    if (kind === undefined) return
    const from: number | null = kinds.get(kind) ?? null
    steps.push({ kind, to, from })
    to = from
  }
  const first = steps[steps.length - 1]?.kind
  const limits = steps.flatMap(({ kind, from }) =>
    from === null ? [] : [kind.flow.get(from) ?? 0n],
  )
  const amount = [left[end] ?? 0n, first?.left ?? 0n, ...limits].reduce((a, b) => (a < b ? a : b))
  left[end] = (left[end] ?? 0n) - amount
  if (first !== undefined) first.left -= amount
  for (const { kind, to, from } of steps) {
    kind.flow.set(to, (kind.flow.get(to) ?? 0n) + amount)
    if (from !== null) kind.flow.set(from, (kind.flow.get(from) ?? 0n) - amount)
  }
}

function shortageOf(
  kinds: readonly Kind[],
  reached: Reached,
  rooms: readonly (bigint | null)[],
): Shortage | null {
  if (!kinds.some(({ left }) => left > 0n)) return null
  const short = [...reached.kinds.keys()]
  const bins = [...reached.bins.keys()].sort((a, b) => a - b)
  return {
    items: short.flatMap(({ items }) => items).sort((a, b) => a - b),
    bins,
    needed: short.reduce((sum, { needed }) => sum + needed, 0n),
    room: bins.reduce((sum, bin) => sum + (rooms[bin] ?? 0n), 0n),
  }
}
