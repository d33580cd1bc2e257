/** For tests of partitions: the best one found by trying all, on nothing but {@link levelPool}. */
import { type FeatureName, featureTable } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { COMPATIBILITY_BITS } from '../../xen/compatibility-bits.js'
import { featureMeaning } from '../explain/feature-meaning.js'
import { levelPool } from '../level.js'
import type { PartitionOptions } from './partition.js'

/** Features that no partition is judged by, by the newest names. */
const IGNORED: ReadonlySet<string> = new Set([
  ...COMPATIBILITY_BITS.flatMap(({ features }) => features),
  ...featureTable().mask('accumulated').names(),
])

/** What a pool of these hosts is worth: its capacity times the weight of the features in its level. */
export function poolScore(
  hosts: readonly HostSnapshot[],
  {
    kind = 'hvm',
    set = 'default',
    capacity = () => 1,
    weights = {},
    ...levelling
  }: PartitionOptions,
): number {
  const { release, method } = levelling
  const level = levelPool(hosts, {
    ...(release === undefined ? {} : { release }),
    ...(method === undefined ? {} : { method }),
  })
  const table = featureTable(level.release)
  const weightOf = (name: FeatureName) =>
    typeof weights === 'function' ? weights(name) : (weights[name] ?? featureMeaning(name).weight)
  const weight = level[kind][set]
    .names(table)
    .filter((name) => !IGNORED.has(name))
    .reduce((sum, name) => sum + weightOf(name), 0)
  return weight * hosts.reduce((sum, host) => sum + capacity(host), 0)
}

/** The highest score of all partitions of a few hosts. */
export function bestScore(hosts: readonly HostSnapshot[], options: PartitionOptions): number {
  const known = new Map<string, number>()
  const score = (pool: readonly HostSnapshot[]) => {
    const key = pool.map(({ name }) => name).join()
    const present = known.get(key) ?? poolScore(pool, options)
    known.set(key, present)
    return present
  }
  let best = Number.NEGATIVE_INFINITY
  for (const partition of partitions(hosts, options.pools)) {
    const mixed = partition.some((pool) => new Set(pool.map(({ cpu }) => cpu.vendor)).size > 1)
    if (mixed && options.vendors !== 'together') continue
    best = Math.max(
      best,
      partition.reduce((sum, pool) => sum + score(pool), 0),
    )
  }
  return best
}

/** All partitions of a list into at most so many parts. */
function* partitions<Item>(items: readonly Item[], most: number): Generator<Item[][]> {
  const [first, ...rest] = items
  if (first === undefined) {
    yield []
    return
  }
  for (const partition of partitions(rest, most)) {
    if (partition.length < most) yield [[first], ...partition]
    for (let at = 0; at < partition.length; at++) {
      yield partition.map((part, place) => (place === at ? [first, ...part] : part))
    }
  }
}
