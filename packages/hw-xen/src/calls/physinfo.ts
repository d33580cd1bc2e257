/** XEN_SYSCTL_physinfo. */
import type { PhysicalInfo } from '@xenlevel/core'
import { OPERATIONS } from '../abi/operations.js'
import { answered, type HypercallDoor } from '../hypercall.js'

/** Bits of `capabilities` (xen/include/public/sysctl.h, XEN_SYSCTL_PHYSCAP_hvm and on). */
const HVM = 1 << 0
const PV = 1 << 1
const HAP = 1 << 3

/** Words of the host featureset that are told here. */
const HW_CAP_WORDS = 8

/** The machine. */
export function readPhysinfo(door: HypercallDoor): PhysicalInfo {
  const { physinfo } = OPERATIONS
  const { abi } = door
  const op = door.begin(physinfo)
  answered(physinfo.name, door.issue(physinfo))
  const capabilities = op.get(abi.at('xen_sysctl_physinfo.capabilities'))
  const hwCap = abi.at('xen_sysctl_physinfo.hw_cap')
  return {
    threadsPerCore: op.get(abi.at('xen_sysctl_physinfo.threads_per_core')),
    coresPerSocket: op.get(abi.at('xen_sysctl_physinfo.cores_per_socket')),
    onlineCpus: op.get(abi.at('xen_sysctl_physinfo.nr_cpus')),
    maxCpuId: op.get(abi.at('xen_sysctl_physinfo.max_cpu_id')),
    nodes: op.get(abi.at('xen_sysctl_physinfo.nr_nodes')),
    totalPages: op.getLong(abi.at('xen_sysctl_physinfo.total_pages')),
    freePages: op.getLong(abi.at('xen_sysctl_physinfo.free_pages')),
    hvm: (capabilities & HVM) !== 0,
    hap: (capabilities & HAP) !== 0,
    pv: (capabilities & PV) !== 0,
    hwCap: Array.from({ length: HW_CAP_WORDS }, (_, word) => op.get(hwCap + word * 4)),
  }
}
