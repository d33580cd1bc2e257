/** Sound things that several targets damage: recorded hosts, their leaves, policies and words of features. */
import { readdirSync, readFileSync } from 'node:fs'
import { CpuPolicy, derivePolicies, type HostPolicies, parseHostSnapshot } from '@xenlevel/core'
import { type CpuidLeaf, featureTable } from '@xenlevel/cpuid'
import { pick, type Random } from '../../packages/cpuid/src/random.testing.js'

const FIXTURES = new URL('../../fixtures/', import.meta.url)

/** Always the fixture: a seed and a number name one input, whatever else is recorded on a machine. */
export function fixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, FIXTURES)))
}

const textOf = (path: string) => new TextDecoder().decode(fixture(path))

/** What the fixtures hold in a folder. */
export function recordedTexts(folder: string): string[] {
  const files = readdirSync(new URL(folder, FIXTURES)).sort()
  return files.map((file) => textOf(`${folder}/${file}`))
}

/** Snapshots without policies, as texts. */
export const hostTexts: readonly string[] = recordedTexts('hosts')

/** Snapshots of real boots with all policies, as texts. */
export const wholeHostTexts: readonly string[] = ['haswell', 'skylake'].map((name) =>
  textOf(`story/${name}.json`),
)

/** Hosts with all policies. */
export const wholeHosts = wholeHostTexts.map((text) => parseHostSnapshot(text))

/** Their raw policies. */
export const rawPolicies: readonly CpuPolicy[] = wholeHosts.flatMap(({ policies }) =>
  policies?.raw === undefined ? [] : [policies.raw],
)

/** Releases between which much changed. */
export const RELEASES = [
  '4.13.5',
  '4.15.7',
  '4.17.0',
  '4.17.7',
  '4.19.0',
  '4.20.3',
  '4.22.0',
  '4.23-dev',
]

/** Releases as people write them, wrong ones among them. */
export const RELEASE_TEXTS = [
  ...RELEASES,
  '4.7',
  '4.2',
  '4.12.4',
  '4.17',
  '4.17.7-xcp',
  '5.0',
  '4',
  '',
  'x',
]

/** The policies of one host under several releases. */
export const hostPolicies: readonly HostPolicies[] = RELEASES.flatMap((release) =>
  rawPolicies.map((raw) =>
    derivePolicies(CpuPolicy.fromRecords(raw.toRecords().leaves, [], { release: '4.23-dev' }), {
      release,
    }),
  ),
)

/** Names of features, as Xen, libxl and libvirt write them. */
export const featureNames: readonly string[] = featureTable().features.flatMap(
  ({ name, lowerName }) => [name, lowerName],
)

/** Leaves of a real CPU. */
export const realLeaves: readonly CpuidLeaf[] = (rawPolicies[0]?.toRecords().leaves ?? []).filter(
  ({ a, b, c, d }) => (a | b | c | d) !== 0,
)

const WORDS = [0, 1, 2, 0xd, 0x1f, 0x20, 0xff, 0x7fff_ffff, 0x8000_0000, 0x8000_0021, 0xffff_ffff]

/** A word as registers have it: anything, or what hurts. */
export function oddWord(random: Random): number {
  return random(2) === 0 ? pick(random, WORDS) : random(2 ** 32)
}

/** Some words. */
export function oddWords(random: Random, most: number): number[] {
  return Array.from({ length: random(most + 1) }, () => oddWord(random))
}

/** The leaves of a real CPU with some of their registers changed, some gone and some added. */
export function oddLeaves(random: Random): CpuidLeaf[] {
  const leaves = realLeaves.filter(() => random(12) > 0).map((leaf) => ({ ...leaf }))
  for (let changes = random(6); changes > 0; changes--) {
    const leaf = pick(random, leaves.length > 0 ? leaves : realLeaves)
    const at = leaves.indexOf(leaf)
    leaves[Math.max(at, 0)] = { ...leaf, [pick(random, ['a', 'b', 'c', 'd'])]: oddWord(random) }
  }
  if (random(4) === 0)
    leaves.push({
      leaf: pick(
        random,
        [0, 1, 4, 7, 0xb, 0xd, 0x24, 0x4000_0000, 0x8000_0008, 0x8000_001e, 0xffff_ffff],
      ),
      subleaf: random(3) === 0 ? null : random(70),
      a: oddWord(random),
      b: oddWord(random),
      c: oddWord(random),
      d: oddWord(random),
    })
  return leaves
}
