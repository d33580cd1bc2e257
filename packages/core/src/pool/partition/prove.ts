/**
 * The best choice of sites, with proof: branch and bound on the Lagrangian relaxation of "every batch goes to one site" (Cornuéjols,
 * Fisher and Nemhauser, "Location of bank accounts to optimize float", Management Science 23, 1977). A price for each batch makes
 * sites independent of each other; at any prices the sum is a bound, and prices are moved until it is a low one.
 */
import type { Fleet } from './fleet.js'
import { Prices } from './prices.js'
import type { Site } from './site.js'

/** A choice of sites, by number, and what no choice can exceed. */
export interface ProvenChoice {
  readonly chosen: readonly number[]
  readonly bound: number
}

/** How far a search goes. */
export interface SearchLimits {
  /** The most sites to choose. */
  readonly pools: number
  /** How many batches of sites may be looked at; 60 million take a quarter of a second. */
  readonly looks: number
}

const FIRST_TURNS = 400
const LATER_TURNS = 60

interface Node {
  /** Of each site: 1 chosen, -1 refused, 0 open. */
  readonly states: Int8Array
  readonly prices: Float64Array
  readonly bound: number
}

/** Searches until a choice is proven best, or the work is as much as is allowed. `start` covers all batches. */
export function prove(
  sites: readonly Site[],
  fleet: Fleet,
  { pools, looks }: SearchLimits,
  start: readonly number[],
): ProvenChoice {
  const search = new Prices(sites, fleet, pools, start)
  const root = { states: new Int8Array(sites.length), prices: search.pricesOf(start) }
  const open: Node[] = [{ ...root, bound: Number.POSITIVE_INFINITY }]
  let turns = FIRST_TURNS
  while (search.looks < looks) {
    const node = open.pop()
    if (node === undefined) break
    if (!search.mayBeat(node.bound)) continue
    const descent = search.descend(node.states, node.prices, turns)
    turns = LATER_TURNS
    if (!search.mayBeat(descent.bound)) continue
    const states = node.states.slice()
    const branch = search.settle(states, descent)
    if (branch < 0) continue
    const bound = Math.min(node.bound, descent.bound)
    for (const state of [-1, 1]) {
      const child = states.slice()
      child[branch] = state
      open.push({ states: child, prices: descent.prices, bound })
    }
  }
  const bound = Math.max(search.score, ...open.map((node) => search.round(node.bound)))
  return { chosen: search.chosen, bound }
}
