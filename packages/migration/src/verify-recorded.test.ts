/** Recorded images, judged: well-formed, damaged and real ones, and what the converter of old streams made. */
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  describeRecorded,
  readRecordedBytes,
  readRecordedJson,
} from '../../../fixtures/recorded.js'
import {
  CountedSource,
  type DamagedImage,
  damagedBytes,
  imageBytes,
  type RecordedImage,
  validImages,
} from './images.testing.js'
import { recordedReceiver } from './verify/receiver.testing.js'
import type { ImageReport } from './verify/report.js'
import { type VerifyImageOptions, verifyImage } from './verify.js'

const ADMISSION = 'streams/admission/host-intel.pol'
const said = (ok: boolean) => (ok ? 'accept' : 'reject')
const codes = ({ findings }: ImageReport) => findings.map(({ code }) => code)

describeRecorded(['streams/valid/manifest.json', ADMISSION], () => {
  const images = validImages()
  const receiver = recordedReceiver()

  it('has 45 images', () => expect(images).toHaveLength(45))

  it.each(images)('$id is right for both', async (image) => {
    const report = await verifyImage(imageBytes(image.file), receiver(image))
    expect(report.findings.filter(({ rejects }) => rejects.length > 0)).toEqual([])
    expect([report.ok, report.verify.ok, report.restore.ok, report.complete]).toEqual(
      Array(4).fill(true),
    )
    expect([report.size, report.trailing, report.unseen]).toEqual([image.size, 0, []])
    expect(report).toMatchObject({
      format: image.format,
      version: image.head.version,
      xen: image.head.xen,
      kind: image.guest,
      records: recordCounts(image),
      pages: pageCounts(image),
    })
    const rounds = image.records.filter(({ name }) => name === 'CHECKPOINT')
    expect(report.checkpoints.complete).toBe(rounds.length)
    expect(report.checkpoints.lastEnd === null).toBe(!image.remus)
  })

  it.each(images)('$id is right as far as can be seen without the receiver', async (image) => {
    const report = await verifyImage(imageBytes(image.file))
    expect(report.ok).toBe(true)
    expect(codes(report).filter((code) => code === 'CHECKPOINTED')).toHaveLength(
      image.remus ? 1 : 0,
    )
  })

  it.each(images.filter(({ remus }) => remus))('$id is refused as a plain one', async (image) => {
    const options = { ...receiver(image), checkpointed: false }
    const report = await verifyImage(imageBytes(image.file), options)
    expect([report.verify.ok, report.restore.ok]).toEqual([false, false])
    expect(codes(report)).toContain('UNEXPECTED_RECORD')
  })
})

/** How many records of each name; those without a number in the format are headers. */
function recordCounts({ records }: RecordedImage): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { layer, name, type } of records)
    if (type !== undefined && layer !== 'xenopsd')
      counts[`${layer}.${name}`] = (counts[`${layer}.${name}`] ?? 0) + 1
  return counts
}

function pageCounts({ records }: RecordedImage): { listed: number; withData: number } {
  const sum = (field: 'count' | 'pages_with_data') =>
    records.reduce((total, record) => total + (record[field] ?? 0), 0)
  return { listed: sum('count'), withData: sum('pages_with_data') }
}

interface MutatedImage extends DamagedImage {
  readonly guest: 'pv' | 'hvm'
  readonly remus: boolean
  readonly expect: NonNullable<DamagedImage['expect']>
  readonly peer: { readonly verdict: string }
  readonly peer_laxer_than_expected: boolean
  readonly peer_false_reject: boolean
}

