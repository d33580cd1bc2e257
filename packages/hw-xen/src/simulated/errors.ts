/** What a simulated Xen refuses, in the words of the contract. */
import { HypercallError, HypervisorLacksError, type OptionalCall } from '@xenlevel/core'

/** The operations, by their names in Xen's headers. */
export type Operation =
  | 'xen_version'
  | 'sysctl get_cpu_featureset'
  | 'sysctl get_cpu_policy'
  | 'sysctl get_cpu_levelling_caps'
  | 'sysctl physinfo'
  | 'platform_op get_cpu_version'
  | 'platform_op get_ucode_revision'
  | 'platform_op microcode_update'
  | 'domctl createdomain'
  | 'domctl destroydomain'
  | 'domctl get_cpu_policy'
  | 'domctl set_cpu_policy'

/** What an errno means at an operation. */
const MEANINGS: Readonly<Partial<Record<`${Operation} ${string}`, string>>> = {
  'platform_op get_ucode_revision ENOENT':
    'there is no such CPU, or it is offline; cpus() has those that there are.',
  'domctl createdomain EINVAL':
    'this Xen does not make such a domain: physinfo() says whether it runs HVM guests, and with hardware-assisted paging.',
  'domctl createdomain ENOMEM': 'every domain id is taken; destroy domains that are not needed.',
  'domctl createdomain EEXIST': 'every domain id is taken; destroy domains that are not needed.',
  'domctl set_cpu_policy EINVAL': 'the calling domain cannot change its own policy.',
  'domctl set_cpu_policy EEXIST': 'the domain was started; a policy can be set only before.',
  'platform_op microcode_update PANIC':
    'a CPU did not come back from loading, and Xen has stopped the machine; nothing answers until it is started again.',
  'platform_op microcode_update HANG':
    'a CPU did not come back from loading, and all others wait for it; nothing answers until the machine is started again.',
}

/** What an errno means everywhere. */
const ANYWHERE: Readonly<Record<string, string>> = {
  ESRCH: 'there is no such domain.',
  EPERM: 'the calling domain may not do that; only a control domain may.',
  ENOMEM: 'Xen has no memory for it.',
  EBUSY: 'Xen is busy with something else; try again.',
  EFAULT: 'Xen cannot read or write the memory that it was given.',
  EACCES: 'the interface version is not that of this Xen, or a security policy forbids it.',
  ENOSYS: 'this Xen does not have that operation.',
  PANIC: 'the machine has stopped; nothing answers until it is started again.',
  HANG: 'the machine hangs; nothing answers until it is started again.',
}

/** A refusal. */
export function refusal(
  operation: Operation,
  errno: string,
  asked: Readonly<Record<string, unknown>> = {},
): HypercallError {
  const meaning =
    MEANINGS[`${operation} ${errno}`] ?? ANYWHERE[errno] ?? 'Xen does not do what it was asked for.'
  return new HypercallError({ operation, errno, asked, meaning })
}

const LACKED: Readonly<Record<OptionalCall, string>> = {
  'featureset pvMax': 'take the featureset of policy("pvMax")',
  'featureset hvmMax': 'take the featureset of policy("hvmMax")',
  levellingCaps: 'core’s levellingCaps() foresees them from the raw policy',
  microcodeRevision: 'read it from /proc/cpuinfo or from the kernel’s log',
  'updateMicrocode force': 'load without force, or start the host with the microcode',
}

/** A call that a release does not have. */
export function lacking(call: OptionalCall, release: string): HypervisorLacksError {
  return new HypervisorLacksError({
    code: 'HYPERVISOR_LACKS',
    message: `Xen ${release} does not have the call "${call}": ${LACKED[call]}.`,
    details: { call, release },
  })
}
