/**
 * xapi's `host.cpu_info` and `pool.cpu_info`: maps of text to text in which xapi keeps what its hosts offer.
 *
 * A trap in the names: `features_pv_host` and `features_hvm_host` are what a guest gets when nobody asks (default), `features_pv`
 * and `features_hvm` what a host can take in (max); xen-api, ocaml/xenopsd/xc/xenops_server_xen.ml and
 * ocaml/xapi-consts/constants.ml.
 */
import type { CpuVendor, FeatureName, Featureset } from '@xenlevel/cpuid'
import { cpuVendor, featureTable } from '@xenlevel/cpuid'
import type { Finding } from '../../finding.js'
import { compatibilityMask } from '../../xen/compatibility-bits.js'
import type { DefaultFeatureset, MaxFeatureset } from '../../xen/offered-featuresets.js'
import { readXapiFeatureset, refuseNoText, swapXapiMaskOrder } from './featureset.js'

/** The featuresets of a map; one that is not there was not in the map. */
export interface XapiFeaturesets {
  /** `features_pv_host`: what PV guests get when nobody asks. */
  readonly pvDefault?: DefaultFeatureset
  /** `features_hvm_host`: what HVM, PVH and PV-in-PVH guests get when nobody asks. */
  readonly hvmDefault?: DefaultFeatureset
  /** `features_pv`: what PV guests may have at most. */
  readonly pvMax?: MaxFeatureset
  /** `features_hvm`: what HVM, PVH and PV-in-PVH guests may have at most. */
  readonly hvmMax?: MaxFeatureset
  /** `features`, gone from newer releases: what the CPU says, behind a mask where firmware or Xen set one; in Xen's word order. */
  readonly masked?: Featureset
  /** `physical_features`, XenServer 5.6 to 6.5: what the CPU says without a mask; in Xen's word order. */
  readonly physical?: Featureset
  /** `features_after_reboot`, XenServer 5.6 to 6.5: what a mask will leave; in Xen's word order. */
  readonly afterReboot?: Featureset
}

/** What a `cpu_info` map says. */
export interface XapiCpuInfo {
  /** The CPU's own vendor string: `'GenuineIntel'`; null if the map has none. */
  readonly vendor: string | null
  /** The brand string. */
  readonly modelName: string | null
  /** Family, as Linux and Xen count it; null if the map has none, or no number. */
  readonly family: number | null
  /** Model, with the extended model in it. */
  readonly model: number | null
  /** Stepping. */
  readonly stepping: number | null
  /** Logical CPUs of the host, or of all hosts of the pool. */
  readonly cpuCount: number | null
  /** Sockets of the host, or of all hosts of the pool. */
  readonly socketCount: number | null
  /** The featuresets. */
  readonly featuresets: XapiFeaturesets
  /** Every other key as it was read, and those above whose value was no number. */
  readonly others: Readonly<Record<string, string>>
  /** What is missing or odd. */
  readonly findings: readonly Finding[]
}

/** Options of {@link parseXapiCpuInfo}. */
export interface XapiCpuInfoOptions {
  /** Whose map it is, which decides what is missing: a pool has no max sets. `'host'` by default. */
  readonly of?: 'host' | 'pool'
  /** What errors and findings call it: a host's name. */
  readonly source?: string
}

type TextField = 'vendor' | 'modelName'
type NumberField = 'family' | 'model' | 'stepping' | 'cpuCount' | 'socketCount'
type FeaturesetField = keyof XapiFeaturesets
type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

const TEXT_KEYS: ReadonlyMap<string, TextField> = /* @__PURE__ */ new Map([
  ['vendor', 'vendor'],
  ['modelname', 'modelName'],
])
const NUMBER_KEYS: ReadonlyMap<string, NumberField> = /* @__PURE__ */ new Map([
  ['cpu_count', 'cpuCount'],
  ['socket_count', 'socketCount'],
  ['family', 'family'],
  ['model', 'model'],
  ['stepping', 'stepping'],
])
const FEATURESET_KEYS: ReadonlyMap<string, FeaturesetField> = /* @__PURE__ */ new Map([
  ['features_pv_host', 'pvDefault'],
  ['features_hvm_host', 'hvmDefault'],
  ['features_pv', 'pvMax'],
  ['features_hvm', 'hvmMax'],
  ['features', 'masked'],
  ['physical_features', 'physical'],
  ['features_after_reboot', 'afterReboot'],
])
const EXPECTED = {
  host: ['features_pv_host', 'features_hvm_host', 'features_pv', 'features_hvm'],
  pool: ['features_pv_host', 'features_hvm_host'],
} as const

/**
 * Reads a `cpu_info` map. What is missing (a host from before XenServer 7.0, a host that cannot run HVM guests) is told in `findings`;
 * what cannot be read is refused.
 *
 * @throws {@link XapiCpuInfoError} for a value that is no text, a featureset that cannot be read, and bits in words that no release has.
 */
export function parseXapiCpuInfo(
  map: Readonly<Record<string, string>>,
  options: XapiCpuInfoOptions = {},
): XapiCpuInfo {
  const kind = options.of ?? 'host'
  const source = options.source ?? kind
  const texts: Record<TextField, string | null> = { vendor: null, modelName: null }
  const numbers: Record<NumberField, number | null> = {
    family: null,
    model: null,
    stepping: null,
    cpuCount: null,
    socketCount: null,
  }
  const featuresets: Writable<XapiFeaturesets> = {}
  const others: [key: string, value: string][] = []
  for (const [key, value] of Object.entries(map)) {
    refuseNoText(value, { key, source })
    const [text, number, set] = [TEXT_KEYS.get(key), NUMBER_KEYS.get(key), FEATURESET_KEYS.get(key)]
    if (text !== undefined) texts[text] = value
    else if (set !== undefined) {
      featuresets[set] = inXenOrder(set, readXapiFeatureset(value, { key, source }))
    } else if (number !== undefined && /^(?:0|[1-9]\d{0,8})$/.test(value)) {
      numbers[number] = Number(value)
    } else others.push([key, value])
  }
  const info = { ...texts, ...numbers, featuresets, others: Object.fromEntries(others) }
  return Object.freeze({ ...info, findings: Object.freeze(findFindings(info, kind, source)) })
}

