/** Recorded images, read: the map of every well-formed one, and no crash on any damaged one. */
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  describeRecorded,
  readRecorded,
  readRecordedBytes,
  readRecordedJson,
} from '../../../fixtures/recorded.js'
import { ImageError } from './errors.js'
import type { ImageEvent } from './event.js'
import { readHead } from './head.js'
import {
  CountedSource,
  type DamagedImage,
  damagedBytes,
  imageBytes,
  type RecordedImage,
  readAll,
  sameBytes,
  validImages,
} from './images.testing.js'

/** An event as the corpus writes it; headers have neither type nor length there. */
function asRecorded(event: ImageEvent): RecordedImage['records'][number] {
  const { layer, name, offset, size, length } = event
  const piece = { layer, name, offset, size }
  if (event.kind !== 'record' || layer === 'xenopsd') return piece
  const { type, count, withData } = event
  return {
    ...piece,
    ...(type === undefined ? {} : { type }),
    length,
    ...(count === undefined ? {} : { count }),
    ...(withData === undefined ? {} : { pages_with_data: withData }),
  }
}

describeRecorded('streams/valid/manifest.json', () => {
  const images = validImages()

  it('has 45 images', () => expect(images).toHaveLength(45))

  it.each(images)('$id has the records that it was made with', async (image) => {
    const bytes = imageBytes(image.file)
    const { events, error, rest, consumed } = await readAll(bytes)
    expect(error).toBeNull()
    expect(events.slice(0, -1).map(asRecorded)).toEqual(image.records)
    const rounds = events.filter(({ name }) => name === 'CHECKPOINT').length
    const libxl = events.some(({ layer }) => layer === 'libxl')
    expect(events.at(-1)).toEqual({
      kind: 'end',
      layer: image.format,
      name: 'end',
      offset: image.size,
      length: 0,
      size: 0,
      by: image.remus && libxl ? 'end-of-input' : 'record',
      checkpoints: rounds,
    })
    expect(rounds > 0).toBe(image.remus)
    expect([consumed, rest.length]).toEqual([image.size, 0])
  })

  it.each(images)('$id lies without a gap', async (image) => {
    const { events } = await readAll(imageBytes(image.file))
    let end = 0
    for (const { offset, size } of events) {
      expect(offset).toBe(end)
      end = offset + size
    }
    expect(end).toBe(image.size)
  })
})

/** Codes that are found by reading on, and those that only a judge finds. */
const FOUND_BY_READING = new Set([
  'TRUNCATED',
  'BAD_MARKER',
  'BAD_ID',
  'BAD_MAGIC',
  'BAD_VERSION',
  'BIG_ENDIAN',
  'BAD_DOMAIN_TYPE',
  'BAD_PAGE_SHIFT',
  'LEGACY',
  'RECORD_TOO_LONG',
  'BAD_PAGE_DATA',
  'BAD_PAGE_TYPE',
  'BAD_XL_CONFIG',
  'BAD_LIBVIRT_XML',
])
/** Codes that the head shows as well, where they concern it. */
const FOUND_IN_HEADS = new Set([
  ...FOUND_BY_READING,
  'BAD_POLICY_LENGTH',
  'BAD_PV_INFO',
  'NO_STATIC_DATA_END',
  'NO_LIBXC_CONTEXT',
  'BAD_XENOPS_RECORD',
  'HEAD_TOO_LONG',
])

/** Damaged images that a receiver takes and that have no head all the same. */
const NO_HEAD: Readonly<Record<string, string>> = {
  // libxl does not miss the guest.
  'libxl-no-libxc': 'NO_LIBXC_CONTEXT',
}

async function headError(bytes: Uint8Array): Promise<unknown> {
  const source = new CountedSource(bytes, [4096])
  try {
    const head = await readHead(source)
    expect(sameBytes(head.bytes, bytes.subarray(0, head.headEnd))).toBe(true)
    await head.remainder.close()
    return null
  } catch (error) {
    return error
  } finally {
    // A head has at most 64 KiB, and a chunk is asked for while some of it is missing.
    expect(source.given).toBeLessThanOrEqual(65_536 + 4096)
    expect(source.closed).toBe(true)
  }
}

describe.each(['mutated', 'fuzz'])('%s', (folder) => {
  describeRecorded(`streams/${folder}/manifest.json`, () => {
    const { vectors } = readRecordedJson<{ vectors: DamagedImage[] }>(
      `streams/${folder}/manifest.json`,
    )

    it('has all images', () => expect(vectors).toHaveLength(folder === 'mutated' ? 340 : 361))

    it.each(vectors)('$id is read, or refused with a place', async (image) => {
      const bytes = damagedBytes(image)
      expect(bytes.length).toBe(image.size)
      const { error, events, rest, consumed } = await readAll(new CountedSource(bytes, [1, 4000]))
      if (error !== null) {
        expect(error).toBeInstanceOf(ImageError)
        if (!(error instanceof ImageError)) return
        expect(error.offset).toBeGreaterThanOrEqual(0)
        expect(error.offset).toBeLessThanOrEqual(bytes.length)
        expect(error.path).not.toBe('')
      } else expect(events.at(-1)?.kind).toBe('end')
      expect(consumed + rest.length).toBe(bytes.length)
      const inHead = await headError(bytes)
      if (inHead !== null) expect(inHead).toBeInstanceOf(ImageError)
      // What is no fault of the form is not refused by those who only read.
      if (image.expect?.verify === 'accept' && image.expect.code !== 'FAILOVER') {
        expect(error).toBeNull()
        if (image.expect.restore === 'accept') expect(inHead).toBeNull()
      }
      const code = image.expect?.code ?? ''
      if (FOUND_BY_READING.has(code) && image.expect?.restore === 'reject')
        expect(error).toMatchObject({ code })
      if (image.expect?.restore === 'accept')
        expect(inHead instanceof ImageError ? inHead.code : undefined).toBe(NO_HEAD[image.id])
      if (inHead instanceof ImageError && image.expect !== undefined)
        expect(FOUND_IN_HEADS.has(inHead.code) || inHead.code === code).toBe(true)
    })
  })
})

