/** What is timed of a toolstack's decisions: whole policies levelled, guests admitted, configuration applied. */
import {
  admitGuest,
  applyConfig,
  CpuPolicy,
  derivePolicies,
  type HostPolicies,
  levelPolicies,
  toXlConfig,
} from '@xenlevel/core'
import type { CpuidLeaf, Featureset } from '@xenlevel/cpuid'
import type { Operation } from './operation.js'

/** A pool as large as they come, of as many kinds of CPU as there are sets. */
const HOSTS = 1000

/** The operations, on hosts with these features. */
export function decisions(
  leaves: readonly CpuidLeaf[],
  sets: readonly Featureset[],
): readonly Operation[] {
  const raw = CpuPolicy.fromRecords(leaves)
  const derive = (set: Featureset): HostPolicies =>
    derivePolicies(raw.withFeatureset(set), { release: '4.23-dev', hostFeatureset: set })
  const hosts = Array.from({ length: HOSTS }, (_, at) => {
    const set = sets[at % sets.length]
    if (set === undefined) throw new Error('there are no featuresets')
    return { name: `host-${at}`, policies: derive(set) }
  })
  const [first] = hosts
  if (first === undefined) throw new Error('there are no hosts')
  const level = levelPolicies([first], { kind: 'hvm' }).nearest
  const guest = { kind: 'hvm', policy: level } as const
  const records = { kind: 'hvm', records: guest.policy.toRecords() } as const
  const config = {
    host: first.policies,
    domain: { kind: 'hvm' },
    release: '4.23-dev',
    cpuid: ['avx2=0', 'rdseed=0', 'erms=1', 'clflushopt=x'],
    language: 'libxl',
  } as const
  return [
    {
      name: `level ${HOSTS} whole policies of ${sets.length} kinds`,
      ours: () => levelPolicies(hosts, { kind: 'hvm' }),
      limit: 5_000_000,
      batch: 2,
    },
    {
      name: 'admit a guest by its policy',
      ours: () => admitGuest(guest, first.policies),
      peer: {
        name: 'subset of bigints, no names',
        run: () =>
          (guest.policy.featureset.toBigInt() & ~first.policies.hvmMax.featureset.toBigInt()) ===
          0n,
      },
      limit: 10_000,
      batch: 100,
    },
    {
      name: 'admit a guest by the records of a stream',
      ours: () => admitGuest(records, first.policies),
      limit: 10_000,
      batch: 100,
    },
    {
      name: 'read and apply a cpuid= line of 4 items',
      ours: () => applyConfig(config),
      limit: 20_000,
      batch: 100,
    },
    {
      name: 'write the shortest cpuid= line for a policy',
      ours: () => toXlConfig(guest.policy, { host: first.policies, domain: { kind: 'hvm' } }),
      limit: 2_000_000,
      batch: 5,
    },
  ]
}
