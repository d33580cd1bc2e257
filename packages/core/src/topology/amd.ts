/** Topology by AMD's rules (APM volume 3, appendix E: leaves 1, 0x8000_0001, 0x8000_0008 and 0x8000_001e), which are Hygon's too. */
import type { CpuPolicy } from '../policy/cpu-policy.js'
import { processorNumbers } from '../policy/fields.js'
import { EAX, EBX, ECX, EDX, extended } from '../policy/layout.js'
import type { BuildState } from './build.js'
import { bitsFor, contradiction, extendedLevels, policyHas, remark } from './read.js'
import type { ApicIdScheme, TopologyCounts, TopologyFinding } from './types.js'

/** Reads what a policy tells. */
export function countAmd(policy: CpuPolicy, scheme: ApicIdScheme): TopologyCounts {
  const findings: TopologyFinding[] = []
  const { logicalProcessors, nc, apicIdSize } = processorNumbers(policy)
  const levels = extendedLevels(policy)
  const htt = policyHas(policy, 'HTT')
  const told = (policy.maxExtendedLeaf & 0xffff) >= 8
  const total = told ? nc + 1 : htt ? Math.max(logicalProcessors, 1) : 1
  if (htt && logicalProcessors !== total) {
    findings.push(
      contradiction(
        'TOPOLOGY_LEAF_1_DISAGREES',
        `Leaf 1 tells of ${logicalProcessors} logical processors, leaf 0x80000008 of ${total}.`,
      ),
    )
  }
  if (!htt && (logicalProcessors > 1 || total > 1)) {
    findings.push(
      contradiction(
        'TOPOLOGY_HTT_CLEAR',
        `HTT is clear, so that there is one logical processor, but leaf 1 tells of ${logicalProcessors} and leaf 0x80000008 of ${nc + 1}.`,
      ),
    )
  }
  if (htt && total > 1 && !policyHas(policy, 'CMP_LEGACY')) {
    findings.push(
      remark(
        'TOPOLOGY_CMP_LEGACY_CLEAR',
        'HTT without CMP_LEGACY: software of old takes the logical processors for threads of one core.',
      ),
    )
  }
  const unit = computeUnit(policy)
  const threads = unit ?? levels?.threads ?? 1
  if (unit !== null && levels !== null && levels.threads !== unit) {
    findings.push(
      contradiction(
        'TOPOLOGY_THREADS_DISAGREE',
        `Leaf 0x8000001e tells of ${unit} threads of a core, leaf 0xb of ${levels.threads}.`,
      ),
    )
  }
  if (total % threads !== 0) {
    findings.push(
      contradiction(
        'TOPOLOGY_UNEVEN',
        `The package has ${total} logical processors in cores of ${threads} threads.`,
      ),
    )
  }
  const packageShift = apicIdSize === 0 ? bitsFor(total) : apicIdSize
  if (total > 2 ** packageShift) {
    findings.push(
      contradiction(
        'TOPOLOGY_TOO_FEW_IDS',
        `The package has ${total} logical processors, for which leaf 0x80000008 has ${apicIdSize} bits of the ID.`,
      ),
    )
  }
  const inPackage = levels?.package ?? null
  if (
    inPackage !== null &&
    (inPackage.logicalProcessors !== total || inPackage.idShift !== packageShift)
  ) {
    findings.push(
      contradiction(
        'TOPOLOGY_LEAF_B_DISAGREES',
        `Leaf 0xb tells of ${inPackage.logicalProcessors} logical processors with ${inPackage.idShift} bits of the ID, leaf 0x80000008 of ${total} with ${packageShift}.`,
      ),
    )
  }
  return {
    threads,
    threadsPerPackage: total,
    counted: told ? 'present' : 'addressable',
    apicIds: {
      core: levels?.coreShift ?? bitsFor(threads) + (scheme === 'xen' ? 1 : 0),
      package: packageShift,
    },
    findings,
  }
}

/** Threads of a core, or cores of a compute unit, by leaf 0x8000_001e; null where it is not there. */
function computeUnit(policy: CpuPolicy): number | null {
  if (!policyHas(policy, 'TOPOEXT') || (policy.maxExtendedLeaf & 0xffff) < 0x1e) return null
  return ((policy.leaf(0x8000_001e).b >>> 8) & 0xff) + 1
}

/** Limits of a shape, by what the fields hold: 8 bits of leaf 1, which Xen and the guests want to be the same as in leaf 0x8000_0008. */
export const AMD_LIMITS = { cores: 255, packageBits: 15, logical: 255 } as const

/** Writes leaves 1, 0x8000_0008, 0x8000_001d and 0x8000_001e for a shape; leaf 0xb is the same for everyone. */
export function buildAmd(state: BuildState): void {
  const { words, shape, shifts } = state
  const total = shape.cores * shape.threads
  state.putLogical(total)
  state.putFeature('HTT', total > 1)
  state.putFeature('CMP_LEGACY', total > 1)
  const last = (words[extended(0)] ?? 0) & 0xffff
  if (last >= 8) {
    const at = extended(8) + ECX
    words[at] = ((words[at] ?? 0) & ~0xf0ff) | (shifts.package << 12) | (total - 1)
  }
  if (!state.hasFeature('TOPOEXT')) return
  const cache = extended(0x1d) + EAX
  const eax = words[cache] ?? 0
  if (last >= 0x1d && (eax & 0x1f) !== 0)
    words[cache] = (eax & ~0x03ff_c000) | ((state.sharedBy(eax) - 1) << 14)
  if (last >= 0x1e) {
    const at = extended(0x1e)
    words[at + EAX] = 0
    words[at + EBX] = (shape.threads - 1) << 8
    words[at + ECX] = 0
    words[at + EDX] = 0
  }
}
