/** For tests: snapshots with the whole policies that a real Xen answered. */
import type { HostSnapshot } from '../documents/snapshot.js'
import { recordedHost } from '../guest/recorded.testing.js'
import { hostWith } from '../hosts.testing.js'
import { runsHvm } from '../xen/host-policies.js'

/** The snapshot of a recorded boot, such as `4.17-debian-Haswell`. */
export function recordedSnapshot(boot: string, name: string): HostSnapshot {
  const { release, raw, host, pvMax, pvDefault, hvmMax, hvmDefault } = recordedHost(boot)
  const hvm = runsHvm({ release, host, pvMax, pvDefault, hvmMax, hvmDefault })
  const [vendor, signature] = [host.vendor, host.leaf(1).a]
  return hostWith(name, [], {
    cpu: { vendor, brand: '', signature, physAddrBits: host.physAddrBits, microcodeRevision: null },
    xen: { release, hvm, hap: hvm },
    featuresets: {},
    policies: {
      ...(raw === undefined ? {} : { raw }),
      ...{ host, pvMax, pvDefault },
      ...(hvm ? { hvmMax, hvmDefault } : {}),
    },
  })
}
