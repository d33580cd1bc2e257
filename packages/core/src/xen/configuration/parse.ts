/** The configuration languages of xl and libxl for CPUID: every item read as C reads it, and everything that C does not say. */
import type { ConfigFinding } from './finding.js'
import { type ItemContext, type LibxlCode, readLibxlItem } from './libxl-item.js'
import { xlCpuidNames } from './names.js'
import { RegisterList, type XlCpuidLeaf, type XlCpuidPolicy, type XlMsr } from './register-list.js'
import { readXendItem, type XendCode } from './xend-item.js'

/** The languages: `libxl` is `name=value`, `xend` is `leaf:register=32 characters`. */
export type XlCpuidLanguage = 'libxl' | 'xend'

/** Which language, and whose. */
export interface XlCpuidOptions {
  /** The language of the items. */
  readonly language: XlCpuidLanguage
  /** Whose names and rules hold; the newest by default. */
  readonly release?: string
}

/** What became of one item. */
export interface XlCpuidItem {
  /** libxl's return code; 0 if it takes the item. In `libxl` 1: no "=", 2: unknown name, 3: value; in `xend` 1: leaf, 2: sub-leaf, 3: colon, 4: register, 5: length. */
  readonly rc: LibxlCode | XendCode
  /** Why it is refused, or else the gravest of what was noticed; absent if nothing was. */
  readonly finding?: ConfigFinding
  /** Everything that was noticed, by column. */
  readonly findings: readonly ConfigFinding[]
}

/** What a list of items comes to. */
export interface ParsedXlCpuid extends XlCpuidPolicy {
  /** What became of each item. */
  readonly items: readonly XlCpuidItem[]
  /** What is asked of leaves, in the order in which they were first named. */
  readonly cpuid: readonly XlCpuidLeaf[]
  /** What is asked of MSRs. */
  readonly msr: readonly XlMsr[]
  /** What was noticed in all items, with the item's number. */
  readonly findings: readonly ConfigFinding[]
}

/** The release that is meant where none is given. */
export const NEWEST = '4.23-dev'

/**
 * Reads items of `cpuid=` as libxl does, with its return codes: what it refuses is skipped, and what it misreads is misread.
 *
 * Leaves stay named by an item whose value is refused, as in libxl: then the leaf has no registers.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function parseXlCpuid(items: readonly string[], options: XlCpuidOptions): ParsedXlCpuid {
  const release = options.release ?? NEWEST
  const read = options.language === 'libxl' ? readLibxlItem : readXendItem
  const list = new RegisterList()
  const names = xlCpuidNames(release)
  const all: ConfigFinding[] = []
  const results: XlCpuidItem[] = []
  for (let index = 0; index < items.length; index++) {
    const findings: ConfigFinding[] = []
    const context: ItemContext = { names, release, list, findings }
    const rc = read(textOf(items[index] ?? '', findings), context)
    results.push(findings.length === 0 ? clean(rc) : itemOf(rc, findings, index, all))
  }
  return { items: results, cpuid: list.cpuid, msr: list.msr, findings: all }
}

const NOTHING: readonly ConfigFinding[] = /* @__PURE__ */ Object.freeze([])

function clean(rc: XlCpuidItem['rc']): XlCpuidItem {
  return { rc, findings: NOTHING }
}

function itemOf(
  rc: XlCpuidItem['rc'],
  found: readonly ConfigFinding[],
  item: number,
  all: ConfigFinding[],
): XlCpuidItem {
  const noticed = found.map((finding): ConfigFinding => ({ ...finding, item }))
  const findings = noticed.toSorted((a, b) => (a.column ?? 0) - (b.column ?? 0))
  all.push(...findings)
  // A refusal ends the item, so it is what was found last; where a text is cut is found first.
  const finding = rc === 0 ? gravest(findings) : noticed.at(-1)
  return finding === undefined ? clean(rc) : { rc, finding, findings }
}

function gravest(findings: readonly ConfigFinding[]): ConfigFinding | undefined {
  return (
    findings.find(({ severity }) => severity === 'error') ??
    findings.find(({ severity }) => severity === 'warning') ??
    findings[0]
  )
}

/** What C sees of a text: up to the first character of number 0. */
function textOf(item: string, findings: ConfigFinding[]): string {
  const end = item.indexOf('\0')
  if (end < 0) return item
  findings.push({
    code: 'text-cut',
    severity: 'error',
    message: 'C ends a text at the character of number 0: the rest of the item is not read.',
    column: end,
  })
  return item.slice(0, end)
}
