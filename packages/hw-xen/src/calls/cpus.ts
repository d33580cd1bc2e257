/** XENPF_get_cpu_version and XENPF_get_ucode_revision: the physical CPUs, one by one. */
import type { PhysicalCpu } from '@xenlevel/core'
import { type CpuVendor, cpuVendor, encodeSignature, XenlevelError } from '@xenlevel/cpuid'
import { ERRNOS } from '../abi/errnos.js'
import { OPERATIONS } from '../abi/operations.js'
import { answered, type HypercallDoor, nonsense } from '../hypercall.js'
import type { Dom0Microcode } from '../xen-dom0-msr.js'

/** As many CPUs as Xen can be built for (xen/arch/Kconfig, NR_CPUS). */
const MOST_CPUS = 16384

/** What XENPF_get_cpu_version tells. */
interface CpuVersion {
  readonly maxPresent: number
  /** Null for a CPU that is offline, or that there is not. */
  readonly cpu: { readonly vendor: CpuVendor; readonly signature: number } | null
}

/** What XENPF_get_ucode_revision tells. */
export interface CpuMicrocode {
  readonly signature: number
  readonly platformId: number | null
  readonly revision: number
}

/** Vendor and signature of a CPU. Xen answers zeros, not an error, for one that there is not. */
function readCpuVersion(door: HypercallDoor, cpu: number): CpuVersion {
  const { cpuVersion } = OPERATIONS
  const { abi } = door
  const op = door.begin(cpuVersion).set(abi.at('xenpf_pcpu_version.xen_cpuid'), cpu)
  answered(cpuVersion.name, door.issue(cpuVersion), { cpu })
  const maxPresent = op.get(abi.at('xenpf_pcpu_version.max_present'))
  if (maxPresent >= MOST_CPUS) throw nonsense(cpuVersion.name, `a CPU numbered ${maxPresent}`)
  const name = abi.at('xenpf_pcpu_version.vendor_id')
  // The twelve characters of leaf 0, in the order in which they are read: ebx, edx, ecx.
  const [ebx, edx, ecx] = [op.get(name), op.get(name + 4), op.get(name + 8)]
  if ((ebx | edx | ecx) === 0) return { maxPresent, cpu: null }
  const [family, model, stepping] = [
    op.get(abi.at('xenpf_pcpu_version.family')),
    op.get(abi.at('xenpf_pcpu_version.model')),
    op.get(abi.at('xenpf_pcpu_version.stepping')),
  ]
  try {
    const signature = encodeSignature({ family, model, stepping })
    return { maxPresent, cpu: { vendor: cpuVendor(ebx, ecx, edx), signature } }
  } catch (error) {
    if (error instanceof XenlevelError) throw nonsense(cpuVersion.name, error.message, { cpu })
    throw error
  }
}

/** What microcode a CPU has, or the errno as a negative number. */
export function tryCpuMicrocode(door: HypercallDoor, cpu: number): CpuMicrocode | number {
  const { microcodeRevision } = OPERATIONS
  const { abi } = door
  const op = door.begin(microcodeRevision).set(abi.at('xenpf_ucode_revision.cpu'), cpu)
  const result = door.issue(microcodeRevision)
  if (result < 0) return result
  return {
    signature: op.get(abi.at('xenpf_ucode_revision.signature')),
    platformId: platformIdOf(op.get(abi.at('xenpf_ucode_revision.pf'))),
    revision: op.get(abi.at('xenpf_ucode_revision.revision')),
  }
}

/** Xen tells Intel's platform id as one bit of a mask, as update files do; AMD has none. */
function platformIdOf(mask: number): number | null {
  const bit = 31 - Math.clz32(mask)
  return mask !== 0 && mask === (1 << bit) >>> 0 && bit < 8 ? bit : null
}

/** Where the revision comes from: Xen tells it by CPU, or dom0 has read it somewhere. */
export type MicrocodeSource = 'xen' | Dom0Microcode

/**
 * The physical CPUs.
 *
 * @param sourceFor - what tells the microcode of CPUs of a vendor: Xen, or one answer for all of them. Asked once.
 */
export function readCpus(
  door: HypercallDoor,
  sourceFor: (vendor: CpuVendor) => MicrocodeSource,
): PhysicalCpu[] {
  const cpus: PhysicalCpu[] = []
  let source: MicrocodeSource | undefined
  for (let id = 0, last = 0; id <= last; id++) {
    const { maxPresent, cpu } = readCpuVersion(door, id)
    if (id === 0) last = maxPresent
    if (cpu === null) {
      cpus.push(offline(id))
    } else {
      source ??= sourceFor(cpu.vendor)
      cpus.push({ ...online(door, id, source), ...cpu })
    }
  }
  return cpus
}

function offline(id: number): PhysicalCpu {
  return {
    id,
    online: false,
    vendor: 'Unknown',
    signature: 0,
    platformId: null,
    microcodeRevision: null,
  }
}

function online(door: HypercallDoor, id: number, source: MicrocodeSource): PhysicalCpu {
  const found = { ...offline(id), online: true }
  if (source !== 'xen') {
    return { ...found, platformId: source.platformId, microcodeRevision: source.revision }
  }
  const microcode = tryCpuMicrocode(door, id)
  // It has just gone offline.
  if (microcode === -ERRNOS.ENOENT) return found
  if (typeof microcode === 'number') {
    answered(OPERATIONS.microcodeRevision.name, microcode, { cpu: id })
    return found
  }
  return {
    ...found,
    platformId: microcode.platformId,
    microcodeRevision: microcode.revision,
  }
}
