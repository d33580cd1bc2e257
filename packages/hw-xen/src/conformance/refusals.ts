/** Policies that Xen refuses: the errno and the place are Xen's, and the domain keeps what it had. */
import type { CpuPolicy, PolicyErrno, PolicyRecords } from '@xenlevel/core'
import type { CpuidLeaf, MsrEntry } from '@xenlevel/cpuid'
import { demand } from './expect.js'
import { presentPolicy, trySet } from './set-policy.js'
import type { Guarantee } from './types.js'

/** One way to ask for what no Xen takes. */
interface Refusal {
  readonly name: string
  /** What every release answers, as recorded from 4.13 to 4.22. */
  readonly errno: PolicyErrno
  readonly update: (now: CpuPolicy) => Partial<PolicyRecords>
}

const NO_LEAF = 0x1234
const NO_MSR = 0x1234
const MSR_ARCH_CAPABILITIES = 0x10a

const leaf = (number: number, subleaf: number | null): CpuidLeaf => ({
  leaf: number,
  subleaf,
  a: 0,
  b: 0,
  c: 0,
  d: 0,
})
const msr = (index: number, flags = 0): MsrEntry => ({ index, flags, value: 0n })

const REFUSALS: readonly Refusal[] = [
  {
    name: 'a highest leaf that is too high',
    errno: 'EINVAL',
    update: (now) => ({ leaves: [{ ...now.leaf(0), a: 0xff }] }),
  },
  {
    name: 'a highest extended leaf that is too high',
    errno: 'EINVAL',
    update: (now) => ({ leaves: [{ ...now.leaf(0x8000_0000), a: 0x8000_00ff }] }),
  },
  {
    name: 'an unknown leaf',
    errno: 'ERANGE',
    update: () => ({ leaves: [leaf(NO_LEAF, 0)] }),
  },
  {
    name: 'leaf 7 without a sub-leaf',
    errno: 'ERANGE',
    update: () => ({ leaves: [leaf(7, null)] }),
  },
  {
    name: 'a leaf without sub-leaves that has one',
    errno: 'ERANGE',
    update: () => ({ leaves: [leaf(1, 0)] }),
  },
  {
    name: 'an unknown MSR',
    errno: 'ERANGE',
    update: () => ({ msrs: [msr(NO_MSR)] }),
  },
  {
    name: 'an MSR with flags',
    errno: 'EINVAL',
    update: () => ({ msrs: [msr(MSR_ARCH_CAPABILITIES, 1)] }),
  },
  {
    name: 'more leaves than a policy has',
    errno: 'E2BIG',
    update: (now) => ({ leaves: Array.from({ length: 500 }, () => now.leaf(0)) }),
  },
  {
    name: 'more MSRs than a policy has',
    errno: 'E2BIG',
    update: () => ({ msrs: Array.from({ length: 50 }, () => msr(MSR_ARCH_CAPABILITIES)) }),
  },
  {
    name: 'a good leaf before an unknown one',
    errno: 'ERANGE',
    update: (now) => ({ leaves: [{ ...now.leaf(7, 0), b: 0 }, leaf(NO_LEAF, 0)] }),
  },
]

/** Guarantees about setDomainPolicy() where Xen refuses. */
export const REFUSED: readonly Guarantee[] = REFUSALS.map(({ name, errno, update }) => ({
  name: `${name} is refused with ${errno} and its place, and the domain keeps what it had`,
  check(bench) {
    for (const present of bench.domains()) {
      const asked = update(presentPolicy(present))
      demand(!trySet(present, asked, name), `${name} is taken.`)
      const answer = present.xen.setDomainPolicy(present.domid, asked)
      demand(!answer.ok && answer.error.errno === errno, `${name} is not refused with ${errno}.`)
    }
  },
}))
