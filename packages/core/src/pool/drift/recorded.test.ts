/** Drift on what was recorded: CPUs of one signature, and one machine under many releases of Xen. */
import { Featureset, readCpuDump } from '@xenlevel/cpuid'
import { expect, it } from 'vitest'
import {
  describeRecorded,
  readRecorded,
  readRecordedJson,
} from '../../../../../fixtures/recorded.js'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { derivePolicies } from '../../xen/derive.js'
import { estimateHostFeatureset } from '../../xen/estimate.js'
import { recordedSnapshot } from '../mobility/mobility.testing.js'
import { compareSnapshots } from './compare-snapshots.js'
import { explained, mirrored, plain } from './mirror.testing.js'

interface Pair {
  readonly signature: string
  readonly a: string
  readonly b: string
  readonly onlyA: readonly string[]
  readonly onlyB: readonly string[]
  readonly aMicrocode?: string | null
  readonly bMicrocode?: string | null
}

interface IndexedHost {
  readonly name: string
  readonly file: string
  readonly vendor: string
  readonly brand: string
  readonly physAddrBits: number | null
  readonly featureset: string
  readonly incompleteWords: readonly number[]
}

describeRecorded(
  [
    'levelling/same-signature-pairs.json',
    'levelling/same-cpu-different-dump.json',
    'hosts/index.json',
  ],
  () => {
    const { hosts } = readRecordedJson<{ hosts: IndexedHost[] }>('hosts/index.json')
    const pairs = readRecordedJson<Pair[]>('levelling/same-signature-pairs.json')
    const sameCpu = readRecordedJson<Pair[]>('levelling/same-cpu-different-dump.json')

    const snapshotOf = (name: string, signature: string, microcode?: string | null) => {
      const host = hosts.find((candidate) => candidate.name === name)
      if (host === undefined) throw new Error(`${name} is not among the hosts`)
      return {
        format: 'xenlevel/host-snapshot',
        version: 1,
        name: 'host',
        cpu: {
          vendor: host.vendor === 'intel' ? 'Intel' : 'AMD',
          brand: host.brand,
          signature: Number(signature),
          physAddrBits: host.physAddrBits ?? 36,
          microcodeRevision: microcode ? Number(microcode) : null,
        },
        xen: null,
        featuresets: { raw: Featureset.parse(host.featureset) },
        unknownWords: [...host.incompleteWords],
        notes: [],
      } satisfies HostSnapshot
    }
    /** The same with the whole raw policy, under a Xen. */
    const underXen = (snapshot: HostSnapshot, name: string): HostSnapshot => {
      const host = hosts.find((candidate) => candidate.name === name)
      const release = '4.20.3'
      const dump = readCpuDump(readRecorded(`hosts/${host?.file}`))
      const raw = CpuPolicy.fromDump(dump, { release })
      const hvm = raw.featureset.has('VMX') || raw.featureset.has('SVM')
      return { ...snapshot, xen: { release, hvm, hap: hvm }, policies: { raw } }
    }
    const label = (feature: string | undefined, bit: number | null) =>
      feature ?? `${(bit ?? 0) >>> 5}*32+${(bit ?? 0) & 31}`

    it('has 79 and 5 pairs', () => expect([pairs.length, sameCpu.length]).toEqual([79, 5]))

    it.each([...pairs, ...sameCpu])('$a and $b', (pair) => {
      const drift = compareSnapshots(
        snapshotOf(pair.a, pair.signature, pair.aMicrocode),
        snapshotOf(pair.b, pair.signature, pair.bMicrocode),
      )
      const raw = drift.features.filter(({ sets }) => sets.includes('raw'))
      const named = (change: 'lost' | 'gained', recorded: readonly string[]) =>
        raw
          .filter((each) => each.change === change)
          .map(({ feature, bit }) => label(feature, bit))
          .filter((name) => recorded.includes(name))
          .sort()
      expect(named('lost', pair.onlyA)).toEqual([...pair.onlyA].sort())
      expect(named('gained', pair.onlyB)).toEqual([...pair.onlyB].sort())
      const recorded = [...pair.onlyA, ...pair.onlyB]
      const unexplained = raw.filter(
        ({ feature, bit, explanations }) =>
          feature !== undefined &&
          recorded.includes(label(feature, bit)) &&
          explanations[0]?.cause === 'unknown',
      )
      expect(unexplained.map(({ message }) => message)).toEqual([])
    })

    it.each([...pairs, ...sameCpu])('$a and $b under Xen', (pair) => {
      const [before, after] = [
        underXen(snapshotOf(pair.a, pair.signature, pair.aMicrocode), pair.a),
        underXen(snapshotOf(pair.b, pair.signature, pair.bMicrocode), pair.b),
      ]
      const drift = compareSnapshots(before, after)
      expect(mirrored(compareSnapshots(after, before))).toEqual(plain(drift))
      // What Xen makes of a CPU changes with the CPU: nothing is put down to Xen, which is the same, nor to nothing.
      const others = drift.features.filter(({ sets }) => !sets.includes('raw'))
      for (const { explanations, message } of [...others, ...drift.fields]) {
        const causes = explanations.map(({ cause }) => cause)
        expect(causes, message).not.toContain('xen-release')
        expect(causes[0], message).not.toBe('unknown')
      }
    })
  },
)

