/**
 * The featureset bit behind one of libxl's names, and the name of a feature; libvirt's are in documents/libvirt-names.ts.
 *
 * libxl takes a name of `cpuid=` first from a table of its own and then from Xen's names in lower case, so a name of the one table hides
 * the same name of the other: `clflush` is the size of a cache line, and the feature is `clfsh`
 * (xen/tools/libs/light/libxl_cpuid.c, Xen 4.23-dev).
 */
import {
  type FeatureName,
  type FeatureTable,
  featureTable,
  UnknownFeatureError,
} from '@xenlevel/cpuid'
import { type RegisterPlace, wordOf } from './named-bits.js'
import { type XlField, xlCpuidNames } from './names.js'

/** What libxl takes a name in `cpuid=` for. */
export interface LibxlName {
  /** The name, as libxl compares it: case counts. */
  readonly name: string
  /** The featureset bit that it sets; null for a field of several bits, or a bit that is in no featureset word. */
  readonly bit: number | null
  /** The name that Xen has for the bit; null without a bit, or if Xen does not name it. */
  readonly feature: FeatureName | null
}

/** What libxl takes a name in `cpuid=` for, by the newest release; undefined for a name that it refuses. */
export function libxlName(name: string): LibxlName | undefined {
  const table = featureTable()
  const field = xlCpuidNames(table.release).get(name)
  if (field === undefined) return undefined
  const bit = featuresetBit(field, table)
  return { name, bit, feature: bit === null ? null : (table.feature(bit)?.name ?? null) }
}

/** Null for a field of several bits, and for a bit of a register that is no featureset word. */
function featuresetBit(field: XlField, table: FeatureTable): number | null {
  if (field.kind !== 'msr' && field.length > 1) return null
  const place: RegisterPlace =
    field.kind === 'msr' ? { msr: field.index, register: field.bit < 32 ? 'eax' : 'edx' } : field
  const word = wordOf(place, { table })
  return word < 0 ? null : word * 32 + (field.bit & 31)
}

/**
 * The name under which libxl's `cpuid=` takes a feature: Xen's in lower case, but for CLFLUSH.
 *
 * @throws {@link @xenlevel/cpuid!UnknownFeatureError} for a feature that the newest release does not have.
 */
export function libxlNameOf(feature: FeatureName): string {
  const table = featureTable()
  const known = table.feature(feature)
  if (known === undefined) throw new UnknownFeatureError(feature, table.release)
  return known.lowerName === 'clflush' ? 'clfsh' : known.lowerName
}
