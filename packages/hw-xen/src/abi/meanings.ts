/** What an errno usually means at each operation, and what to do: for people. */
import type { OperationName } from './operations.js'

type Meanings = Readonly<Record<string, string>>

const NO_DOMAIN = 'there is no domain with this number; it may be gone'
const WRONG_CPU = 'there is no such CPU, or it is offline'
const BAD_FILE =
  'the file is no microcode for this vendor, is damaged, or (before 4.17.7) has nothing newer than what is loaded: see verifyMicrocode and selectUpdate'

/** By operation, as far as something particular is meant. */
const MEANINGS: Readonly<Partial<Record<OperationName, Meanings>>> = {
  'sysctl get_cpu_featureset': {
    EINVAL:
      'this Xen does not have this featureset; the max ones came with 4.14.6, 4.15.5, 4.16.5 and 4.17.2',
    ENOBUFS: 'the featureset grew again and again while it was read; try again',
  },
  'sysctl get_cpu_policy': {
    EINVAL: 'this Xen does not have this policy',
    ENOBUFS: 'the policy grew again and again while it was read; try again',
  },
  'domctl createdomain': {
    EINVAL:
      'this machine cannot run this kind of domain: HVM needs VMX or SVM, switched on by firmware and compiled into Xen, and hardware-assisted paging needs EPT or NPT',
    ENOMEM: 'Xen has no memory for another domain; shrink dom0 or another domain',
    EEXIST: 'the domain number is taken',
    EOPNOTSUPP: 'this Xen was built without what this kind of domain needs',
  },
  'domctl destroydomain': {
    ESRCH: NO_DOMAIN,
    EINVAL: 'the domain cannot be destroyed; dom0 cannot',
    EAGAIN: 'Xen is still giving back its memory; try again',
    EBUSY: 'another domain still holds memory of it; try again later',
  },
  'domctl get_cpu_policy': {
    ESRCH: NO_DOMAIN,
    ENOBUFS: 'the policy grew again and again while it was read; try again',
  },
  'domctl set_cpu_policy': {
    ESRCH: NO_DOMAIN,
    EINVAL: 'the domain runs, or has run: a policy is set before its first vCPU starts',
    EEXIST: 'the domain is complete: a policy is set before its first vCPU starts',
  },
  'platform_op get_ucode_revision': { ENOENT: WRONG_CPU },
  'platform_op get_cpu_version': { ENOENT: WRONG_CPU },
  'platform_op microcode_update': {
    EINVAL: BAD_FILE,
    ENOENT: 'nothing in the file is for this CPU',
    EEXIST: 'nothing in the file is newer than what is loaded',
    EIO: 'a CPU did not take the update',
    EBUSY: 'another update, or a CPU going on- or offline, is under way; try again',
    ETIMEDOUT: 'not all CPUs came to the rendezvous; the machine may need a reboot',
  },
  'platform_op microcode_update2': {
    EINVAL: BAD_FILE,
    ENOENT: 'nothing in the file is for this CPU',
    EEXIST: 'nothing in the file is newer than what is loaded',
    EIO: 'a CPU did not take the update',
    EBUSY: 'another update, or a CPU going on- or offline, is under way; try again',
    ETIMEDOUT: 'not all CPUs came to the rendezvous; the machine may need a reboot',
  },
}

/** At every operation. */
const GENERAL: Meanings = {
  EPERM: 'this domain may not ask that; run it in dom0, and look at the XSM policy if there is one',
  EACCES:
    'Xen speaks another version of this interface than when it was opened; was it updated live?',
  EFAULT: 'Xen could not reach the memory of the call; the mapping is not resident',
  ENOSYS: 'this Xen does not have the operation',
  EOPNOTSUPP: 'this Xen does not have the operation',
  ENOMEM: 'there is no memory for the call',
  EBUSY: 'Xen is busy with something that excludes this; try again',
  EAGAIN: 'Xen asks to call again, and has for very long',
  ENOBUFS: 'the buffer is too small',
  E2BIG: 'there is more than Xen takes',
  EINVAL: 'Xen finds an argument wrong',
  ESRCH: NO_DOMAIN,
  ENOTTY: 'the device is not the hypercall driver of Xen',
  EBADF: 'the device was closed by someone else',
  EPROTO: 'the answer cannot be right, and nothing of it is used',
}

/** What an errno usually means at an operation. */
export function meaningOf(operation: OperationName, errno: string): string {
  return (
    MEANINGS[operation]?.[errno] ??
    GENERAL[errno] ??
    'it is not known what is meant here; `xl dmesg` may say more'
  )
}
