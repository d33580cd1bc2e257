/**
 * Makes packages/microcode/src/generated/policy.ts of what vendors and distributions say about loading single updates.
 *
 *     XENLEVEL_CORPUS=DIR node scripts/run.mjs scripts/generate-microcode-policy.ts [--check]
 *
 * DIR/microcode/facts/policy.json holds their lists, with sources; where a rule stands there in words, the numbers are taken out of it.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeOrCheck } from './write-or-check.js'

interface Policy {
  readonly featureRemoval: readonly {
    readonly id: string
    readonly what: string
    readonly microcode?: string
    readonly sets: readonly {
      readonly sig?: string
      readonly fms?: string
      readonly pf?: string
      readonly rev?: string
    }[]
    readonly source: string
  }[]
  readonly debianNoLateLoad: readonly string[]
  readonly linux: {
    readonly BDX90: { readonly fms: string; readonly condition: string }
    readonly GNR98: { readonly fms: string; readonly pfMask: string; readonly condition: string }
  }
  readonly skylake: {
    readonly fms: readonly string[]
    readonly condition: string
    readonly action: string
    readonly source: string
  }
  readonly rhelCaveats: Readonly<Record<string, string>>
  readonly spectreRecalled: readonly { readonly fms: string; readonly rev: string }[]
  readonly releaseDowngrades: readonly {
    readonly release: string
    readonly fms: string
    readonly old: string
    readonly new: string
  }[]
  readonly caveatsDir: readonly string[]
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** A number as the tables have it. */
const hex = (text: string) =>
  `0x${BigInt(text)
    .toString(16)
    .replace(/^(.{1,4})(.{4})$/, '$1_$2')}`

/** A text as the tables have it. */
const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** What a pattern finds in words that must fit it. */
function found(pattern: RegExp, words: string): string[] {
  const match = pattern.exec(words)
  if (match === null) throw new Error(`not understood: ${words}`)
  return match.slice(1)
}

/** The family, model and stepping of a signature as files are named by them. */
function fmsOf(signature: number): string {
  const model = ((signature >>> 12) & 0xf0) | ((signature >>> 4) & 0xf)
  const parts = [(signature >>> 8) & 0xf, model, signature & 0xf]
  return parts.map((part) => part.toString(16).padStart(2, '0')).join('-')
}

function removals(policy: Policy): string {
  return policy.featureRemoval
    .map(({ id, what, microcode, sets, source }) => {
      const rows = sets.map(({ sig, fms, pf = '0', rev = '0' }) => {
        const model = fms ?? (sig === undefined ? undefined : fmsOf(Number(sig)))
        if (model === undefined) throw new Error(`${id} has a set of no CPU`)
        return `      ['${model}', ${hex(pf)}, ${hex(rev)}],`
      })
      return `  {
    id: ${quoted(id)},
    what: ${quoted(what)},
    release: ${quoted(microcode ?? '')},
    source: ${quoted(source)},
    sets: [
${[...new Set(rows)].join('\n')}
    ],
  },`
    })
    .join('\n')
}

/** What RHEL's words say of which models and revisions; see {@link Caveat} in the generated text. */
function caveat(key: string, text: string): string {
  const models = key.startsWith('06-8e/9e') ? ['06-8e', '06-9e'] : [key]
  const vendor = /bios_vendor == ([^:]+):/.exec(text)?.[1] ?? ''
  const numbers = [...text.matchAll(/0x[0-9a-f]+/g)].map(([number]) => number)
  const [first = '0', second = '0'] = numbers
  const rows: readonly (readonly [
    pattern: RegExp,
    from: string,
    below: string,
    single: string[],
  ])[] = [
    [/^0x\w+ hangs.*; fixed from 0x\w+$/, first, second, []],
    [/^revs 0x\w+ and up disabled by default early\+late/, first, '0', []],
    [/^disabled early\+late by default/, '0', '0', []],
    [/^configurable$/, '0', '0', []],
    [/: 0x\w+(\/0x\w+)* hang$/, '0', '0', numbers],
  ]
  const row = rows.find(([pattern]) => pattern.test(text))
  if (row === undefined) throw new Error(`not understood: ${key}: ${text}`)
  const [, from, below, single] = row
  const off = /disabled/.test(text)
  return `  {
    models: [${models.map(quoted).join(', ')}],
    from: ${hex(from)},
    below: ${hex(below)},
    revisions: [${single.map(hex).join(', ')}],
    biosVendor: ${quoted(vendor)},
    offByDefault: ${off},
    hangs: ${/hang/.test(text)},
    text: ${quoted(text)},
  },`
}

