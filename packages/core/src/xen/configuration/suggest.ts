/** What an unknown name of `cpuid=` may have been meant for. */
import { featureOfLinuxFlag, featureTable } from '@xenlevel/cpuid'
import { libvirtFeature } from '../../documents/libvirt-names.js'
import { nameOfBit } from './named-bits.js'
import type { XlField } from './names.js'

/** A guess. */
interface Suggestion {
  /** The name to write; absent if there is none in this release. */
  readonly suggestion?: string
  /** Why, in a sentence. */
  readonly reason: string
}

interface Names {
  readonly names: ReadonlyMap<string, XlField>
  readonly release: string
}

/** Names are no longer than this; a text that is longer is nothing that was misspelt. */
const LONGEST = 40

/** The likeliest meaning of a name; null if nothing is like it. */
export function suggestName(name: string, context: Names): Suggestion | null {
  if (name.length > LONGEST) return null
  return (
    spelling(name, context) ??
    elsewhere(name, context) ??
    newer(name, context) ??
    nearest(name, context)
  )
}

const plain = (name: string) =>
  name
    .trim()
    .toLowerCase()
    .replaceAll(/[_.\s]/g, '-')

/** The same but for blanks, case, and "_" for "-". */
function spelling(name: string, { names }: Names): Suggestion | null {
  const trimmed = name.trim()
  if (names.has(trimmed))
    return { suggestion: trimmed, reason: 'There is a blank too much: libxl does not skip any.' }
  const wanted = plain(name)
  for (const known of names.keys())
    if (plain(known) === wanted)
      return {
        suggestion: known,
        reason: `It writes "${known}": small letters, and "-" for "_" but in names of its own.`,
      }
  return null
}

/** A name of libvirt, QEMU or Linux. QEMU writes them with either "-" or "_". */
function elsewhere(name: string, { names, release }: Names): Suggestion | null {
  const lower = name.trim().toLowerCase()
  for (const spelt of [lower, lower.replaceAll('_', '-'), lower.replaceAll('-', '_')]) {
    const libvirt = libvirtFeature(spelt)
    const linux = featureOfLinuxFlag(spelt)
    const feature = linux ?? libvirt?.feature ?? null
    const bit =
      libvirt?.bit ?? (feature === null ? undefined : featureTable().feature(feature)?.bit)
    if (bit === undefined || bit === null) continue
    const who = libvirt === undefined ? 'Linux' : 'libvirt and QEMU'
    const what = feature === null ? `bit ${bit} of the featureset` : feature
    const known = nameOf(bit, names)
    return known === null
      ? {
          reason: `That is what ${who} call ${what}, for which libxl of Xen ${release} has no name.`,
        }
      : { suggestion: known, reason: `What ${who} call ${lower} is "${known}" to libxl.` }
  }
  return null
}

/** A name that the newest Xen has. */
function newer(name: string, { names }: Names): Suggestion | null {
  const table = featureTable()
  const feature = table.feature(plain(name)) ?? table.feature(name)
  if (feature === undefined) return null
  const known = nameOf(feature.bit, names)
  return known === null
    ? { reason: `To a later release it is ${feature.name}; this one's libxl has no name for it.` }
    : { suggestion: known, reason: `In this release it is "${known}".` }
}

/** The name of a featureset bit (of the newest Xen) in a release's libxl; null if it has none. */
function nameOf(bit: number, names: ReadonlyMap<string, XlField>): string | null {
  const source = featureTable().words[bit >>> 5]?.source ?? null
  return source === null ? null : (nameOfBit(bit & 31, source, names) ?? null)
}

/** The name that takes the fewest changes of letters. */
function nearest(name: string, { names }: Names): Suggestion | null {
  const wanted = plain(name)
  let best: string | null = null
  let fewest = Math.min(3, Math.floor(wanted.length / 3)) + 1
  for (const known of names.keys()) {
    const changes = changesBetween(wanted, plain(known), fewest)
    if (changes < fewest) [best, fewest] = [known, changes]
  }
  return best === null ? null : { suggestion: best, reason: `Did you mean "${best}"?` }
}

/** How many letters must be put in, taken out or changed; `limit` or more for those that are further apart. */
function changesBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const same = a[i] === b[j] ? 0 : 1
      next.push(Math.min((row[j] ?? 0) + same, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? limit
}
