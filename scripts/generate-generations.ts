/**
 * Makes packages/core/src/pool/named/generated/generations.ts: what recorded CPUs of each generation have in common.
 *
 *     XENLEVEL_CORPUS=DIR node scripts/run.mjs scripts/generate-generations.ts [--check]
 *
 * DIR/hosts holds the CPUs, one a file, with the generation by family and model. Left out are dumps that were taken under a hypervisor, and
 * Pentium and Celeron parts, which are fused below their generation.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeOrCheck } from './write-or-check.js'

interface RecordedCpu {
  readonly name: string
  readonly vendor: string
  readonly brand: string
  readonly generation: string
  readonly hypervisorBit: boolean
  readonly incompleteWords: readonly number[]
  readonly heterogeneousWords: readonly number[]
  readonly archCapsSuspicious: boolean
  readonly featureset: string
}

/** What a generation is called here, and by which labels its CPUs are recorded. */
const GENERATIONS: readonly (readonly [name: string, ...labels: string[]])[] = [
  ['Merom', 'Core (Merom/Conroe)'],
  ['Penryn', 'Penryn/Dunnington'],
  ['Nehalem', 'Nehalem', 'Nehalem-EX (Beckton)'],
  ['Westmere', 'Westmere', 'Westmere-EX'],
  ['SandyBridge', 'Sandy Bridge'],
  ['IvyBridge', 'Ivy Bridge', 'Ivy Bridge-E/EP'],
  ['IvyBridge-Server', 'Ivy Bridge-E/EP'],
  ['Haswell', 'Haswell', 'Haswell-E/EP'],
  ['Haswell-Server', 'Haswell-E/EP'],
  ['Broadwell', 'Broadwell', 'Broadwell-E/EP/DE'],
  ['Broadwell-Server', 'Broadwell-E/EP/DE'],
  ['Skylake-Client', 'Skylake client'],
  ['Skylake-Server', 'Skylake-SP/X'],
  ['KabyLake', 'Kaby/Coffee/Whiskey/Amber Lake'],
  ['Cascadelake-Server', 'Cascade Lake'],
  ['CometLake', 'Comet Lake'],
  ['Icelake-Client', 'Ice Lake client'],
  ['Icelake-Server', 'Ice Lake-SP/D'],
  ['TigerLake', 'Tiger Lake'],
  ['RocketLake', 'Rocket Lake'],
  ['AlderLake', 'Alder Lake'],
  ['RaptorLake', 'Raptor Lake'],
  ['SapphireRapids', 'Sapphire Rapids'],
  ['EmeraldRapids', 'Emerald Rapids'],
  ['MeteorLake', 'Meteor Lake'],
  ['ArrowLake', 'Arrow Lake'],
  ['PantherLake', 'Panther Lake'],
  ['KnightsLanding', 'Knights Landing'],
  ['Silvermont', 'Atom Silvermont'],
  ['Goldmont', 'Atom Goldmont/Denverton'],
  ['GoldmontPlus', 'Atom Goldmont Plus'],
  ['Tremont', 'Atom Tremont'],
  ['Gracemont', 'Atom Gracemont (Alder Lake-N)'],
  ['K8', 'K8', 'K8 rev F/G'],
  ['K10', 'K10', 'K10 Barcelona/Agena', 'K10 Istanbul/Magny-Cours'],
  ['Bulldozer', 'Bulldozer'],
  ['Piledriver', 'Piledriver'],
  ['Steamroller', 'Steamroller'],
  ['Excavator', 'Excavator'],
  ['Jaguar', 'Jaguar'],
  ['Zen', 'Zen'],
  ['Zen+', 'Zen+'],
  ['Zen2', 'Zen 2', 'Zen 2 (late APU)'],
  ['Zen3', 'Zen 3/3+', 'Zen 3 Milan'],
  ['Zen4', 'Zen 4/4c'],
  ['Zen5', 'Zen 5/5c'],
  ['Dhyana', 'Dhyana'],
]

/** Vendors as Xen tells them apart, by folder. */
const VENDORS: Readonly<Record<string, string>> = { intel: 'Intel', amd: 'AMD', hygon: 'Hygon' }

/** Parts that are fused below their generation. */
const FUSED = /Pentium|Celeron/
/** Generations of which all parts are of that kind. */
const SMALL = /mont$|montPlus$/

