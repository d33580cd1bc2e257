/** Featuresets as xen-cpuid shows them: one that it was given, and all those of a host. */
import type { FeatureMask } from '../features/table.js'
import { hexWord, testBit } from '../words.js'
import { PROGRAM, type XenCpuidOutput } from './arguments.js'
import type { XenCpuidHost, XenCpuidSet } from './host.js'
import { scanWord } from './numbers.js'
import type { XenCpuidTool } from './tool.js'

/** Width of the columns of names. */
const COLUMN = 24

/** The masks that the tool knows by itself, in its order. */
const STATIC_SETS: readonly (readonly [mask: FeatureMask, name: string])[] = [
  ['known', 'Known'],
  ['special', 'Special'],
  ['pvMax', 'PV Max'],
  ['pvDefault', 'PV Default'],
  ['hvmShadowMax', 'HVM Shadow Max'],
  ['hvmShadowDefault', 'HVM Shadow Default'],
  ['hvmHapMax', 'HVM Hap Max'],
  ['hvmHapDefault', 'HVM Hap Default'],
]

/** The featuresets that Xen answers, by their numbers in XEN_SYSCTL_get_cpu_featureset. */
const DYNAMIC_SETS: readonly (readonly [set: XenCpuidSet, name: string])[] = [
  ['raw', 'Raw'],
  ['host', 'Host'],
  ['pvDefault', 'PV Default'],
  ['hvmDefault', 'HVM Default'],
  ['pvMax', 'PV Max'],
  ['hvmMax', 'HVM Max'],
]

/** What the tool says to the text of a featureset. */
export function interpretFeatureset(
  text: string,
  tool: XenCpuidTool,
): { stdout: string; stderr: string } {
  const words: number[] = []
  let rest = text
  for (;;) {
    const scanned = scanWord(rest)
    if (scanned === undefined) break
    words.push(scanned.word)
    rest = rest.slice(scanned.length)
    if (words.length === tool.table.words.length) break
    if (rest === '' || !tool.separators.includes(rest.charAt(0))) break
    rest = rest.slice(1)
  }
  if (words.length === 0) return { stdout: '', stderr: `'${rest}' unrecognized - skipping\n` }
  return {
    stdout: showFeatureset('Raw', words, words.length, tool, true),
    stderr: rest === '' ? '' : `'${rest}' unrecognized - ignoring\n`,
  }
}

/** All sets: those of the tool in as many words as the host has, then those of the host. */
export function showSets(tool: XenCpuidTool, host: XenCpuidHost, detail: boolean): XenCpuidOutput {
  const length = host.featuresetWords
  const lines = [`nr_features: ${length}\n`]
  if (!detail) {
    const key = tool.words.map(({ abbreviation }) => `${abbreviation.padEnd(8)} `).join('')
    lines.push(`       ${'KEY'.padStart(COLUMN)} ${key}\n`)
  }
  lines.push('\nStatic sets:\n')
  for (const [mask, name] of STATIC_SETS) {
    lines.push(showFeatureset(name, tool.table.mask(mask).words, length, tool, detail))
  }
  lines.push('\nDynamic sets:\n')
  for (const [set, name] of DYNAMIC_SETS) {
    const featureset = host.featuresets[set]
    if (featureset === undefined) {
      const stderr = `${PROGRAM}: xc_get_featureset(): Invalid argument\n`
      return { stdout: lines.join(''), stderr, rc: 1 }
    }
    lines.push(
      featureset === null
        ? `${name} featureset not supported by Xen\n`
        : showFeatureset(name, featureset.words, length, tool, detail),
    )
  }
  return { stdout: lines.join(''), stderr: '', rc: 0 }
}

function showFeatureset(
  name: string,
  words: readonly number[],
  length: number,
  tool: XenCpuidTool,
  detail: boolean,
): string {
  const shown = Array.from({ length }, (_, index) => words[index] ?? 0)
  const summary = `${name.padEnd(COLUMN)}        ${shown.map(hexWord).join(':')}\n`
  if (!detail) return summary
  const explained = tool.words.slice(0, length).map(({ title, names }, index) => {
    const features = names
      .map((feature, bit) => feature ?? `<${bit}>`)
      .filter((_, bit) => testBit(shown, index * 32 + bit))
    const number = String(index).padStart(2, '0')
    return `  [${number}] ${title.padEnd(COLUMN)}${features.map((feature) => ` ${feature}`).join('')}\n`
  })
  return summary + explained.join('')
}
