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

/** Names, each kept from turning round what stands beside it. */
function separateNames(names: readonly string[]): Markup {
  return joined(
    names.map((name) => markup`<bdi>${name}</bdi>`),
    ', ',
  )
}

/** How many names are shown before they are folded away. */
const NAMES_SHOWN = 8

/** All names: in one line if they are few, else behind their number. */
export function foldedNames(names: readonly string[], what: string): Markup {
  if (names.length <= NAMES_SHOWN) return separateNames(names)
  return markup`<details><summary>${count(names.length, what)}: ${separateNames(names.slice(0, 2))} …</summary>${separateNames(names)}</details>`
}

/** Names of hosts by their places. */
export function hostNames(report: PoolReport, places: readonly number[]): Markup {
  return separateNames(namesOf(report, places))
}

/** The same, folded where they are many. */
export function allHostNames(report: PoolReport, places: readonly number[]): Markup {
  return foldedNames(namesOf(report, places), 'host')
}

/** The names of columns, by their places. */
export function columnNames(report: PoolReport, columns: readonly number[]): Markup {
  return separateNames(
    columns.flatMap((at) => {
      const column = report.columns[at]
      return column === undefined ? [] : columnName(report, column)
    }),
  )
}

function namesOf({ hosts }: PoolReport, places: readonly number[]): string[] {
  return places.map((place) => hosts[place]?.name ?? '')
}
