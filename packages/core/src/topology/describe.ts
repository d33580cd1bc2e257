/** What a policy tells of processors, cores, threads and caches, and where it contradicts itself. */
import type { CpuPolicy } from '../policy/cpu-policy.js'
import { isAmdLike } from '../xen/recalculate.js'
import { countAmd } from './amd.js'
import { readCaches } from './caches.js'
import { countIntel } from './intel.js'
import { bitsFor, contradiction } from './read.js'
import type { ApicIdScheme, Topology, TopologyCache, TopologyFinding } from './types.js'

/** How to read a policy. */
export interface DescribeTopologyOptions {
  /**
   * How the APIC IDs are given out that the leaves are meant for; `contiguous` by default. By leaves 1 and 4 alone, half the IDs of `xen`
   * would be taken for threads that are not there.
   */
  readonly apicIds?: ApicIdScheme
}

/**
 * Reads leaves 1, 4, 0xb, 0x8000_0001, 0x8000_0005, 0x8000_0006, 0x8000_0008, 0x8000_001d and 0x8000_001e as software does that wants to know what it
 * runs on. Leaf 0xb counts before leaves 1 and 4, for it tells what is there and not what might be; on AMD leaf 0x8000_0008 counts first.
 *
 * Most policies of guests tell little: Xen keeps no leaf 0xb, no 0x8000_001d or 0x8000_001e, and no leaf 4 on AMD.
 */
export function describeTopology(
  policy: CpuPolicy,
  options: DescribeTopologyOptions = {},
): Topology {
  const shown = policy.clearOutOfRange()
  const { vendor } = shown
  const count = isAmdLike(vendor) ? countAmd : countIntel
  const counts = count(shown, options.apicIds ?? 'contiguous')
  const caches = readCaches(shown)
  const findings = [...counts.findings, ...tooShared(caches, counts.apicIds.package)]
  const cores = Math.ceil(counts.threadsPerPackage / counts.threads)
  return Object.freeze({ vendor, sockets: null, cores, ...counts, caches, findings })
}

/** Caches of more IDs than the package has. */
function tooShared(caches: readonly TopologyCache[], packageShift: number): TopologyFinding[] {
  return caches
    .filter(({ sharedBy }) => sharedBy !== null && bitsFor(sharedBy) > packageShift)
    .map(({ level, source, sharedBy }) =>
      contradiction(
        'TOPOLOGY_CACHE_SHARING',
        `The level ${level} cache of ${source} is for ${sharedBy} IDs, but the package has ${2 ** packageShift}.`,
      ),
    )
}
