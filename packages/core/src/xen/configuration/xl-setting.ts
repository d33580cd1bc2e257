/** The `cpuid` setting of xl.cfg: what xl makes of the text or the list, item by item (tools/xl/xl_parse.c, Xen 4.23-dev). */
import type { ConfigFinding } from './finding.js'
import { NEWEST, parseXlCpuid, type XlCpuidItem, type XlCpuidLanguage } from './parse.js'
import type { XlCpuidPolicy } from './register-list.js'

/** One item of the setting. */
export interface XlCpuidSettingItem extends XlCpuidItem {
  /** The item, as xl hands it to libxl. */
  readonly text: string
  /** Where it begins in the text; 0 for the items of a list. */
  readonly offset: number
  /** What xl prints before it skips the item; null if libxl takes it. */
  readonly message: string | null
}

/** What xl makes of the setting. The domain starts whatever it is: what cannot be read is skipped. */
export interface XlCpuidSetting extends XlCpuidPolicy {
  /** The language: that of a text, or xend's of a list. */
  readonly language: XlCpuidLanguage
  /** The items that xl reads, and what becomes of each. */
  readonly items: readonly XlCpuidSettingItem[]
  /** What xl prints if it skips the whole setting; null if it does not. */
  readonly message: string | null
  /** Everything that was noticed; `column` counts within the item. */
  readonly findings: readonly ConfigFinding[]
}

/**
 * Reads the `cpuid` setting of xl.cfg as xl does: a text is `"host,name=value,…"`, a list has xend's items.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function splitXlCpuid(
  setting: string | readonly string[],
  { release = NEWEST }: { readonly release?: string } = {},
): XlCpuidSetting {
  if (typeof setting !== 'string')
    return settingOf(
      'xend',
      setting.map((text) => ({ text, offset: 0 })),
      release,
    )
  const [first, ...items] = wordsOf(setting)
  if (first === undefined || first.text === 'host') return settingOf('libxl', items, release)
  return {
    ...settingOf('libxl', [], release),
    message: `while parsing CPUID string: "${setting}":\n  error: first word must be "host"`,
    findings: [notHost(first)],
  }
}

interface Word {
  readonly text: string
  readonly offset: number
}

/** The words between commas, as strtok finds them: empty ones are skipped. */
function wordsOf(setting: string): Word[] {
  const end = setting.indexOf('\0')
  const text = end < 0 ? setting : setting.slice(0, end)
  return [...text.matchAll(/[^,]+/g)].map((found) => ({ text: found[0], offset: found.index }))
}

const REASONS: Readonly<Record<XlCpuidLanguage, readonly string[]>> = {
  libxl: [
    'missing "=" in key=value',
    'unknown CPUID flag name',
    'illegal CPUID value (must be: [0|1|x|k|s])',
  ],
  xend: [
    'illegal leaf number',
    'illegal subleaf number',
    'missing colon',
    'invalid register name (must be e[abcd]x)',
    'policy string must be exactly 32 characters long',
  ],
}

const WHAT: Readonly<Record<XlCpuidLanguage, string>> = { libxl: 'flag', xend: 'line' }

function settingOf(
  language: XlCpuidLanguage,
  words: readonly Word[],
  release: string,
): XlCpuidSetting {
  const parsed = parseXlCpuid(
    words.map(({ text }) => text),
    { language, release },
  )
  const items = parsed.items.map((item, index): XlCpuidSettingItem => {
    const { text, offset } = words[index] ?? { text: '', offset: 0 }
    const reason = REASONS[language][item.rc - 1]
    const message =
      reason === undefined
        ? null
        : `while parsing CPUID ${WHAT[language]}: "${text}":\n  error #${item.rc}: ${reason}`
    return { ...item, text, offset, message }
  })
  const { cpuid, msr, findings } = parsed
  return { language, items, cpuid, msr, message: null, findings }
}

function notHost({ text, offset }: Word): ConfigFinding {
  const near = text.trim().toLowerCase() === 'host'
  return {
    code: 'host-missing',
    severity: 'error',
    message: `The first word must be exactly "host"${near ? ', without blanks and in small letters' : ''}: xl prints a message and skips the whole setting.${text.includes('=') ? ` Write "host,${text.slice(0, 40)}".` : ''}`,
    column: offset,
    ...(near ? { suggestion: 'host' } : text.includes('=') ? { suggestion: `host,${text}` } : {}),
  }
}
