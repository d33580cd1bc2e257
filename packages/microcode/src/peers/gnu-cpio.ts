/**
 * What GNU cpio 2.13 lists of an archive (`cpio -tv`): laxer than the scans that load microcode, since it looks for the next magic behind junk
 * and stops at a trailer. Archives in newc form, with or without sums; others are recognised and not read. Its own structure, from its
 * behaviour.
 */

/** A member as it is listed. */
export interface ListedMember {
  /** Type and permissions, `-rw-r--r--`. */
  readonly mode: string
  /** What the header says; the archive may end before. */
  readonly size: number
  /** The name, with the target behind ` -> ` for a link. */
  readonly name: string
}

/** What a run does. */
export interface GnuCpioRun {
  /** False for the forms that this model does not read: then nothing else is said. */
  readonly understood: boolean
  /** Exit status: 1 for memory that it cannot get, 2 for an archive that ends too early. */
  readonly exit: 0 | 1 | 2
  /** Up to where it gives up. */
  readonly members: readonly ListedMember[]
  /** What it complains of, one character for each byte; the first 50 000. */
  readonly messages: readonly string[]
  /** Complaints in all. */
  readonly complaints: number
}

/** Complaints that are kept: a file without a header has one for each of its bytes. */
const MOST_MESSAGES = 50_000
/** What every magic in text begins with, `07070`; the last digit says which form it is. */
const MAGIC: readonly number[] = [0x30, 0x37, 0x30, 0x37, 0x30]
const PLAIN = 0x31
const SUMMED = 0x32
const OLD = 0x37
const BLANK = 0x20
const ZERO = 0x30
const TRAILER = 'TRAILER!!!'
/** Bytes of a name from which on there is no memory. */
const MEMORY = 0x4000_0000
/** Where a tar header has its checksum, and its size. */
const TAR = { checksum: 148, size: 512 } as const
/** Bytes of an old binary header's magic, of either byte order. */
const BINARY_MAGIC: readonly number[] = [0x71c7, 0xc771]
const TYPES: readonly (readonly [bits: number, letter: string])[] = [
  [0o14, 's'],
  [0o12, 'l'],
  [0o10, '-'],
  [0o6, 'b'],
  [0o4, 'd'],
  [0o2, 'c'],
  [0o1, 'p'],
]

/** Ends a run as a C program would. */
class Exit {
  constructor(
    readonly status: 1 | 2,
    readonly message: string,
  ) {}
}

/** Foresees a listing. */
export function runGnuCpio(bytes: Uint8Array): GnuCpioRun {
  return new Run(bytes).run()
}

