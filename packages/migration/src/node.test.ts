/** Files and descriptors: the same report as from memory, little read, nothing left open, and what is said when they fail. */
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../fixtures/recorded.js'
import { IMAGES, libxcHeaders, libxl, pageData, record } from './build.testing.js'
import { readHead } from './head.js'
import { concat, type DamagedImage, damagedBytes, imageBytes } from './images.testing.js'
import {
  ImageFileError,
  openImageFile,
  type VerifyFileOptions,
  verifyDescriptor,
  verifyFile,
} from './node.js'
import { throughPipe } from './node.testing.js'
import { verifyImage } from './verify.js'

const folder = mkdtempSync(join(tmpdir(), 'xenlevel-images-'))
const path = join(folder, 'image')
let descriptors: readonly string[] = []
const open = () => readdirSync('/proc/self/fd')
beforeEach(() => {
  descriptors = open()
})
afterAll(() => rmSync(folder, { recursive: true }))

async function fromDescriptor(file: string, options?: VerifyFileOptions): Promise<unknown> {
  const fd = openSync(file, 'r')
  try {
    return await verifyDescriptor(fd, options)
  } finally {
    closeSync(fd)
  }
}

describe.each(IMAGES)('an image of $form', ({ image }) => {
  it('is the same from a file, a pipe and memory', async () => {
    const report = await verifyImage(image)
    writeFileSync(path, image)
    expect(await verifyFile(path, { pageTables: true })).toEqual(report)
    expect(await fromDescriptor(path, { pageTables: true })).toEqual(report)
    for (const kind of ['a pipe', 'a pipe with a name'] as const)
      for (const use of [fromDescriptor, verifyFile])
        expect(await throughPipe(kind, { path, bytes: image }, use)).toEqual(report)
    expect(open()).toEqual(descriptors)
  })
})

describe.each(['valid', 'mutated'])('%s', (name) => {
  const manifest = `streams/${name}/manifest.json`
  describeRecorded(manifest, () => {
    const { vectors } = readRecordedJson<{ vectors: readonly DamagedImage[] }>(manifest)

    it('images are the same from files', async () => {
      expect(vectors).toHaveLength(name === 'valid' ? 45 : 340)
      for (const image of vectors) {
        const bytes = name === 'valid' ? imageBytes(image.file ?? '') : damagedBytes(image)
        writeFileSync(path, bytes)
        const report = await verifyImage(bytes)
        expect(await verifyFile(path, { pageTables: true })).toEqual(report)
        // What is in pages is not seen without them, and nothing else.
        const { findings, ok, unseen, ...rest } = await verifyFile(path)
        const { format, size, pages, records } = report
        expect(rest).toMatchObject({ format, size, pages, records })
        const seen = findings.map(({ code, offset }) => `${code} ${offset}`)
        const all = report.findings.map(({ code, offset }) => `${code} ${offset}`)
        expect(all).toEqual(expect.arrayContaining(seen))
        if (unseen.length === report.unseen.length) expect([seen, ok]).toEqual([all, report.ok])
        else expect(report.kind).toBe('pv')
      }
    })
  })
})

/** Images that are longer than what is read at once, with long and short gaps. */
const lists = fc.array(
  fc.oneof(
    fc.array(fc.constantFrom(0, 0xf), { minLength: 1, maxLength: 40 }),
    fc.nat({ max: 3000 }).map((holes) => Array.from({ length: holes + 1 }, () => 0xf)),
    fc.constant(Array.from({ length: 70_000 }, () => 0xf)),
    fc.constant(Array.from({ length: 300 }, () => 0)),
  ),
  { maxLength: 6 },
)
const long = lists.map((all) =>
  concat([
    libxcHeaders(),
    record(0x10),
    ...all.map(pageData),
    record(9, new Uint8Array(20)),
    record(0),
  ]),
)

