/** The caches that a policy tells of: leaf 4, or where there is none leaves 0x8000_0005 and 0x8000_0006. */
import type { CpuPolicy } from '../policy/cpu-policy.js'
import { cacheLeaves } from '../policy/fields.js'
import { policyHas } from './read.js'
import type { TopologyCache } from './types.js'

/** A register that tells a cache (AMD APM volume 3, appendix E). The line's size is in its low byte everywhere. */
interface CacheRegister {
  readonly leaf: number
  readonly register: 'c' | 'd'
  readonly level: number
  readonly type: TopologyCache['type']
  /** Lowest bit of the size, which takes all bits from there. */
  readonly low: number
  /** Bytes of its unit. */
  readonly unit: number
}

const REGISTERS: readonly CacheRegister[] = [
  { leaf: 0x8000_0005, register: 'c', level: 1, type: 'data', low: 24, unit: 0x400 },
  { leaf: 0x8000_0005, register: 'd', level: 1, type: 'instruction', low: 24, unit: 0x400 },
  { leaf: 0x8000_0006, register: 'c', level: 2, type: 'unified', low: 16, unit: 0x400 },
  { leaf: 0x8000_0006, register: 'd', level: 3, type: 'unified', low: 18, unit: 0x8_0000 },
]

/** The caches of a policy, those nearest to the core first. */
export function readCaches(policy: CpuPolicy): TopologyCache[] {
  const caches = cacheLeaves(policy).map(
    ({ subleaf, level, type, sizeBytes, lineBytes, threads }): TopologyCache => ({
      level,
      type,
      sizeBytes,
      lineBytes,
      sharedBy: threads,
      source: `4:${subleaf}`,
    }),
  )
  return caches.length > 0 ? caches : REGISTERS.flatMap((place) => readRegister(policy, place))
}

function readRegister(policy: CpuPolicy, place: CacheRegister): TopologyCache[] {
  const { leaf, register, level, type, low, unit } = place
  const word = policy.leaf(leaf)[register]
  const sizeBytes = (word >>> low) * unit
  if (sizeBytes === 0) return []
  return [
    {
      level,
      type,
      sizeBytes,
      lineBytes: word & 0xff,
      sharedBy: sharing(policy, level, type),
      source: `0x${leaf.toString(16)}.e${register}x`,
    },
  ]
}

/** Leaf 0x8000_001d, of which a policy keeps the first sub-leaf alone: one cache of all. */
function sharing(policy: CpuPolicy, level: number, type: TopologyCache['type']): number | null {
  const { a } = policy.leaf(0x8000_001d)
  const kinds = ['reserved', 'data', 'instruction', 'unified'] as const
  const same = kinds[a & 0x1f] === type && ((a >>> 5) & 7) === level
  return same && policyHas(policy, 'TOPOEXT') ? ((a >>> 14) & 0xfff) + 1 : null
}
