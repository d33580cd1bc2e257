/** The report of a pool, made: everything that the page and the picture say, as data. */
import {
  type AdmitOptions,
  featureMeaning,
  type HostSnapshot,
  levelPool,
  type PoolLevel,
  psabiLevel,
} from '@xenlevel/core'
import { type FeatureTable, type FeatureWord, featureTable, XenlevelError } from '@xenlevel/cpuid'
import { alikeHosts } from './columns.js'
import { columnCosts } from './costs.js'
import { levelTexts } from './level-texts.js'
import { lossesOf } from './losses.js'
import { headingOf, headingsOf } from './meanings.js'
import { judgeGuests, type ReportedGuest } from './mobility.js'
import { cellOf, type Offer, offerOf, stateOf, whyOf } from './offers.js'
import type {
  HiddenFeature,
  PoolReport,
  ReportColumn,
  ReportFeature,
  ReportHost,
  ReportKind,
  ReportWord,
} from './types.js'

/** Options of {@link poolReport}. */
export interface PoolReportOptions {
  /** Guests to put before each host, in the words of {@link AdmitOptions.release}; none by default. */
  readonly guests?: readonly ReportedGuest[]
  /** The heading; "What this pool can promise" by default. */
  readonly title?: string
  /** A level of these hosts that is already made; by default that of {@link @xenlevel/core!levelPool} without options. */
  readonly level?: PoolLevel
  /** The kind of guest it is about; by default HVM, and PV if no host can run HVM guests. */
  readonly kind?: ReportKind
  /** How guests are judged. */
  readonly admit?: Pick<AdmitOptions, 'release' | 'domain'>
}

/**
 * Makes the report of a pool: plain data, the same for the same hosts.
 *
 * Hosts that differ in nothing that a guest could see, whatever they are called and whichever microcode they run, share a column, so that
 * a thousand hosts of ten models make ten columns.
 *
 * @throws {@link @xenlevel/core!PoolError} for hosts that make no pool; {@link @xenlevel/cpuid!XenlevelError} with code `REPORT_LEVEL` for a level
 * of other hosts.
 */
export function poolReport(
  hosts: readonly HostSnapshot[],
  options: PoolReportOptions = {},
): PoolReport {
  const { level = levelPool(hosts), guests = [], title = 'What this pool can promise' } = options
  refuseOtherHosts(hosts, level)
  const { kind = level.hvm.hosts.length > 0 ? 'hvm' : 'pv' } = options
  const table = featureTable(level.release)
  const places = alikeHosts(hosts, level)
  const columnOf: number[] = []
  places.forEach((alike, column) => {
    for (const place of alike) columnOf[place] = column
  })
  const samples = places.flatMap(([first = 0]) => hosts[first] ?? [])
  const alike = places.map((own) => own.flatMap((place) => hosts[place] ?? []))
  const offers = alike.map((own) => offerOf(own, kind, level.release))
  const lost = new Set<string>(
    level.losses.filter((loss) => loss.guests.includes(kind)).map(({ feature }) => feature),
  )
  const features = featuresOf(offers, level[kind], { lost, table })
  const headings = headingsOf(features.map(({ name }) => name))
  const costs = columnCosts(
    level,
    kind,
    alike.map((own) => own.map(({ name }) => name)),
  )
  return {
    format: 'xenlevel/pool-report',
    version: 1,
    title,
    kind,
    release: level.release,
    method: level.method,
    vendor: level.vendor,
    physAddrBits: level.physAddrBits,
    psabi: psabiLevel(level[kind].default, table).level,
    hosts: hosts.map((host, place) => hostOf(host, columnOf[place] ?? 0)),
    columns: offers.map(
      ({ forBoot, counts, evidence }, column): ReportColumn => ({
        hosts: places[column] ?? [],
        offers: forBoot.names(table).length,
        counts,
        evidence,
        gain: costs[column]?.gain ?? [],
        gainWith: costs[column]?.gainWith ?? [],
      }),
    ),
    features: features.map((feature) => ({
      ...feature,
      meaning: headings.indexOf(headingOf(feature.name)),
    })),
    words: wordsOf(features, table),
    meanings: headings,
    hidden: hiddenFeatures(offers, places, { features, table }),
    losses: lossesOf(level, kind, new Map(hosts.map(({ name }, place) => [name, place]))),
    findings: level.findings,
    mobility:
      guests.length === 0
        ? null
        : judgeGuests(guests, samples, {
            ...options.admit,
            columnOf: columnsByName(hosts, columnOf),
          }),
    texts: levelTexts({ level, kind, hosts: samples }),
  }
}

