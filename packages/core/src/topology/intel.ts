/**
 * Topology by Intel's rules (SDM volume 2A, CPUID leaves 1, 4 and 0xb; volume 3A, Hierarchical Mapping of Shared Resources), which Centaur and
 * Zhaoxin follow.
 */
import type { CpuPolicy } from '../policy/cpu-policy.js'
import { cacheLeaves, processorNumbers } from '../policy/fields.js'
import { CACHE_LEAVES, cache, EAX } from '../policy/layout.js'
import type { BuildState } from './build.js'
import { bitsFor, contradiction, extendedLevels, policyHas, remark } from './read.js'
import type { ApicIdScheme, TopologyCounts, TopologyFinding } from './types.js'

/** What the fields hold at most: 8 bits of leaf 1, 6 bits less one of leaf 4. Larger packages have the largest number there. */
const MOST_LOGICAL = 255
const MOST_CORES = 64

/** What leaves 1 and 4 say: numbers of addressable IDs. */
interface Legacy {
  readonly logical: number
  /** Leaf 4 is there: without a cache it tells nothing. */
  readonly toldByLeaf4: boolean
  readonly cores: number
  readonly threads: number
  readonly coreBits: number
  readonly threadBits: number
  readonly findings: readonly TopologyFinding[]
}

/** Reads what a policy tells. */
export function countIntel(policy: CpuPolicy, scheme: ApicIdScheme): TopologyCounts {
  const legacy = readLegacy(policy)
  const levels = extendedLevels(policy)
  if (levels?.package == null) return fromLegacy(legacy, scheme)
  const { threads, coreShift } = levels
  const { logicalProcessors, idShift } = levels.package
  const findings = [...legacy.findings, ...compare(legacy, coreShift, idShift)]
  if (threads > 2 ** coreShift || logicalProcessors > 2 ** idShift || coreShift > idShift) {
    findings.push(
      contradiction(
        'TOPOLOGY_TOO_FEW_IDS',
        `Leaf 0xb tells of ${threads} threads with ${coreShift} bits and of ${logicalProcessors} in the package with ${idShift} bits of the ID.`,
      ),
    )
  }
  if (policyHas(policy, 'HYBRID')) {
    findings.push(
      remark(
        'TOPOLOGY_HYBRID',
        'The cores are of different kinds: threads of a core are those of the core that was asked, and the number of cores is what follows from it.',
      ),
    )
  } else if (logicalProcessors % threads !== 0) {
    findings.push(
      contradiction(
        'TOPOLOGY_UNEVEN',
        `Leaf 0xb tells of ${logicalProcessors} logical processors in cores of ${threads} threads.`,
      ),
    )
  }
  return {
    threads,
    threadsPerPackage: logicalProcessors,
    counted: 'present',
    apicIds: { core: coreShift, package: idShift },
    findings,
  }
}

function readLegacy(policy: CpuPolicy): Legacy {
  const findings: TopologyFinding[] = []
  const { logicalProcessors } = processorNumbers(policy)
  const caches = cacheLeaves(policy)
  const cores = caches[0]?.cores ?? 1
  const toldByLeaf4 = caches.length > 0
  if (caches.some((each) => each.cores !== cores)) {
    findings.push(
      contradiction(
        'TOPOLOGY_LEAF_4_DISAGREES',
        `The sub-leaves of leaf 4 tell of ${[...new Set(caches.map((each) => each.cores))].join(' and of ')} cores.`,
      ),
    )
  }
  if (!policyHas(policy, 'HTT')) {
    if (logicalProcessors > 1 || cores > 1) {
      findings.push(
        contradiction(
          'TOPOLOGY_HTT_CLEAR',
          `HTT is clear, so that there is one logical processor, but leaf 1 tells of ${logicalProcessors} and leaf 4 of ${cores} cores.`,
        ),
      )
    }
    return { logical: 1, toldByLeaf4, cores: 1, threads: 1, coreBits: 0, threadBits: 0, findings }
  }
  const logical = Math.max(logicalProcessors, 1)
  const [bits, coreBits] = [bitsFor(logical), bitsFor(cores)]
  if (coreBits > bits) {
    findings.push(
      contradiction(
        'TOPOLOGY_LEAF_4_DISAGREES',
        `Leaf 4 tells of ${cores} cores in a package of which leaf 1 says that it has ${logical} logical processors.`,
      ),
    )
    const threads = 1
    return {
      logical,
      toldByLeaf4,
      cores: logical,
      threads,
      coreBits: bits,
      threadBits: 0,
      findings,
    }
  }
  // Both fields may hold less than a power of two; where they do so together, they tell how many threads there are.
  const threadBits = bits - coreBits
  const each = logical / cores
  const threads = Number.isInteger(each) && bitsFor(each) === threadBits ? each : 2 ** threadBits
  return { logical, toldByLeaf4, cores, threads, coreBits, threadBits, findings }
}

