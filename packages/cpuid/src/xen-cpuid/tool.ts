/** What the xen-cpuid of one release knows: its feature table, and what it calls words and bits. */
import { repeatedBits } from '../features/common-1d.js'
import type { FeatureTable, FeatureWord, WordSource } from '../features/table.js'
import { hexWord } from '../words.js'
import { handWrittenNames } from './names.js'

/** A featureset word as the tool shows it. */
interface ToolWord {
  /** In full: `CPUID 0x00000007:0.ebx`. */
  readonly title: string
  /** In short: `7b0`. */
  readonly abbreviation: string
  /** The names of its 32 bits; undefined for one without. */
  readonly names: readonly (string | undefined)[]
}

/** The xen-cpuid of one release. */
export interface XenCpuidTool {
  /** That release's feature table. */
  readonly table: FeatureTable<string>
  /** The words it can explain, by index. */
  readonly words: readonly ToolWord[]
  /** What may stand between the words of a featureset. */
  readonly separators: string
}

/** The tool of a table's release. */
export function xenCpuidTool(table: FeatureTable<string>): XenCpuidTool {
  const [major = 0, minor = 0] = table.release.split(/[.-]/).map(Number)
  const since = (first: number) => major > 4 || minor >= first
  const special = new Map(since(19) ? repeatedNames(table) : namesByHand())
  const nameOf = (bit: number) =>
    special.has(bit) ? special.get(bit) : table.feature(bit)?.lowerName
  return {
    table,
    words: table.words.map((word) => describeWord(word, nameOf)),
    separators: since(18) ? ':-' : ':',
  }
}

/** Names by bit number, undefined for a bit without. */
type Names = [bit: number, name: string | undefined][]

function namesByHand(): Names {
  return handWrittenNames.flatMap(({ word, names }) =>
    names.map(([bit, , name]): Names[number] => [word * 32 + bit, name ?? undefined]),
  )
}

/** The bits that 0x80000001.edx repeats from 1.edx are shown by the same names, though the header gives them none. */
function repeatedNames(table: FeatureTable<string>): Names {
  return repeatedBits().map((bit) => [bit, table.feature(bit & 31)?.lowerName])
}

function describeWord(
  { index, source }: FeatureWord,
  nameOf: (bit: number) => string | undefined,
): ToolWord {
  return {
    title: titleOf(source),
    abbreviation: abbreviationOf(source),
    names: Array.from({ length: 32 }, (_, bit) => nameOf(index * 32 + bit)),
  }
}

function titleOf(source: WordSource | null): string {
  if (source === null) return '<UNKNOWN>'
  // Of all MSRs only this one has ever been a part of featuresets.
  if ('msr' in source) return `MSR_ARCH_CAPS.${source.register === 'eax' ? 'lo' : 'hi'}`
  const subleaf = source.subleaf === null ? '' : `:${source.subleaf}`
  return `CPUID 0x${hexWord(source.leaf)}${subleaf}.${source.register}`
}

/** Leaf, letter of the register, sub-leaf: `1d`, `Da1`, `7b0`; `e` for an extended leaf, `m` for an MSR. */
function abbreviationOf(source: WordSource | null): string {
  if (source === null) return '???'
  if ('msr' in source) {
    return `m${source.msr.toString(16).toUpperCase()}${source.register === 'eax' ? 'l' : 'h'}`
  }
  const extended = source.leaf >= 0x8000_0000
  const leaf = extended
    ? `e${(source.leaf - 0x8000_0000).toString(16)}`
    : source.leaf.toString(16).toUpperCase()
  return `${leaf}${source.register.charAt(1)}${source.subleaf ?? ''}`
}