describe('a file', () => {
  it('gives the report of memory, wherever it is damaged or ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        long,
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 255 })), {
          maxLength: 3,
        }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.nat({ max: 20 }),
        async (image, damage, cut, tail) => {
          for (const [at, value] of damage) image[Math.floor(at * image.length)] = value
          const bytes = concat([
            image.subarray(0, cut === null ? image.length : Math.floor(cut * image.length)),
            new Uint8Array(tail),
          ])
          writeFileSync(path, bytes)
          expect(await verifyFile(path)).toEqual(await verifyImage(bytes))
        },
      ),
      { numRuns: 30 },
    )
  })

  it('may begin with something else', async () => {
    const image = libxl()
    writeFileSync(path, concat([new Uint8Array(77), image]))
    expect(await verifyFile(path, { position: 77 })).toEqual(await verifyImage(image))
  })

  it('may be empty, and shorter than where the image is to begin', async () => {
    writeFileSync(path, '')
    expect(await verifyFile(path)).toEqual(await verifyImage(new Uint8Array()))
    expect(await verifyFile(path, { position: 10 })).toEqual(await verifyImage(new Uint8Array()))
  })

  it('says how far it is', async () => {
    const image = concat([
      libxcHeaders(),
      record(0x10),
      ...Array(8).fill(pageData(Array(600).fill(0))),
    ])
    writeFileSync(path, image)
    const told: number[] = []
    await verifyFile(path, {
      onProgress: ({ bytes, size, path: place }) => {
        expect(size).toBe(image.length)
        expect(place).toMatch(/^libxc/)
        told.push(bytes)
      },
    })
    expect(told.at(-1)).toBe(image.length)
    expect(told.length).toBeGreaterThan(2)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
  })

  it('ends in the report where it was cut off in the meantime', async () => {
    const pages = pageData(Array(2100).fill(0))
    const image = concat([
      libxcHeaders(),
      record(0x10),
      pages,
      pages,
      record(9, new Uint8Array(8)),
      record(0),
    ])
    writeFileSync(path, image)
    const left = 48 + pages.length + 5000
    const report = await verifyFile(path, { onProgress: () => truncateSync(path, left) })
    expect(report).toMatchObject({ complete: false, size: left })
    expect(report).toEqual(await verifyImage(image.subarray(0, left)))
  })

  it('that is removed is still there for those who have it open', async () => {
    const image = concat([
      libxcHeaders(),
      record(0x10),
      ...Array(6).fill(pageData(Array(600).fill(0))),
      record(9, new Uint8Array(8)),
      record(0),
    ])
    writeFileSync(path, image)
    let removed = false
    const report = await verifyFile(path, {
      onProgress: () => {
        if (!removed) unlinkSync(path)
        removed = true
      },
    })
    expect(removed).toBe(true)
    expect(report).toEqual(await verifyImage(image))
  })
})

describe('a file that cannot be read', () => {
  it.each([
    [
      'is missing',
      join(folder, 'missing'),
      { code: 'FILE_NOT_FOUND', details: { errno: 'ENOENT' } },
    ],
    ['is below a file', '/dev/null/image', { code: 'FILE_NOT_FOUND' }],
    ['is a directory', folder, { code: 'FILE_IS_DIRECTORY' }],
    [
      'is memory that is not there',
      '/proc/self/mem',
      { code: 'FILE_UNREADABLE', details: { errno: 'EIO' } },
    ],
  ])('because it %s is named', async (_, file, expected) => {
    for (const use of [verifyFile, (name: string) => readHead(openImageFile(name))]) {
      const error: unknown = await use(file).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ImageFileError)
      expect(error).toMatchObject(expected)
      expect(error).toHaveProperty('message', expect.stringContaining(file))
    }
    expect(open()).toEqual(descriptors)
  })

  it('is a descriptor that is not open, or not one', async () => {
    for (const fd of [1_000_000, -1])
      await expect(verifyDescriptor(fd)).rejects.toMatchObject({ code: 'BAD_DESCRIPTOR' })
    const fd = openSync(path, 'w')
    await expect(verifyDescriptor(fd)).rejects.toMatchObject({ code: 'BAD_DESCRIPTOR' })
    closeSync(fd)
  })
})
