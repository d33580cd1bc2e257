/**
 * Xen's header of feature bits, xen/include/public/arch-x86/cpufeatureset.h, read as the script gen-cpuid.py of a release reads it:
 * line by line, knowing neither C comments nor the preprocessor, and refusing in the same order for the same reason.
 *
 *     /* Feature bits in CPUID level 0x00000001.edx, word 0 *\/
 *     XEN_CPUFEATURE(FPU,           0*32+ 0) /*A  Onboard FPU *\/
 */
import { ParseError } from '../errors.js'
import {
  attributeLetters,
  type FeatureDeclaration,
  type FeatureDeclarations,
} from './declarations.js'
import type { ScriptRule } from './declared/types.js'
import { developmentRelease } from './generated/changes.js'
import { scriptRules } from './releases.js'
import type { CpuRegister, FeatureWord, WordSource } from './table.js'

/** Why a header was refused, in the words of Xen's script. */
export type FeatureHeaderCode =
  | 'HEADER_UNREADABLE'
  | 'HEADER_NUMBER'
  | 'HEADER_DUPLICATE'
  | 'HEADER_ALIASED'
  | 'HEADER_ATTRIBUTE'
  | 'HEADER_WORD_ORDER'
  | 'HEADER_NO_FEATURES'
  | 'HEADER_NO_WORDS'
  | 'HEADER_BEYOND_WORDS'

/** A header that Xen's script refuses. */
export class FeatureHeaderError extends ParseError {
  /** The script's own sentence; ours where the script falls over without one. */
  readonly reason: string
  /** From 1; null if it is the header as a whole. */
  readonly line: number | null
  /** From 1; null if it is the header as a whole. */
  readonly column: number | null

  constructor(code: FeatureHeaderCode, reason: string, place: HeaderPlace | null) {
    const where = place === null ? '' : ` (line ${place.line}, column ${place.column})`
    super({
      code,
      message: `The feature header is refused: ${reason}${where}.`,
      offset: place?.offset ?? null,
      path: place === null ? 'header' : `line ${place.line}`,
      details: { reason, line: place?.line ?? null, column: place?.column ?? null },
    })
    this.reason = reason
    this.line = place?.line ?? null
    this.column = place?.column ?? null
  }
}

/** Where in the header. */
interface HeaderPlace {
  readonly offset: number
  readonly line: number
  readonly column: number
}

interface HeaderLine {
  readonly text: string
  readonly offset: number
  readonly line: number
}

/** A feature that was read, and where its number is. */
interface HeaderFeature {
  readonly declaration: FeatureDeclaration
  readonly place: HeaderPlace
}

const FEATURE = 'XEN_CPUFEATURE('
/** What stands between the letters and the blank after them is judged apart: Unicode classes cost a millisecond at import. */
const FEATURE_LINE =
  /^XEN_CPUFEATURE\(([A-Z0-9_]+),\s+([\s\d]+)\*([\s\d]+)\+([\s\d]+)\)\s+\/\*([^\s]*) /
const WORD_LINE = /^\/\* .* word (\d*) \*\/$/
const WORD_LINE_WITH_TEXT = /^\/\* .* word (\d*) .*\*\/$/
const CPUID_SOURCE = /CPUID level (0x[0-9a-fA-F]{1,8})(?::(\d+))?\.(e[abcd]x)/
const MSR_SOURCE = /(0x[0-9a-fA-F]{1,8})\.(eax|edx)/

/**
 * Reads a header of feature bits.
 *
 * @param text - the header, of any release from 4.7 on or of a downstream Xen.
 * @param options - `release`: whose script's rules hold (known letters, what counts as a word comment); the newest by default.
 * @throws {@link FeatureHeaderError} where that script refuses the header, with its sentence, the line and the column.
 */
export function parseFeatureHeader(
  text: string,
  options: { readonly release?: string } = {},
): FeatureDeclarations {
  const reader = new HeaderReader(scriptRules(options.release ?? developmentRelease))
  for (const line of linesOf(text)) {
    if (line.text.startsWith(FEATURE)) reader.feature(line)
    else reader.comment(line)
  }
  return reader.finish()
}

class HeaderReader {
  readonly #rules: readonly ScriptRule[]
  readonly #letters: string
  readonly #features: HeaderFeature[] = []
  readonly #names = new Set<string>()
  readonly #nameOfBit = new Map<number, string>()
  readonly #sources = new Map<number, WordSource | null>()
  #lastWord = -1

  constructor(rules: readonly ScriptRule[]) {
    this.#rules = rules
    this.#letters = attributeLetters(rules)
  }

