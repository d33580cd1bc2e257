/** For tests: small images of every form, as the writer writes them; and byte by byte, so that they can be put together wrongly. */
import { encodeLeaves, encodeMsrs } from '@xenlevel/cpuid'
import { concat } from './images.testing.js'
import { ascii, bigWords, words } from './write/fields.js'
import { joined, recordPieces } from './write/framing.js'
import type { ImageWriterOptions } from './write/options.js'
import { ImageWriter } from './write/writer.js'

export { ascii, bigWords, words } from './write/fields.js'

/** A record, padded. */
export function record(type: number, body?: Uint8Array): Uint8Array {
  return joined(recordPieces(type, body))
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

const CONFIG = '{"c_info":{"type":"pvh","name":"guest"}}'
const XML = '<domain><os><type>xenpvh</type></os></domain>'
const METADATA = '((vm_str "((platformdata((featureset 0-8-ff))))")(xs_subtree()))'

/** An xl file. */
export function xl(config = `${CONFIG}\0`): Uint8Array {
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
  const xml = ascii(`${XML}\0`)
  return concat([
    ascii('libvirt-xml\n \0 \r'),
    words(2, xml.length),
    new Uint8Array(40),
    xml,
    libxl(),
  ])
}

/** An image of xenopsd. */
export function xenopsd(metadata = METADATA): Uint8Array {
  const text = ascii(metadata)
  return concat([
    ascii('XenSavedDomv2-\n'),
    concat([words(0x0f, 0, text.length, 0), text]),
    concat([words(0xf0, 0, 0, 0), libxc()]),
    concat([words(0xf00, 0, 3, 0), ascii('abc')]),
    words(0xffff, 0, 0, 0),
  ])
}

/** An image with the policy and the rounds of the others, by the writer; what is behind its libxc image is for `after`. */
function written(options: ImageWriterOptions, after: (writer: ImageWriter) => void): Uint8Array {
  const writer = new ImageWriter(options)
  if (options.version !== 2) {
    writer.cpuidPolicy(LEAVES)
    writer.msrPolicy([{ index: 0xce, flags: 0, value: 0n }])
    writer.staticDataEnd()
  }
  const rounds = options.checkpointed === true ? 2 : 1
  for (let round = 0; round < rounds; round++) {
    writer.pageData(
      [
        0,
        { pfn: 1, type: 'XTAB' },
        { pfn: 2, type: 'L1TAB' },
        { pfn: 3, type: 'BROKEN' },
        { pfn: 4, type: 'XTAB' },
      ],
      [new Uint8Array(4096), new Uint8Array(4096).fill(1)],
    )
    writer.tscInfo({ mode: 0, khz: 0, nanoseconds: 0n, incarnation: 0 })
    writer.hvmContext(new Uint8Array(13).fill(1))
    if (options.checkpointed === true) writer.checkpoint()
    else writer.endLibxc()
    after(writer)
  }
  writer.end()
  return concat(writer.take())
}

const GUEST = { kind: 'hvm', xen: [4, 22] } as const
const emulator = (writer: ImageWriter) => writer.emulatorContext(words(7))
const nothing = () => undefined

/** One of each form, by the writer. */
export const IMAGES = [
  { form: 'libxc', image: written({ form: 'libxc', ...GUEST }, nothing) },
  { form: 'libxc version 2', image: written({ form: 'libxc', ...GUEST, version: 2 }, nothing) },
  { form: 'libxl', image: written({ form: 'libxl', ...GUEST }, emulator) },
  {
    form: 'libxl, checkpointed',
    image: written({ form: 'libxl', ...GUEST, checkpointed: true }, (writer) => {
      emulator(writer)
      writer.checkpointEnd()
    }),
  },
  { form: 'xl', image: written({ form: 'xl', ...GUEST, config: CONFIG }, emulator) },
  { form: 'libvirt', image: written({ form: 'libvirt', ...GUEST, xml: XML }, emulator) },
  {
    form: 'xenopsd',
    image: written({ form: 'xenopsd', ...GUEST, metadata: METADATA }, (writer) =>
      writer.xenopsdRecord('Qemu_trad', ascii('abc')),
    ),
  },
]

/** The same, byte by byte. */
export const IMAGES_BY_HAND = [libxc, libxcV2, libxl, remus, xl, libvirt, xenopsd]
