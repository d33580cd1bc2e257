/** The errors of pools. */
import { ParseError, XenlevelError } from '@xenlevel/cpuid'

/**
 * Hosts that make no pool. Codes `POOL_EMPTY`, `POOL_DUPLICATE_HOST`, `POOL_MERGE`, `POOL_RELEASE_NEEDED`, `POOL_LEVEL_FOREIGN`,
 * `POOL_HOST_UNKNOWN`, `POOL_HOSTS_NEEDED`.
 */
export class PoolError extends XenlevelError {}

/** A text that is no pool level. Code `POOL_LEVEL_INVALID`; `path` is the first wrong field, `details.issues` has all. */
export class PoolLevelError extends ParseError {}
