/** What a hypervisor answers instead of an answer. */
import { XenlevelError } from '@xenlevel/cpuid'

/** What a {@link HypercallError} is made from. */
export interface HypercallErrorInit {
  /** The call, by the name of its operation in Xen's headers: `sysctl get_cpu_policy`. */
  readonly operation: string
  /** Xen's errno by name: `EINVAL`. */
  readonly errno: string
  /** What was asked for, as data. */
  readonly asked?: Readonly<Record<string, unknown>>
  /** What that errno usually means there, and what to do. */
  readonly meaning: string
}

/** Xen has refused a call. Code `HYPERCALL`; details hold operation, errno and what was asked. */
export class HypercallError extends XenlevelError {
  /** The call, by the name of its operation in Xen's headers. */
  readonly operation: string
  /** Xen's errno by name. */
  readonly errno: string

  constructor({ operation, errno, asked = {}, meaning }: HypercallErrorInit) {
    super({
      code: 'HYPERCALL',
      message: `${operation} answers ${errno}: ${meaning}`,
      details: { operation, errno, ...asked },
    })
    this.operation = operation
    this.errno = errno
  }
}

/** A call that this Xen, or this implementation, does not have. Code `HYPERVISOR_LACKS`; details hold the call and the release. */
export class HypervisorLacksError extends XenlevelError {}

/** A hypervisor that was closed. Code `HYPERVISOR_CLOSED`. */
export class HypervisorClosedError extends XenlevelError {
  constructor(call: string) {
    super({
      code: 'HYPERVISOR_CLOSED',
      message: `${call} was called after close(): open the hypervisor again.`,
      details: { call },
    })
  }
}
