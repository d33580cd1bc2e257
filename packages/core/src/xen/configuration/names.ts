/** What each name of libxl's `cpuid=` stands for, by release: libxl's own names first, then those of that Xen's cpufeatureset.h. */
import {
  type CpuRegister,
  featureTable,
  nearestRelease,
  pointRelease,
  releaseHas,
} from '@xenlevel/cpuid'
import { HEADER_NAMES, NAME_ROWS, type OwnField } from './names-table.js'

/** What a name stands for. */
export type XlField =
  | {
      /** `family` and `model` are split over two places of the signature; other fields are where they say. */
      readonly kind: 'bits' | 'family' | 'model'
      /** The name. */
      readonly name: string
      /** Its leaf. */
      readonly leaf: number
      /** Its sub-leaf; null for a leaf without. */
      readonly subleaf: number | null
      /** Its register. */
      readonly register: CpuRegister
      /** Its lowest bit. */
      readonly bit: number
      /** Number of bits. */
      readonly length: number
    }
  | {
      /** A bit of an MSR. */
      readonly kind: 'msr'
      /** The name. */
      readonly name: string
      /** Number of the MSR. */
      readonly index: number
      /** Its bit, 0 to 63. */
      readonly bit: number
    }

// A cache, not state: one immutable map a release.
const known = /* @__PURE__ */ new Map<string, ReadonlyMap<string, XlField>>()

/**
 * Every name that a release's libxl takes in `cpuid=`, with what it stands for. Case counts.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function xlCpuidNames(release: string): ReadonlyMap<string, XlField> {
  const present = known.get(release)
  if (present !== undefined) return present
  const exact = pointRelease(nearestRelease(release) ?? release)
  const names = new Map<string, XlField>()
  if (releaseHas(exact, HEADER_NAMES)) addFeatures(names, exact)
  for (const { landed, until, fields = [], same = '' } of NAME_ROWS) {
    if (!releaseHas(exact, landed) || (until !== undefined && releaseHas(exact, until))) continue
    for (const name of same.split(/\s+/)) addSame(names, name)
    for (const field of fields) names.set(field[0], ownField(field))
  }
  known.set(release, names)
  return names
}

function addFeatures(names: Map<string, XlField>, release: string): void {
  for (const { lowerName } of featureTable(release).features) {
    const field = featureField(lowerName, release)
    if (field !== undefined) names.set(lowerName, field)
  }
}

function addSame(names: Map<string, XlField>, name: string): void {
  const field = featureField(name)
  if (field !== undefined) names.set(name, field)
}

/** The field of a feature by Xen's own name, in the words of a release. */
function featureField(name: string, release?: string): XlField | undefined {
  const table = featureTable(release)
  const feature = table.feature(name)
  const source = feature === undefined ? undefined : table.words[feature.word]?.source
  if (feature === undefined || source === undefined || source === null) return undefined
  const bit = feature.bitInWord
  if ('msr' in source)
    return {
      kind: 'msr',
      name,
      index: source.msr,
      bit: source.register === 'eax' ? bit : bit + 32,
    }
  return { kind: 'bits', name, ...source, bit, length: 1 }
}

function ownField([name, leaf, subleaf, register, bit, length]: OwnField): XlField {
  const kind = name === 'family' || name === 'model' ? name : 'bits'
  return { kind, name, leaf, subleaf, register, bit, length }
}
