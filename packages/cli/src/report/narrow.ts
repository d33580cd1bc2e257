/** A report of few enough columns to be looked at: of a pool of many unlike hosts, those that lack most. */
import type { PoolReport, ReportMobility } from './types.js'

/** More columns than these nobody can look at, and no file should have to hold. */
export const MOST_COLUMNS = 120

/** The same report with at most {@link MOST_COLUMNS} columns, in the order in which they were; hosts, losses and texts are as before. */
export function narrowed(report: PoolReport): PoolReport {
  const { columns, features, mobility } = report
  if (columns.length <= MOST_COLUMNS) return report
  const lost = features.filter(({ state }) => state === 'lost')
  const lacks = columns.map(
    ({ gain }, at) =>
      gain.length * lost.length + lost.filter(({ cells }) => /[hn]/.test(cells.charAt(at))).length,
  )
  const kept = columns
    .map((_, at) => at)
    .sort((a, b) => (lacks[b] ?? 0) - (lacks[a] ?? 0) || a - b)
    .slice(0, MOST_COLUMNS)
    .sort((a, b) => a - b)
  const placeOf = new Map(kept.map((column, at) => [column, at]))
  const places = (wanted: readonly number[]) => wanted.flatMap((at) => placeOf.get(at) ?? [])
  const pick = (cells: string) => kept.map((at) => cells.charAt(at)).join('')
  return {
    ...report,
    columns: kept
      .flatMap((at) => columns[at] ?? [])
      .map((column) => ({
        ...column,
        gainWith: places(column.gainWith),
      })),
    features: features.map((feature) => ({ ...feature, cells: pick(feature.cells) })),
    mobility: mobility === null ? null : narrowedMobility(mobility, places, pick),
  }
}

function narrowedMobility(
  { guests, verdicts }: ReportMobility,
  places: (columns: readonly number[]) => number[],
  pick: (cells: string) => string,
): ReportMobility {
  return {
    guests: guests.map((guest) => ({
      ...guest,
      runsOn: places(guest.runsOn),
      cells: pick(guest.cells),
    })),
    verdicts: verdicts
      .map((verdict) => ({ ...verdict, columns: places(verdict.columns) }))
      .filter(({ columns }) => columns.length > 0),
  }
}
