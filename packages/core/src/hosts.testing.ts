/** Hosts for tests: one line each. */
import { Featureset } from '@xenlevel/cpuid'
import type { HostSnapshot } from './documents/snapshot.js'

/** A host of which raw features are known, unless told otherwise. */
export function hostWith(
  name: string,
  features: readonly string[],
  more: Partial<HostSnapshot> = {},
): HostSnapshot {
  return {
    format: 'xenlevel/host-snapshot',
    version: 1,
    name,
    cpu: {
      vendor: 'Intel',
      brand: 'test',
      signature: 0x306f2,
      physAddrBits: 46,
      microcodeRevision: null,
    },
    xen: { release: '4.22.0', hvm: true, hap: true },
    featuresets: { raw: Featureset.fromNames(features) },
    unknownWords: [],
    notes: [],
    ...more,
  }
}
