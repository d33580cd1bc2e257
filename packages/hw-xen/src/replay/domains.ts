/** The domains of a recording: what was tried on one of each kind, and in which order they come. */
import {
  HypervisorLacksError,
  type PolicyErrno,
  type PolicyRecords,
  type ProbeDomain,
  type SetPolicyAnswer,
} from '@xenlevel/core'
import type { CpuidLeaf, MsrEntry } from '@xenlevel/cpuid'
import { refusal } from '../simulated/errors.js'
import {
  isErrno,
  leafOfText,
  msrOfText,
  placeOf,
  type RecordedDomain,
  type RecordedPolicy,
  type RecordedSetName,
  type XenRecording,
} from './recording.js'
import { recordedSetOf } from './sets.js'

interface Domain {
  readonly recorded: RecordedDomain
  readonly present: PolicyRecords
  /** What its policy is known by: the leaves that were read after the last set, over those of the new domain. */
  leaves: readonly CpuidLeaf[]
}

/** Something that the recording does not hold. Code `HYPERVISOR_LACKS`, as where an implementation lacks a call. */
export function notRecorded(what: string, { xen }: XenRecording): HypervisorLacksError {
  return new HypervisorLacksError({
    code: 'HYPERVISOR_LACKS',
    message: `The recording of Xen ${xen} does not hold ${what}: only what was asked then can be answered. Ask a simulated Xen for the rest.`,
    details: { what, release: xen },
  })
}

/** Domains of one replay. */
export class RecordedDomains {
  readonly #recording: XenRecording
  readonly #domains = new Map<number, Domain>()
  #last = 0

  constructor(recording: XenRecording) {
    this.#recording = recording
  }

  /** Makes a domain, as it was made then, and answers its id. */
  create({ kind, hap = true, nestedVirt = false }: ProbeDomain): number {
    const hvm = kind !== 'pv'
    const recorded = this.#recording.hypercalls.dom[hvm ? 'hvm' : 'pv']
    const { create, get } = recorded
    if (isErrno(create)) throw refusal('domctl createdomain', create.err, { kind })
    if ((hvm && !hap) || nestedVirt || get === undefined)
      throw notRecorded(
        `a ${kind} domain with hap ${hap} and nestedVirt ${nestedVirt}`,
        this.#recording,
      )
    // The ids were given out one after the other from 1 on.
    const domid = ++this.#last
    const present = recordsOf(get)
    this.#domains.set(domid, { recorded, present, leaves: present.leaves })
    return domid
  }

  /** Destroys one. */
  destroy(domid: number): void {
    const { recorded } = this.#find('domctl destroydomain', domid)
    if (isErrno(recorded.destroy))
      throw refusal('domctl destroydomain', recorded.destroy.err, { domid })
    this.#domains.delete(domid)
  }

  /** What one has, as far as it was read then. */
  policy(domid: number): PolicyRecords {
    if (domid === 0) return recordsOf(this.#recording.hypercalls.dom0_get)
    const { leaves, present } = this.#find('domctl get_cpu_policy', domid)
    return {
      leaves: leaves.map((leaf) => ({ ...leaf })),
      msrs: present.msrs.map((msr) => ({ ...msr })),
    }
  }

  /** What Xen said to such a policy. */
  setPolicy(
    domid: number,
    update: { readonly leaves?: readonly CpuidLeaf[]; readonly msrs?: readonly MsrEntry[] },
  ): SetPolicyAnswer {
    if (domid === 0) throw notRecorded('a policy set on domain 0', this.#recording)
    const domain = this.#find('domctl set_cpu_policy', domid)
    const { leaves = [], msrs = [] } = update
    const [maxLeaves] = this.#recording.hypercalls.policy_max
    const set = recordedSetOf({ leaves, msrs, present: domain.present, maxLeaves })
    const said = set === null ? undefined : domain.recorded[set]
    if (set === null || said === undefined) throw notRecorded('such a policy', this.#recording)
    if (isErrno(said.r)) {
      const error = {
        errno: policyErrno(said.r.err),
        leaf: placeOf(said.err_leaf),
        subleaf: placeOf(said.err_subleaf),
        msr: placeOf(said.err_msr),
      }
      return Object.freeze({ ok: false, error: Object.freeze(error) })
    }
    domain.leaves = afterSet(set, domain)
    return Object.freeze({ ok: true })
  }

  #find(operation: Parameters<typeof refusal>[0], domid: number): Domain {
    const domain = this.#domains.get(domid)
    if (domain !== undefined) return domain
    const { domctl_nodom: said } = this.#recording.hypercalls
    throw refusal(operation, isErrno(said) ? said.err : 'ESRCH', { domid })
  }
}

/** What is known of the leaves after a set; those that nobody read again stay what they were. */
function afterSet(
  set: RecordedSetName,
  { recorded, present, leaves }: Domain,
): readonly CpuidLeaf[] {
  const over = (before: readonly CpuidLeaf[], texts: readonly string[]) => {
    const read = texts.map(leafOfText)
    return before.map(
      (leaf) => read.find((one) => one.leaf === leaf.leaf && one.subleaf === leaf.subleaf) ?? leaf,
    )
  }
  const { get_after: cleared, get_after_over_max_leaf7: overMax } = recorded
  switch (set) {
    case 'set_same':
      return present.leaves
    case 'set_cleared':
      return cleared === undefined ? leaves : over(present.leaves, [cleared.leaf1, cleared.leaf7])
    case 'set_over_max':
      return overMax === undefined ? leaves : over(leaves, [overMax])
    default:
      return leaves
  }
}

function recordsOf({ leaves, msrs }: RecordedPolicy): PolicyRecords {
  return { leaves: leaves.map(leafOfText), msrs: msrs.map(msrOfText) }
}

const POLICY_ERRNOS: readonly PolicyErrno[] = [
  'E2BIG',
  'ERANGE',
  'EINVAL',
  'EOVERFLOW',
  'ENOBUFS',
  'EOPNOTSUPP',
  'ENOENT',
  'EEXIST',
]

function policyErrno(name: string): PolicyErrno {
  const known = POLICY_ERRNOS.find((errno) => errno === name)
  if (known !== undefined) return known
  throw refusal('domctl set_cpu_policy', name)
}
