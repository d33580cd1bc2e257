/** The domains of a recorded Xen: created by its own layout, with the policies and refusals that were recorded. */
import { decodeLeaves, decodeMsrs } from '@xenlevel/cpuid'
import { ERRNOS } from './abi/errnos.js'
import type { FakeXen, Memory } from './fake-xen.testing.js'
import {
  failed,
  leafOfText,
  type RecordedDomain,
  type RecordedPolicy,
  type RecordedSet,
} from './recorded.testing.js'

interface Domain {
  readonly recorded: RecordedDomain | null
  policy: RecordedPolicy
}

interface DomctlParts {
  readonly domain: DataView
  readonly u: DataView
}

/** Bits that this release knows in `flags`, and the sets of emulated devices that Xen takes. */
const FLAGS = 0x7f
const EMULATION = [0, 0x1, 0x3ff]

const hex8 = (word: number) => (word >>> 0).toString(16).padStart(8, '0')

/** The domains. */
export class FakeDomains {
  readonly #xen: FakeXen
  readonly #domains = new Map<number, Domain>()
  #next = 1
  /** How often a domain that is destroyed asks for another call, and by which errno. */
  destroyAgain = 0
  destroyErrno: number = ERRNOS.EAGAIN
  /** What the last domain was created with. */
  created: { flags: number; emulation: number } | undefined

  constructor(xen: FakeXen) {
    this.#xen = xen
    this.#domains.set(0, { recorded: null, policy: xen.recorded.dom0_get })
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
    if (command === 82) return this.#xen.writePolicy(domain.policy, parts.u, places, memory)
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
    if (recorded.get === undefined) throw new Error('no policy recorded')
    this.#domains.set(id, { recorded, policy: recorded.get })
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
    const xen = this.#xen
    const s = 'xen_domctl_cpu_policy'
    const { recorded } = domain
    if (recorded === null) return -ERRNOS.EINVAL
    const nrLeaves = u.getUint32(xen.at(`${s}.nr_leaves`), true)
    const nrMsrs = u.getUint32(xen.at(`${s}.nr_msrs`), true)
    const refuse = (answer: RecordedSet | undefined): number => {
      if (answer === undefined) throw new Error('not recorded')
      for (const name of ['err_leaf', 'err_subleaf', 'err_msr'] as const) {
        const at = xen.at(`${s}.${name}`)
        if (u.getUint32(at, true) !== 0xffff_ffff) return -ERRNOS.EFAULT
        u.setUint32(at, Number(answer[name]), true)
      }
      return xen.errnoOf(answer.r)
    }
    const [mostLeaves, mostMsrs] = xen.recorded.policy_max
    if (nrLeaves > mostLeaves || nrMsrs > mostMsrs) return refuse(recorded.set_too_many)
    const leafBytes = memory(u.getBigUint64(8, true), nrLeaves * 24)
    const msrBytes = memory(u.getBigUint64(16, true), nrMsrs * 16)
    if (leafBytes === null || msrBytes === null) return -ERRNOS.EFAULT
    const bytes = ({ buffer, byteOffset, byteLength }: DataView) =>
      new Uint8Array(buffer, byteOffset, byteLength)
    for (const { leaf, subleaf, a, b, c, d } of decodeLeaves(bytes(leafBytes))) {
      if (leaf === 0 && a > 0x100) return refuse(recorded.set_bad_maxleaf)
      if (leaf === 0x1234) return refuse(recorded.set_unknown_leaf)
      if (leaf === 7 && subleaf === null) return refuse(recorded.set_leaf7_nosub)
      const key = `${hex8(leaf)}:${hex8(subleaf ?? 0xffff_ffff)}`
      const text = `${key} -> ${[a, b, c, d].map(hex8).join(':')}`
      domain.policy = {
        ...domain.policy,
        leaves: domain.policy.leaves.map((old) => (old.startsWith(key) ? text : old)),
      }
    }
    for (const { index, flags } of decodeMsrs(bytes(msrBytes))) {
      if (index === 0x1234) return refuse(recorded.set_unknown_msr)
      if (flags !== 0) return refuse(recorded.set_msr_flags)
    }
    this.#clamp(domain, recorded)
    return 0
  }

  /** What Xen made of the policy without RDRAND and BMI1 was recorded: it is no more than what was set. */
  #clamp(domain: Domain, { get_after: after }: RecordedDomain): void {
    const leafOf = (number: number) =>
      domain.policy.leaves.map(leafOfText).find(({ leaf }) => leaf === number)
    const cleared = ((leafOf(1)?.c ?? 0) & (1 << 30)) === 0 && ((leafOf(7)?.b ?? 0) & 8) === 0
    if (!cleared || after === undefined) return
    const recorded = [after.leaf1, after.leaf7]
    domain.policy = {
      ...domain.policy,
      leaves: domain.policy.leaves.map(
        (old) => recorded.find((text) => text.slice(0, 17) === old.slice(0, 17)) ?? old,
      ),
    }
  }
}
