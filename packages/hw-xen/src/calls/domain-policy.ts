/** XEN_DOMCTL_set_cpu_policy: what Xen says against a policy is an answer. */
import type { PolicyErrno, PolicyFault, SetPolicyAnswer } from '@xenlevel/core'
import { type CpuidLeaf, encodeLeaves, encodeMsrs, type MsrEntry } from '@xenlevel/cpuid'
import { errnoName } from '../abi/errnos.js'
import { OPERATIONS } from '../abi/operations.js'
import { type HypercallDoor, refusal } from '../hypercall.js'

/** "No place": what Xen leaves in err_* where it has nothing to say, and what has to be there before, as some paths write nothing. */
const NOT_SAID = 0xffff_ffff

/**
 * The errnos that are about the records. A place is needed for those that Xen also answers where the domain is not to be touched
 * (xen/arch/x86/domctl.c).
 */
const ABOUT_RECORDS: Readonly<Partial<Record<string, { errno: PolicyErrno; placed: boolean }>>> = {
  E2BIG: { errno: 'E2BIG', placed: false },
  ERANGE: { errno: 'ERANGE', placed: false },
  EINVAL: { errno: 'EINVAL', placed: true },
  EOVERFLOW: { errno: 'EOVERFLOW', placed: false },
  ENOBUFS: { errno: 'ENOBUFS', placed: true },
  EOPNOTSUPP: { errno: 'EOPNOTSUPP', placed: true },
  ENOENT: { errno: 'ENOENT', placed: true },
  EEXIST: { errno: 'EEXIST', placed: true },
}

/** Puts records over the policy of a domain. */
export function writeDomainPolicy(
  door: HypercallDoor,
  domid: number,
  { leaves, msrs }: { readonly leaves?: readonly CpuidLeaf[]; readonly msrs?: readonly MsrEntry[] },
): SetPolicyAnswer {
  const { setDomainPolicy: operation } = OPERATIONS
  const { abi } = door
  const leafBytes = encodeLeaves(leaves ?? [])
  const msrBytes = encodeMsrs(msrs ?? [])
  const op = door
    .begin(operation, leafBytes.length + msrBytes.length)
    .setDomain(abi, domid)
    .set(abi.at('xen_domctl_cpu_policy.nr_leaves'), leaves?.length ?? 0)
    .set(abi.at('xen_domctl_cpu_policy.nr_msrs'), msrs?.length ?? 0)
    .point(abi.at('xen_domctl_cpu_policy.leaves'))
    .point(abi.at('xen_domctl_cpu_policy.msrs'), leafBytes.length)
    .set(abi.at('xen_domctl_cpu_policy.err_leaf'), NOT_SAID)
    .set(abi.at('xen_domctl_cpu_policy.err_subleaf'), NOT_SAID)
    .set(abi.at('xen_domctl_cpu_policy.err_msr'), NOT_SAID)
  door.put(leafBytes)
  door.put(msrBytes, leafBytes.length)
  const result = door.issue(operation)
  if (result >= 0) return { ok: true }
  const place = (of: 'err_leaf' | 'err_subleaf' | 'err_msr') => {
    const number = op.get(abi.at(`xen_domctl_cpu_policy.${of}`))
    return number === NOT_SAID ? null : number
  }
  const where = { leaf: place('err_leaf'), subleaf: place('err_subleaf'), msr: place('err_msr') }
  const name = errnoName(-result)
  const about = ABOUT_RECORDS[name]
  if (about === undefined || (about.placed && where.leaf === null && where.msr === null)) {
    throw refusal(operation.name, name, { domid })
  }
  const error: PolicyFault = { errno: about.errno, ...where }
  return { ok: false, error }
}
