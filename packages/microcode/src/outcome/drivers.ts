/** On which CPUs Xen can load microcode at all. */
import { cpuSignature } from '@xenlevel/cpuid'
import type { CpuIdentity, MicrocodeVendor } from '../types.js'

/** The first family that Xen has a driver for (xen/arch/x86/cpu/microcode/core.c, where it takes the operations of a vendor). */
const FIRST_FAMILY: Readonly<Record<MicrocodeVendor, number>> = { Intel: 6, AMD: 0x10 }

/**
 * Whether Xen has a driver for the microcode of a CPU. Where it has none, as for an AMD K8, it reads no revision, and every load is EINVAL
 * whatever the file is.
 */
export function xenLoadsMicrocodeOn({
  vendor,
  signature,
}: Pick<CpuIdentity, 'vendor' | 'signature'>): boolean {
  return cpuSignature(signature).family >= FIRST_FAMILY[vendor]
}
