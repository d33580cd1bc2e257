/** The error of pools. */
import { XenlevelError } from '@xenlevel/cpuid'

/** Hosts that make no pool. Codes `POOL_EMPTY`, `POOL_DUPLICATE_HOST`, `POOL_MERGE`. */
export class PoolError extends XenlevelError {}
