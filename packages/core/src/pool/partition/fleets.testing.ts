/** Fleets for tests of partitions: of recorded CPUs, and of bits at random. */
import { type CpuVendor, Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { readRecordedJson } from '../../../../../fixtures/recorded.js'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { hostWith } from '../../hosts.testing.js'

/** What a host is made of. */
export interface Cpu {
  readonly vendor: CpuVendor
  readonly raw: Featureset
}

const { pools } = readRecordedJson<{ pools: { kind: string; featuresets: string[] }[] }>(
  'levelling/pools.json',
)

/** Different recorded CPUs. */
export const RECORDED: readonly Cpu[] = (['Intel', 'AMD'] as const).flatMap((vendor) => {
  const own = pools.filter(({ kind }) => kind.startsWith(vendor.toLowerCase()))
  return [...new Set(own.flatMap(({ featuresets }) => featuresets))].map((text) => ({
    vendor,
    raw: Featureset.parse(text),
  }))
})

/** A host that runs this release, HVM guests too; null for one of which no Xen is known. */
export function hostOf(name: string, { vendor, raw }: Cpu, release: string | null): HostSnapshot {
  const plain = hostWith(name, [])
  return {
    ...plain,
    cpu: { ...plain.cpu, vendor },
    xen: release === null ? null : { release, hvm: true, hap: true },
    featuresets: { raw: raw.or(Featureset.fromNames(['VMX'])) },
  }
}

const NAMES = featureTable()
  .features.map(({ name }) => name)
  .filter((_, at) => at % 3 === 0)

const made = fc.record({
  vendor: fc.constantFrom('Intel' as const, 'AMD' as const),
  raw: fc
    .subarray(['LM', 'FPU', 'VMX', 'SVM', 'AVX', 'AVX2', 'AVX512F', 'XSAVE', ...NAMES])
    .map((some) => Featureset.fromNames(some)),
})

/** Up to so many hosts, on these releases. */
export function fleets(
  maxLength: number,
  releases: readonly (string | null)[] = ['4.13.0', '4.17.7', '4.20.3', '3.4', null],
): fc.Arbitrary<HostSnapshot[]> {
  const cpu = fc.oneof(fc.constantFrom(...RECORDED), made)
  return fc
    .array(fc.tuple(cpu, fc.constantFrom(...releases)), { minLength: 1, maxLength })
    .map((rows) => rows.map(([cpu, xen], at) => hostOf(`host-${at}`, cpu, xen)))
}

/** The vendors of some hosts. */
export function vendorsOf(hosts: readonly HostSnapshot[]): ReadonlySet<CpuVendor> {
  return new Set(hosts.map(({ cpu }) => cpu.vendor))
}

/** Hosts of bits at random, of which no two have much in common. */
export function randomHosts(count: number): HostSnapshot[] {
  let state = 12345
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const names = featureTable('4.17').features.map(({ name }) => name)
  return Array.from({ length: count }, (_, at) =>
    hostOf(
      `host-${at}`,
      {
        vendor: 'Intel',
        raw: Featureset.fromNames(names.filter(() => random() < 0.7)),
      },
      '4.17.7',
    ),
  )
}
