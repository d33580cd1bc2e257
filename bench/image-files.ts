/** Two large images that cost no disk: a guest of 1 GiB, and 16.8 million pfns without a page. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { CpuPolicy } from '@xenlevel/core'
import { encodeLeaves, encodeMsrs } from '@xenlevel/cpuid'

const PAGE = 4096
/** What Xen writes at once. */
const BATCH = 1024
/** XTAB: there is nothing at the pfn. */
const ABSENT = 0xf

/** An image to be written. */
interface ImagePlan {
  readonly pfns: number
  readonly type: number
  /** Bytes behind each pfn: holes in the file. */
  readonly bytesOfPage: number
}

/** A guest whose memory is all there. */
const WHOLE: ImagePlan = { pfns: 2 ** 18, type: 0, bytesOfPage: PAGE }
/** 134 MB of pfns. */
const HOLES: ImagePlan = { pfns: 16_800_000, type: ABSENT, bytesOfPage: 0 }

/** Where the images are. */
export interface ImageFiles {
  readonly whole: string
  readonly holes: string
}

/** Writes both into a folder. */
export function makeImages(folder: string, policy: CpuPolicy): ImageFiles {
  const files = { whole: join(folder, 'whole'), holes: join(folder, 'holes') }
  writeImage(files.whole, WHOLE, policy)
  writeImage(files.holes, HOLES, policy)
  return files
}

function writeImage(path: string, { pfns, type, bytesOfPage }: ImagePlan, policy: CpuPolicy) {
  const file = openSync(path, 'w')
  let position = 0
  const write = (bytes: Uint8Array) => {
    writeSync(file, bytes, 0, bytes.length, position)
    position += bytes.length
  }
  write(head(policy))
  for (let first = 0; first < pfns; first += BATCH) {
    const count = Math.min(BATCH, pfns - first)
    const words = new Uint32Array(4 + 2 * count)
    words.set([1, 8 + count * (8 + bytesOfPage), count])
    for (let at = 0; at < count; at++) words.set([first + at, type * 2 ** 28], 4 + 2 * at)
    write(new Uint8Array(words.buffer))
    position += count * bytesOfPage
  }
  write(tail())
  closeSync(file)
}

/** Headers and policy of an HVM guest on Xen 4.17. */
function head(policy: CpuPolicy): Uint8Array {
  const { leaves, msrs } = policy.toRecords()
  return Buffer.concat([
    Buffer.alloc(8, 0xff),
    // "XENF" and version 3, big-endian.
    Buffer.from([0x58, 0x45, 0x4e, 0x46, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0]),
    wordsOf(2, 12, 4, 17),
    record(0x11, encodeLeaves(leaves)),
    record(0x12, encodeMsrs(msrs)),
    record(0x10),
  ])
}

/** The state of a guest, as far as it is seen, and the end. */
function tail(): Uint8Array {
  const header = wordsOf(1, 24, 0x5438_1286, 2, 0, 0, 0x5_0654, 2_000_000)
  return Buffer.concat([
    record(8, new Uint8Array(24)),
    record(9, Buffer.concat([header, wordsOf(0, 0)])),
    record(0),
  ])
}

function record(type: number, body: Uint8Array = new Uint8Array()): Uint8Array {
  return Buffer.concat([wordsOf(type, body.length), body, Buffer.alloc(-body.length & 7)])
}

function wordsOf(...words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer)
}
