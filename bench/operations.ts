/** What is timed: our operation, the same done as one would without this library, and the limit for ours in nanoseconds. */
import { readdirSync, readFileSync } from 'node:fs'
import {
  admitGuest,
  CpuPolicy,
  clampPolicy,
  combineFeaturesets,
  derivePolicies,
  levelPool,
  parseHostSnapshot,
} from '@xenlevel/core'
import {
  type CpuidLeaf,
  decodeLeaves,
  encodeLeaves,
  Featureset,
  featureDependencies,
  featureTable,
  flattenFeatures,
  parseFeatureHeader,
} from '@xenlevel/cpuid'
import { decisions } from './decisions.js'
import { libvirtBaseline } from './libvirt.js'
import { microcodeOperations } from './microcode.js'
import type { Operation } from './operation.js'
import { planning } from './planning.js'

const fixtures = new URL('../fixtures/', import.meta.url)

/** 39 leaves of an Intel server CPU's shape: as many as Xen's own benchmark of its records had. */
export const CPU_LEAVES: readonly CpuidLeaf[] = [
  ...[0, 1, 2, 3].map((leaf) => ({ leaf, subleaf: null, ...registersOf(leaf) })),
  ...[0, 1, 2, 3].map((subleaf) => ({
    leaf: 4,
    subleaf,
    a: 0x121 + subleaf,
    b: 0x1c0_003f,
    c: 0x3f,
    d: 0,
  })),
  ...[5, 6].map((leaf) => ({ leaf, subleaf: null, ...registersOf(leaf) })),
  { leaf: 7, subleaf: 0, a: 0, b: 0, c: 0, d: 0 },
  ...[8, 9, 0xa].map((leaf) => ({ leaf, subleaf: null, ...registersOf(leaf) })),
  ...[0, 1].map((subleaf) => ({ leaf: 0xb, subleaf, a: 1, b: 2, c: 0x100 + subleaf, d: 0 })),
  { leaf: 0xc, subleaf: null, a: 0, b: 0, c: 0, d: 0 },
  ...Array.from({ length: 10 }, (_, subleaf) => ({
    leaf: 0xd,
    subleaf,
    a: subleaf === 0 ? 0x2e7 : 0x100,
    b: subleaf === 0 ? 0 : 0x240 + subleaf * 0x40,
    c: 0,
    d: 0,
  })),
  { leaf: 0x4000_0000, subleaf: null, a: 0, b: 0, c: 0, d: 0 },
  { leaf: 0x4000_0100, subleaf: null, a: 0, b: 0, c: 0, d: 0 },
  ...Array.from({ length: 9 }, (_, leaf) => ({
    leaf: 0x8000_0000 + leaf,
    subleaf: null,
    a: leaf === 0 ? 0x8000_0008 : leaf === 8 ? 0x302e : 0,
    b: 0,
    c: 0,
    d: 0,
  })),
]

function registersOf(leaf: number): Pick<CpuidLeaf, 'a' | 'b' | 'c' | 'd'> {
  if (leaf === 0) return { a: 0xd, b: 0x756e_6547, c: 0x6c65_746e, d: 0x4965_6e69 }
  return { a: leaf === 1 ? 0x5_0654 : 0, b: 0, c: 0, d: 0 }
}

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

  const { featuresets } = host
  const raw19 = featuresets.raw ?? Featureset.empty
  const records = CpuPolicy.fromRecords(CPU_LEAVES).toRecords().leaves
  const bytes = encodeLeaves(records)
  const rawPolicy = CpuPolicy.fromRecords(CPU_LEAVES).withFeatureset(raw19)
  const derivation = { release: '4.23-dev', hostFeatureset: raw19 }
  const policies = derivePolicies(rawPolicy, derivation)
  const wanted = policies.hvmDefault
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
      name: 'six policies of a host',
      ours: () => derivePolicies(rawPolicy, derivation),
      limit: 10_000,
      batch: 20,
    },
    {
      name: 'clamp a policy',
      ours: () => clampPolicy(wanted, policies, { kind: 'hvm' }),
      limit: 2_000,
      batch: 50,
    },
    {
      name: `decode ${records.length} leaves`,
      ours: () => decodeLeaves(bytes),
      limit: 1_000,
      batch: 200,
    },
    {
      name: `encode ${records.length} leaves`,
      ours: () => encodeLeaves(records),
      limit: 1_000,
      batch: 200,
    },
    {
      name: 'admit a guest by its features',
      ours: () => admitGuest(guest, host),
      limit: 10_000,
      batch: 100,
    },
    ...decisions(CPU_LEAVES, sets),
    ...microcodeOperations(),
    ...planning(),
  ]
}
