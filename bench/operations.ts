/** What is timed: our operation, the same done as one would without this library, and the limit for ours in nanoseconds. */
import { readdirSync, readFileSync } from 'node:fs'
import { admitGuest, combineFeaturesets, levelPool, parseHostSnapshot } from '@xenlevel/core'
import {
  Featureset,
  featureDependencies,
  featureTable,
  flattenFeatures,
  parseFeatureHeader,
} from '@xenlevel/cpuid'
import { libvirtBaseline } from './libvirt.js'

/** One row of the table. */
export interface Operation {
  readonly name: string
  readonly ours: () => unknown
  /** The same without this library; absent where nobody else answers the question. */
  readonly peer?: { readonly name: string; readonly run: () => unknown }
  /** The same done by another program; null where that is not installed. */
  readonly program?: () => Measured | null
  /** Nanoseconds. */
  readonly limit: number
  /** Calls between two looks at the clock. */
  readonly batch: number
}

/** What another program took for the same. */
export interface Measured {
  readonly name: string
  readonly nanoseconds: number
}

const fixtures = new URL('../fixtures/', import.meta.url)

/** Sets that break the dependency table somewhere, from recorded pools. */
function recordedSets(): string[] {
  const { pools }: { pools: { featuresets: string[] }[] } = JSON.parse(
    readFileSync(new URL('levelling/pools.json', fixtures), 'utf8'),
  )
  return pools.flatMap(({ featuresets }) => featuresets)
}

/** All operations, on recorded data. */
export function operations(): Operation[] {
  const texts = recordedSets()
  const fifty = texts.slice(0, 50)
  const sets = fifty.map((text) => Featureset.parse(text))
  const text = texts[0] ?? ''
  const set = Featureset.parse(text)
  const table = featureTable()
  const hosts = readdirSync(new URL('hosts/', fixtures)).map((file) =>
    parseHostSnapshot(readFileSync(new URL(`hosts/${file}`, fixtures), 'utf8')),
  )
  const [host] = hosts
  if (host === undefined) throw new Error('no recorded hosts')
  const guest = { kind: 'hvm', featureset: levelPool(hosts).hvm.default } as const

  const header = readFileSync(new URL('policy/headers/HEAD.h.txt', fixtures), 'utf8')
  const dependencies = featureDependencies()
  const raw = texts.map((one) => Uint32Array.from(Featureset.parse(one).words))
  const wholes = sets.map((one) => one.toBigInt())
  const work = new Uint32Array(table.words.length)
  let turn = 0
  const closures = table.features.flatMap(({ name, bit }) => {
    const dependents = table.dependents(name)
    return dependents.length === 0
      ? []
      : [{ bit: 1n << BigInt(bit), clear: Featureset.fromNames(dependents).toBigInt() }]
  })

  return [
    {
      name: 'clearDependents, words in place',
      ours: () => {
        work.set(raw[turn++ % raw.length] ?? work)
        table.clearDependentsInPlace(work)
      },
      peer: {
        name: 'bigint',
        run: () => {
          let bits = wholes[turn++ % wholes.length] ?? 0n
          for (const { bit, clear } of closures) if ((bits & bit) === 0n) bits &= ~clear
          return bits
        },
      },
      limit: 100,
      batch: 2000,
    },
    {
      name: 'combine 50 hosts',
      ours: () => combineFeaturesets(sets),
      peer: {
        name: 'AND of hex strings',
        run: () =>
          fifty
            .map((one) => BigInt(`0x${one.replaceAll('-', '')}`))
            .reduce((all, one) => all & one),
      },
      limit: 20_000,
      batch: 50,
    },
    {
      name: 'combine 50 hosts (libvirt: baseline of their CPUs)',
      ours: () => combineFeaturesets(sets),
      program: () => libvirtBaseline(sets),
      limit: 20_000,
      batch: 50,
    },
    {
      name: 'parse and flatten a feature header',
      ours: () => flattenFeatures(parseFeatureHeader(header), dependencies, '4.23-dev'),
      limit: 5_000_000,
      batch: 2,
    },
    {
      name: 'parse a featureset of 19 words',
      ours: () => Featureset.parse(text),
      peer: {
        name: 'split and parseInt',
        run: () => text.split('-').map((word) => Number.parseInt(word, 16)),
      },
      limit: 2_000,
      batch: 500,
    },
    {
      name: 'format a featureset of 19 words',
      ours: () => set.toString(),
      peer: {
        name: 'map and join',
        run: () => set.words.map((word) => word.toString(16).padStart(8, '0')).join('-'),
      },
      limit: 4_000,
      batch: 500,
    },
    {
      name: `level a pool of ${hosts.length} with its losses`,
      ours: () => levelPool(hosts),

      limit: 1_000_000,
      batch: 5,
    },
    {
      name: 'admit a guest to a host',
      ours: () => admitGuest(guest, host),

      limit: 100_000,
      batch: 20,
    },
  ]
}