function columnsByName(
  hosts: readonly HostSnapshot[],
  columnOf: readonly number[],
): ReadonlyMap<string, number> {
  return new Map(hosts.map(({ name }, place) => [name, columnOf[place] ?? 0]))
}

function refuseOtherHosts(hosts: readonly HostSnapshot[], level: PoolLevel): void {
  // A level of a large fleet names a few of its hosts.
  const names = new Set(hosts.map(({ name }) => name))
  if (hosts.length === level.count && level.hosts.every((name) => names.has(name))) return
  throw new XenlevelError({
    code: 'REPORT_LEVEL',
    message: `The level was made of other hosts (${level.count}) than the report is to show (${hosts.length}). Make it of the same hosts.`,
    details: { hosts: [...names], levelled: level.hosts },
  })
}

function hostOf({ name, cpu, xen }: HostSnapshot, column: number): ReportHost {
  const { vendor, brand, signature, physAddrBits, microcodeRevision } = cpu
  return {
    name,
    column,
    vendor,
    brand: brand.replace(/\s+/g, ' ').trim(),
    signature: `0x${signature.toString(16).padStart(8, '0')}`,
    microcode: microcodeRevision === null ? null : `0x${microcodeRevision.toString(16)}`,
    xen: xen?.release ?? null,
    physAddrBits,
  }
}

interface Names {
  readonly lost: ReadonlySet<string>
  readonly table: FeatureTable
}

function featuresOf(
  offers: readonly Offer[],
  level: PoolLevel[ReportKind],
  { lost, table }: Names,
): Omit<ReportFeature, 'meaning'>[] {
  return table.features.flatMap(({ name, bit }) => {
    const state = stateOf({ name, bit }, offers, { level, lost })
    if (state === null) return []
    const { aspect, losing } = featureMeaning(name)
    const cells = offers.map((offer) => cellOf(offer, bit)).join('')
    return [
      {
        name,
        bit,
        state,
        cells,
        accepted: level.max.has(bit),
        aspect,
        losing,
        why: whyOf(name, state, cells),
      },
    ]
  })
}

function wordsOf(
  features: readonly { readonly bit: number }[],
  { words }: FeatureTable,
): ReportWord[] {
  const used = new Set(features.map(({ bit }) => bit >>> 5))
  return words
    .filter(({ index }) => used.has(index))
    .map((word) => ({ index: word.index, place: placeOf(word) }))
}

/** As Xen's own tools head the words: `7:0 ebx`. */
function placeOf({ index, source }: FeatureWord): string {
  if (source === null) return `word ${index}`
  if ('msr' in source) return `MSR 0x${source.msr.toString(16)} ${source.register}`
  const { leaf, subleaf, register } = source
  const number = leaf < 10 ? `${leaf}` : `0x${leaf.toString(16)}`
  return `${number}${subleaf === null ? '' : `:${subleaf}`} ${register}`
}

function hiddenFeatures(
  offers: readonly Offer[],
  places: readonly (readonly number[])[],
  {
    features,
    table,
  }: { readonly features: readonly { readonly bit: number }[]; readonly table: FeatureTable },
): HiddenFeature[] {
  const shown = new Set(features.map(({ bit }) => bit))
  return table.features
    .filter(({ bit }) => !shown.has(bit))
    .flatMap(({ name, bit }) => {
      const hosts = offers
        .map(({ raw }, column) => (raw.has(bit) ? (places[column]?.length ?? 0) : 0))
        .reduce((sum, count) => sum + count, 0)
      return hosts === 0 ? [] : [{ name, hosts }]
    })
}
