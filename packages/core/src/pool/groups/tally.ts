/** How many hosts, and which: all names of a pool, the first names of a fleet. */

/** Hosts that have something in common. */
export interface Tally {
  /** How many. */
  readonly count: number
  /** Their names in code unit order: all of them in a pool of up to 4,096 hosts, the first 16 in a larger fleet. */
  readonly hosts: readonly string[]
}

/** A pool of up to so many hosts is known by all their names: the largest that toolstacks manage as one, with room. */
export const MOST_NAMED = 4096

/** Of a larger fleet, so many names of each group of hosts are kept: enough to look at some, and memory does not grow with the fleet. */
const NAMES_OF_MANY = 16

/** How many names of each group are kept where so many hosts are folded. */
export function namesKept(hosts: number): number {
  return hosts <= MOST_NAMED ? MOST_NAMED : NAMES_OF_MANY
}

/** Nobody. */
export const NOBODY: Tally = /* @__PURE__ */ Object.freeze({
  count: 0,
  hosts: /* @__PURE__ */ Object.freeze([]),
})

/** Hosts of groups that have none in common, together; `most` names are kept. */
export function joinTallies(tallies: readonly Tally[], most: number): Tally {
  const [only] = tallies
  if (only === undefined) return NOBODY
  if (tallies.length === 1 && only.hosts.length <= most) return only
  let count = 0
  const names: string[] = []
  for (const tally of tallies) {
    count += tally.count
    for (const name of tally.hosts) names.push(name)
  }
  return { count, hosts: Object.freeze(firstNames(names, most)) }
}

/** The first of some names, each once. */
function firstNames(names: readonly string[], most: number): string[] {
  const sorted = [...names].sort(compareNames)
  return sorted.filter((name, index) => name !== sorted[index - 1]).slice(0, most)
}

/** By code units: the same everywhere, whatever the language of the machine. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** Groups of hosts, asked again and again for those that are alike in something: their names are put in order once. */
export class TallyIndex {
  readonly #tallies: readonly Tally[]
  readonly #most: number
  #names: readonly string[] = []
  #owners = new Uint32Array()

  /** `most` names are kept of each answer. */
  constructor(tallies: readonly Tally[], most: number) {
    this.#tallies = tallies
    this.#most = most
  }

  /** The hosts of the groups at which `concerned` is not zero. */
  pick(concerned: Uint8Array): Tally {
    if (this.#names.length === 0) this.#sort()
    let count = 0
    this.#tallies.forEach((tally, group) => {
      if (concerned[group] !== 0) count += tally.count
    })
    const hosts: string[] = []
    const [names, owners, most] = [this.#names, this.#owners, Math.min(this.#most, count)]
    for (let index = 0; index < names.length && hosts.length < most; index++) {
      const name = names[index] ?? ''
      if (concerned[owners[index] ?? 0] !== 0 && name !== hosts.at(-1)) hosts.push(name)
    }
    return { count, hosts: Object.freeze(hosts) }
  }

  #sort(): void {
    const entries = this.#tallies.flatMap(({ hosts }, owner) =>
      hosts.map((name) => ({ name, owner })),
    )
    entries.sort((a, b) => compareNames(a.name, b.name))
    this.#names = entries.map(({ name }) => name)
    this.#owners = Uint32Array.from(entries, ({ owner }) => owner)
  }
}

/** A tally that hosts come to one by one. */
export class TallyBuilder {
  #count = 0
  #names: string[] = []
  /** What there is, as long as it is what one tally says. */
  #same: Tally | null = NOBODY

  /** Adds a host; `most` names are kept. */
  add(name: string, most: number): void {
    this.#open()
    this.#count++
    const names = this.#names
    if (most > NAMES_OF_MANY) {
      names.push(name)
      return
    }
    const last = names[most - 1]
    if (last !== undefined && name >= last) return
    let at = names.length
    while (at > 0 && name < (names[at - 1] ?? '')) at--
    if (names[at - 1] === name) return
    names.splice(at, 0, name)
    if (names.length > most) names.pop()
  }

  /** Adds hosts; `most` names are kept. */
  join(tally: Tally, most: number): void {
    this.#same = this.#same === NOBODY ? tally : joinTallies([this.finish(most), tally], most)
  }

  /** Keeps the first names alone. */
  cut(most: number): void {
    this.#same = this.finish(most)
  }

  /** The tally so far; more may be added afterwards. */
  finish(most: number): Tally {
    const same = this.#same
    if (same !== null && same.hosts.length <= most) return same
    const { count, hosts } = same ?? { count: this.#count, hosts: this.#names }
    this.#same = { count, hosts: Object.freeze(firstNames(hosts, most)) }
    return this.#same
  }

  /** Makes names of a tally that can be added to. */
  #open(): void {
    const same = this.#same
    if (same === null) return
    this.#count = same.count
    this.#names = [...same.hosts]
    this.#same = null
  }
}
