/** Who costs what: what would come back if hosts that are alike left the pool. */
import { explainLevel, type PoolLevel } from '@xenlevel/core'
import type { FeatureName } from '@xenlevel/cpuid'
import type { ReportKind } from './types.js'

/** What comes back, and who has to leave for it. */
export interface ColumnCost {
  /** The features, the weightiest first. */
  readonly gain: readonly FeatureName[]
  /** Columns that have to leave as well: their hosts offer the same, and differ otherwise. */
  readonly gainWith: readonly number[]
}

/** The costs of all columns. */
export function columnCosts(
  level: PoolLevel,
  kind: ReportKind,
  columns: readonly (readonly string[])[],
): ColumnCost[] {
  const columnOf = new Map(columns.flatMap((names, at) => names.map((name) => [name, at])))
  const costs: ColumnCost[] = columns.map(() => ({ gain: [], gainWith: [] }))
  for (const { hosts, features } of explainLevel(level).costs) {
    const gain = features
      .filter(({ guests }) => guests.includes(kind))
      .map(({ feature }) => feature)
    const leaving = [...new Set(hosts.flatMap((name) => columnOf.get(name) ?? []))]
    for (const at of leaving) {
      costs[at] = { gain, gainWith: leaving.filter((other) => gain.length > 0 && other !== at) }
    }
  }
  return costs
}
