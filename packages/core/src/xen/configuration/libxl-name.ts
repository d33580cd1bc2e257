/**
 * Feature names as Xen and libxl spell them; libvirt's are in documents/libvirt-names.ts.
 *
 * libxl takes a name of `cpuid=` first from a table of its own and then from Xen's names in lower case, so a name of the one table hides
 * the same name of the other: `clflush` is the size of a cache line, and the feature is `clfsh`
 * (xen/tools/libs/light/libxl_cpuid.c, Xen 4.23-dev).
 */
import { type FeatureName, featureTable, UnknownFeatureError } from '@xenlevel/cpuid'

/** What libxl takes a name in `cpuid=` for. */
export interface LibxlName {
  /** The name, as libxl compares it: case counts. */
  readonly name: string
  /** The featureset bit that it sets; null for a field of several bits, or a bit that is in no featureset word. */
  readonly bit: number | null
  /** The name that Xen has for the bit; null without a bit, or if Xen does not name it. */
  readonly feature: FeatureName | null
}

/** libxl's own names of single bits that are in a featureset word: name and bit. */
const OWN_BITS: ReadonlyMap<string, number> = /* @__PURE__ */ new Map([
  ['cmpxchg8', 8],
  ['sysenter', 11],
  ['psn', 18],
  ['clfsh', 19],
  ['tm', 29],
  ['ia64', 30],
  ['est', 39],
  ['cntxid', 42],
  ['cmpxchg16', 45],
  ['sse4_1', 51],
  ['sse4.1', 51],
  ['sse4_2', 52],
  ['sse4.2', 52],
  ['aes', 57],
  ['lahfsahf', 96],
  ['cmplegacy', 97],
  ['altmovcr8', 100],
  ['nodeid', 115],
  ['perfctr_core', 119],
  ['perfctr_nb', 120],
  ['tsc_adjust', 161],
  ['cmt', 172],
  ['invtsc', 232],
  ['ppin', 279],
  ['lfence+', 354],
])

/** libxl's own names of what is in no featureset word: fields of several bits, and bits of leaves 6 and 0x8000000a. */
const OWN_FIELDS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'maxleaf',
  'stepping',
  'model',
  'family',
  'brandid',
  'clflush',
  'proccount',
  'localapicid',
  'arat',
  'procpkg',
  'nc',
  'apicidsize',
  'svm_npt',
  'svm_lbrv',
  'svm_nrips',
  'svm_tscrate',
  'svm_vmcbclean',
  'svm_decode',
  'svm_pausefilt',
  'maxhvleaf',
])

/** What libxl takes a name in `cpuid=` for, by the newest release; undefined for a name that it refuses. */
export function libxlName(name: string): LibxlName | undefined {
  if (OWN_FIELDS.has(name)) return { name, bit: null, feature: null }
  const table = featureTable()
  const own = OWN_BITS.get(name)
  const feature = table.feature(own ?? name)
  if (own !== undefined) return { name, bit: own, feature: feature?.name ?? null }
  // The table also takes Xen's own spelling, which libxl does not.
  if (feature === undefined || feature.lowerName !== name) return undefined
  return { name, bit: feature.bit, feature: feature.name }
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
