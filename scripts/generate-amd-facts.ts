/**
 * Makes packages/microcode/src/amd/generated/facts.ts of what Xen's source says about AMD patches.
 *
 *     XENLEVEL_CORPUS=DIR node scripts/run.mjs scripts/generate-amd-facts.ts [--check]
 *
 * DIR/microcode/facts/xen-amd.json holds the tables, read out of Xen's amd.c and amd-patch-digests.c.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeOrCheck } from './write-or-check.js'

interface XenAmdFacts {
  readonly source: string
  readonly digests: readonly { readonly patchId: string; readonly sha256: string }[]
  readonly entrysignFirstFixed: readonly {
    readonly revPrefix: string
    readonly firstFixed: string
  }[]
  readonly maxPatchSize: Readonly<Record<string, number>>
  readonly finalLevelsFam10h: readonly string[]
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** `0x0a0011d5` as `0x0a00_11d5`; other widths as they are. */
const grouped = (hex: string) => hex.replace(/^(0x[0-9a-f]{4})([0-9a-f]{4})$/, '$1_$2')

function moduleText(facts: XenAmdFacts): string {
  const { other, ...families } = facts.maxPatchSize
  if (other === undefined) throw new Error('maxPatchSize has no "other"')
  const commit = /\bxen ([0-9a-f]{8,40})\b/.exec(facts.source)?.[1]
  if (commit === undefined) throw new Error(`the source names no commit: ${facts.source}`)
  const digests = [...facts.digests].sort((a, b) => Number(a.patchId) - Number(b.patchId))
  return `/** What Xen (commit ${commit}) knows of AMD patches: xen/arch/x86/cpu/microcode/amd.c and amd-patch-digests.c. */
// Made by scripts/generate-amd-facts.ts from the recorded tables. Do not edit.

/** Patch ids and the SHA-256 of the patch that AMD published under each; ascending. */
export const PATCH_DIGESTS: readonly (readonly [patchId: number, sha256: string])[] = [
${digests.map(({ patchId, sha256 }) => `  [${grouped(patchId)}, '${sha256}'],`).join('\n')}
]

/** Revisions without their low byte, and the first of each whose firmware checks signatures rightly (Entrysign). */
export const ENTRYSIGN_FIRST_FIXED: readonly (readonly [prefix: number, firstFixed: number])[] = [
${facts.entrysignFirstFixed.map(({ revPrefix, firstFixed }) => `  [${revPrefix}, ${grouped(firstFixed)}],`).join('\n')}
]

/** CPU families and the largest patch of each, in bytes. */
export const MAX_PATCH_SIZES: readonly (readonly [family: number, bytes: number])[] = [
${Object.entries(families)
  .map(([family, bytes]) => `  [${family}, ${bytes}],`)
  .join('\n')}
]

/** The largest patch of every other family, in bytes. */
export const MAX_PATCH_SIZE_ELSEWHERE = ${other}

/** Revisions of family 10h that nothing may be loaded over. */
export const FINAL_REVISIONS_10H: readonly number[] = [
${facts.finalLevelsFam10h.map((level) => `  ${grouped(level)},`).join('\n')}
]
`
}

const corpus = process.env.XENLEVEL_CORPUS
if (corpus === undefined || corpus === '') {
  console.error('XENLEVEL_CORPUS is not set: the recorded tables are only there')
  process.exitCode = 1
} else {
  const file = join(resolve(root, corpus), 'microcode/facts/xen-amd.json')
  const facts: XenAmdFacts = JSON.parse(readFileSync(file, 'utf8'))
  process.exitCode = writeOrCheck(
    root,
    { 'packages/microcode/src/amd/generated/facts.ts': moduleText(facts) },
    'XENLEVEL_CORPUS=DIR node scripts/run.mjs scripts/generate-amd-facts.ts',
  )
}