function moduleText(policy: Policy): string {
  const { BDX90, GNR98 } = policy.linux
  const [cache = '', below = ''] = found(
    /^LLC per core > (\d+) bytes and current rev < (0x[0-9a-f]+)$/,
    BDX90.condition,
  )
  const [step = '', again = ''] = found(
    /^current rev < (0x[0-9a-f]+) and new rev > (0x[0-9a-f]+)$/,
    GNR98.condition,
  )
  if (step !== again) throw new Error(`not understood: ${GNR98.condition}`)
  const [firmware = ''] = found(/^firmware rev < (0x[0-9a-f]+)/, policy.skylake.condition)
  return `/** What vendors and distributions say about loading single updates. */
// Made by scripts/generate-microcode-policy.ts from the recorded lists. Do not edit.

/** A change of features that comes with an update. */
export interface FeatureRemoval {
  /** Name of the change. */
  readonly id: string
  /** What changes, in words. */
  readonly what: string
  /** The release of Intel's microcode that brought it; empty if that is not known. */
  readonly release: string
  /** Who says so. */
  readonly source: string
  /** Models; their platform mask, 0 for all; the first revision that has the change, 0 where only some later one is known to have it. */
  readonly sets: readonly (readonly [model: string, platformMask: number, revision: number])[]
}

/** Updates that change what CPUID says. */
export const FEATURE_REMOVALS: readonly FeatureRemoval[] = [
${removals(policy)}
]

/** Models that Debian never loads updates for at run time. */
export const DEBIAN_NEVER_LATE: readonly string[] = [
${policy.debianNoLateLoad.map((model) => `  '${model}',`).join('\n')}
]

/** Linux (BDX90): with more last-level cache per core than this, in bytes, updates over revisions below this are refused at run time. */
export const LARGE_CACHE = {
  model: ${quoted(BDX90.fms)},
  cachePerCore: ${Number(cache)},
  below: ${hex(below)},
} as const

/** Linux (GNR98): from below this revision nothing above it is loaded: this one comes first. */
export const STEP_FIRST = {
  model: ${quoted(GNR98.fms)},
  platformMask: ${hex(GNR98.pfMask)},
  revision: ${hex(step)},
} as const

/** Debian, and reports to Intel: with firmware that brings a revision below this, updates must be loaded at boot and in one step. */
export const OLD_FIRMWARE = {
  models: [${policy.skylake.fms.map(quoted).join(', ')}],
  below: ${hex(firmware)},
  what: ${quoted(policy.skylake.action)},
  source: ${quoted(policy.skylake.source)},
} as const

/** A caveat of RHEL's microcode_ctl. */
export interface Caveat {
  /** Models, or the beginnings of their names. */
  readonly models: readonly string[]
  /** The first revision that it is about; 0 for all. */
  readonly from: number
  /** The first revision that it is no longer about; 0 for none. */
  readonly below: number
  /** The revisions that it is about, where they are single ones. */
  readonly revisions: readonly number[]
  /** Whose machines alone (DMI); empty for all. */
  readonly biosVendor: string
  /** RHEL does not load such updates unless told to. */
  readonly offByDefault: boolean
  /** Machines were seen to hang. */
  readonly hangs: boolean
  /** The rule in words. */
  readonly text: string
}

/** The caveats of RHEL's microcode_ctl. */
export const RHEL_CAVEATS: readonly Caveat[] = [
${Object.entries(policy.rhelCaveats)
  .map(([key, text]) => caveat(key, text))
  .join('\n')}
]

/** Revisions that Intel recalled in 2018: first mitigations of Spectre that made machines restart. */
export const RECALLED: readonly (readonly [model: string, revision: number])[] = [
${policy.spectreRecalled.map(({ fms, rev }) => `  ['${fms}', ${hex(rev)}],`).join('\n')}
]

/** Revisions that a later release replaced by an older one. */
export const REPLACED_BY_OLDER: readonly (readonly [
  release: string,
  model: string,
  withdrawn: number,
  replacement: number,
])[] = [
${policy.releaseDowngrades.map((row) => `  ['${row.release}', '${row.fms}', ${hex(row.old)}, ${hex(row.new)}],`).join('\n')}
]

/** Models whose updates Intel ships apart from the others, with caveats. */
export const SHIPPED_WITH_CAVEATS: readonly (readonly [model: string, why: string])[] = [
${policy.caveatsDir
  .map((text) => found(/^(\S+) (.+)$/, text))
  .map(([model = '', why = '']) => `  ['${model}', ${quoted(why)}],`)
  .join('\n')}
]
`
}

const corpus = process.env.XENLEVEL_CORPUS
if (corpus === undefined || corpus === '') {
  console.error('XENLEVEL_CORPUS is not set: the recorded lists are only there')
  process.exitCode = 1
} else {
  const file = join(resolve(root, corpus), 'microcode/facts/policy.json')
  const policy: Policy = JSON.parse(readFileSync(file, 'utf8'))
  process.exitCode = writeOrCheck(
    root,
    { 'packages/microcode/src/generated/policy.ts': moduleText(policy) },
    'XENLEVEL_CORPUS=DIR node scripts/run.mjs scripts/generate-microcode-policy.ts',
  )
}
