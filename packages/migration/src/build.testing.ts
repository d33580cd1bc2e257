/** For tests: small images of every form, put together byte by byte. */
import { encodeLeaves, encodeMsrs } from '@xenlevel/cpuid'
import { concat } from './images.testing.js'

/** Bytes of characters of one byte each. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** 32-bit words, little-endian. */
export function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  values.forEach((value, at) => {
    view.setUint32(at * 4, value, true)
  })
  return bytes
}

/** The same, big-endian. */
export function bigWords(...values: readonly number[]): Uint8Array {
  return words(...values.map((value) => swapped(value)))
}

function swapped(value: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = words(value)
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}

/** A record, padded. */
export function record(type: number, body: Uint8Array = new Uint8Array()): Uint8Array {
  const padding = new Uint8Array((8 - (body.length % 8)) % 8)
  return concat([words(type, body.length), body, padding])
}

/** PAGE_DATA with pfns of the types given; pages are filled with their number. */
export function pageData(types: readonly number[]): Uint8Array {
  const pages = types.filter((type) => type < 5 || (type > 8 && type < 0xd))
  return record(
    1,
    concat([
      words(types.length, 0),
      ...types.map((type, pfn) => words(pfn, type * 2 ** 28)),
      ...pages.map((_, number) => new Uint8Array(4096).fill(number)),
    ]),
  )
}

/** A policy without contradictions: vendor, limits, one feature (FPU). */
export const LEAVES = [
  { leaf: 0, subleaf: null, a: 2, b: 0x756e_6547, c: 0x6c65_746e, d: 0x4965_6e69 },
  { leaf: 1, subleaf: null, a: 0x306c4, b: 0, c: 0, d: 1 },
  { leaf: 2, subleaf: null, a: 1, b: 0, c: 0, d: 0 },
  { leaf: 0x8000_0000, subleaf: null, a: 0x8000_0001, b: 0, c: 0, d: 0 },
]

/** Its records. */
export const POLICY = [
  record(0x11, encodeLeaves(LEAVES)),
  record(0x12, encodeMsrs([{ index: 0xce, flags: 0, value: 0n }])),
]

const MARKER = new Uint8Array(8).fill(0xff)

/** The two headers of a libxc image. */
export function libxcHeaders({ version = 3, type = 2 } = {}): Uint8Array {
  return concat([MARKER, bigWords(0x5845_4e46, version, 0, 0), words(type, 12, 4, 22)])
}

/** A round of memory and state. */
export const ROUND = concat([
  pageData([0, 0xf, 1, 0xd, 0xf]),
  record(8, new Uint8Array(24)),
  record(9, new Uint8Array(13).fill(1)),
])

/** A plain HVM image. */
export function libxc(): Uint8Array {
  return concat([libxcHeaders(), ...POLICY, record(0x10), ROUND, record(0)])
}

/** One of version 2. */
export function libxcV2(): Uint8Array {
  return concat([libxcHeaders({ version: 2 }), ROUND, record(0)])
}

/** A libxl stream around a libxc image. */
export function libxl(image: Uint8Array = libxc()): Uint8Array {
  return concat([libxlHeader(), record(1), image, record(3, words(2, 0, 7)), record(0)])
}

/** Its header. */
export function libxlHeader(): Uint8Array {
  return concat([ascii('LibxlFmt'), bigWords(2, 0)])
}

/** A checkpointed libxl stream of two rounds, which nothing but the end of the input ends. */
export function remus(): Uint8Array {
  const round = concat([ROUND, record(0xe), record(3, words(2, 0, 7)), record(4)])
  return concat([libxlHeader(), record(1), libxcHeaders(), ...POLICY, record(0x10), round, round])
}

/** An xl file. */
export function xl(config = '{"c_info":{"type":"pvh","name":"guest"}}\0'): Uint8Array {
  const text = ascii(config)
  return concat([
    ascii('Xen saved domain, xl format\n \0 \r'),
    words(0x0102_0304, 3, 0, text.length + 4, text.length),
    text,
    libxl(),
  ])
}

/** A libvirt file. */
export function libvirt(): Uint8Array {
  const xml = ascii('<domain><os><type>xenpvh</type></os></domain>\0')
  return concat([
    ascii('libvirt-xml\n \0 \r'),
    words(2, xml.length),
    new Uint8Array(40),
    xml,
    libxl(),
  ])
}

/** An image of xenopsd. */
export function xenopsd(
  metadata = '((vm_str "((platformdata((featureset 0-8-ff))))")(xs_subtree()))',
): Uint8Array {
  const text = ascii(metadata)
  return concat([
    ascii('XenSavedDomv2-\n'),
    concat([words(0x0f, 0, text.length, 0), text]),
    concat([words(0xf0, 0, 0, 0), libxc()]),
    concat([words(0xf00, 0, 3, 0), ascii('abc')]),
    words(0xffff, 0, 0, 0),
  ])
}

/** One of each form. */
export const IMAGES = [
  { form: 'libxc', image: libxc() },
  { form: 'libxc version 2', image: libxcV2() },
  { form: 'libxl', image: libxl() },
  { form: 'libxl, checkpointed', image: remus() },
  { form: 'xl', image: xl() },
  { form: 'libvirt', image: libvirt() },
  { form: 'xenopsd', image: xenopsd() },
]