/** Words of MSR_ARCH_CAPABILITIES. */
const ARCH_CAPS_WORDS = [16, 17]

/** 0x8000_0001.edx, and two of its bits. Intel shows SYSCALL in 64-bit mode alone, so programs of 32 bits do not see it. */
const [E1D, SYSCALL, LM] = [2, 1 << 11, 1 << 29]

/** The words of a CPU; null where its dump cannot be trusted to tell one. */
function wordsOf(cpu: RecordedCpu): (number | null)[] {
  const untold = new Set([
    ...cpu.incompleteWords,
    ...cpu.heterogeneousWords,
    ...(cpu.archCapsSuspicious ? ARCH_CAPS_WORDS : []),
  ])
  return cpu.featureset.split('-').map((text, index) => {
    const word = Number.parseInt(text, 16)
    if (untold.has(index)) return null
    return index === E1D && (word & LM) !== 0 ? word | SYSCALL : word
  })
}

const hex = (words: readonly number[]) =>
  words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('-')

function rowOf(name: string, labels: readonly string[], all: readonly RecordedCpu[]): string {
  const cpus = all
    .filter(({ generation }) => labels.includes(generation))
    .filter(({ hypervisorBit }) => !hypervisorBit)
    .filter(({ brand }) => SMALL.test(name) || !FUSED.test(brand))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const [first] = cpus
  if (first === undefined) throw new Error(`no CPU is recorded of ${name}`)
  const columns = wordsOf(first).map((_, index) => cpus.flatMap((cpu) => wordsOf(cpu)[index] ?? []))
  const common = columns.map((words) => words.reduce((a, b) => a & b, words.length > 0 ? -1 : 0))
  const any = columns.map((words) => words.reduce((a, b) => a | b, 0))
  const unknown = columns.flatMap((words, index) => (words.length === 0 ? [index] : []))
  const vendor = VENDORS[first.vendor]
  if (vendor === undefined) throw new Error(`${name}: vendor ${first.vendor}`)
  const [one, ...others] = cpus.map((cpu) => cpu.name)
  return `  // ${[one, ...others].join(', ')}
  {
    name: '${name}',
    vendor: '${vendor}',
    cpus: ${cpus.length},
    all: '${hex(common)}',
    any: '${hex(any)}',
    unknownWords: [${unknown.join(', ')}],
  },`
}

function moduleText(cpus: readonly RecordedCpu[]): string {
  const rows = GENERATIONS.map(([name, ...labels]) => rowOf(name, labels, cpus))
  return `/** What the recorded CPUs of each generation have in common, as raw words in the order of the newest release. */
// Made by scripts/generate-generations.ts from the recorded CPUs that stand above each row. Do not edit.

/** A generation of CPUs. */
export interface Generation {
  /** What it is called. */
  readonly name: string
  /** Vendor of the CPUs. */
  readonly vendor: 'Intel' | 'AMD' | 'Hygon'
  /** How many CPUs it is made of. */
  readonly cpus: number
  /** What all of them have, as far as their dumps tell. */
  readonly all: string
  /** What any of them has. */
  readonly any: string
  /** Words that no dump tells; held as 0. */
  readonly unknownWords: readonly number[]
}

/** All generations, the vendors one after another, oldest first. */
export const GENERATIONS: readonly Generation[] = [
${rows.join('\n')}
]
`
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const corpus = process.env.XENLEVEL_CORPUS
if (corpus === undefined || corpus === '') {
  console.error('XENLEVEL_CORPUS is not set: the recorded CPUs are only there')
  process.exitCode = 1
} else {
  const folder = join(resolve(root, corpus), 'hosts')
  const cpus = Object.keys(VENDORS).flatMap((vendor) =>
    readdirSync(join(folder, vendor)).map((file): RecordedCpu => {
      const cpu: RecordedCpu = JSON.parse(readFileSync(join(folder, vendor, file), 'utf8'))
      return cpu
    }),
  )
  process.exitCode = writeOrCheck(
    root,
    { 'packages/core/src/pool/named/generated/generations.ts': moduleText(cpus) },
    'XENLEVEL_CORPUS=DIR node scripts/run.mjs scripts/generate-generations.ts',
  )
}
