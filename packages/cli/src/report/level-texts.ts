/** The level as toolstacks write it: what `xenlevel level --emit` says, and what xapi holds arriving guests against. */
import { type HostSnapshot, type PoolLevel, toXapiFeatureset } from '@xenlevel/core'
import { XenlevelError } from '@xenlevel/cpuid'
import { emit } from '../emit/emit.js'
import type { Emitted } from '../emit/emitted.js'
import type { Language } from '../emit/languages.js'
import type { LevelText, ReportKind } from './types.js'

/** A level, and one host of each kind. */
interface Texts {
  readonly level: PoolLevel
  readonly kind: ReportKind
  /** By column. */
  readonly hosts: readonly HostSnapshot[]
}

const LANGUAGES: readonly {
  readonly language: Language
  readonly title: string
  readonly kinds: readonly ReportKind[]
}[] = [
  { language: 'xapi', title: 'xapi: featureset in VM.platform', kinds: ['hvm', 'pv'] },
  { language: 'xl', title: 'xl: cpuid in xl.cfg', kinds: ['hvm', 'pv'] },
  { language: 'libvirt', title: 'libvirt: <cpu> in the domain’s XML', kinds: ['hvm'] },
  { language: 'qemu', title: 'QEMU: -cpu', kinds: ['hvm'] },
]

/** Every way in which the level can be written down; none if no host counts for it. */
export function levelTexts(texts: Texts): LevelText[] {
  const { level, kind } = texts
  if (level[kind].hosts.length === 0) return []
  const written = LANGUAGES.filter(({ kinds }) => kinds.includes(kind))
  return [
    ...written.flatMap(({ language, title }) => emitted(texts, language, title)),
    accepted(texts),
  ]
}

function accepted({ level, kind }: Texts): LevelText {
  return {
    language: `xapi: features_${kind} in Pool.cpu_info`,
    text: toXapiFeatureset(level[kind].max),
    columns: null,
    notes: ['What guests that arrive are held against. No guest can be started with it.'],
  }
}

function emitted(texts: Texts, language: Language, title: string): LevelText[] {
  const { hosts } = texts
  try {
    const { text, byHost, findings, proved } = emit(language, { ...texts, whole: false })
    const notes = [
      ...findings.filter(({ severity }) => severity !== 'info').map(({ message }) => message),
      ...(proved && OF_HOSTS.has(language) ? [PROVED] : []),
    ]
    const own = textsOfHosts(byHost, hosts)
    if (own.length === 0) return [{ language: title, text: text.trimEnd(), columns: null, notes }]
    return own.map(([line, columns], at) => ({
      language: title,
      text: line,
      columns,
      notes: at === own.length - 1 ? notes : [],
    }))
  } catch (error) {
    // Before 4.13 a toolstack puts policies together by rules of its own.
    if (!(error instanceof XenlevelError) || error.code !== 'CONFIG_RELEASE') throw error
    return [{ language: title, text: '', columns: null, notes: [error.message] }]
  }
}

/** Languages whose texts depend on the host, and are followed through its toolstack and its Xen. */
const OF_HOSTS: ReadonlySet<Language> = /* @__PURE__ */ new Set(['xl', 'libvirt'])
const PROVED = 'Followed through libxl and Xen on every host: guests get exactly the level.'

/** The texts that differ, each with the columns that it is for. */
function textsOfHosts(
  byHost: Emitted['byHost'],
  hosts: readonly HostSnapshot[],
): [text: string, columns: number[]][] {
  const texts = new Map<string, number[]>()
  hosts.forEach(({ name }, column) => {
    const text = Object.hasOwn(byHost, name) ? byHost[name] : undefined
    if (text === undefined) return
    const same = texts.get(text)
    if (same === undefined) texts.set(text, [column])
    else same.push(column)
  })
  return [...texts]
}
