/** What a level costs, told by the hosts to blame rather than by the feature. */
import type { PoolLevel } from '@xenlevel/core'
import type { FeatureName } from '@xenlevel/cpuid'
import { lossMeanings } from './meanings.js'
import type { ReportKind, ReportLoss } from './types.js'

/** The losses of one kind of guest; those that fewest hosts are to blame for first. */
export function lossesOf(
  { losses }: Pick<PoolLevel, 'losses'>,
  kind: ReportKind,
  placeOf: ReadonlyMap<string, number>,
): ReportLoss[] {
  const groups = new Map<
    string,
    Omit<ReportLoss, 'meanings'> & { readonly features: FeatureName[] }
  >()
  for (const loss of losses) {
    if (!loss.guests.includes(kind)) continue
    const hosts = loss.hosts.flatMap((name) => placeOf.get(name) ?? []).sort((a, b) => a - b)
    const key = `${loss.kind} ${loss.count} ${hosts.join(' ')}`
    const group = groups.get(key)
    if (group === undefined)
      groups.set(key, { kind: loss.kind, count: loss.count, hosts, features: [loss.feature] })
    else group.features.push(loss.feature)
  }
  return [...groups.values()]
    .sort((a, b) => a.count - b.count)
    .map((group) => ({ ...group, meanings: lossMeanings(group.features) }))
}
