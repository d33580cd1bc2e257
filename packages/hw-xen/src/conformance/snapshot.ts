/** The snapshot: a document that says what the calls say. */
import {
  formatHostSnapshot,
  type HostSnapshot,
  type Hypervisor,
  parseHostSnapshot,
} from '@xenlevel/core'
import { demand, demandSame, demandSamePolicy } from './expect.js'
import { featuresetKinds, KINDS } from './sets.js'
import { ConformanceError, type Guarantee } from './types.js'

/** As many calls of Xen as a snapshot may take. */
const MOST_CALLS = 20

const isOffered = (xen: Hypervisor, kind: (typeof KINDS)[number]) =>
  !kind.startsWith('hvm') || xen.physinfo().hvm

/** Guarantees about snapshot(). */
export const SNAPSHOT: readonly Guarantee[] = [
  {
    name: 'snapshot() is a document of its schema, and survives being written and read',
    check(bench) {
      const written = textOfSnapshot(bench.open().snapshot())
      demandSame(textOfSnapshot(parseHostSnapshot(written)), written, 'The snapshot, read back,')
    },
  },
  {
    name: 'snapshot() has the name that is asked for',
    check(bench) {
      const xen = bench.open()
      demandSame(xen.snapshot({ name: 'host 7' }).name, 'host 7', 'The name')
      demand(xen.snapshot().name !== '', 'Without a name, the snapshot has an empty one.')
    },
  },
  {
    name: 'snapshot() has the featuresets that featureset() answers',
    check(bench) {
      const xen = bench.open()
      const { featuresets } = xen.snapshot()
      for (const kind of KINDS.filter((each) => isOffered(xen, each))) {
        const set = featuresets[kind]
        demand(set !== undefined, `The snapshot has no featureset ${kind}.`)
        // A Xen that lacks the call has the same in its policy.
        const wanted = featuresetKinds(xen).includes(kind)
          ? xen.featureset(kind)
          : xen.policy(kind).featureset
        demand(set.equals(wanted), `The featureset ${kind} is ${set}; it should be ${wanted}.`)
      }
    },
  },
  {
    name: 'snapshot() has the policies that policy() answers',
    check(bench) {
      const xen = bench.open()
      const { policies = {} } = xen.snapshot()
      for (const kind of KINDS.filter((each) => isOffered(xen, each))) {
        const policy = policies[kind]
        demand(policy !== undefined, `The snapshot has no policy ${kind}.`)
        demandSamePolicy(policy, xen.policy(kind), `The policy ${kind}`)
      }
    },
  },
  {
    name: 'snapshot() offers HVM only where it can run',
    check(bench) {
      const xen = bench.open()
      const { hvm, hap } = xen.physinfo()
      const snapshot: HostSnapshot = xen.snapshot()
      demandSame(snapshot.xen?.hvm, hvm, 'hvm')
      demandSame(snapshot.xen?.hap, hap, 'hap')
      demandSame(snapshot.featuresets.hvmMax !== undefined, hvm, 'That it has featuresets for HVM')
    },
  },
  {
    name: 'snapshot() is of the CPU and the release that there are',
    check(bench) {
      const xen = bench.open()
      const { cpu, xen: running } = xen.snapshot()
      const [raw, [first]] = [xen.policy('raw'), xen.cpus()]
      demandSame(running?.release, xen.release, 'The release')
      demandSame(cpu.vendor, raw.vendor, 'The vendor')
      demandSame(cpu.signature, raw.leaf(1).a, 'The signature')
      demandSame(cpu.physAddrBits, xen.policy('host').physAddrBits, 'The physical address width')
      demandSame(cpu.microcodeRevision, first?.microcodeRevision, 'The revision of the microcode')
    },
  },
  {
    name: `snapshot() takes at most ${MOST_CALLS} calls of Xen`,
    check(bench) {
      const xen = bench.open()
      const { calls } = bench.options
      if (calls === undefined) return bench.skip('its calls cannot be counted')
      const before = calls(xen)
      xen.snapshot()
      const taken = calls(xen) - before
      demand(taken > 0, 'A snapshot takes no call of Xen: it is not of this moment.')
      demand(taken <= MOST_CALLS, `A snapshot takes ${taken} calls of Xen.`)
    },
  },
]

/** The document; what is none cannot be written. */
function textOfSnapshot(snapshot: HostSnapshot): string {
  try {
    return formatHostSnapshot(snapshot)
  } catch (error) {
    throw new ConformanceError(`The snapshot is no document: ${String(error)}`, {}, error)
  }
}