function fromLegacy(legacy: Legacy, scheme: ApicIdScheme): TopologyCounts {
  const { coreBits, threadBits, findings } = legacy
  let { threads, cores } = legacy
  // A bit that tells nothing is the lowest of the threads' bits, or of the cores' where threads have none.
  if (scheme === 'xen') {
    if (threadBits > 0) threads = Math.max(threads >>> 1, 1)
    else cores = Math.max(cores >>> 1, 1)
  }
  return {
    threads,
    threadsPerPackage: cores * threads,
    counted: 'addressable',
    apicIds: { core: threadBits, package: threadBits + coreBits },
    findings,
  }
}

/** Holds leaves 1 and 4 against leaf 0xb. */
function compare(legacy: Legacy, coreShift: number, packageShift: number): TopologyFinding[] {
  const findings: TopologyFinding[] = []
  const { logical, cores, coreBits, threadBits } = legacy
  if (logical === MOST_LOGICAL && packageShift > 8) {
    findings.push(
      remark(
        'TOPOLOGY_SATURATED',
        `The package has more IDs than leaf 1 can tell; leaf 0xb has ${packageShift} bits for them.`,
      ),
    )
    return findings
  }
  if (coreBits + threadBits !== packageShift) {
    findings.push(
      contradiction(
        'TOPOLOGY_LEAF_1_DISAGREES',
        `Leaf 1 tells of ${logical} logical processors, ${coreBits + threadBits} bits of the ID; leaf 0xb has ${packageShift} bits for them.`,
      ),
    )
  } else if (legacy.toldByLeaf4 && threadBits !== coreShift && cores < MOST_CORES) {
    findings.push(
      contradiction(
        'TOPOLOGY_LEAF_4_DISAGREES',
        `Leaves 1 and 4 leave ${threadBits} bits of the ID to the threads of a core, leaf 0xb ${coreShift}.`,
      ),
    )
  }
  return findings
}

/** Limits of a shape, by what the fields hold. */
export const INTEL_LIMITS = { cores: MOST_CORES, packageBits: 8, logical: 256 } as const

/** Writes leaves 1 and 4 for a shape; leaf 0xb is the same for everyone. */
export function buildIntel(state: BuildState): void {
  const { words, shape, shifts, scheme } = state
  const counted = shape.cores * shape.threads * (scheme === 'xen' ? 2 : 1)
  // The next power of two counts for IDs: the number itself where it leads there, so that it can be told again.
  const logical = bitsFor(counted) === shifts.package ? counted : 2 ** shifts.package
  state.putLogical(Math.min(logical, MOST_LOGICAL))
  state.putFeature('HTT', counted > 1)
  state.putFeature('CMP_LEGACY', false)
  for (let subleaf = 0; subleaf < CACHE_LEAVES; subleaf++) {
    const at = cache(subleaf) + EAX
    const eax = words[at] ?? 0
    if ((eax & 0x1f) === 0) break
    words[at] = (eax & 0x3fff) | ((state.sharedBy(eax) - 1) << 14) | ((shape.cores - 1) << 26)
  }
}