class Run {
  readonly #bytes: Uint8Array
  readonly #members: ListedMember[] = []
  readonly #messages: string[] = []
  #at = 0
  #complaints = 0
  /** The sum of the bytes that a tar header here would have. */
  #tarSum = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  run(): GnuCpioRun {
    try {
      const skipped = this.#recognise()
      if (skipped === null)
        return { understood: false, exit: 0, members: [], messages: [], complaints: 0 }
      this.#list(skipped)
      return this.#result(0)
    } catch (exit) {
      if (!(exit instanceof Exit)) throw exit
      this.#complain(exit.message)
      return this.#result(exit.status)
    }
  }

  #result(exit: 0 | 1 | 2): GnuCpioRun {
    const [members, messages, complaints] = [this.#members, this.#messages, this.#complaints]
    return { understood: true, exit, members, messages, complaints }
  }

  /** Steps byte by byte to the first magic; gives how many it stepped over, null if it is that of another form. */
  #recognise(): number | null {
    for (let index = 0; index < TAR.size; index++) this.#tarSum += this.#byte(index)
    for (; ; this.#step()) {
      const left = this.#bytes.length - this.#at
      if (left < 6) throw new Exit(2, 'premature end of archive')
      const kind = this.#magic()
      if (kind === PLAIN || kind === SUMMED) return this.#at
      if (kind === OLD) return null
      if (BINARY_MAGIC.includes(this.#byte(this.#at) + 256 * this.#byte(this.#at + 1))) return null
      if (left >= TAR.size && this.#isTar()) return null
    }
  }

  #step(): void {
    this.#tarSum += this.#byte(this.#at + TAR.size) - this.#byte(this.#at)
    this.#at++
  }

  #isTar(): boolean {
    const field = this.#at + TAR.checksum
    const claimed = this.#number(field, 8)
    let sum = this.#tarSum + 8 * BLANK
    for (let at = field; at < field + 8; at++) sum -= this.#byte(at)
    return claimed === sum
  }

  #list(skippedBefore: number): void {
    const magic = this.#magic()
    let skipped = skippedBefore
    for (;;) {
      skipped += this.#seek(magic)
      if (skipped > 0) {
        const junk = skipped === 1 ? 'byte' : 'bytes'
        this.#complain(`warning: skipped ${skipped} ${junk} of junk`)
      }
      skipped = 0
      if (this.#member() === TRAILER) return
    }
  }

  /** Goes behind the next magic and gives how many bytes were before it. */
  #seek(magic: number): number {
    const start = this.#at
    this.#need(6)
    while (this.#magic() !== magic) {
      this.#need(7)
      this.#at++
    }
    const skipped = this.#at - start
    this.#at += 6
    return skipped
  }

  /** Lists the member whose magic has been read, goes behind its data and gives its name. */
  #member(): string {
    const start = this.#at
    this.#need(104)
    const order = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]
    const fields = order.map((index) => this.#number(start + 8 * index, 16))
    const [mode = 0, size = 0] = [fields[1], fields[6]]
    const nameSize = this.#number(start + 8 * 11, 16)
    this.#at += 104
    if (nameSize >= MEMORY) throw new Exit(1, 'memory exhausted')
    this.#need(nameSize)
    const name = this.#string(this.#at, nameSize)
    this.#at += nameSize
    this.#skip((4 - ((nameSize + 110) % 4)) % 4)
    if (name === TRAILER) return name
    const isLink = mode >>> 12 === 0o12
    if (isLink) this.#need(size)
    const target = isLink ? ` -> ${this.#string(this.#at, size)}` : ''
    if (nameSize > 0) this.#members.push({ mode: modeText(mode), size, name: name + target })
    this.#skip(size)
    this.#skip((4 - (size % 4)) % 4)
    return name
  }

  /** A number in text, with the complaint if it is none; octal fields take hexadecimal digits too. */
  #number(at: number, base: 8 | 16): number {
    let index = at
    while (index < at + 8 && this.#byte(index) === BLANK) index++
    let value = 0
    for (; index < at + 8 && this.#byte(index) !== 0; index++) {
      const digit = hexDigit(this.#byte(index))
      if (digit === null) {
        this.#complain(`Malformed number ${this.#string(at, 8)}`)
        return value * base
      }
      value = value * base + digit
    }
    return value
  }

  #complain(message: string): void {
    this.#complaints++
    if (this.#messages.length < MOST_MESSAGES) this.#messages.push(message)
  }

  #need(count: number): void {
    if (this.#bytes.length - this.#at < count) throw new Exit(2, 'premature end of file')
  }

  #skip(count: number): void {
    this.#need(count)
    this.#at += count
  }

  #byte(at: number): number {
    return this.#bytes[at] ?? 0
  }

  /** The last digit of the magic that is here; 0 if there is none. */
  #magic(): number {
    for (const [index, digit] of MAGIC.entries())
      if (this.#bytes[this.#at + index] !== digit) return 0
    return this.#byte(this.#at + MAGIC.length)
  }

  /** Up to the first NUL. */
  #string(at: number, length: number): string {
    const part = this.#bytes.subarray(at, at + length)
    const nul = part.indexOf(0)
    return latin1(nul < 0 ? part : part.subarray(0, nul))
  }
}

/** A character for each byte, however many they are. */
function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function hexDigit(byte: number): number | null {
  if (byte >= ZERO && byte <= 0x39) return byte - ZERO
  const letter = byte & 0xdf
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : null
}

function modeText(mode: number): string {
  const type = TYPES.find(([bits]) => bits === (mode >>> 12) % 16)?.[1] ?? '?'
  const [setUser, setGroup, sticky] = [mode & 0o4000, mode & 0o2000, mode & 0o1000]
  const triple = (shift: number, special: number, letters: string) => {
    const bits = mode >>> shift
    const execute = (bits & 1) !== 0
    const last = special === 0 ? (execute ? 'x' : '-') : letters.charAt(execute ? 0 : 1)
    return `${(bits & 4) === 0 ? '-' : 'r'}${(bits & 2) === 0 ? '-' : 'w'}${last}`
  }
  return `${type}${triple(6, setUser, 'sS')}${triple(3, setGroup, 'sS')}${triple(0, sticky, 'tT')}`
}
