/** What is timed of domain images, each in a process of its own, beside verify-stream-v2 where XENLEVEL_VERIFY_STREAM names it. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CpuPolicy, derivePolicies } from '@xenlevel/core'
import type { CpuidLeaf } from '@xenlevel/cpuid'
import { type ImageFiles, makeImages } from './image-files.js'

const root = new URL('../', import.meta.url)
const tool = process.env.XENLEVEL_VERIFY_STREAM

/** A measured form of judging. */
export interface ImageRow {
  readonly name: string
  readonly nanoseconds: number
  /** Nanoseconds. */
  readonly limit: number
  readonly megabytes: number
  /** What somebody else took for the same bytes. */
  readonly peer: { readonly name: string; readonly time: number } | null
}

/** Megabytes that no form of judging may take. */
export const IMAGE_MEMORY = 96

/** All rows; none where the packages are not built, as sources would be compiled in the process that is timed. */
export function imageRows(leaves: readonly CpuidLeaf[]): readonly ImageRow[] {
  if (!existsSync(new URL('packages/migration/dist/node.js', root))) {
    console.error('Images are not timed: `npm run build` makes what they are timed with.')
    return []
  }
  const peer = tool === undefined || tool === '' ? null : tool
  if (peer === null)
    console.error(
      'Images are timed without verify-stream-v2: XENLEVEL_VERIFY_STREAM does not name it.',
    )
  const folder = mkdtempSync(join(tmpdir(), 'xenlevel-images-'))
  try {
    const raw = CpuPolicy.fromRecords(leaves)
    const host = derivePolicies(raw, { release: '4.17', hostFeatureset: raw.featureset })
    return rowsOf(makeImages(folder, host.hvmDefault), peer)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function rowsOf({ whole, holes }: ImageFiles, peer: string | null): readonly ImageRow[] {
  const copied = copyTime(whole)
  const copy = { name: 'cat | cat', time: copied }
  return [
    {
      name: 'admit a guest from the head of its image',
      ...ours('head', whole, [20, 20]),
      limit: 5e6,
      peer: null,
    },
    {
      name: 'verify an image of 1 GiB',
      ...ours('file', whole, [15, 5]),
      limit: 20e6,
      peer: theirs(peer, whole),
    },
    {
      name: 'verify 16.8 million pfns without pages',
      ...ours('file', holes, [5, 2]),
      limit: 170e6,
      peer: theirs(peer, holes),
    },
    {
      name: 'verify 1 GiB from a pipe, by its descriptor',
      ...piped(whole, 'descriptor'),
      limit: 1.5 * copied,
      peer: copy,
    },
    {
      name: 'verify 1 GiB from a pipe, as an async iterable',
      ...piped(whole, 'iterable'),
      limit: 3 * copied,
      peer: copy,
    },
  ]
}

/** What a run took. */
type Measured = Pick<ImageRow, 'nanoseconds' | 'megabytes'>

const RUNS = 5

/** The time of many runs in one process, and the memory of a process with one. */
function ours(form: 'file' | 'head', file: string, runs: readonly [number, number]): Measured {
  const run = (...counts: readonly number[]): Measured =>
    JSON.parse(
      execFileSync(process.execPath, ['bench/image.mjs', form, file, ...counts.map(String)], {
        cwd: root,
        encoding: 'utf8',
      }),
    )
  return { nanoseconds: run(...runs).nanoseconds, megabytes: run(1).megabytes }
}

/** The fastest of some runs, as that of the copy is, and the most memory. */
function piped(file: string, form: 'descriptor' | 'iterable'): Measured {
  const runs = Array.from({ length: RUNS }, () => {
    const command = 'cat "$0" | "$1" bench/image.mjs "$2" -'
    const measured: Measured = JSON.parse(shell(command, [file, process.execPath, form]))
    return measured
  })
  return {
    nanoseconds: Math.min(...runs.map(({ nanoseconds }) => nanoseconds)),
    megabytes: Math.max(...runs.map(({ megabytes }) => megabytes)),
  }
}

function copyTime(file: string): number {
  const command = 'TIMEFORMAT=%3R; { time cat "$0" | cat >/dev/null; } 2>&1'
  const times = Array.from({ length: RUNS }, () => Number(shell(command, [file])) * 1e9)
  return Math.min(...times)
}

function theirs(program: string | null, file: string): ImageRow['peer'] {
  if (program === null) return null
  const start = process.hrtime.bigint()
  execFileSync(program, ['-i', file, '-f', 'libxc'], { stdio: ['ignore', 'ignore', 'inherit'] })
  return { name: 'verify-stream-v2', time: Number(process.hrtime.bigint() - start) }
}

function shell(command: string, words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command, ...words], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
  return stdout
}
