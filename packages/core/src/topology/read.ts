/** What the descriptions of both vendors read alike. */
import type { FeatureName } from '@xenlevel/cpuid'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { releaseFeatures } from '../policy/features.js'
import { type TopologyLevel, topologyLevels } from '../policy/fields.js'
import type { TopologyFinding } from './types.js'

/** Bits that numbers below `count` need. */
export function bitsFor(count: number): number {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1)
}

/** True if a policy has a feature, by the newest names, whatever its release. */
export function policyHas(policy: CpuPolicy, name: FeatureName): boolean {
  return releaseFeatures(CpuPolicy.empty.release).policyHas(CpuPolicy.peek(policy), name)
}

/** A warning that a policy contradicts itself. */
export function contradiction(code: TopologyFinding['code'], message: string): TopologyFinding {
  return { code, severity: 'warning', message }
}

/** Something that is good to know. */
export function remark(code: TopologyFinding['code'], message: string): TopologyFinding {
  return { code, severity: 'info', message }
}

/** What leaf 0xb tells; null where it tells nothing. */
export interface ExtendedLevels {
  /** Threads of a core. */
  readonly threads: number
  /** Bits of the ID below the core's number. */
  readonly coreShift: number
  /** The package, where its level is there. */
  readonly package: Pick<TopologyLevel, 'logicalProcessors' | 'idShift'> | null
}

/** Leaf 0xb: a level of threads, and one of cores above it (Intel SDM volume 2A; AMD APM volume 3, appendix E). */
export function extendedLevels(policy: CpuPolicy): ExtendedLevels | null {
  const levels = topologyLevels(policy).filter(({ logicalProcessors }) => logicalProcessors > 0)
  const thread = levels.find(({ type }) => type === 'thread')
  if (thread === undefined) return null
  return {
    threads: thread.logicalProcessors,
    coreShift: thread.idShift,
    package: levels.find(({ type }) => type === 'core') ?? null,
  }
}
