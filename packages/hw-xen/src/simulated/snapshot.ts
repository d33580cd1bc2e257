/** The snapshot of a host, made of what its hypervisor answers. */
import {
  brandString,
  type FeaturesetKind,
  type HostPolicies,
  type HostSnapshot,
  type Hypervisor,
  type PhysicalCpu,
} from '@xenlevel/core'

/** The width of a CPU with PAE that does not tell it (Intel SDM volume 3A, section 4.1.4). */
const UNTOLD_PHYS_ADDR_BITS = 36
const UNTOLD = `The CPU does not tell its physical address width: ${UNTOLD_PHYS_ADDR_BITS} bits stand in for it.`

/** What Xen calls its 32-bit PV guests (XENVER_capabilities). */
const PV32 = 'xen-3.0-x86_32p'

/**
 * The document of a host, from at most twenty answers.
 *
 * @param source - for people: where it comes from.
 */
export function snapshotOf(xen: Hypervisor, name: string, source: string): HostSnapshot {
  const [{ capabilities, commandLine }, info, cpus] = [xen.version(), xen.physinfo(), xen.cpus()]
  const policies = xen.policies()
  const raw = policies.raw ?? xen.policy('raw')
  const bits = raw.physAddrBits
  const told = bits >= 32 && bits <= 64
  const { revision, note } = revisionOf(cpus)
  const { host, pvMax, pvDefault, hvmMax, hvmDefault } = policies
  return {
    format: 'xenlevel/host-snapshot',
    version: 1,
    name,
    cpu: {
      vendor: raw.vendor,
      brand: brandString(raw),
      signature: raw.leaf(1).a,
      physAddrBits: told ? bits : UNTOLD_PHYS_ADDR_BITS,
      microcodeRevision: revision,
    },
    xen: {
      release: xen.release,
      commandLine,
      pv: info.pv,
      pv32: capabilities.split(' ').includes(PV32),
      hvm: info.hvm,
      hap: info.hap,
    },
    featuresets: featuresetsOf(xen, policies, info.hvm),
    policies: { raw, host, pvMax, pvDefault, ...(info.hvm && { hvmMax, hvmDefault }) },
    unknownWords: [],
    notes: [source, ...(note === null ? [] : [note]), ...(told ? [] : [UNTOLD])],
  }
}

function featuresetsOf(
  xen: Hypervisor,
  policies: HostPolicies,
  hvm: boolean,
): HostSnapshot['featuresets'] {
  const said = (which: FeaturesetKind) => xen.featureset(which)
  // A Xen that does not answer for the max sets answers for the max policies, which hold them.
  const most = (which: 'pvMax' | 'hvmMax') =>
    xen.lacks.includes(`featureset ${which}`) ? policies[which].featureset : said(which)
  return {
    raw: said('raw'),
    host: said('host'),
    pvDefault: said('pvDefault'),
    pvMax: most('pvMax'),
    ...(hvm && { hvmDefault: said('hvmDefault'), hvmMax: most('hvmMax') }),
  }
}

/** The revision of the first CPU that is online, with a note where others differ. */
function revisionOf(cpus: readonly PhysicalCpu[]): {
  revision: number | null
  note: string | null
} {
  const online = cpus.filter((cpu) => cpu.online).map((cpu) => cpu.microcodeRevision)
  const [revision = null] = online
  const known = new Set(
    online.map((each) => (each === null ? 'unknown' : `0x${each.toString(16)}`)),
  )
  const note = `Its CPUs run different microcode: ${[...known].join(', ')}.`
  return { revision, note: known.size < 2 ? null : note }
}
