/** The error of fleets. */
import { XenlevelError } from '@xenlevel/cpuid'

/**
 * Hosts and guests that make no fleet, or a name that is not in it. Codes `FLEET_DUPLICATE_HOST`, `FLEET_DUPLICATE_GUEST`,
 * `FLEET_UNKNOWN_HOST`, `FLEET_UNKNOWN_GUEST`, `FLEET_NUMBER`.
 */
export class FleetError extends XenlevelError {}
