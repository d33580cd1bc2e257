/** What goes into a mobility matrix: guests that run, hosts, and what is known of their room. */
import type { AdmitOptions, GuestCpu } from '../../guest/reasons.js'

/** A guest that runs somewhere. */
export interface FleetGuest extends GuestCpu {
  /** Its name, unique in the fleet. */
  readonly name: string
  /** The host it runs on; a guest without one counts for the matrix and for no evacuation. */
  readonly host?: string
  /** Its memory in bytes; without it the guest is taken to fit wherever its CPU does. */
  readonly memory?: bigint
  /** What its domain is created with, over {@link MobilityOptions.domain}. */
  readonly domain?: AdmitOptions['domain']
}

/** What a host has room for. */
export interface HostCapacity {
  /** Memory in bytes that nobody has; without it there is no limit. */
  readonly freeMemory?: bigint
  /** False for a host in maintenance, which takes no guest; true by default. */
  readonly enabled?: boolean
}

/** Options of {@link mobility}. */
export interface MobilityOptions extends Pick<AdmitOptions, 'release' | 'domain'> {
  /** Room by host name; hosts that are not named have no limit. */
  readonly capacity?: Readonly<Record<string, HostCapacity>>
  /**
   * Whether guests may be moved to a host with an older Xen than the one they run on, when hosts are emptied. `'refuse'` by default: Xen
   * supports moving within a stable branch and on to the next release, and not back (wiki.xenproject.org, Xen Project Version
   * Compatibility), and xapi says no (assert_host_versions_not_decreasing, ocaml/xapi/helpers.ml). Verdicts do not look at it.
   */
  readonly olderXen?: 'refuse' | 'allow'
  /**
   * How many placements of a guest are tried before a search gives up; 200,000 by default. What is found in time is true; what is not is
   * said to be not `exact`.
   */
  readonly effort?: number
}