/** The map that {@link parseXapiCpuInfo} read, in the form in which xapi writes it; keys that it does not know are kept. */
export function formatXapiCpuInfo(info: XapiCpuInfo): Record<string, string> {
  const entries: [key: string, value: string][] = []
  const write = (key: string, value: string | number | null | undefined) => {
    if (value !== null && value !== undefined) entries.push([key, String(value)])
  }
  for (const [key, field] of NUMBER_KEYS) write(key, info[field])
  for (const [key, field] of TEXT_KEYS) write(key, info[field])
  for (const [key, field] of FEATURESET_KEYS) {
    const featureset = info.featuresets[field]
    write(key, featureset === undefined ? undefined : inXenOrder(field, featureset).toString())
  }
  // Entries last, so that a field which was set later replaces a text that could not be read.
  return Object.fromEntries([...Object.entries(info.others), ...entries])
}

/** The vendor that Xen takes the CPU for, by its vendor string; null without one. */
export function xapiCpuVendor(vendor: string | null): CpuVendor | null {
  if (vendor === null) return null
  const register = (from: number) =>
    [3, 2, 1, 0].reduce((value, at) => value * 256 + (vendor.charCodeAt(from + at) & 0xff), 0)
  return vendor.length === 12 ? cpuVendor(register(0), register(8), register(4)) : 'Unknown'
}

/**
 * What of a featureset is a capability of the CPU, by bit: without the bits that max sets of XenServer and XCP-ng carry so that guests
 * from elsewhere are let in ({@link COMPATIBILITY_BITS}).
 *
 * @param vendor - the map's vendor string.
 */
export function xapiCapabilities(featureset: Featureset, vendor: string | null): FeatureName[] {
  return withoutCompatibilityBits(featureset, vendor).names()
}

/**
 * Whether the host can run HVM guests, as far as its featuresets tell: an HVM set with nothing in it, or with nothing but bits carried
 * for compatibility, is that of a host without. xapi itself looks at `host.capabilities`.
 */
export function xapiOffersHvm(info: Pick<XapiCpuInfo, 'featuresets' | 'vendor'>): boolean {
  const offered = info.featuresets.hvmMax ?? info.featuresets.hvmDefault
  return offered !== undefined && !withoutCompatibilityBits(offered, info.vendor).isEmpty
}

function withoutCompatibilityBits(featureset: Featureset, vendor: string | null): Featureset {
  return featureset.andNot(compatibilityMask(xapiCpuVendor(vendor), featureTable()))
}

function inXenOrder(field: FeaturesetField, featureset: Featureset): Featureset {
  const mask = field === 'masked' || field === 'physical' || field === 'afterReboot'
  return mask ? swapXapiMaskOrder(featureset) : featureset
}

function findFindings(
  info: Omit<XapiCpuInfo, 'findings'>,
  kind: 'host' | 'pool',
  source: string,
): Finding[] {
  const findings: Finding[] = []
  const add = (code: string, severity: Finding['severity'], message: string) =>
    findings.push({ code, severity, message, ...(kind === 'host' ? { hosts: [source] } : {}) })
  const { pvDefault, pvMax, hvmDefault, hvmMax } = info.featuresets
  const present = new Set(
    [...FEATURESET_KEYS]
      .filter(([, field]) => info.featuresets[field] !== undefined)
      .map(([key]) => key),
  )
  const missing = EXPECTED[kind].filter((key) => !present.has(key))
  if (missing.length > 0) {
    const max = missing.some((key) => !key.endsWith('_host'))
    const least = missing.some((key) => key.endsWith('_host'))
    const effects = [
      ...(least && kind === 'pool' ? ['has no level to start guests at'] : []),
      ...(least && kind === 'host' ? ['leaves it out of the pool level'] : []),
      ...(max ? ['lets no running guest in'] : []),
    ]
    add(
      'levelling-keys-missing',
      'error',
      `${source} lacks ${missing.join(', ')}: xapi ${effects.join(' and ')}. Releases that do not know these keys never write them; on others, restart the toolstack.`,
    )
  }
  if (info.vendor === null) {
    add('vendor-missing', 'warning', `${source} does not say who made its CPUs.`)
  }
  for (const [key, value] of Object.entries(info.others)) {
    if (!NUMBER_KEYS.has(key)) continue
    add(
      'number-unreadable',
      'warning',
      `${key} of ${source} is no number but ${JSON.stringify(value.slice(0, 40))}.`,
    )
  }
  if ((hvmMax ?? hvmDefault) !== undefined && !xapiOffersHvm(info)) {
    add('host-without-hvm', 'warning', `${source} cannot run HVM guests.`)
  }
  for (const [guests, least, most] of [
    ['PV', pvDefault, pvMax],
    ['HVM', hvmDefault, hvmMax],
  ] as const) {
    if (least === undefined || most === undefined || least.isSubsetOf(most)) continue
    const beyond = least.andNot(most)
    const bits = beyond.unknownBits().map((bit) => `bit ${bit}`)
    add(
      'default-beyond-max',
      'error',
      `${source} gives ${guests} guests by default what it could not let in again: ${[...beyond.names(), ...bits].join(', ')}. xenopsd refuses to start with such sets.`,
    )
  }
  return findings
}
