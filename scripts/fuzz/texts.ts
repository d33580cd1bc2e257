/** Texts that are nearly right: sound ones cut, joined and sprinkled with what hurts; and noise. */
import { pick, type Random } from '../../packages/cpuid/src/random.testing.js'

/** What texts are made of. */
export interface TextMaterial {
  /** Sound texts. */
  readonly samples: readonly string[]
  /** Words of their language. */
  readonly words: readonly string[]
}

/** Characters that readers trip over, the half of a pair among them. */
const ODD = [
  ...['\0', '\n', '\r', '\r\n', '\t', ' ', '  ', '\v', '\u00a0', '\u2028', '\ufeff', '\ud800'],
  ...['é', '😀', 'ſ', 'İ', '"', "'", '\\', '-', '+', ':', '=', ',', '0x', '%', '{', ']', '/*'],
]
const NUMBERS = [
  ...['0', '00', '-0', '-1', '1', '7', '31', '32', '63', '64', '255', '256', '65535', '4294967295'],
  ...['4294967296', '-2147483649', '9007199254740993', '18446744073709551616', '1e999', '0.5'],
  ...['0x0', '0xffffffff', '0x100000000', 'ffffffff', '80000000', '40000000', '08', 'NaN'],
]

/** How much is done to a text: little, or it is refused for the first thing and nothing behind it is read. */
const STEPS = [0, 1, 1, 1, 2, 4]

/** A sound text with up to four things done to it; one in sixteen is noise. */
export function damagedText(random: Random, material: TextMaterial): string {
  if (random(16) === 0) return noise(random, material.words)
  let text = pick(random, material.samples)
  for (let steps = pick(random, STEPS); steps > 0; steps--) text = damaged(random, text, material)
  return text
}

function damaged(random: Random, text: string, { samples, words }: TextMaterial): string {
  const at = random(text.length + 1)
  const end = random(3) === 0 ? random(text.length + 1) : at + random(12)
  const [head, rest] = [text.slice(0, at), text.slice(end)]
  switch (random(9)) {
    case 0:
      return head
    case 1:
      return head + rest
    case 2:
      return text.slice(0, end) + text.slice(at)
    case 3:
      return head + pick(random, ODD) + text.slice(at)
    case 4:
      return head + pick(random, words) + text.slice(at)
    case 5:
      return head + pick(random, words) + rest
    case 6:
      return numbered(random, text)
    case 7: {
      const other = pick(random, samples)
      return head + other.slice(random(other.length + 1))
    }
    default:
      return (
        head + String.fromCharCode(random(random(4) === 0 ? 0x1_0000 : 0x80)) + text.slice(at + 1)
      )
  }
}

/** One of the numbers in a text becomes another. */
function numbered(random: Random, text: string): string {
  const digits = /\d+/y
  for (let tries = 0; tries < 8; tries++) {
    digits.lastIndex = random(text.length + 1)
    const found = digits.exec(text)
    if (found !== null)
      return text.slice(0, found.index) + pick(random, NUMBERS) + text.slice(digits.lastIndex)
  }
  return text + pick(random, NUMBERS)
}

function noise(random: Random, words: readonly string[]): string {
  const parts: string[] = []
  for (let count = random(24); count > 0; count--) {
    const kind = random(4)
    if (kind === 0) parts.push(pick(random, ODD))
    else if (kind === 1) parts.push(pick(random, NUMBERS))
    else if (kind === 2) parts.push(String.fromCharCode(random(0x1_0000)))
    else parts.push(pick(random, words))
  }
  return parts.join(random(2) === 0 ? '' : ' ')
}
