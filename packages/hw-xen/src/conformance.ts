/** The suite that every hypervisor is held to: a running Xen, a simulated one, and one of your own. */
export { hypervisorConformance, runConformance } from './conformance/suite.js'
export {
  type ConformanceCase,
  ConformanceError,
  type ConformanceOptions,
  type ConformanceReport,
  type FailedCase,
  type SkippedCase,
} from './conformance/types.js'
