/** What an image is judged against, apart from itself. */
import type { GuestKind, HostPolicies, HostSnapshot } from '@xenlevel/core'
import type { ImageVerdictName } from './codes.js'

/** What those who judge know besides the image. All of it may be left out: what depends on it is not judged then. */
export interface ImageJudgeOptions {
  /** The verdict that `ok` and the severities follow; both by default. Both are always given. */
  readonly mode?: ImageVerdictName
  /** The kind of guest that the receiver is told; that of the image's header by default. */
  readonly kind?: GuestKind
  /** Whether the receiver is told that the image has checkpoints; by default it has them if there are some, with a finding. */
  readonly checkpointed?: boolean
  /** How many vCPUs the receiver's domain has. */
  readonly vcpus?: number
  /** The receiving host, whose Xen audits the policy. */
  readonly host?: HostSnapshot | HostPolicies
  /** The receiving release, whose limits the policy has to keep; the host's by default, else the newest. */
  readonly release?: string
  /** The highest page number that the receiver can give the guest; 2^36 - 1 by default, the most that any x86 host can map. */
  readonly maxPfn?: number
}

/** Options of {@link ImageVerifier}. */
export interface ImageVerifierOptions extends ImageJudgeOptions {
  /**
   * Whether the page tables of PV guests are looked into, for which all their pages have to be brought; true by default. Without it pages
   * are asked to be passed over, and the report says what was not looked into.
   */
  readonly pageTables?: boolean
}
