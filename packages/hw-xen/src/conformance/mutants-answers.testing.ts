/** Mutants that say something wrong of the host, and the cases that have to notice. */
import { CpuPolicy } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import type { Mutant } from './mutant.testing.js'

const KINDS = ['raw', 'host', 'pvDefault', 'pvMax', 'hvmDefault', 'hvmMax'] as const
const OPTIONAL = ['featureset pvMax', 'featureset hvmMax', 'levellingCaps', 'microcodeRevision']

const bit = (number: number) => Featureset.fromBigInt(1n << BigInt(number))

/** What is wrong with answers about the host. */
export const ANSWER_MUTANTS: readonly Mutant[] = [
  {
    name: 'release of another Xen',
    noticedBy: ['version() and release are one'],
    broken: () => ({ release: '4.16.1' }),
  },
  {
    name: 'capabilities without HVM',
    noticedBy: ['capabilities of version() name the kinds of guest of physinfo()'],
    broken: (xen) => ({ version: () => ({ ...xen.version(), capabilities: 'xen-3.0-x86_64 ' }) }),
  },
  {
    name: 'more CPUs online than there are',
    noticedBy: [
      'physinfo() counts are possible',
      'cpus() has every CPU from 0 to the highest, in order',
    ],
    broken: (xen) => ({ physinfo: () => ({ ...xen.physinfo(), onlineCpus: 900 }) }),
  },
  {
    name: 'hwCap with signed words',
    noticedBy: ['hwCap of physinfo() begins as the host featureset does'],
    broken: (xen) => ({
      physinfo: () => ({ ...xen.physinfo(), hwCap: xen.physinfo().hwCap.map((word) => word | 0) }),
    }),
  },
  {
    name: 'CPUs counted from 1',
    noticedBy: ['cpus() has every CPU from 0 to the highest, in order'],
    broken: (xen) => ({ cpus: () => xen.cpus().map((cpu) => ({ ...cpu, id: cpu.id + 1 })) }),
  },
  {
    name: 'a signature without its extended model',
    noticedBy: ['cpus() are of the vendor and signature of the raw policy'],
    broken: (xen) => ({
      cpus: () => xen.cpus().map((cpu) => ({ ...cpu, signature: cpu.signature & 0xfff })),
    }),
  },
  {
    name: 'revisions of cpus() that are not those of microcodeRevision()',
    noticedBy: [
      'cpus() has the revisions that microcodeRevision() answers',
      'snapshot() is of the CPU and the release that there are',
    ],
    broken: (xen) => ({
      cpus: () => xen.cpus().map((cpu) => ({ ...cpu, microcodeRevision: 77 })),
    }),
  },
  {
    name: 'a revision for a CPU that there is not',
    noticedBy: ['microcodeRevision() of a CPU that there is not is ENOENT'],
    broken: () => ({ microcodeRevision: () => 1 }),
  },
  {
    name: 'lacks a call twice',
    noticedBy: ['lacks has calls of the contract, each once'],
    broken: () => ({ lacks: ['levellingCaps', 'levellingCaps'] }),
  },
  {
    name: 'says that it lacks what it has',
    noticedBy: [...OPTIONAL, 'updateMicrocode force'].map(
      (call) => `${call} is there unless lacks has it`,
    ),
    broken: () => ({
      lacks: [
        'featureset pvMax',
        'featureset hvmMax',
        'levellingCaps',
        'microcodeRevision',
        'updateMicrocode force',
      ],
    }),
  },
  {
    name: 'does not say that it lacks a call',
    on: 'before 4.18',
    noticedBy: [
      'microcodeRevision is there unless lacks has it',
      'updateMicrocode force is there unless lacks has it',
    ],
    broken: () => ({ lacks: [] }),
  },
  {
    name: 'levelling caps of another policy',
    noticedBy: ['levellingCaps() is of this release and of the raw policy'],
    broken: (xen) => ({
      levellingCaps: () => ({ ...xen.levellingCaps(), raw: CpuPolicy.empty }),
    }),
  },
  {
    name: 'featuresets cut to three words',
    noticedBy: [
      'featuresets all have as many words',
      "featureset('host') is that of policy('host')",
      'snapshot() has the featuresets that featureset() answers',
    ],
    broken: (xen) => ({
      featureset: (which) =>
        which === 'host'
          ? Featureset.fromWords(xen.featureset(which).words.slice(0, 3))
          : xen.featureset(which),
    }),
  },
  {
    name: 'featuresets that are not those of the policies',
    noticedBy: [
      ...KINDS.map((kind) => `featureset('${kind}') is that of policy('${kind}')`),
      'snapshot() has the featuresets that featureset() answers',
    ],
    broken: (xen) => ({ featureset: (which) => xen.featureset(which).xor(bit(4)) }),
  },
  {
    name: 'policies in the words of another release',
    noticedBy: ['policies are those of the release that runs'],
    broken: (xen) => ({
      policy: (which) => CpuPolicy.fromWords(xen.policy(which).words(), '4.17.7'),
    }),
  },
  {
    name: 'policies with leaves beyond their limits',
    noticedBy: ['policies hold nothing beyond their own limits, as records do not'],
    broken: (xen) => ({
      policy: (which) => {
        const policy = xen.policy(which)
        return policy.withRecords([{ ...policy.leaf(0), a: 1 }])
      },
    }),
  },
  {
    name: 'empty policies',
    noticedBy: [
      'policies of the CPU and for PV are not empty',
      'policies and featuresets for HVM are empty where there is no HVM, and only there',
      'policies() has the six of policy()',
      'snapshot() has the policies that policy() answers',
    ],
    broken: () => ({ policy: () => CpuPolicy.empty }),
  },
  {
    name: 'HVM policies on a machine that cannot run HVM',
    on: 'without HVM',
    noticedBy: ['policies and featuresets for HVM are empty where there is no HVM, and only there'],
    broken: (xen) => ({ policy: (which) => xen.policy(which === 'hvmMax' ? 'pvMax' : which) }),
  },
  {
    name: 'the numbering of featuresets for policies',
    noticedBy: [
      'policies() has the six of policy()',
      'pvDefault has nothing that pvMax has not',
      'hvmDefault has nothing that hvmMax has not',
    ],
    broken: (xen) => ({
      policy: (which) =>
        xen.policy(
          which === 'pvMax'
            ? 'pvDefault'
            : which === 'pvDefault'
              ? 'pvMax'
              : which === 'hvmMax'
                ? 'hvmDefault'
                : which === 'hvmDefault'
                  ? 'hvmMax'
                  : which,
        ),
    }),
  },
  {
    name: 'a default policy with more leaves than the max policy',
    noticedBy: ['limits of the default policies are within those of the max policies'],
    broken: (xen) => ({
      policy: (which) => {
        const policy = xen.policy(which)
        return which === 'pvDefault'
          ? policy.withRecords([{ ...policy.leaf(0), a: policy.maxLeaf + 1 }])
          : policy
      },
    }),
  },
  {
    name: 'policies that contradict each other',
    noticedBy: ['policies() has the six of policy()'],
    broken: (xen) => ({ policies: () => ({ ...xen.policies(), pvMax: xen.policy('raw') }) }),
  },
  {
    name: 'a snapshot that is no document',
    noticedBy: ['snapshot() is a document of its schema, and survives being written and read'],
    broken: (xen) => ({
      snapshot: () => ({ ...xen.snapshot(), cpu: { ...xen.snapshot().cpu, signature: -1 } }),
    }),
  },
  {
    name: 'a snapshot with a name of its own',
    noticedBy: ['snapshot() has the name that is asked for'],
    broken: (xen) => ({ snapshot: () => xen.snapshot({ name: 'mine' }) }),
  },
  {
    name: 'a snapshot without policies',
    noticedBy: ['snapshot() has the policies that policy() answers'],
    broken: (xen) => ({ snapshot: (options) => ({ ...xen.snapshot(options), policies: {} }) }),
  },
  {
    name: 'a snapshot that offers HVM where there is none',
    on: 'without HVM',
    noticedBy: ['snapshot() offers HVM only where it can run'],
    broken: (xen) => ({
      snapshot: (options) => {
        const snapshot = xen.snapshot(options)
        const { pvMax, pvDefault } = snapshot.featuresets
        return {
          ...snapshot,
          featuresets: { ...snapshot.featuresets, hvmMax: pvMax, hvmDefault: pvDefault },
        }
      },
    }),
  },
  {
    name: 'a snapshot of another release',
    noticedBy: ['snapshot() is of the CPU and the release that there are'],
    broken: (xen) => ({
      snapshot: (options) => {
        const snapshot = xen.snapshot(options)
        return {
          ...snapshot,
          xen: snapshot.xen === null ? null : { ...snapshot.xen, release: '4.19.0' },
        }
      },
    }),
  },
]
