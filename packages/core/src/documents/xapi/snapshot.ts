/** The bridge from xapi's map to a host snapshot. */
import { featureTable } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../snapshot.js'
import { type XapiCpuInfo, xapiCpuVendor, xapiOffersHvm } from './cpu-info.js'
import { XapiCpuInfoError } from './featureset.js'

/** What xapi's map does not say. */
export interface XapiSnapshotOptions {
  /** The host's Xen: xapi's `software_version` has it as `xen_version`. */
  readonly release: string
  /**
   * Physical address width in bits. Without it 36 is taken, and a note says so: a level that holds such a snapshot promises no more
   * than that.
   */
  readonly physAddrBits?: number
  /** Leaf 1's eax; by default made of family, model and stepping. */
  readonly signature?: number
  /** Whether HVM guests can run; by default what the HVM featureset shows, or without one whether the CPU has VMX or SVM. */
  readonly hvm?: boolean
  /** Whether their paging is assisted by hardware; true by default where HVM guests can run. */
  readonly hap?: boolean
  /** Revision of the loaded microcode; not known by default. */
  readonly microcodeRevision?: number
}

/** The width of a CPU with PAE that does not tell it (Intel SDM volume 3A, section 4.1.4). */
const UNTOLD_PHYS_ADDR_BITS = 36

/**
 * The snapshot of a host that xapi knows.
 *
 * A host with levelling keys gets its default and max sets; the HVM ones are left out where it cannot run HVM guests. Where there is no
 * default set beside a max set, the host is of a time that had one set for both, and it stands for both, with a note. A host from
 * before XenServer 7.0 has four words of what its CPU says, and what it offers will be estimated from those; the other words are
 * marked unknown. Where there is nothing of all this, the snapshot has no featureset, and a note says so.
 *
 * @throws {@link XapiCpuInfoError}, code `XAPI_INCOMPLETE`, if neither the map nor the options tell the signature.
 */
export function hostSnapshotFromXapi(
  name: string,
  info: XapiCpuInfo,
  options: XapiSnapshotOptions,
): HostSnapshot {
  const hvm = options.hvm ?? (xapiOffersHvm(info) || hasHvmCpu(info))
  const { featuresets, unknownWords, note } = featuresetsOf(info, hvm)
  const notes = ["Made of xapi's cpu_info.", ...(note === undefined ? [] : [note])]
  if (options.physAddrBits === undefined) {
    notes.push(
      `xapi does not keep the physical address width: ${UNTOLD_PHYS_ADDR_BITS} bits, the width of a CPU that does not tell, stand in for it.`,
    )
  }
  return {
    format: 'xenlevel/host-snapshot',
    version: 1,
    name,
    cpu: {
      vendor: xapiCpuVendor(info.vendor) ?? 'Unknown',
      brand: info.modelName ?? '',
      signature: options.signature ?? signatureOf(name, info),
      physAddrBits: options.physAddrBits ?? UNTOLD_PHYS_ADDR_BITS,
      microcodeRevision: options.microcodeRevision ?? null,
    },
    xen: { release: options.release, hvm, hap: options.hap ?? hvm },
    featuresets,
    unknownWords,
    notes,
  }
}

/** For hosts from before levelling keys: their masks are all that can tell. */
function hasHvmCpu({ featuresets }: XapiCpuInfo): boolean {
  const { hvmMax, hvmDefault, physical, masked } = featuresets
  const raw = hvmMax === undefined && hvmDefault === undefined ? (physical ?? masked) : undefined
  return raw !== undefined && (raw.has('VMX') || raw.has('SVM'))
}

interface UsableFeaturesets extends Pick<HostSnapshot, 'featuresets' | 'unknownWords'> {
  readonly note?: string
}

function featuresetsOf({ featuresets }: XapiCpuInfo, hvm: boolean): UsableFeaturesets {
  const { pvMax, hvmMax, pvDefault = pvMax, hvmDefault = hvmMax } = featuresets
  if (pvDefault !== undefined && pvMax !== undefined) {
    const withHvm = hvm && hvmDefault !== undefined && hvmMax !== undefined
    return {
      featuresets: { pvDefault, pvMax, ...(withHvm ? { hvmDefault, hvmMax } : {}) },
      unknownWords: [],
      ...(featuresets.pvDefault === undefined
        ? { note: 'The map has no default sets; the max sets stand in for them.' }
        : {}),
    }
  }
  const raw = featuresets.physical ?? featuresets.masked
  if (raw === undefined || raw.isEmpty) {
    const note = 'The map has no featuresets that could be used: what the host offers is not known.'
    return { featuresets: {}, unknownWords: [], note }
  }
  const words = featureTable().words.map(({ index }) => index)
  return {
    featuresets: { raw },
    unknownWords: words.filter((index) => index >= raw.words.length),
  }
}

/** Leaf 1's eax, by the inverse of what Xen and Linux read out of it (Intel SDM volume 2A, CPUID, figure "Version Information"). */
function signatureOf(name: string, { family, model, stepping }: XapiCpuInfo): number {
  if (
    family === null ||
    model === null ||
    stepping === null ||
    family > 270 ||
    model > 255 ||
    stepping > 15
  ) {
    throw new XapiCpuInfoError({
      code: 'XAPI_INCOMPLETE',
      message: `The cpu_info of ${name} does not tell family, model and stepping of its CPUs: give options.signature.`,
      offset: null,
      path: 'family',
      details: { name, family, model, stepping },
    })
  }
  const extendedFamily = Math.max(family - 15, 0)
  return (
    extendedFamily * 2 ** 20 +
    (model >>> 4) * 2 ** 16 +
    Math.min(family, 15) * 2 ** 8 +
    (model & 15) * 2 ** 4 +
    stepping
  )
}
