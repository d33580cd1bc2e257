/** Files of a megabyte made to be slow: each must be through long before a test's time is up. */
import { describe, expect, it } from 'vitest'
import { makeAmdPatch } from './amd/patches.testing.js'
import { viewOf } from './bytes.js'
import { splitEarlyCpio } from './cpio.js'
import { parseMicrocode } from './file.js'
import { makeIntelUpdate } from './intel/updates.testing.js'
import { runAmdUcodeInfo } from './peers/amd-ucode-info.js'
import { runGnuCpio } from './peers/gnu-cpio.js'
import { runIucode } from './peers/iucode.js'
import { explainMicrocode, verifyMicrocode } from './verify.js'

const MEGABYTE = 1 << 20

/** The words over and over. */
function repeated(words: readonly number[], size = MEGABYTE): Uint8Array {
  const bytes = new Uint8Array(size)
  const view = viewOf(bytes)
  for (let at = 0; at + 4 <= size; at += 4)
    view.setUint32(at, words[(at / 4) % words.length] ?? 0, true)
  return bytes
}

/** A header that may begin an update of 700 kB at every 48 bytes, with a wrong sum. */
const headers = repeated([1, 1, 0x0101_2020, 0x619, 5, 1, 1, 700_000 - 48, 700_000, 0, 0, 0])

/** A table of half a megabyte whose entries are all for one id, and a patch of that id in every 40 bytes behind. */
function tableAndPatches(): Uint8Array {
  const patch = [1, 32, 0x0101_2020, 7, 0x8004, 0, 0, 0, 0x8012, 0]
  const bytes = repeated(patch)
  const view = viewOf(bytes)
  const entries = Math.floor(MEGABYTE / 2 / 16)
  const behind = 12 + 16 * entries
  bytes.set(repeated(patch, MEGABYTE - behind), behind)
  for (const [at, word] of [0x0041_4d44, 0, 16 * entries].entries())
    view.setUint32(4 * at, word, true)
  for (let entry = 0; entry < entries; entry++) {
    view.setUint32(12 + 16 * entry, 0x0080_0f00 + entry, true)
    view.setUint32(12 + 16 * entry + 12, 0x8012, true)
  }
  return bytes
}

const manySignatures = makeIntelUpdate({
  dataSize: 1024 - 48 - 20,
  table: Array.from({ length: 80_000 }, (_, index) => [0x619, index] as const),
})

describe.each<readonly [string, Uint8Array]>([
  ['headers everywhere', headers],
  ['magics everywhere', repeated([0x0041_4d44])],
  ['containers everywhere', repeated([0x0041_4d44, 0, 0])],
  ['a table for all of many patches', tableAndPatches()],
  ['a table of 80 000 signatures', manySignatures],
  ['ignored updates of four bytes', repeated([1, 1, 1, 1, 1, 1, 1, 4, 4])],
  ['zeros', new Uint8Array(MEGABYTE)],
  ['empty archive members', new Uint8Array(MEGABYTE).map(memberByte)],
  ['text of ones', new Uint8Array(MEGABYTE).map((_, at) => (at % 2 === 0 ? 0x31 : 0x2c))],
  ['one long line', new Uint8Array(MEGABYTE).fill(0x20, 1).fill(0x2f, 0, 1)],
  ['a patch as large as can be', makeAmdPatch({ size: MEGABYTE })],
])('%s', (_, bytes) => {
  it('is read and judged', () => {
    for (const format of ['intel', 'intel-dat', 'amd', 'early-cpio'] as const)
      expect(parseMicrocode(bytes, { format }).format).toBe(format)
    for (const vendor of ['Intel', 'AMD'] as const)
      expect(explainMicrocode(bytes, { vendor }).verdicts.length).toBeGreaterThan(2)
    expect(splitEarlyCpio(bytes).end).toBeLessThanOrEqual(bytes.length)
  })

  it('is listed as others would', () => {
    for (const type of ['bin', 'dat', 'recover'] as const)
      expect(runIucode(bytes, { type, ignoreBroken: true, strict: false }).exit).toBeDefined()
    expect(runAmdUcodeInfo(bytes).messages.length).toBeLessThan(bytes.length)
    expect(runGnuCpio(bytes).messages.length).toBeLessThanOrEqual(50_000)
  })
})

function memberByte(_: number, at: number): number {
  const header = `070701${'0'.repeat(8 * 11)}00000001${'0'.repeat(8)}x\0`
  return header.charCodeAt(at % 112)
}

it('says where it gave up following', () => {
  expect(runIucode(manySignatures, { strict: false }).gaveUp).toBe(true)
  expect(verifyMicrocode(manySignatures, { rules: 'loose' })).toMatchObject([
    { code: 'NOT_FOLLOWED', severity: 'warning' },
  ])
  expect(runIucode(headers, { type: 'recover' })).toMatchObject({ all: [] })
})
