/** What a case works on: it opens hypervisors and makes domains, and everything is given back when the case is over. */
import type { GuestKind, HostPolicies, Hypervisor, OptionalCall, ProbeDomain } from '@xenlevel/core'
import { HypervisorLacksError } from '@xenlevel/core'
import { ConformanceError, type ConformanceOptions } from './types.js'

/** A case does not apply to this hypervisor. */
class NotApplicable extends Error {}

/** The kinds of domain that can be made. */
export type ProbeKind = Exclude<GuestKind, 'pv32'>

/** A domain that a case made. */
export interface Probe {
  /** Its id. */
  readonly domid: number
  /** What was asked for, with the paging that it got. */
  readonly domain: ProbeDomain
}

/** One case's bench. */
export class Bench {
  /** What is known beforehand. */
  readonly options: ConformanceOptions
  readonly #make: () => Hypervisor
  readonly #opened: Hypervisor[] = []
  readonly #made: { readonly xen: Hypervisor; readonly domid: number }[] = []

  constructor(make: () => Hypervisor, options: ConformanceOptions) {
    this.#make = make
    this.options = options
  }

  /** One more hypervisor. */
  open(): Hypervisor {
    const xen = this.#make()
    this.#opened.push(xen)
    return xen
  }

  /** The case ends here. */
  skip(why: string): never {
    throw new NotApplicable(why)
  }

  /** The case ends here if the hypervisor lacks the call, and says so. */
  needs(xen: Hypervisor, call: OptionalCall): void {
    if (xen.lacks.includes(call)) this.skip(`it lacks ${call}`)
  }

  /** The kinds of domain that this machine can run. */
  kinds(xen: Hypervisor): ProbeKind[] {
    const { pv, hvm, hap } = xen.physinfo()
    return [
      ...(pv ? (['pv'] as const) : []),
      ...(hvm ? (['hvm'] as const) : []),
      ...(hvm && hap ? (['pvh'] as const) : []),
    ]
  }

  /** A new domain. */
  domain(xen: Hypervisor, domain: ProbeDomain): Probe {
    const domid = xen.createDomain(domain)
    this.#made.push({ xen, domid })
    const hvm = domain.kind === 'hvm'
    return {
      domid,
      domain: { ...domain, ...(hvm && domain.hap === undefined && { hap: xen.physinfo().hap }) },
    }
  }

  /** Destroys a domain before the case is over. */
  destroy(xen: Hypervisor, { domid }: Probe): void {
    const at = this.#made.findIndex((made) => made.domid === domid)
    if (at >= 0) this.#made.splice(at, 1)
    xen.destroyDomain(domid)
  }

  /** A hypervisor and a domain of each kind, with what its host's policies are. */
  *domains(): Generator<Probe & { readonly xen: Hypervisor; readonly host: HostPolicies }> {
    const xen = this.open()
    const host = xen.policies()
    const kinds = this.kinds(xen)
    if (kinds.length === 0) this.skip('this machine runs no guest')
    for (const kind of kinds) yield { xen, host, ...this.domain(xen, { kind }) }
  }

  /** Gives everything back; what cannot be given back is no matter of the case. */
  clear(): void {
    for (const { xen, domid } of this.#made.splice(0)) {
      // The one that made it may be closed.
      for (const each of [xen, ...this.#opened]) quietly(() => each.destroyDomain(domid))
    }
    for (const xen of this.#opened.splice(0)) quietly(() => xen.close())
  }

  /** Why a thrown error leaves the case open; null if it fails it. */
  reasonToSkip(error: unknown): string | null {
    if (error instanceof NotApplicable) return error.message
    const first = error instanceof ConformanceError ? (error.cause ?? error) : error
    if (this.options.partial === true && first instanceof HypervisorLacksError) return first.message
    return null
  }
}

function quietly(action: () => void): void {
  try {
    action()
  } catch {
    // The case has its answer already.
  }
}
