/** Mutants that fail with microcode, with what they return, or at their end, and the cases that have to notice. */
import { CpuPolicy, HypervisorClosedError, type PolicyRecords } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import { kept, type Mutant } from './mutant.testing.js'

const CALLS = [
  ...['version', 'featureset', 'policy', 'policies', 'levellingCaps', 'physinfo', 'cpus'],
  ...['microcodeRevision', 'createDomain', 'destroyDomain', 'domainPolicy', 'setDomainPolicy'],
  'snapshot',
] as const
const FILES = [
  ...['an empty file', 'four bytes', 'zeros', 'garbage', 'an Intel update for another CPU'],
  ...['an Intel update whose checksum is wrong', 'an AMD container without an update'],
  'the beginning of an AMD container',
].map((name) => `${name}, given as microcode, is the errno that predictOutcome foresees`)

/** What is wrong with microcode, results and close(). */
export const LIFE_MUTANTS: readonly Mutant[] = [
  {
    name: 'another errno for microcode',
    noticedBy: [
      ...FILES,
      'microcode is copied before updateMicrocode() returns, and left as it was',
    ],
    broken: (xen) => ({
      updateMicrocode: async () => ({ errno: 'EIO', cpus: xen.cpus() }),
    }),
  },
  {
    name: 'takes microcode that no CPU takes',
    noticedBy: [
      ...FILES.slice(2, 4),
      'close() is safe while an update is on its way: the update comes to an end',
      'updateMicrocode force is there unless lacks has it',
    ],
    broken: (xen) => ({
      updateMicrocode: async () => ({ errno: 'OK', cpus: xen.cpus() }),
    }),
  },
  {
    name: 'CPUs of an answer that are not those that there are',
    noticedBy: FILES,
    broken: (xen) => ({
      updateMicrocode: async (bytes) => ({
        ...(await xen.updateMicrocode(bytes)),
        cpus: [],
      }),
    }),
  },
  {
    name: 'reads microcode after it returned',
    noticedBy: ['microcode is copied before updateMicrocode() returns, and left as it was'],
    broken: (xen) => ({
      updateMicrocode: async (bytes) => {
        await Promise.resolve()
        return xen.updateMicrocode(bytes)
      },
    }),
  },
  ...(['cpus', 'version', 'physinfo', 'policies', 'snapshot'] as const).map(
    (call): Mutant => ({
      name: `${call}() answers one object that can be written to`,
      noticedBy: [`${call}() is fresh or frozen`],
      broken: (xen) => {
        const once = kept(() =>
          call === 'cpus' ? xen.cpus().slice() : structuredCopy(xen[call]()),
        )
        return { [call]: once }
      },
    }),
  ),
  {
    name: 'hwCap can be written to',
    noticedBy: ['hwCap of physinfo() is fresh or frozen'],
    broken: (xen) => {
      const hwCap = [...xen.physinfo().hwCap]
      return { physinfo: () => ({ ...xen.physinfo(), hwCap }) }
    },
  },
  {
    name: 'lacks can be written to',
    on: 'before 4.18',
    noticedBy: ['lacks is fresh or frozen'],
    broken: (xen) => ({ lacks: [...xen.lacks] }),
  },
  {
    name: 'a featureset and a policy that change by themselves',
    noticedBy: ["featureset('host') is fresh or frozen", "policy('host') is fresh or frozen"],
    broken: (xen) => {
      let asked = 0
      return {
        featureset: () => (asked++ % 2 === 0 ? xen.featureset('host') : Featureset.empty),
        policy: () => (asked++ % 2 === 0 ? xen.policy('host') : CpuPolicy.empty),
      }
    },
  },
  {
    name: 'records that can be written to',
    noticedBy: ['records of a domain are fresh, and what is set is copied'],
    broken: (xen) => {
      const known = new Map<number, PolicyRecords>()
      return {
        domainPolicy: (domid) => {
          const records = known.get(domid) ?? xen.domainPolicy(domid)
          known.set(domid, records)
          return records
        },
      }
    },
  },
  {
    name: 'a second close() that throws',
    noticedBy: ['close() can be called again'],
    broken: (xen) => {
      let closed = false
      return {
        close: () => {
          if (closed) throw new HypervisorClosedError('close')
          closed = true
          xen.close()
        },
      }
    },
  },
  {
    name: 'a close() that does nothing',
    noticedBy: [...CALLS, 'updateMicrocode'].map(
      (call) => `${call}() after close() is a HypervisorClosedError`,
    ),
    broken: () => ({ close: () => undefined }),
  },
  {
    name: 'a close() that forgets what it lacks',
    on: 'before 4.18',
    noticedBy: ['release and lacks are still there after close()'],
    broken: (xen) => {
      const lacks = [...xen.lacks]
      return {
        lacks,
        close: () => {
          lacks.length = 0
          xen.close()
        },
      }
    },
  },
  {
    name: 'an update that never ends after close()',
    noticedBy: ['close() is safe while an update is on its way: the update comes to an end'],
    broken: () => ({ updateMicrocode: () => Promise.reject(new Error('torn')) }),
  },
]

/** Copies plain data, so that it can be written to; lists, policies and featuresets as they are. */
function structuredCopy<Value>(value: Value): Value {
  if (Array.isArray(value)) return value
  if (value === null || typeof value !== 'object') return value
  if (value instanceof CpuPolicy || value instanceof Featureset) return value
  const copy = { ...value }
  for (const key in copy) copy[key] = structuredCopy(copy[key])
  return copy
}
