/** Counted features as columns: those that the same batches have are one, and those that all have are none. */
import type { Era } from './eras.js'
import type { FleetMember } from './fleet.js'
import { type Worths, WorthTable } from './worth.js'

/** What hosts that are alike have in each era up to their own. */
export interface Row {
  readonly family: number
  readonly era: number
  /** Counted words of each era; of later ones none. */
  readonly words: readonly Uint32Array[]
  readonly members: FleetMember[]
}

/** Rows in columns. */
export interface Columns {
  readonly worths: Worths
  /** Of each row, in the order given. */
  readonly bits: readonly Uint32Array[]
}

/** Puts counted features into columns, in the order of their first feature. */
export function compressColumns(rows: readonly Row[], eras: readonly Era[]): Columns {
  const found = eras.map((era, at) => columnsOf(rows, era, at))
  const worths = new WorthTable(
    found.map(({ base }) => base),
    found.map(({ columns }) => columns.map(({ weight }) => weight)),
  )
  const bits = rows.map(() => new Uint32Array(eras.length * worths.words))
  found.forEach(({ columns }, era) => {
    columns.forEach(({ bit }, column) => {
      const at = era * worths.words + (column >>> 5)
      rows.forEach(({ words }, row) => {
        const own = bits[row]
        if (own !== undefined && hasBit(words[era], bit))
          own[at] = (own[at] ?? 0) | (1 << (column & 31))
      })
    })
  })
  return { worths, bits }
}

interface Column {
  /** Its first feature. */
  readonly bit: number
  weight: number
}

function columnsOf(
  rows: readonly Row[],
  { counted }: Era,
  era: number,
): { base: number; columns: readonly Column[] } {
  const own = rows.filter((row) => row.era >= era)
  const columns = new Map<string, Column>()
  let base = 0
  for (const { bit, weight } of counted) {
    const pattern = own.map(({ words }) => (hasBit(words[era], bit) ? '1' : '0')).join('')
    if (!pattern.includes('1')) continue
    if (!pattern.includes('0')) {
      base += weight
      continue
    }
    const column = columns.get(pattern)
    if (column === undefined) columns.set(pattern, { bit, weight })
    else column.weight += weight
  }
  return { base, columns: [...columns.values()] }
}

function hasBit(words: Uint32Array | undefined, bit: number): boolean {
  return (((words?.[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
}
