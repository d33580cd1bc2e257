/** Where everything in the picture is: words as blocks, put one below another in as many columns as come nearest to a page. */
import type { PoolReport, ReportFeature, ReportWord } from './types.js'
import { columnName } from './wording.js'

/** Sizes in user units, which print as CSS pixels. */
export const SIZES = {
  /** Around everything. */
  margin: 24,
  /** From the top to the names of hosts. */
  heading: 88,
  /** One row. */
  row: 12.5,
  /** Above the rows of a word. */
  word: 26,
  /** The name of a feature. */
  name: 116,
  /** One host. */
  cell: 13,
  /** Between the level and the hosts. */
  apart: 6,
  /** Between two columns of blocks. */
  gap: 28,
  /** Of a host's name, in characters; longer ones are cut. */
  letters: 24,
} as const

/** One word with its rows. */
export interface Block {
  /** The word. */
  readonly word: ReportWord
  /** Its features. */
  readonly rows: readonly ReportFeature[]
  /** Its upper edge. */
  readonly y: number
}

/** The whole. */
export interface Layout {
  /** Of the picture. */
  readonly width: number
  /** Of the picture. */
  readonly height: number
  /** Where the names of hosts end and the rows begin. */
  readonly top: number
  /** The columns of blocks. */
  readonly columns: readonly { readonly x: number; readonly blocks: readonly Block[] }[]
}

/** Width to height of a page that lies (ISO 216). */
const PAGE = Math.SQRT2
const MOST_COLUMNS = 8

/** Lays a report out in the number of columns that comes nearest to the form of a page. */
export function layOut(report: PoolReport): Layout {
  const layouts = Array.from({ length: MOST_COLUMNS }, (_, at) => inColumns(report, at + 1))
  const distance = ({ width, height }: Layout) => Math.abs(Math.log(width / height / PAGE))
  return layouts.reduce((best, layout) => (distance(layout) < distance(best) ? layout : best))
}

function inColumns(report: PoolReport, number: number): Layout {
  const { margin, heading, gap, name, cell, letters, apart } = SIZES
  const longest = Math.max(0, ...report.columns.map((column) => columnName(report, column).length))
  const top = heading + Math.min(longest, letters) * 5.6 + 14
  const blocks = report.words.map((word) => ({
    word,
    rows: report.features.filter(({ bit }) => bit >>> 5 === word.index),
  }))
  const fair = blocks.reduce((sum, block) => sum + heightOf(block), 0) / number
  const columns = new Map<number, { x: number; blocks: Block[]; end: number }>()
  const wide = name + cell * (report.columns.length + 1) + apart
  let filled = 0
  for (const block of blocks) {
    const height = heightOf(block)
    // A block goes where its middle belongs.
    const at = Math.min(number - 1, Math.floor((filled + height / 2) / fair))
    const column = columns.get(at) ?? {
      x: margin + columns.size * (wide + gap),
      blocks: [],
      end: top,
    }
    columns.set(at, column)
    column.blocks.push({ ...block, y: column.end })
    column.end += height
    filled += height
  }
  return {
    width: Math.ceil(2 * margin + columns.size * (wide + gap) - gap),
    height: Math.ceil(Math.max(top, ...[...columns.values()].map(({ end }) => end)) + margin),
    top,
    columns: [...columns.values()],
  }
}

function heightOf({ rows }: { readonly rows: readonly unknown[] }): number {
  return SIZES.word + rows.length * SIZES.row
}
