/** A run over targets: how many inputs each gets, in rounds, until there are enough or the time is up. */
import type { Fault, Span, SpanResult } from './run.js'
import type { Target } from './target.js'

/** What came of a target. */
export interface Tally {
  readonly target: Target
  inputs: number
  faults: number
  /** Longest time of one input. */
  slowest: number
  /** Time of the processor. */
  milliseconds: number
}

/** How much is to be run. */
export type Extent = { readonly inputs: number } | { readonly minutes: number }

/** What a run needs. */
export interface Campaign {
  readonly targets: readonly Target[]
  readonly seed: number
  readonly extent: Extent
  /** Runs a span of a target. */
  readonly run: (target: string, span: Span) => Promise<SpanResult>
  /** Is told of each fault; the target is left alone then. */
  readonly onFault: (fault: Fault) => void
  /** Is told after each span. */
  readonly onSpan: (tallies: readonly Tally[], target: string) => void
}

/** Inputs of one round over all targets. */
const ROUND = 100_000

/** Runs rounds over all targets, so that a run that is broken off has seen all of them. */
export async function runCampaign(campaign: Campaign): Promise<readonly Tally[]> {
  const { targets, seed, extent, run, onFault, onSpan } = campaign
  const tallies = targets.map(
    (target): Tally => ({ target, inputs: 0, faults: 0, slowest: 0, milliseconds: 0 }),
  )
  const shares = targets.reduce((sum, { share }) => sum + share, 0)
  const total = 'inputs' in extent ? extent.inputs : Infinity
  const end = 'minutes' in extent ? performance.now() + extent.minutes * 60_000 : Infinity
  for (let round = 1; ; round++) {
    const due = Math.min(round * ROUND, total)
    for (const tally of tallies) {
      if (tally.faults > 0) continue
      const { target, inputs: first } = tally
      const count = Math.max(1, Math.round((due * target.share) / shares)) - first
      if (count <= 0) continue
      const result = await run(target.name, { seed, first, count })
      tally.inputs += result.ran
      tally.milliseconds += result.milliseconds
      tally.slowest = Math.max(tally.slowest, result.slowest)
      if (result.fault !== null) {
        tally.faults++
        onFault(result.fault)
      }
      onSpan(tallies, target.name)
      if (performance.now() > end) return tallies
    }
    if (due >= total || tallies.every(({ faults }) => faults > 0)) return tallies
  }
}

const number = (value: number) => Math.round(value).toLocaleString('en-US')
const rate = (inputs: number, milliseconds: number) =>
  number(milliseconds === 0 ? 0 : (inputs * 1000) / milliseconds)

/** The end of a run, as a table that Markdown takes. */
export function tableOf(tallies: readonly Tally[]): string {
  const sum = (of: (tally: Tally) => number) =>
    tallies.reduce((total, tally) => total + of(tally), 0)
  const all = [sum(({ inputs }) => inputs), sum(({ milliseconds }) => milliseconds)] as const
  const rows = [
    ['target', 'inputs', 'faults', 'slowest input', 'inputs per second'],
    ...tallies.map(({ target, inputs, faults, slowest, milliseconds }) => [
      target.name,
      number(inputs),
      number(faults),
      `${number(slowest)} ms`,
      rate(inputs, milliseconds),
    ]),
    [
      'all',
      number(all[0]),
      number(sum(({ faults }) => faults)),
      `${number(Math.max(...tallies.map(({ slowest }) => slowest)))} ms`,
      rate(all[0], all[1]),
    ],
  ]
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), rule, ...body.map(line)].join('\n')
}

/** One line on how far a run is. */
export function progressOf(tallies: readonly Tally[], target: string, since: number): string {
  const inputs = tallies.reduce((total, tally) => total + tally.inputs, 0)
  const faults = tallies.reduce((total, tally) => total + tally.faults, 0)
  const spent = performance.now() - since
  return `${number(inputs)} inputs, ${rate(inputs, spent)} a second, ${number(faults)} faults, now ${target}`
}
