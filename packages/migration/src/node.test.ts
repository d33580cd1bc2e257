/** Files and descriptors: the same report as from memory, little read, nothing left open, and what is said when they fail. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
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
import { IMAGES, libxcHeaders, libxl, pageData, record } from './build.testing.js'
import { readHead } from './head.js'
import { concat } from './images.testing.js'
import {
  ImageFileError,
  openImageFile,
  type VerifyFileOptions,
  verifyDescriptor,
  verifyFile,
} from './node.js'
import { verifyImage } from './verify.js'

const folder = mkdtempSync(join(tmpdir(), 'xenlevel-images-'))
const path = join(folder, 'image')
let descriptors: readonly string[] = []
const open = () => readdirSync('/proc/self/fd')
beforeEach(() => {
  descriptors = open()
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What says where a pipe can be opened that a shell has, with bytes of a file on their way in it. Node's own pipes are sockets. */
const PIPES = {
  'a pipe': 'cat "$0" | { sh -c \'echo /proc/$PPID/fd/0\'; exec sleep 100; }',
  'a pipe with a name':
    'rm -f "$0.fifo"; mkfifo "$0.fifo"; echo "$0.fifo"; exec cat "$0" > "$0.fifo"',
}

/** Gives bytes to a use of a pipe. */
async function throughPipe<Answer>(
  kind: keyof typeof PIPES,
  bytes: Uint8Array,
  use: (file: string) => Promise<Answer>,
): Promise<Answer> {
  writeFileSync(path, bytes)
  const shell = spawn('sh', ['-c', PIPES[kind], path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const closed = once(shell, 'close')
  const { pid = 0 } = shell
  try {
    const [line = ''] = await once(shell.stdout, 'data')
    return await use(String(line).trim())
  } finally {
    shell.stdout.destroy()
    try {
      // All of the pipeline.
      process.kill(-pid)
    } catch {
      // It is at its end already.
    }
    await closed
  }
}

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
        expect(await throughPipe(kind, image, use)).toEqual(report)
    expect(open()).toEqual(descriptors)
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
