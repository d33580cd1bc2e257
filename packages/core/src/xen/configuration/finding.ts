/** What there is to say of a line of configuration: where it is, and which features it is about. */
import type { CpuRegister, FeatureName } from '@xenlevel/cpuid'
import type { Finding } from '../../finding.js'

/** One thing that was noticed in a configuration. */
export interface ConfigFinding extends Finding {
  /** Which item of the configuration, from 0; absent where it is about none. */
  readonly item?: number
  /** Which character of that item, from 0. */
  readonly column?: number
  /** What to write instead, where one thing is likely meant. */
  readonly suggestion?: string
  /** The features that it is about, by bit. */
  readonly features?: readonly FeatureName[]
  /** The leaf that it is about. */
  readonly leaf?: number
  /** Its sub-leaf; null for a leaf without. */
  readonly subleaf?: number | null
  /** The register of that leaf. */
  readonly register?: CpuRegister
  /** The MSR that it is about. */
  readonly msr?: number
}