  feature(line: HeaderLine): void {
    const match = FEATURE_LINE.exec(line.text)
    if (match === null || !this.#couldBeAttributes(match[5] ?? '')) {
      throw refused(
        'HEADER_UNREADABLE',
        `Failed to interpret '${line.text.trim()}'`,
        line,
        FEATURE.length,
      )
    }
    const [whole, name = '', a = '', b = '', c = '', attributes = ''] = match
    const expression = line.text.indexOf(',') + 1
    const [x, y, z] = [a, b, c].map((part) => numberOf(part, line, expression))
    const bit = (x ?? 0) * (y ?? 0) + (z ?? 0)
    // The script looks for the name among its own variables, where one that begins with a digit cannot be.
    if (this.#names.has(name) && !/^\d/.test(name)) {
      throw refused('HEADER_DUPLICATE', `Duplicate symbol ${name}`, line, FEATURE.length)
    }
    const holder = this.#nameOfBit.get(bit)
    if (holder !== undefined) {
      throw refused(
        'HEADER_ALIASED',
        `Aliased value between ${name} and ${holder}`,
        line,
        expression,
      )
    }
    for (const letter of attributes) {
      if (!this.#letters.includes(letter)) {
        const column = whole.length - 1 - attributes.length + attributes.indexOf(letter)
        throw refused(
          'HEADER_ATTRIBUTE',
          `Unrecognised attribute '${letter}' for ${name}`,
          line,
          column,
        )
      }
    }
    this.#names.add(name)
    this.#nameOfBit.set(bit, name)
    this.#features.push({
      declaration: [name, bit, attributes],
      place: placeOf(line, expression),
    })
  }

  /** Word characters and marks; what else may follow the opening of the comment makes the line unreadable. */
  #couldBeAttributes(text: string): boolean {
    const marks = this.#rules.includes('accumulated-attribute') ? '!|' : '!'
    return [...text].every(
      (letter) => marks.includes(letter) || /\w/.test(letter) || isForeignLetter(letter),
    )
  }

  comment(line: HeaderLine): void {
    const counted = this.#rules.includes('word-comments')
    const pattern =
      !counted || this.#rules.includes('word-comment-text') ? WORD_LINE_WITH_TEXT : WORD_LINE
    const match = pattern.exec(line.text)
    if (match === null) return
    const [, digits = ''] = match
    const column = line.text.lastIndexOf(` word ${digits}`) + ' word '.length
    if (!counted) {
      // Older scripts do not look at these comments; they are still where a word says what it is.
      if (digits !== '') this.#sources.set(Number(digits), sourceOf(line.text))
      return
    }
    if (digits === '')
      throw refused('HEADER_NUMBER', 'A word comment without a number', line, column)
    const word = Number(digits)
    if (word !== this.#lastWord + 1) {
      throw refused(
        'HEADER_WORD_ORDER',
        `Featureset word ${word} out of order (last word ${this.#lastWord})`,
        line,
        column,
      )
    }
    this.#lastWord = word
    this.#sources.set(word, sourceOf(line.text))
  }

  finish(): FeatureDeclarations {
    const [first] = this.#features
    if (first === undefined) {
      throw new FeatureHeaderError('HEADER_NO_FEATURES', 'No features found', null)
    }
    const highest = this.#features.reduce(
      (most, one) => (one.declaration[1] > most.declaration[1] ? one : most),
      first,
    )
    const [name, bit] = highest.declaration
    const word = Math.floor(bit / 32)
    const count = this.#rules.includes('word-comments') ? this.#lastWord + 1 : word + 1
    if (count === 0) {
      throw new FeatureHeaderError('HEADER_NO_WORDS', 'No featureset word info found', null)
    }
    if (word >= count) {
      throw new FeatureHeaderError(
        'HEADER_BEYOND_WORDS',
        `Feature ${name} (${word}*32+${bit % 32}) exceeds FEATURESET_NR_ENTRIES (${count})`,
        highest.place,
      )
    }
    const words = Array.from(
      { length: count },
      (_, index): FeatureWord => ({ index, source: this.#sources.get(index) ?? null }),
    )
    return { words, features: this.#features.map(({ declaration }) => declaration) }
  }
}

/** What an alphabet other than ASCII's has for letters and digits. */
function isForeignLetter(letter: string): boolean {
  return /[\p{L}\p{N}]/u.test(letter)
}

function sourceOf(comment: string): WordSource | null {
  const cpuid = CPUID_SOURCE.exec(comment)
  if (cpuid !== null) {
    const [, leaf = '', subleaf, register = ''] = cpuid
    if (!isRegister(register)) return null
    return { leaf: Number(leaf), subleaf: subleaf === undefined ? null : Number(subleaf), register }
  }
  const [, msr, half] = MSR_SOURCE.exec(comment) ?? []
  if (half !== 'eax' && half !== 'edx') return null
  return { msr: Number(msr), register: half }
}

function isRegister(text: string): text is CpuRegister {
  return ['eax', 'ebx', 'ecx', 'edx'].includes(text)
}

/** A decimal number as the script's language takes one: blanks around it, no leading zeros but in zero itself. */
function numberOf(text: string, line: HeaderLine, column: number): number {
  const digits = text.trim()
  if (!/^(0+|[1-9]\d*)$/.test(digits)) {
    throw refused('HEADER_NUMBER', `'${digits}' is no decimal number`, line, column)
  }
  const value = Number(digits)
  if (value > MAX_NUMBER) throw refused('HEADER_NUMBER', `'${digits}' is too large`, line, column)
  return value
}

/** Far beyond any featureset, and small enough that a list of so many words can be made. */
const MAX_NUMBER = 1023

function* linesOf(text: string): Generator<HeaderLine> {
  const newline = /\r\n|\r|\n/g
  let offset = 0
  for (let line = 1; ; line++) {
    const end = newline.exec(text)
    yield { text: text.slice(offset, end?.index ?? text.length), offset, line }
    if (end === null) return
    offset = newline.lastIndex
  }
}

function placeOf(line: HeaderLine, column: number): HeaderPlace {
  return { offset: line.offset + column, line: line.line, column: column + 1 }
}

function refused(
  code: FeatureHeaderCode,
  reason: string,
  line: HeaderLine,
  column: number,
): FeatureHeaderError {
  return new FeatureHeaderError(code, reason, placeOf(line, column))
}
