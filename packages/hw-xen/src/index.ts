/**
 * A running Xen from Node, through privcmd: typed answers on whatever release it runs, 4.13 to 4.22.
 *
 * @module @xenlevel/hw-xen
 */
export type { IoctlOutcome, Libc, Mapping, MappingRequest } from './libc.js'
export { Xen } from './xen.js'
export { type OpenXenOptions, openXen } from './xen-open.js'
export { XenUnavailableError, type XenUnavailableReason } from './xen-unavailable.js'
