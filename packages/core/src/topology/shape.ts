/** Which shapes there can be: what fields hold, and how many APIC IDs there are. */
import { type CpuVendor, XenlevelError } from '@xenlevel/cpuid'
import { isAmdLike } from '../xen/recalculate.js'
import { AMD_LIMITS } from './amd.js'
import { shiftsOf } from './build.js'
import { INTEL_LIMITS } from './intel.js'
import type { ApicIdScheme, TopologyShape } from './types.js'

/**
 * A shape that no policy can tell (code `TOPOLOGY_SHAPE`: what is wrong, its value and the limit are in `details`), or one that this policy cannot
 * tell for want of leaves (code `TOPOLOGY_LEAVES`).
 */
export class TopologyError extends XenlevelError {}

/** APIC IDs have 8 bits, of which all ones mean everybody; x2APIC IDs have 32 (Intel SDM volume 3A, Local APIC ID and x2APIC Mode). */
const LAST_ID = 0xfe
const LAST_X2APIC_ID = 0xffff_fffe

/** A condition on a shape. */
interface Limit {
  /** What it limits. */
  readonly field: string
  readonly value: number
  readonly limit: number
  /** Why, and what to do. */
  readonly reason: string
}

/**
 * Refuses a shape that cannot be.
 *
 * @throws {@link TopologyError} with code `TOPOLOGY_SHAPE`.
 */
export function checkShape(
  shape: TopologyShape,
  vendor: CpuVendor,
  scheme: ApicIdScheme,
  x2apic: boolean,
): void {
  for (const field of ['sockets', 'cores', 'threads'] as const) {
    const value = shape[field]
    if (!Number.isSafeInteger(value) || value < 1)
      throw refusal({ field, value, limit: 1, reason: 'it must be a whole number from 1 on' })
  }
  const exceeded = limitsOf(shape, vendor, scheme, x2apic).find(({ value, limit }) => value > limit)
  if (exceeded !== undefined) throw refusal(exceeded)
}

function refusal({ field, value, limit, reason }: Limit): TopologyError {
  return new TopologyError({
    code: 'TOPOLOGY_SHAPE',
    message: `There is no such topology: ${field} ${value}; ${reason}.`,
    details: { field, value, limit },
  })
}

function limitsOf(
  shape: TopologyShape,
  vendor: CpuVendor,
  scheme: ApicIdScheme,
  x2apic: boolean,
): Limit[] {
  const { cores, threads } = shape
  const limits = isAmdLike(vendor) ? AMD_LIMITS : INTEL_LIMITS
  const idLimit = x2apic ? LAST_X2APIC_ID : LAST_ID
  return [
    {
      field: 'cores',
      value: cores,
      limit: limits.cores,
      reason: `a package has at most ${limits.cores} cores`,
    },
    {
      field: 'threads of a package',
      value: cores * threads,
      limit: limits.logical,
      reason: `leaf 1 has 8 bits for them; use more sockets`,
    },
    {
      field: 'bits of the APIC ID within a package',
      value: shiftsOf(shape, scheme).package,
      limit: limits.packageBits,
      reason: `there are at most ${limits.packageBits}; use more sockets`,
    },
    {
      field: 'highest APIC ID',
      value: highestId(shape, scheme),
      limit: idLimit,
      reason: x2apic
        ? 'IDs have 32 bits'
        : 'IDs have 8 bits in a policy without X2APIC, and the last one means everybody',
    },
  ]
}

/** The APIC ID of the last vCPU. */
function highestId({ sockets, cores, threads }: TopologyShape, scheme: ApicIdScheme): number {
  if (scheme === 'xen') return 2 * (sockets * cores * threads - 1)
  const shifts = shiftsOf({ sockets, cores, threads }, scheme)
  return (sockets - 1) * 2 ** shifts.package + (cores - 1) * 2 ** shifts.core + threads - 1
}
