/** The words of the report, where more than one part of it says the same. */
import { joined, type Markup, markup } from './markup.js'
import type { CellCode, FeatureState, PoolReport, ReportColumn, ReportKind } from './types.js'

/** What guests are called. */
export const GUESTS: Readonly<Record<ReportKind, string>> = {
  hvm: 'HVM and PVH guests',
  pv: 'PV guests',
}

/** What the level does with a feature, in a word. */
export const STATES: Readonly<Record<FeatureState, string>> = {
  kept: 'kept',
  lost: 'lost',
  uncounted: 'not counted',
  'on-request': 'on request',
  'some-on-request': 'not everywhere',
}

/** What a host does with a feature, in a word. */
export const CELLS: Readonly<Record<CellCode, string>> = {
  y: 'yes',
  r: 'on request',
  h: 'hidden',
  n: 'no',
  u: 'unknown',
}

/** `1 feature`, `3 features`. */
export function count(number: number, what: string, more = `${what}s`): string {
  return `${number} ${number === 1 ? what : more}`
}

/** The name of a column: that of its first host, and how many are like it. */
export function columnName({ hosts }: PoolReport, { hosts: places }: ReportColumn): string {
  const [first = 0] = places
  const others = places.length - 1
  return `${hosts[first]?.name ?? ''}${others > 0 ? ` +${others}` : ''}`
}

/** Names of hosts, each kept from turning round what stands beside it. */
export function hostNames({ hosts }: PoolReport, places: readonly number[]): Markup {
  return joined(
    places.map((place) => markup`<bdi>${hosts[place]?.name ?? ''}</bdi>`),
    ', ',
  )
}

/** How many names are shown before the rest is folded away. */
const NAMES_SHOWN = 8

/** All names: in one line if they are few, else behind their number. */
export function allHostNames(report: PoolReport, places: readonly number[]): Markup {
  const names = hostNames(report, places)
  if (places.length <= NAMES_SHOWN) return names
  const first = hostNames(report, places.slice(0, 2))
  return markup`<details><summary>${count(places.length, 'host')}: ${first} …</summary>${names}</details>`
}
