/**
 * The domains of a recorded Xen: created by its own layout. What their policies become is core's word, which tests hold against the
 * recording.
 */
import {
  CpuPolicy,
  type DomainOptions,
  type HostPolicies,
  initDomainPolicy,
  setDomainPolicy,
} from '@xenlevel/core'
import { decodeLeaves, decodeMsrs } from '@xenlevel/cpuid'
import { ERRNOS } from './abi/errnos.js'
import type { FakeXen, Memory } from './fake-xen.testing.js'
import { failed, type RecordedPolicy, recordsOfText } from './recorded.testing.js'

interface Domain {
  /** Null for dom0, which runs. */
  readonly options: DomainOptions | null
  policy: CpuPolicy
}

interface DomctlParts {
  readonly domain: DataView
  readonly u: DataView
}

/** Bits that this release knows in `flags`, and the sets of emulated devices that Xen takes. */
const FLAGS = 0x7f
const EMULATION = [0, 0x1, 0x3ff]

function policyOf(recorded: RecordedPolicy, release: string): CpuPolicy {
  const { leaves, msrs } = recordsOfText(recorded)
  return CpuPolicy.fromRecords(leaves, msrs, { release })
}

/** The recorded policies of the host. */
function hostPoliciesOf({ recorded, release }: FakeXen): HostPolicies {
  const policy = (name: string) => {
    const found = recorded.policies[name]
    if (found === undefined || failed(found)) throw new Error(`${name} is not recorded`)
    return policyOf(found, release)
  }
  return {
    release,
    raw: policy('raw'),
    host: policy('host'),
    pvMax: policy('pv_max'),
    pvDefault: policy('pv_default'),
    hvmMax: policy('hvm_max'),
    hvmDefault: policy('hvm_default'),
  }
}

/** The domains. */
export class FakeDomains {
  readonly #xen: FakeXen
  readonly #host: HostPolicies
  readonly #domains = new Map<number, Domain>()
  #next = 1
  /** How often a domain that is destroyed asks for another call, and by which errno. */
  destroyAgain = 0
  destroyErrno: number = ERRNOS.EAGAIN
  /** What the last domain was created with. */
  created: { flags: number; emulation: number } | undefined

  constructor(xen: FakeXen) {
    this.#xen = xen
    this.#host = hostPoliciesOf(xen)
    this.#domains.set(0, { options: null, policy: policyOf(xen.recorded.dom0_get, xen.release) })
  }

  /** How many there are beside dom0. */
  get count(): number {
    return this.#domains.size - 1
  }

  answer(command: number, parts: DomctlParts, memory: Memory): number | undefined {
    const domid = parts.domain.getUint16(0, true)
    if (command === 1) return this.#create(domid, parts)
    if (![2, 5, 82, 83].includes(command)) return undefined
    const domain = this.#domains.get(domid)
    if (domain === undefined) return this.#xen.errnoOf(this.#xen.recorded.domctl_nodom)
    if (command === 5) return 0
    if (command === 2) return this.#destroy(domid)
    const s = 'xen_domctl_cpu_policy'
    const places = [this.#xen.at(`${s}.nr_leaves`), this.#xen.at(`${s}.nr_msrs`), 8, 16]
    if (command === 82) {
      return this.#xen.writePolicy(domain.policy.toRecords(), parts.u, places, memory)
    }
    return this.#set(domain, parts.u, memory)
  }

  #create(domid: number, { domain, u }: DomctlParts): number {
    const xen = this.#xen
    const s = 'xen_domctl_createdomain'
    const get = (name: string) => u.getUint32(xen.at(`${s}.${name}`), true)
    const has = (name: string) => xen.layouts.places.has(`${s}.${name}`)
    const [flags, emulation] = [get('flags'), get('arch.emulation_flags')]
    const hvm = (flags & 1) !== 0
    const grants = has('grant_opts') ? get('grant_opts') & 0xf : 1
    const wrong = [
      (flags & ~FLAGS) !== 0 || (!hvm && (flags & 0x42) !== 0),
      !EMULATION.includes(emulation) || hvm !== (emulation !== 0),
      get('max_vcpus') !== 1,
      get('max_grant_frames') < 1 || get('max_grant_frames') > 64,
      get('max_maptrack_frames') > 1024,
      get('ssidref') !== 0,
      grants < 1 || grants > 2,
      ...['vmtrace_size', 'cpupool_id', 'altp2m'].map((name) => has(name) && get(name) !== 0),
      // Beyond the struct there is nothing, and the union begins with zeros.
      ...[0, 4, 8].map((at) => u.getUint32(xen.at(s) + at, true) !== 0),
    ]
    if (wrong.includes(true)) return -ERRNOS.EINVAL
    const recorded = xen.recorded.dom[hvm ? 'hvm' : 'pv']
    const made = domid === 0 ? recorded.create_domid0 : recorded.create
    if (failed(made)) return -made.errno
    if (domid !== 0 && domid !== 0x7ff5) return -ERRNOS.EINVAL
    this.created = { flags, emulation }
    const id = this.#next++
    const options: DomainOptions = {
      kind: hvm ? 'hvm' : 'pv',
      hap: (flags & 2) !== 0,
      nestedVirt: (flags & 0x40) !== 0,
    }
    this.#domains.set(id, { options, policy: initDomainPolicy(this.#host, options).policy })
    domain.setUint16(0, id, true)
    return 0
  }

  #destroy(domid: number): number {
    if (domid === 0) return -ERRNOS.EINVAL
    if (this.destroyAgain > 0) {
      this.destroyAgain--
      return -this.destroyErrno
    }
    this.#domains.delete(domid)
    return 0
  }

  #set(domain: Domain, u: DataView, memory: Memory): number {
    const s = 'xen_domctl_cpu_policy'
    const { options } = domain
    if (options === null) return -ERRNOS.EINVAL
    const get = (name: string) => u.getUint32(this.#xen.at(`${s}.${name}`), true)
    const errors = ['err_leaf', 'err_subleaf', 'err_msr'] as const
    if (errors.some((name) => get(name) !== 0xffff_ffff)) throw new Error('err_* are not filled')
    const [mostLeaves, mostMsrs] = this.#xen.recorded.policy_max
    if (get('nr_leaves') > mostLeaves || get('nr_msrs') > mostMsrs) return -ERRNOS.E2BIG
    const leafBytes = memory(u.getBigUint64(8, true), get('nr_leaves') * 24)
    const msrBytes = memory(u.getBigUint64(16, true), get('nr_msrs') * 16)
    if (leafBytes === null || msrBytes === null) return -ERRNOS.EFAULT
    const bytes = ({ buffer, byteOffset, byteLength }: DataView) =>
      new Uint8Array(buffer, byteOffset, byteLength)
    const update = { leaves: decodeLeaves(bytes(leafBytes)), msrs: decodeMsrs(bytes(msrBytes)) }
    const result = setDomainPolicy(domain.policy, update, this.#host, options)
    if (result.ok) {
      domain.policy = result.policy
      return 0
    }
    const { errno, leaf, subleaf, msr } = result.error
    ;[leaf, subleaf, msr].forEach((place, at) => {
      u.setUint32(this.#xen.at(`${s}.${errors[at]}`), place ?? 0xffff_ffff, true)
    })
    return -ERRNOS[errno]
  }
}
