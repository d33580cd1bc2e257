/** For tests: hosts with the featuresets of recorded CPUs, under any Xen or none. */
import { Featureset, featureTable, mapFeatureset } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { readRecordedJson } from '../../../../fixtures/recorded.js'
import type { HostSnapshot } from '../documents/snapshot.js'
import { hostWith } from '../hosts.testing.js'

/** A recorded pool, and what the peer makes of it. */
export interface RecordedPool {
  readonly kind: string
  readonly hosts: readonly string[]
  readonly featuresets: readonly string[]
  readonly rawAnd: string
  readonly peerCombine: string
  readonly physAddrBitsMin: number
}

/** The 65 recorded pools. */
export function recordedPools(): readonly RecordedPool[] {
  return readRecordedJson<{ pools: RecordedPool[] }>('levelling/pools.json').pools
}

/** A host that offers a featureset for boot and for acceptance, in the words of the newest table. */
export function hostOffering(name: string, text: string): HostSnapshot {
  const set = Featureset.parse(text)
  const featuresets = { pvDefault: set, pvMax: set, hvmDefault: set, hvmMax: set }
  return hostWith(name, [], { xen: null, featuresets })
}

/** A release as a host may say it, known or not. */
const release = fc.constantFrom(
  '4.7.6',
  '4.13.0',
  '4.16.0',
  '4.17.7-2.xcp',
  '4.20.1',
  '4.22.0',
  '5.1',
)

/** Where the featuresets of a host come from. */
const origin = fc.constantFrom('said', 'raw', 'raw without Xen', 'said without HVM', 'mute')

/** Any host. */
export function anyHost(): fc.Arbitrary<(name: string) => HostSnapshot> {
  const texts = [...new Set(recordedPools().flatMap(({ featuresets }) => featuresets))]
  return fc
    .record({
      text: fc.constantFrom(...texts),
      release,
      origin,
      hap: fc.boolean(),
      physAddrBits: fc.constantFrom(36, 39, 46, 48, 52),
      vendor: fc.constantFrom('Intel' as const, 'Intel' as const, 'AMD' as const),
      unknownWords: fc.constantFrom([], [], [16, 17]),
      strange: fc.boolean(),
    })
    .map((one) => (name: string) => {
      const raw = Featureset.parse(one.text)
      const mapped = carry(raw, one.release)
      // A bit that few tables name, in a word that few have.
      const set = one.strange ? mapped.or(Featureset.fromBigInt(1n << 545n)) : mapped
      const said = { pvDefault: set, pvMax: raw.words.length > 0 ? set : mapped }
      const featuresets = {
        said: { ...said, hvmDefault: set, hvmMax: mapped },
        raw: { raw },
        'raw without Xen': { raw },
        'said without HVM': said,
        mute: {},
      }[one.origin]
      return hostWith(name, [], {
        cpu: {
          vendor: one.vendor,
          brand: '',
          signature: 0x306f2,
          physAddrBits: one.physAddrBits,
          microcodeRevision: null,
        },
        xen:
          one.origin === 'raw without Xen'
            ? null
            : { release: one.release, hvm: true, hap: one.hap },
        featuresets,
        unknownWords: [...one.unknownWords],
      })
    })
}

function carry(set: Featureset, release: string): Featureset {
  const branch = /^4\.\d+/.exec(release)?.[0]
  if (branch === undefined) return set
  return mapFeatureset(set, featureTable(), featureTable(branch)).featureset
}
