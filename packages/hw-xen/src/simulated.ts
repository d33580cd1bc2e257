/**
 * A simulated Xen: any release from 4.13 on, on any CPU of which there is a policy or a dump. Pure: no koffi, no module of Node.
 *
 * @module @xenlevel/hw-xen/simulated
 */
export type { FailOptions, FallibleCall, RecordedCall, SimulatedCall } from './simulated/levers.js'
export type {
  SimulatedFacts,
  SimulatedMemory,
  SimulatedTopology,
  SimulatedXenOptions,
} from './simulated/options.js'
export type { PoolCommon, PoolHost } from './simulated/pool.js'
export { type RebootOptions, SimulatedXen } from './simulated/xen.js'
