/** Features by libvirt's names: which Xen feature each one is, and what becomes of it on the way through libvirt's libxl driver. */
import {
  type FeatureName,
  Featureset,
  type FeatureTable,
  featureTable,
  UnknownFeatureError,
} from '@xenlevel/cpuid'
import { libxlName } from '../xen/configuration/libxl-name.js'
import {
  NO_BIT,
  NOT_MIGRATABLE,
  OTHER_NAME,
  SAME_NAME,
  UNNAMED_BIT,
  WRITTEN_FOR_LIBXL,
} from './libvirt-names-table.js'

/** One of libvirt's CPU features. */
export interface LibvirtFeature {
  /** libvirt's name. */
  readonly name: string
  /** Its featureset bit; null if no featureset word holds it. */
  readonly bit: number | null
  /** The newest Xen's name for it; null if it has none. */
  readonly feature: FeatureName | null
  /** What libvirt's libxl driver writes into `cpuid=` for it. */
  readonly writtenForLibxl: string
  /** Whether libxl takes that; a name that it refuses is skipped with a message, and the guest starts without the setting. */
  readonly acceptedByLibxl: boolean
  /** What libxl takes that for; not `feature` where the two mean different features by one name (`ssb-no`), null if it refuses. */
  readonly libxlFeature: FeatureName | null
  /** False if libvirt leaves it out of a CPU that must be able to migrate. */
  readonly migratable: boolean
}

interface LibvirtTable {
  readonly byName: ReadonlyMap<string, LibvirtFeature>
  readonly byBit: ReadonlyMap<number, string>
}

// A cache, not state: the same rows for everyone who asks.
let cached: LibvirtTable | undefined

function libvirtTable(): LibvirtTable {
  cached ??= buildTable(featureTable())
  return cached
}

function buildTable(table: FeatureTable): LibvirtTable {
  const xen = (name: string) => {
    const feature = table.feature(name)
    if (feature === undefined) throw new UnknownFeatureError(name, table.release)
    return feature
  }
  const bits: (readonly [libvirt: string, bit: number | null])[] = [
    ...namesIn(SAME_NAME).map((name) => [xen(name).lowerName, xen(name).bit] as const),
    ...OTHER_NAME.map(([libvirt, name]) => [libvirt, xen(name).bit] as const),
    ...UNNAMED_BIT,
    ...namesIn(NO_BIT).map((name) => [name, null] as const),
  ]
  const rows = bits.map(([name, bit]): LibvirtFeature => {
    const writtenForLibxl = WRITTEN_FOR_LIBXL.get(name) ?? name
    const taken = libxlName(writtenForLibxl)
    return Object.freeze({
      name,
      bit,
      feature: bit === null ? null : (table.feature(bit)?.name ?? null),
      writtenForLibxl,
      acceptedByLibxl: taken !== undefined,
      libxlFeature: taken?.feature ?? null,
      migratable: !NOT_MIGRATABLE.has(name),
    })
  })
  return {
    byName: new Map(rows.map((row) => [row.name, row])),
    byBit: new Map(rows.flatMap(({ name, bit }) => (bit === null ? [] : [[bit, name] as const]))),
  }
}

function namesIn(text: string): string[] {
  return text.trim().split(/\s+/)
}

/** All features that libvirt names, those with a featureset bit first. */
export function libvirtFeatures(): LibvirtFeature[] {
  return [...libvirtTable().byName.values()]
}

/** The feature that libvirt calls by this name; undefined if there is none. Case counts. */
export function libvirtFeature(name: string): LibvirtFeature | undefined {
  return libvirtTable().byName.get(name)
}

/**
 * libvirt's name of a feature; null if it has none.
 *
 * @throws {@link @xenlevel/cpuid!UnknownFeatureError} for a feature that the newest release does not have.
 */
export function libvirtNameOf(feature: FeatureName): string | null {
  const table = featureTable()
  const known = table.feature(feature)
  if (known === undefined) throw new UnknownFeatureError(feature, table.release)
  return libvirtTable().byBit.get(known.bit) ?? null
}

/** A featureset in libvirt's names. */
export interface LibvirtNames {
  /** The names, by bit. */
  readonly names: readonly string[]
  /** Bits that libvirt has no name for, ascending: it can neither require nor disable them. */
  readonly nameless: readonly number[]
}

/** A featureset in libvirt's names. */
export function libvirtNamesOf(featureset: Featureset): LibvirtNames {
  const names: string[] = []
  const nameless: number[] = []
  for (const bit of featureset.bits()) {
    const name = libvirtTable().byBit.get(bit)
    if (name === undefined) nameless.push(bit)
    else names.push(name)
  }
  return { names, nameless }
}

/** What a list of libvirt's names says of a featureset. */
export interface LibvirtFeatureset {
  /** The features that have a bit. */
  readonly featureset: Featureset
  /** Names of what no featureset word holds, such as `npt`. */
  readonly outside: readonly string[]
  /** Names that libvirt 9.0.0 does not have. */
  readonly unknown: readonly string[]
}

/** The featureset of a list of libvirt's names; as long as the newest table. */
export function featuresetOfLibvirtNames(names: Iterable<string>): LibvirtFeatureset {
  const words = new Array<number>(featureTable().words.length).fill(0)
  const outside: string[] = []
  const unknown: string[] = []
  for (const name of names) {
    const feature = libvirtFeature(name)
    if (feature === undefined) unknown.push(name)
    else if (feature.bit === null) outside.push(name)
    else {
      const word = feature.bit >>> 5
      words[word] = ((words[word] ?? 0) | (1 << (feature.bit & 31))) >>> 0
    }
  }
  return { featureset: Featureset.fromWords(words), outside, unknown }
}
