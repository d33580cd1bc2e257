/** Targets: documents of hosts and pools, xapi's maps, libvirt's names. */
import {
  featuresetOfLibvirtNames,
  formatHostSnapshot,
  formatXapiCpuInfo,
  hostSnapshotFromXapi,
  levelPool,
  libvirtNamesOf,
  libxlName,
  parseHostSnapshot,
  parsePoolLevel,
  parseXapiCpuFlags,
  parseXapiCpuInfo,
  readHostLines,
  xapiPoolCpuInfo,
} from '@xenlevel/core'
import * as z from 'zod'
import { pick, type Random } from '../../../packages/cpuid/src/random.testing.js'
import { bytesForm } from '../forms.js'
import { damagedJson, type Json, jsonSchema } from '../json.js'
import { featureNames, hostTexts, RELEASES, wholeHosts, wholeHostTexts } from '../material.js'
import { defineTarget, isRefusal, must, refusalOf, same } from '../target.js'
import { damagedText } from '../texts.js'

const HOSTS = hostTexts.map((text): Json => JSON.parse(text))
const WHOLE_HOSTS = wholeHostTexts.map((text): Json => JSON.parse(text))
const MARKS = ['{', '}', '"', ',', ':', 'null', '"name":"x"', '"version":2', '\\u0000']
const documentForm = z.union([
  z.strictObject({ text: z.string() }),
  z.strictObject({ value: jsonSchema }),
])

/** A document: as a value, or as a text that may be no JSON. */
function documentOf(random: Random, samples: readonly Json[]): z.output<typeof documentForm> {
  const value = damagedJson(random, samples)
  if (random(4) > 0) return { value }
  return { text: damagedText(random, { samples: [JSON.stringify(value)], words: MARKS }) }
}

/** Host snapshots. */
export const snapshots = defineTarget({
  name: 'core.snapshot',
  share: 200,
  feeds: 'damaged snapshots, some with all policies, parsed or as texts, to parseHostSnapshot',
  holds: 'a snapshot that is read is written and read back',
  codes: ['SNAPSHOT_INVALID'],
  input: documentForm,
  make: (random) => documentOf(random, random(24) === 0 ? WHOLE_HOSTS : HOSTS),
  check: (input, ask) => {
    const host = ask(
      () => parseHostSnapshot('text' in input ? input.text : input.value),
      'text' in input ? input.text.length : 0,
    )
    if (isRefusal(host)) return host
    const text = formatHostSnapshot(host)
    same('the text written again', formatHostSnapshot(parseHostSnapshot(text)), text)
    return text
  },
})

/** Hosts one a line. */
export const hostLines = defineTarget({
  name: 'core.host-lines',
  share: 200,
  feeds: 'damaged lines of hosts, as bytes cut anywhere, to readHostLines',
  holds:
    'where the bytes are cut makes no difference; lines come in order; a bad line is told with a known code',
  codes: ['SNAPSHOT_INVALID', 'LINE_ENCODING', 'LINE_TOO_LONG'],
  input: z.strictObject({ bytes: bytesForm, cuts: z.array(z.number()) }),
  make: (random) => {
    const lines = Array.from({ length: random(4) }, () =>
      random(3) > 0
        ? JSON.stringify(damagedJson(random, HOSTS))
        : damagedText(random, { samples: LINES, words: MARKS }),
    )
    const bytes = new TextEncoder().encode(lines.join(pick(random, ['\n', '\r\n', '\n\n'])))
    if (bytes.length > 0 && random(4) === 0) bytes[random(bytes.length)] = random(256)
    return { bytes, cuts: Array.from({ length: random(4) }, () => random(bytes.length + 1)) }
  },
  check: async ({ bytes, cuts }) => {
    const whole = await linesOf([bytes])
    same('the answer to cut bytes', await linesOf(cutAt(bytes, cuts)), whole)
    must(
      whole.every(({ line }, at) => at === 0 || line > (whole[at - 1]?.line ?? 0)),
      'lines are out of order',
    )
    return whole
  },
})
const LINES = hostTexts.map((text) => JSON.stringify(JSON.parse(text)))
const LINE_CODES = ['SNAPSHOT_INVALID', 'LINE_ENCODING', 'LINE_TOO_LONG']

function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, at) => bytes.subarray(places[at] ?? 0, end))
}

async function linesOf(pieces: readonly Uint8Array[]) {
  const read: { readonly line: number; readonly answer: unknown }[] = []
  for await (const { line, host, error } of readHostLines(iterated(pieces))) {
    const answer = host === undefined ? refusalOf(error, LINE_CODES) : formatHostSnapshot(host)
    read.push({ line, answer })
  }
  return read
}

