/** How the leaves agree with the APIC IDs that Xen gives. */
import type { GuestKind } from '../guest/kind.js'
import { shiftsOf } from './build.js'
import type { ApicIdScheme, TopologyFinding, TopologyShape } from './types.js'

/** What a guest will make of its vCPUs' numbers; nothing for PV guests, which have no APIC. */
export function idFindings(
  shape: TopologyShape,
  scheme: ApicIdScheme,
  kind: GuestKind,
): TopologyFinding[] {
  if (kind === 'pv' || kind === 'pv32') return []
  const lost = firstMisplaced(shape, scheme)
  if (lost === null) return []
  const why =
    scheme === 'contiguous'
      ? "these leaves are for IDs without gaps; build them with apicIds: 'xen'"
      : 'Xen leaves no gap after a package or a core whose number is no power of two'
  return [
    {
      code: 'TOPOLOGY_VCPU_MISPLACED',
      severity: 'warning',
      message: `vCPU ${lost} has the APIC ID ${lost * 2} from Xen, which is not in the core and package where it should be: ${why}.`,
    },
  ]
}

/** The first vCPU whose ID, by these leaves, is of another core or package than its number; null if all are where they should be. */
function firstMisplaced(shape: TopologyShape, scheme: ApicIdScheme): number | null {
  const { sockets, cores, threads } = shape
  const shifts = shiftsOf(shape, scheme)
  const each = cores * threads
  // What goes wrong does so in the first package, or with the first vCPU of the second.
  for (let vcpu = 0; vcpu < Math.min(sockets * each, each + 1); vcpu++) {
    const id = vcpu * 2
    const inPackage = Math.floor(id / 2 ** shifts.package) === Math.floor(vcpu / each)
    const core = Math.floor(id / 2 ** shifts.core) % 2 ** (shifts.package - shifts.core)
    if (!inPackage || core !== Math.floor(vcpu / threads) % cores) return vcpu
  }
  return null
}