describeRecorded(['streams/mutated/manifest.json', ADMISSION], () => {
  const { vectors } = readRecordedJson<{ vectors: MutatedImage[] }>('streams/mutated/manifest.json')
  const receiver = recordedReceiver()

  it('has 340 images', () => expect(vectors).toHaveLength(340))

  it.each(vectors)('$id is $expect.code', async (image) => {
    const bytes = damagedBytes(image)
    const report = await verifyImage(bytes, receiver(image))
    const { verify, restore, code } = image.expect
    expect([said(report.verify.ok), said(report.restore.ok)]).toEqual([verify, restore])
    if (code === 'OK')
      expect(report.findings.every(({ rejects }) => rejects.length === 0)).toBe(true)
    else expect(codes(report)).toContain(code)
    for (const finding of report.findings) {
      expect(finding.offset).toBeGreaterThanOrEqual(0)
      expect(finding.offset).toBeLessThanOrEqual(bytes.length)
      expect(finding.path).not.toBe('')
    }
    // A verdict is "no" for a reason that is listed, and the mode decides what is an error.
    for (const mode of ['verify', 'restore'] as const) {
      const alone = await verifyImage(bytes, { ...receiver(image), mode })
      expect(alone.ok).toBe(report[mode].ok)
      expect(report[mode].findings.length > 0).toBe(!report[mode].ok)
      expect(alone.findings.some(({ severity }) => severity === 'error')).toBe(!alone.ok)
    }
  })

  it("are 76 that Xen's verifier accepts and ought not", async () => {
    const laxer = vectors.filter(({ peer_laxer_than_expected }) => peer_laxer_than_expected)
    expect(laxer).toHaveLength(76)
    for (const image of laxer) {
      expect(image.peer.verdict).toBe('accept')
      const { verify } = await verifyImage(damagedBytes(image), receiver(image))
      expect(verify.ok).toBe(false)
    }
  })

  it('are 7 that it refuses and ought not', async () => {
    const refused = vectors.filter(({ peer_false_reject }) => peer_false_reject)
    expect(refused).toHaveLength(7)
    for (const image of refused) {
      expect(image.peer.verdict).toBe('reject')
      const { verify } = await verifyImage(damagedBytes(image), receiver(image))
      expect(verify.ok).toBe(true)
    }
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

describe.each(STREAMS)('%s, which xl wrote and restored,', (stream) => {
  const file = `xen/streams/${stream}.save.gz`
  describeRecorded(file, () => {
    const kind = stream.endsWith('pvh') ? 'pvh' : 'pv'

    it('is right for both, its page tables and vCPUs with it', async () => {
      const bytes = new Uint8Array(gunzipSync(readRecordedBytes(file)))
      const source = new CountedSource(bytes, [65_536])
      const report = await verifyImage(source, { kind, vcpus: 1, checkpointed: false })
      expect([report.findings, report.ok, report.unseen]).toEqual([[], true, []])
      expect(report.size).toBe(bytes.length)
      expect(report.pages.unique).toBe(report.pages.listed)
    })
  })
})

interface RealImage {
  readonly id: string
  readonly file: string
  readonly guest: 'pv' | 'hvm'
  readonly c_receiver: { readonly verdict: string }
  readonly facts: { readonly size: number; readonly consumed: number }
}

describeRecorded('streams/real/manifest.json', () => {
  const { vectors } = readRecordedJson<{ vectors: RealImage[] }>('streams/real/manifest.json')

  it('has two images', () => expect(vectors).toHaveLength(2))

  it.each(vectors)('$id, without its pages, is judged as recorded', async (image) => {
    const { file, guest, c_receiver } = image
    const report = await verifyImage(imageBytes(`real/${file}`), { kind: guest })
    expect(report.verify.ok).toBe(true)
    expect(said(report.restore.ok)).toBe(c_receiver.verdict)
    expect(report.size).toBe(image.facts.consumed)
  })
})

interface ConvertedImage {
  readonly id: string
  readonly file: string
  readonly guest: 'pv' | 'hvm'
  readonly out?: string
  readonly c_receiver?: { readonly verdict: string }
}

/** What the converter writes that is wrong. */
const CONVERTED: Readonly<Record<string, readonly string[]>> = {
  // It copies the record of QEMU raw behind the END of the image.
  'hvm-32-libxc': ['TRAILING_DATA'],
  'hvm-64-libxc': ['TRAILING_DATA'],
  // A batch of absent pages becomes a PAGE_DATA without a page.
  'hvm-64-all-xtab-batch': ['BAD_PAGE_DATA', 'BAD_RECORD_LENGTH', 'TRAILING_DATA'],
}

describeRecorded('streams/legacy/manifest.json', () => {
  const { vectors } = readRecordedJson<{ vectors: ConvertedImage[] }>(
    'streams/legacy/manifest.json',
  )

  it('has 12 streams, of which 11 were converted', () => {
    expect([vectors.length, vectors.filter(({ out }) => out !== undefined).length]).toEqual([
      12, 11,
    ])
  })

  it.each(vectors)('$id is to be converted', async ({ file }) => {
    const report = await verifyImage(imageBytes(`legacy/${file}`))
    expect([codes(report), report.ok]).toEqual([['LEGACY'], false])
    expect(report.findings[0]?.message).toContain('convert-legacy-stream')
  })

  it.each(vectors.filter(({ out }) => out !== undefined))('$id was', async (image) => {
    const { id, out, guest, c_receiver } = image
    const options: VerifyImageOptions = { kind: guest, checkpointed: false }
    const report = await verifyImage(imageBytes(`legacy/${out}`), options)
    expect(codes(report)).toEqual(CONVERTED[id] ?? [])
    expect(said(report.restore.ok)).toBe(c_receiver?.verdict)
  })
})