const BOOTS = ['EPYC', 'Skylake-Server'].flatMap((cpu) =>
  ['4.13.5', '4.15.7', '4.17.0', '4.17-debian', '4.18.6', '4.20.3', '4.22.0'].map(
    (xen) => `${xen}-${cpu}`,
  ),
)

describeRecorded(
  BOOTS.map((boot) => `xen/hosts/${boot}.json`),
  () => {
    const snapshots = BOOTS.map((boot) => ({ boot, snapshot: recordedSnapshot(boot, 'host') }))
    const alike = snapshots.flatMap((a) =>
      snapshots
        .filter((b) => a !== b && a.boot.split('-').pop() === b.boot.split('-').pop())
        .map((b) => [a.boot, b.boot, a.snapshot, b.snapshot] as const),
    )

    it.each(alike)('%s to %s: Xen is what changed', (_a, _b, before, after) => {
      const drift = compareSnapshots(before, { ...after, cpu: before.cpu })
      expect(drift.facts.map(({ fact }) => fact)).toContain('release')
      expect(drift.causes[0]).toMatchObject({ cause: 'xen-release' })
      // Whatever is not features is put down to Xen as well, above all else.
      for (const { explanations, message } of drift.fields)
        expect(explanations[0]?.cause, message).toBe('xen-release')
      // The machine is the same: whatever guests get otherwise is put down to Xen.
      for (const { sets, explanations, message } of drift.features) {
        if (sets.includes('raw') || sets.includes('host')) continue
        expect(
          explanations.map(({ cause }) => cause),
          message,
        ).toContain('xen-release')
      }
      expect(mirrored(compareSnapshots({ ...after, cpu: before.cpu }, before))).toEqual(
        plain(drift),
      )
    })

    it.each(snapshots)('$boot started with cpuid=no-rdrand', ({ snapshot }) => {
      const raw = snapshot.policies?.raw
      if (raw === undefined || snapshot.xen === null) return expect.unreachable()
      const { release } = snapshot.xen
      const started = (commandLine: string): HostSnapshot => {
        const { featureset, facts } = estimateHostFeatureset(raw, { release, commandLine })
        const { vpmuMode: _, ...policies } = derivePolicies(raw, {
          ...facts,
          release,
          hostFeatureset: featureset,
          hvm: snapshot.xen?.hvm ?? false,
        })
        const { release: __, hvmMax, hvmDefault, ...rest } = policies
        const hvm = !hvmMax.equals(CpuPolicy.empty) && snapshot.xen?.hvm === true
        return {
          ...snapshot,
          featuresets: {},
          policies: { ...rest, ...(hvm ? { hvmMax, hvmDefault } : {}) },
          xen: {
            release,
            hvm: snapshot.xen?.hvm ?? false,
            hap: snapshot.xen?.hap ?? false,
            commandLine,
          },
        }
      }
      const drift = compareSnapshots(started(''), started('cpuid=no-rdrand'))
      expect(explained(drift)).toEqual(
        drift.features.map(({ feature }) => ['lost', feature, 'likely command-line']),
      )
      expect(drift.features.map(({ feature }) => feature)).toEqual(
        raw.featureset.has('RDRAND') ? ['RDRAND'] : [],
      )
    })
  },
)
