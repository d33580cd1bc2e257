/** The table of what was measured: as text for a terminal, and as the part of README.md that shows it. */
import { cpus, release, totalmem, type } from 'node:os'

/** One measured operation. */
export interface Row {
  readonly operation: string
  readonly ours: number
  readonly peer: { readonly name: string; readonly time: number; readonly ratio: number } | null
  readonly limit: number
  /** Of `ours` and `limit`; nanoseconds by default. */
  readonly unit?: 'MB'
  readonly ok: boolean
}

/** An operation, from what it took and what it may take. */
export function row(operation: string, ours: number, limit: number, unit?: 'MB'): Row {
  const measured = { operation, ours, peer: null, limit, ok: ours <= limit }
  return unit === undefined ? measured : { ...measured, unit }
}

/** Columns of equal width, without an end of line. */
export function textOf(rows: readonly Row[]): string {
  const table = [['operation', 'ours', 'peer', 'ratio', 'limit', ''], ...rows.map(cellsOf)]
  const widths = widthsOf(table)
  return table.map((cells) => joined(cells, widths, '  ').trimEnd()).join('\n')
}

/** The same for a page, with the machine and the command in front of it. */
export function markdownOf(rows: readonly Row[]): string {
  const table = [
    ['operation', 'xenlevel', 'peer', 'ratio', 'limit', ''],
    ...rows.map((each) => cellsOf(each).map((cell) => cell.replaceAll('|', '\\|'))),
  ]
  const widths = widthsOf(table)
  const [head = [], ...body] = table
  const lines = [head, widths.map((width) => '-'.repeat(width)), ...body]
  return [
    `Made by \`npm run bench -- --write\` on ${machine()}.`,
    '',
    ...lines.map((cells) => `| ${joined(cells, widths, ' | ')} |`),
  ].join('\n')
}

/** What the numbers were measured on. */
function machine(): string {
  const model = cpus()[0]?.model ?? 'an unknown CPU'
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} virtual CPUs of ${model.trim()}, ${memory} GiB, ${type()} ${release().split('-')[0]}, Node ${process.versions.node}`
}

function cellsOf(row: Row): string[] {
  const { operation, ours, peer, limit, ok } = row
  return [
    operation,
    shown(ours, row),
    peer === null ? '' : `${duration(peer.time)} (${peer.name})`,
    peer === null ? '' : `${peer.ratio.toFixed(1)}×`,
    shown(limit, row),
    ok ? '' : 'over',
  ]
}

function widthsOf(table: readonly (readonly string[])[]): number[] {
  return table[0]?.map((_, at) => Math.max(...table.map((cells) => cells[at]?.length ?? 0))) ?? []
}

function joined(cells: readonly string[], widths: readonly number[], between: string): string {
  return cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(between)
}

function shown(value: number, { unit }: Row): string {
  return unit === undefined ? duration(value) : `${value.toFixed(0)} ${unit}`
}

function duration(nanoseconds: number): string {
  if (nanoseconds < 1000) return `${nanoseconds.toFixed(0)} ns`
  if (nanoseconds < 1e6) return `${(nanoseconds / 1000).toFixed(1)} µs`
  return nanoseconds < 1e9
    ? `${(nanoseconds / 1e6).toFixed(1)} ms`
    : `${(nanoseconds / 1e9).toFixed(2)} s`
}