async function* iterated(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

const LEVELS = [
  wholeHosts.slice(0, 1),
  hostTexts.slice(0, 2).map((text) => parseHostSnapshot(text)),
  hostTexts.slice(5, 6).map((text) => parseHostSnapshot(text)),
].map((hosts): Json => {
  const bare = hosts.map(({ policies: _, ...host }) => host)
  return JSON.parse(JSON.stringify(levelPool(bare)))
})

/** Levels of pools. */
export const poolLevels = defineTarget({
  name: 'core.pool-level',
  share: 200,
  feeds: 'damaged levels, parsed or as texts, to parsePoolLevel',
  holds:
    'a level that is read is written as it was, can be read again, and merges with itself only where names allow it',
  codes: ['POOL_LEVEL_INVALID', 'POOL_DUPLICATE_HOST', 'POOL_MERGE'],
  input: documentForm,
  make: (random) => documentOf(random, LEVELS),
  check: (input, ask) => {
    const level = ask(
      () => parsePoolLevel('text' in input ? input.text : input.value),
      'text' in input ? input.text.length : 0,
    )
    if (isRefusal(level)) return level
    const text = JSON.stringify(level)
    same('the level written again', JSON.stringify(parsePoolLevel(text)), text)
    // Merging is the dear part of it.
    if (text.length % 8 > 0) return text
    return [text, ask(() => JSON.stringify(level.merge(parsePoolLevel(text))))]
  },
})

const CPU_INFO: Readonly<Record<string, string>> = {
  cpu_count: '32',
  socket_count: '2',
  vendor: 'GenuineIntel',
  modelname: 'Intel(R) Xeon(R) CPU D-1548 @ 2.00GHz',
  family: '6',
  model: '86',
  stepping: '3',
  flags: 'fpu de tsc',
  features_pv: '1fc9cbf5-f6f83203',
  features_hvm: '1fcbfbff-f7fa3223-2d93fbff',
  features_hvm_host: '1fcbfbff-f7fa3203-2c100800',
  features_pv_host: '1fc9cbf5-f6d83203',
}
const KEYS = [
  ...Object.keys(CPU_INFO),
  'features',
  'physical_features',
  'features_after_reboot',
  'x',
]
const VALUES = [...Object.values(CPU_INFO), 'AuthenticAMD', '000306f2', '0-0-0-0']

/** xapi's maps. */
export const xapi = defineTarget({
  name: 'core.xapi',
  share: 220,
  feeds:
    'damaged cpu_info maps to parseXapiCpuInfo, parseXapiCpuFlags, hostSnapshotFromXapi and xapiPoolCpuInfo',
  holds: 'a map that is read is written and read back; a snapshot made of it is one',
  codes: ['XAPI_VALUE', 'XAPI_FEATURESET', 'XAPI_UNKNOWN_WORD', 'XAPI_INCOMPLETE'],
  input: z.strictObject({
    map: z.record(z.string(), z.string()),
    of: z.enum(['host', 'pool']),
    release: z.string(),
  }),
  make: (random) => {
    const entries = Object.entries(CPU_INFO).filter(() => random(12) > 0)
    for (let changes = random(4); changes > 0; changes--)
      entries.push([pick(random, KEYS), damagedText(random, { samples: VALUES, words: VALUES })])
    return {
      map: Object.fromEntries(entries),
      of: pick(random, ['host', 'pool'] as const),
      release: pick(random, RELEASES),
    }
  },
  check: ({ map, of, release }, ask) => {
    const flags = ask(() =>
      parseXapiCpuFlags({ vendor: map.vendor ?? '', features: map.features ?? '' }),
    )
    const info = ask(() => parseXapiCpuInfo(map, { of }))
    if (isRefusal(info)) return [flags, info]
    const again = parseXapiCpuInfo(formatXapiCpuInfo(info), { of })
    same('the map read back', again, info)
    const host = ask(() => hostSnapshotFromXapi('host', info, { release }))
    const text = isRefusal(host) ? host : formatHostSnapshot(host)
    if (typeof text === 'string') parseHostSnapshot(text)
    const pool = xapiPoolCpuInfo(
      [
        { name: 'a', cpuInfo: info },
        { name: 'b', cpuInfo: info },
      ],
      { release },
    )
    return [flags, text, formatXapiCpuInfo(pool)]
  },
})

/** libvirt's and libxl's names. */
export const names = defineTarget({
  name: 'core.names',
  share: 400,
  feeds: 'damaged names of features to featuresetOfLibvirtNames and libxlName',
  holds:
    'each name is told apart once; a featureset of names has names that make the same featureset',
  codes: [],
  input: z.array(z.string()),
  make: (random) =>
    Array.from({ length: random(10) }, () =>
      random(3) > 0
        ? pick(random, featureNames)
        : damagedText(random, {
            samples: featureNames,
            words: ['-', 'sse4.', 'npt', '__proto__', 'constructor'],
          }),
    ),
  check: (list) => {
    const { featureset, outside, unknown } = featuresetOfLibvirtNames(list)
    const { names: back, nameless } = libvirtNamesOf(featureset)
    must(nameless.length === 0, 'a bit that a name has set has no name')
    must(featuresetOfLibvirtNames(back).featureset.equals(featureset), 'another featureset')
    must(outside.length + unknown.length <= list.length, 'more names than there were')
    return [back, outside, unknown, list.map((name) => libxlName(name))]
  },
})
