/**
 * The grammar of Xen's command line (xen/common/kernel.c: parse_params, parse_bool and parse_boolean): blanks between options,
 * `no-` in front of a name, commas between the items of a list.
 */
import { compareReleases } from '@xenlevel/cpuid'

/** One option of the command line. */
export interface BootToken {
  /** As it stands in the command line. */
  readonly text: string
  /** The name, without `no-`. */
  readonly name: string
  /** What follows the first `=`; empty if there is none. */
  readonly value: string
  /** The name has `no-` in front. */
  readonly negated: boolean
  /** Characters beyond what this Xen keeps of one option; 0 if it keeps all. */
  readonly cut: number
}

/**
 * Splits a command line. Only the blank separates, as for Xen; a tab is part of a value.
 *
 * Xen copies each option into a buffer of its own: 100 bytes until 4.9, 128 since 4.10 (MAX_PARAM_SIZE); what is longer is cut off.
 */
export function bootTokens(commandLine: string, release: string): BootToken[] {
  const room = (compareReleases(release, '4.10.0') < 0 ? 100 : 128) - 1
  return commandLine
    .split(' ')
    .filter((text) => text !== '')
    .map((text) => {
      const kept = text.slice(0, room)
      const equals = kept.indexOf('=')
      const key = equals < 0 ? kept : kept.slice(0, equals)
      const negated = key.startsWith('no-')
      return {
        text,
        name: negated ? key.slice(3) : key,
        value: equals < 0 ? '' : kept.slice(equals + 1),
        negated,
        cut: text.length - kept.length,
      }
    })
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['on', true],
  ['yes', true],
  ['true', true],
  ['enable', true],
  ['0', false],
  ['no', false],
  ['off', false],
  ['false', false],
  ['disable', false],
])

/** The boolean that a text means to Xen; null for any other text. */
export function parseBool(text: string): boolean | null {
  return BOOLEANS.get(text) ?? null
}

/** A list item read as a named switch. */
export interface NamedBoolean {
  /** The name, without `no-`. */
  readonly name: string
  /** What it is set to; null if a value follows that is no boolean. */
  readonly on: boolean | null
  /** That value; empty if there is none. */
  readonly value: string
}

/** `NAME`, `no-NAME` or `NAME=VALUE`; `no-NAME=VALUE` is refused, which is null. */
export function parseNamedBoolean(item: string): NamedBoolean | null {
  const negated = item.startsWith('no-')
  const rest = negated ? item.slice(3) : item
  const equals = rest.indexOf('=')
  if (equals < 0) return { name: rest, on: !negated, value: '' }
  if (negated) return null
  const value = rest.slice(equals + 1)
  return { name: rest.slice(0, equals), on: parseBool(value), value }
}

/**
 * The value that Xen hands to an option with a parser of its own: `no-NAME` is `NAME=no`. Null for `no-NAME=VALUE`, which Xen
 * refuses.
 */
export function customValue({ value, negated }: BootToken): string | null {
  if (!negated) return value
  return value === '' ? 'no' : null
}

/** The value of a boolean option: present is true, and `no-` turns around whatever stands behind it. Null if it is not a boolean. */
export function booleanValue({ value, negated }: BootToken): boolean | null {
  const said = value === '' ? true : parseBool(value)
  return said === null ? null : said !== negated
}