const STREAMS = [
  '4.17.7-EPYC-tpv',
  '4.17.7-EPYC-tpvh',
  '4.17.7-Haswell-tpv',
  '4.17.7-Opteron_G3-tpv',
  '4.17.7-Skylake-Server-tpv',
  '4.17.7-Skylake-levelled-tpv',
]

describe.each(STREAMS)('%s', (stream) => {
  const [file, listing] = [`xen/streams/${stream}.save.gz`, `xen/streams/${stream}.txt`]
  describeRecorded([file, listing], () => {
    it('has the records of its listing', async () => {
      const bytes = new Uint8Array(gunzipSync(readRecordedBytes(file)))
      const { events, error } = await readAll(new CountedSource(bytes, [65_536]))
      expect(error).toBeNull()
      const lines = readRecorded(listing).split('\n')
      const listed = lines.flatMap((line) => {
        const [, layer, offset, type, name, length] =
          /^ *(libxl|xc) rec @(\d+) type=(\w+) (\w+) len=(\d+)/.exec(line) ?? []
        return layer === undefined
          ? []
          : [[layer.replace('xc', 'libxc'), name, Number(type), Number(offset), Number(length)]]
      })
      expect(listed.length).toBeGreaterThan(8)
      const records = events.filter((event) => event.kind === 'record')
      const pages = records.filter(({ name }) => name === 'PAGE_DATA')
      expect(
        records
          .filter(({ name }) => name !== 'PAGE_DATA')
          .map(({ layer, name, type, offset, length }) => [layer, name, type, offset, length]),
      ).toEqual(listed)
      const sum = (numbers: (number | undefined)[]) =>
        numbers.reduce<number>((total, number) => total + (number ?? 0), 0)
      const said = /PAGE_DATA \{'recs': (\d+), 'pfns': (\d+), 'bytes': (\d+)\}/.exec(
        lines.join('\n'),
      )
      expect([
        pages.length,
        sum(pages.map(({ count }) => count)),
        sum(pages.map(({ length }) => length)),
      ]).toEqual(said?.slice(1).map(Number))
      const [, end] = /^end at (\d+) of/m.exec(lines.join('\n')) ?? []
      expect(events.at(-1)?.offset).toBe(Number(end))
      expect(bytes.length).toBe(Number(end))
    })

    it('has the policy of its listing in its head', async () => {
      const bytes = new Uint8Array(gunzipSync(readRecordedBytes(file)))
      const head = await readHead(bytes)
      const sde = /@(\d+) type=0x10 STATIC_DATA_END/.exec(readRecorded(listing))
      expect(head).toMatchObject({
        format: 'xl',
        layers: ['xl', 'libxl', 'libxc'],
        version: 3,
        xen: [4, 17],
        kind: stream.endsWith('pvh') ? 'hvm' : 'pv',
        guestKind: stream.endsWith('pvh') ? 'pvh' : 'pv',
        staticDataEnd: 'explicit',
        headEnd: Number(sde?.[1]) + 8,
        missing: [],
        configLanguage: 'json',
      })
      expect(head.cpuPolicy?.vendor).toMatch(/EPYC|Opteron/.test(stream) ? /AMD/ : /Intel/)
      const config: unknown = JSON.parse(head.config ?? '')
      expect(config).toMatchObject({ c_info: { type: stream.endsWith('pvh') ? 'pvh' : 'pv' } })
    })
  })
})

interface RealImage {
  readonly id: string
  readonly file: string
  readonly guest: 'pv' | 'hvm'
  readonly facts: {
    readonly size: number
    readonly consumed: number
    readonly records: readonly { readonly name: string; readonly offset: number }[]
    readonly head: {
      readonly head_end: number
      readonly featureset: string
      readonly policy: { readonly cpuid: readonly string[] }
    }
  }
}

describeRecorded('streams/real/manifest.json', () => {
  const { vectors } = readRecordedJson<{ vectors: RealImage[] }>('streams/real/manifest.json')

  it('has two images', () => expect(vectors).toHaveLength(2))

  it.each(vectors)('$id is read as it was recorded', async ({ file, facts, guest }) => {
    const bytes = imageBytes(`real/${file}`)
    const { events, error } = await readAll(bytes)
    expect(error).toBeNull()
    expect(events.at(-1)?.offset).toBe(facts.consumed)
    const records = events.filter(({ kind }) => kind === 'record')
    expect(
      records.map(({ layer, name, offset }) => [
        layer === 'libxl' ? `libxl:${name}` : name,
        offset,
      ]),
    ).toEqual(facts.records.map(({ name, offset }) => [name, offset]))
    const head = await readHead(bytes)
    expect(head.kind).toBe(guest)
    expect(head.headEnd).toBe(facts.head.head_end)
    expect(head.cpuPolicy?.featureset.toString()).toBe(facts.head.featureset)
    expect(head.policyRecords[0]?.entries).toBe(facts.head.policy.cpuid.length)
  })
})
