/** The host as a document, in as few calls as it takes. */
import {
  brandString,
  type CpuPolicy,
  type FeaturesetKind,
  type HostPolicies,
  type HostSnapshot,
  type OptionalCall,
} from '@xenlevel/core'
import type { Featureset } from '@xenlevel/cpuid'
import type { MicrocodeSource } from './calls/cpus.js'
import { tryCpuMicrocode } from './calls/cpus.js'
import { askFeaturesetWords, readFeatureset } from './calls/featureset.js'
import { readPhysinfo } from './calls/physinfo.js'
import { askPolicyRoom, readPolicy } from './calls/policy.js'
import { readVersionString } from './calls/version.js'
import type { HypercallDoor } from './hypercall.js'

/** What is known of the Xen already. */
export interface SnapshotFacts {
  /** Its release. */
  readonly release: string
  /** The release whose tables its policies are read by. */
  readonly tables: string
  /** The calls that it lacks. */
  readonly lacks: readonly OptionalCall[]
  /** What tells the microcode. */
  readonly microcode: (raw: CpuPolicy) => MicrocodeSource
}

/** The width of a CPU that does not tell (Intel SDM volume 2A, leaf 0x8000_0008). */
const UNTOLD_PHYS_ADDR_BITS = 36

/** All policies, by one question for their size. */
export function readPolicies(
  door: HypercallDoor,
  release: string,
): HostPolicies & { readonly raw: CpuPolicy } {
  const known = { release, room: askPolicyRoom(door) }
  return {
    release,
    raw: readPolicy(door, 'raw', known),
    host: readPolicy(door, 'host', known),
    pvMax: readPolicy(door, 'pvMax', known),
    pvDefault: readPolicy(door, 'pvDefault', known),
    hvmMax: readPolicy(door, 'hvmMax', known),
    hvmDefault: readPolicy(door, 'hvmDefault', known),
  }
}

/** The document: at most 18 calls, 19 on a Xen that tells its microcode. */
export function readSnapshot(
  door: HypercallDoor,
  facts: SnapshotFacts,
  name: string,
): HostSnapshot {
  const { hvm, hap, pv } = readPhysinfo(door)
  const pv32 = pv && / ?xen-\S+-x86_32p( |$)/.test(readVersionString(door, 'capabilities'))
  const { release: _, ...policies } = readPolicies(door, facts.tables)
  const { raw, host, pvMax, pvDefault, hvmMax, hvmDefault } = policies
  const notes = ['Asked of the running Xen.']
  const words = askFeaturesetWords(door)
  const featureset = (which: FeaturesetKind, policy: CpuPolicy): Featureset => {
    const lacking = facts.lacks.find((call) => call === `featureset ${which}`)
    if (lacking === undefined) return readFeatureset(door, which, words)
    notes.push(
      `Xen ${facts.release} does not tell the featureset ${which}: it is that of the policy.`,
    )
    return policy.featureset
  }
  return {
    format: 'xenlevel/host-snapshot',
    version: 1,
    name,
    cpu: {
      vendor: raw.vendor,
      brand: brandString(raw),
      signature: raw.leaf(1).a,
      physAddrBits: physAddrBitsOf(raw, notes),
      microcodeRevision: revisionOfBootCpu(door, facts.microcode(raw), notes),
    },
    xen: {
      release: facts.release,
      commandLine: readVersionString(door, 'commandLine'),
      pv,
      pv32,
      hvm,
      hap,
    },
    featuresets: {
      raw: featureset('raw', raw),
      host: featureset('host', host),
      pvDefault: featureset('pvDefault', pvDefault),
      pvMax: featureset('pvMax', pvMax),
      ...(hvm && {
        hvmDefault: featureset('hvmDefault', hvmDefault),
        hvmMax: featureset('hvmMax', hvmMax),
      }),
    },
    policies: { raw, host, pvMax, pvDefault, ...(hvm && { hvmMax, hvmDefault }) },
    unknownWords: [],
    notes,
  }
}

function physAddrBitsOf({ physAddrBits }: CpuPolicy, notes: string[]): number {
  if (physAddrBits >= 32 && physAddrBits <= 64) return physAddrBits
  notes.push(
    `The CPU does not tell its physical address width: ${UNTOLD_PHYS_ADDR_BITS} bits stand in for it.`,
  )
  return UNTOLD_PHYS_ADDR_BITS
}

function revisionOfBootCpu(
  door: HypercallDoor,
  source: MicrocodeSource,
  notes: string[],
): number | null {
  if (source !== 'xen') {
    if (source.revision !== null) {
      notes.push(
        'This Xen does not tell the microcode revision: it is what dom0 reads on its CPUs.',
      )
    }
    return source.revision
  }
  const microcode = tryCpuMicrocode(door, 0)
  return typeof microcode === 'number' ? null : microcode.revision
}
