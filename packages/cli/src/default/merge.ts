/** A default put under the `cpuid=` of a configuration: what the configuration says itself wins, and every conflict is told. */
import { type Finding, libxlName, splitXlCpuid } from '@xenlevel/core'
import { nearestRelease } from '@xenlevel/cpuid'
import { CommandError } from '../errors.js'
import type { GuestDefault } from './document.js'
import { kindOfXlConfig, lastSetting, readXlConfig } from './xl-config.js'

/** A configuration with the default in it. */
export interface MergedConfig {
  /** The text, in which nothing else has changed. */
  readonly text: string
  /** The kind of guest. */
  readonly kind: 'pv' | 'hvm' | 'pvh'
  /** The setting, as it is written now. */
  readonly cpuid: string
  /** Where the configuration says otherwise than the default, and keeps its say. */
  readonly conflicts: readonly Conflict[]
  /** What xl will skip or misread of what the configuration said before. */
  readonly findings: readonly Finding[]
}

/** One thing about which the two do not agree. */
interface Conflict {
  /** The item of the default. */
  readonly default: string
  /** The item of the configuration, which stays. */
  readonly own: string
  /** One sentence for people. */
  readonly message: string
}

/** @throws {@link CommandError} for a text that is no configuration of xl, or a default that cannot be said in its language. */
export function mergeDefault(text: string, kept: GuestDefault): MergedConfig {
  const settings = readXlConfig(text)
  const kind = kindOfXlConfig(settings)
  const guests = kind === 'pv' ? kept.pv : kept.hvm
  if (guests === null)
    throw new CommandError({
      code: 'NO_DEFAULT_FOR_KIND',
      message: `The default says nothing of ${kind.toUpperCase()} guests: none of its hosts runs them.`,
    })
  const present = lastSetting(settings, 'cpuid')
  if (present?.operator === '+=')
    throw new CommandError({
      code: 'CPUID_ADDED',
      message:
        'The configuration builds its cpuid with "+=": write it as one setting, so that it can be merged.',
    })
  const own = present === undefined ? '' : present.value
  const release = nearestRelease(kept.host?.xen?.release ?? kept.release)
  const { findings } = splitXlCpuid(own, release === undefined ? {} : { release })
  const merged =
    typeof own === 'string'
      ? mergeLibxl(needed(guests.libxl, "libxl's"), own)
      : mergeXend(needed(guests.xend, "xend's"), own)
  const line = `cpuid = ${merged.setting}`
  if (present !== undefined)
    return {
      ...{ kind, cpuid: merged.setting, conflicts: merged.conflicts, findings },
      text: text.slice(0, present.start) + merged.setting + text.slice(present.end),
    }
  const break_ = text === '' || text.endsWith('\n') ? '' : '\n'
  return {
    ...{ kind, cpuid: merged.setting, conflicts: merged.conflicts, findings },
    text: `${text}${break_}${line}\n`,
  }
}

function needed(items: readonly string[] | null, whose: string): readonly string[] {
  if (items !== null) return items
  throw new CommandError({
    code: 'DEFAULT_LANGUAGE',
    message: `The configuration's cpuid is written in the other language, and ${whose} items of the default are not known: set the default on a host whose policies are known, or write the configuration's cpuid as "host,name=value".`,
  })
}

interface Merge {
  readonly setting: string
  readonly conflicts: readonly Conflict[]
}

/** Names of one bit are one name: `sse4_1` and `sse4.1`. */
function keyOf(name: string): string | number {
  return libxlName(name)?.bit ?? name
}

function mergeLibxl(items: readonly string[], own: string): Merge {
  const [first = '', ...words] = own.split(',').filter((word) => word !== '')
  // Without "host" xl skips the whole setting, so it says nothing.
  const kept = first === 'host' ? words : []
  const ownByKey = new Map(kept.map((item) => [keyOf(nameIn(item)), item]))
  const conflicts: Conflict[] = []
  const under = items.filter((item) => {
    const said = ownByKey.get(keyOf(nameIn(item)))
    if (said === undefined) return true
    if (valueIn(said) !== valueIn(item)) conflicts.push(conflictOf(item, said))
    return false
  })
  return { setting: `"${['host', ...under, ...kept].join(',')}"`, conflicts }
}

function nameIn(item: string): string {
  const at = item.indexOf('=')
  return at < 0 ? item : item.slice(0, at)
}

function valueIn(item: string): string {
  const at = item.indexOf('=')
  return at < 0 ? '' : item.slice(at + 1)
}

function conflictOf(item: string, own: string): Conflict {
  return {
    default: item,
    own,
    message: `The configuration says ${own}, the default ${item}: the configuration's stays, so this guest may not be able to go where others can.`,
  }
}

/** `leaf[,sub-leaf]:register=32 characters,…`; x leaves a bit as it is. */
function mergeXend(items: readonly string[], own: readonly string[]): Merge {
  const registers = new Map<string, Map<string, string>>()
  const order: string[] = []
  const conflicts: Conflict[] = []
  const put = (item: string, isOwn: boolean) => {
    const colon = item.indexOf(':')
    if (colon < 0) return
    const leaf = item.slice(0, colon).toLowerCase().replaceAll(/\s/g, '')
    const known = registers.get(leaf) ?? new Map<string, string>()
    if (!registers.has(leaf)) order.push(leaf)
    registers.set(leaf, known)
    for (const pair of item.slice(colon + 1).split(',')) {
      const [register, bits] = [nameIn(pair).trim().toLowerCase(), valueIn(pair).trim()]
      const before = known.get(register)
      if (before === undefined || before.length !== bits.length) known.set(register, bits)
      else {
        const both = [...before].map((bit, at) => overlaid(bit, bits[at] ?? 'x'))
        if (isOwn && both.some(({ differs }) => differs))
          conflicts.push(conflictOf(`${leaf}:${register}=${before}`, `${leaf}:${register}=${bits}`))
        known.set(register, both.map(({ bit }) => bit).join(''))
      }
    }
  }
  for (const item of items) put(item, false)
  for (const item of own) put(item, true)
  const texts = order.map((leaf) => {
    const pairs = [...(registers.get(leaf) ?? [])].map(([register, bits]) => `${register}=${bits}`)
    return `"${leaf}:${pairs.join(',')}"`
  })
  return { setting: `[${texts.join(',')}]`, conflicts }
}

function overlaid(
  under: string,
  over: string,
): { readonly bit: string; readonly differs: boolean } {
  if (over === 'x') return { bit: under, differs: false }
  return { bit: over, differs: under !== 'x' && under !== over }
}
