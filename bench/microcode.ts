/** What is timed of microcode: the same bytes for us and for iucode_tool, where that is named by XENLEVEL_IUCODE_TOOL. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exploreLateLoad, parseMicrocode, verifyMicrocode } from '@xenlevel/microcode'
import type { Operation } from './operation.js'

const root = new URL('../', import.meta.url)
const tool = process.env.XENLEVEL_IUCODE_TOOL

/** Bytes a nanosecond that checksums are verified at. */
const CHECKSUM_RATE = 8.7
/** Bytes a nanosecond that AMD containers are walked at. */
const WALK_RATE = 1

const corpus = process.env.XENLEVEL_CORPUS
const folder =
  corpus === undefined || corpus === ''
    ? null
    : join(fileURLToPath(root), corpus, 'microcode/corpus')

/** Intel's release of November 2025 where the corpus is here, else as many updates of the same size that hold nothing. */
function intelBytes(): Uint8Array {
  if (folder === null)
    return Uint8Array.from(Array.from({ length: 227 }, madeUpdate).flatMap((one) => [...one]))
  const release = join(folder, RELEASE)
  return new Uint8Array(
    Buffer.concat(readdirSync(release).map((file) => readFileSync(join(release, file)))),
  )
}

const RELEASE = 'intel/20251111/intel-ucode'

/** An update of 64 KiB without content: a header whose checksum makes its sum zero. */
function madeUpdate(_: unknown, at: number): Uint8Array {
  const words = new Uint32Array(16 * 1024)
  words.set([1, at + 1, 0x1111_2025, 0x9_0672, 0, 1, 7, words.length * 4 - 48, words.length * 4])
  words[4] = -words.reduce((sum, word) => (sum + word) >>> 0, 0) >>> 0
  return new Uint8Array(words.buffer)
}

/** The container of all of AMD's families where the corpus is here. */
function amdBytes(): Uint8Array | null {
  return folder === null
    ? null
    : new Uint8Array(readFileSync(join(folder, 'amd/built/AuthenticAMD-2026.bin')))
}

/** The operations. */
export function microcodeOperations(): readonly Operation[] {
  const intel = intelBytes()
  const amd = amdBytes()
  const megabytes = (bytes: Uint8Array) => `${(bytes.length / 1e6).toFixed(1)} MB`
  const theirs = iucodeUserTime(intel)
  return [
    {
      name: `verify ${megabytes(intel)} of Intel microcode`,
      ours: () => verifyMicrocode(intel, { rules: 'xen' }),
      ...(theirs === null
        ? {}
        : { program: () => ({ name: 'iucode_tool, user time', nanoseconds: theirs }) }),
      limit: Math.min(intel.length / CHECKSUM_RATE, theirs ?? Number.POSITIVE_INFINITY),
      batch: 1,
    },
    ...(amd === null
      ? []
      : [
          {
            name: `walk ${megabytes(amd)} of AMD containers`,
            ours: () => parseMicrocode(amd),
            limit: amd.length / WALK_RATE,
            batch: 5,
          },
        ]),
    {
      name: 'every order of a late load on 2 cores of 2 threads',
      ours: () => exploreLateLoad({ cores: 2, threadsPerCore: 2, vendor: 'Intel' }, { nmi: true }),
      limit: 5e9,
      batch: 1,
    },
  ]
}

const COPIES = 16

/** User time of iucode_tool over the same bytes, in nanoseconds: the least of some runs. Null without it. */
function iucodeUserTime(bytes: Uint8Array): number | null {
  if (tool === undefined || tool === '') return null
  const work = mkdtempSync(join(tmpdir(), 'xenlevel-bench-'))
  try {
    const file = join(work, 'all.bin')
    // Many times over, because the clock of user time goes by milliseconds.
    writeFileSync(file, Buffer.concat(Array.from({ length: COPIES }, () => bytes)))
    const times = Array.from({ length: 5 }, () => {
      const { stderr } = spawnSync(
        'bash',
        ['-c', 'TIMEFORMAT=%3U; time "$0" -tb -L "$1" >/dev/null 2>&1', tool, file],
        { encoding: 'utf8' },
      )
      return (Number(stderr.trim()) * 1e9) / COPIES
    })
    return Math.min(...times)
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** A directory from disk, each in a process of its own: ours, and iucode_tool with the start of Node added. Null where one of them is not here. */
export function microcodeDirectory(): { ours: number; theirs: number } | null {
  if (folder === null || tool === undefined || tool === '') return null
  if (!existsSync(new URL('packages/microcode/dist/index.cjs', root))) return null
  const directory = join(folder, RELEASE)
  const node = (...args: string[]) => wallTime(process.execPath, args)
  return {
    ours: node('bench/directory.cjs', directory),
    theirs: wallTime(tool, ['-q', '-L', directory]) + node('-e', ''),
  }
}

function wallTime(program: string, args: readonly string[]): number {
  const times = Array.from({ length: 7 }, () => {
    const start = process.hrtime.bigint()
    execFileSync(program, args, { cwd: root, stdio: 'ignore' })
    return Number(process.hrtime.bigint() - start)
  })
  return times.sort((a, b) => a - b)[3] ?? Number.POSITIVE_INFINITY
}
