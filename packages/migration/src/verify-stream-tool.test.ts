/** Xen's verify-stream-v2 itself, side by side: it answers as it was recorded, and we answer differently where that is known. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../fixtures/recorded.js'
import { type DamagedImage, damagedBytes, imageBytes } from './images.testing.js'
import { recordedReceiver } from './verify/receiver.testing.js'
import { verifyImage } from './verify.js'

const tool = process.env.XENLEVEL_VERIFY_STREAM ?? '/usr/lib/xen-4.17/bin/verify-stream-v2'
const ADMISSION = 'streams/admission/host-intel.pol'
/** Programs that run at once. */
const AT_ONCE = 2

/** What the tool says of an image. */
interface Answer {
  readonly exit: number | null
  readonly kind: string | null
  readonly message: string | null
}

/** An image, and what was recorded of it. */
interface PeerImage extends DamagedImage {
  readonly guest: 'pv' | 'hvm'
  readonly remus: boolean
  readonly format: string
  readonly expect: NonNullable<DamagedImage['expect']>
  readonly peer: Answer & { readonly verdict: 'accept' | 'reject' | 'not-applicable' }
  /** It takes what is to be refused; absent where nothing is. */
  readonly peer_laxer_than_expected?: boolean
  readonly peer_false_reject?: boolean
}

interface Folder {
  readonly name: string
  readonly images: number
  /** Those in a form that it does not read: of libvirt and xenopsd. */
  readonly unread: number
  /** Those that we refuse and it takes. */
  readonly laxer: number
  /** Those that we take and it refuses. */
  readonly falselyRefused: number
  readonly bytesOf: (image: PeerImage) => Uint8Array
}

const FOLDERS: readonly Folder[] = [
  {
    name: 'valid',
    images: 45,
    unread: 6,
    laxer: 0,
    falselyRefused: 6,
    bytesOf: ({ file }) => imageBytes(file ?? ''),
  },
  {
    name: 'mutated',
    images: 340,
    unread: 40,
    laxer: 76,
    falselyRefused: 7,
    bytesOf: damagedBytes,
  },
]

/** Its own words, without the module that Python puts before the name of an error. */
function answerOf(exit: number, stderr: string): Answer {
  if (exit === 0) return { exit, kind: null, message: null }
  // A mistake of its own ends with a request.
  const lines = stderr
    .replace(/\s*Please fix me\s*$/, '')
    .trim()
    .split('\n')
  const [first = '', last = ''] = [lines[0], lines.at(-1)]
  return { exit, kind: first.replace(/:$/, ''), message: last.replace(/^[\w.]+\.(?=\w+:)/, '') }
}

function run(file: string, format: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    execFile(tool, ['-i', file, '-f', format], (error, _, stderr) => {
      const exit = error === null ? 0 : error.code
      if (typeof exit === 'number') resolve(answerOf(exit, stderr))
      else reject(error)
    })
  })
}

if (!existsSync(tool)) {
  test.skip('verify-stream-v2')
} else {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'xenlevel-verify-stream-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** What it says of all images, by their names. */
  async function answersTo(images: readonly PeerImage[], { name, bytesOf }: Folder) {
    const answers: Record<string, Answer> = {}
    const left = [...images]
    const work = async (worker: number) => {
      const file = join(folder, `${name}-${worker}`)
      for (let image = left.pop(); image !== undefined; image = left.pop()) {
        writeFileSync(file, bytesOf(image))
        answers[image.id] = await run(file, image.format)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => work(worker)))
    return answers
  }

  describe.each(FOLDERS)('beside verify-stream-v2: $name', (row) => {
    const manifest = `streams/${row.name}/manifest.json`
    describeRecorded([manifest, ADMISSION], () => {
      const { vectors } = readRecordedJson<{ vectors: PeerImage[] }>(manifest)
      const images = vectors.filter(({ peer }) => peer.verdict !== 'not-applicable')

      it('it answers as it was recorded', async () => {
        expect([vectors.length, vectors.length - images.length]).toEqual([row.images, row.unread])
        const recorded = images.map(({ id, peer: { exit, kind, message } }) => [
          id,
          { exit, kind, message },
        ])
        expect(await answersTo(images, row)).toEqual(Object.fromEntries(recorded))
      }, 600_000)

      it('we differ where it is known to be wrong, and there alone', async () => {
        const receiver = recordedReceiver()
        const laxer: string[] = []
        const falselyRefused: string[] = []
        for (const image of images) {
          const { verify } = await verifyImage(row.bytesOf(image), receiver(image))
          const theirs = image.peer.verdict === 'accept'
          if (theirs && !verify.ok) laxer.push(image.id)
          if (!theirs && verify.ok) falselyRefused.push(image.id)
        }
        const marked = (mark: 'peer_laxer_than_expected' | 'peer_false_reject') =>
          images.filter((image) => image[mark] === true).map(({ id }) => id)
        expect([laxer.length, falselyRefused.length]).toEqual([row.laxer, row.falselyRefused])
        if (row.name === 'valid') return
        expect(laxer).toEqual(marked('peer_laxer_than_expected'))
        expect(falselyRefused).toEqual(marked('peer_false_reject'))
      })
    })
  })
}
