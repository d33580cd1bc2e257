/** Who accepts what of Intel: files made so that one rule alone decides. */
import { describe, expect, it } from 'vitest'
import { viewOf } from '../bytes.js'
import { verifyMicrocode } from '../verify.js'
import { answers, CONSUMERS, joined, put } from '../verify.testing.js'
import { changedUpdate, makeIntelUpdate } from './updates.testing.js'
import { encodeIntelDat } from './write.js'

const everyone = (code: string) =>
  Object.fromEntries(Object.keys(CONSUMERS).map((name) => [name, code]))

describe('Intel', () => {
  const sound = makeIntelUpdate()
  const table: readonly (readonly [number, number])[] = [
    [0x0009_0672, 7],
    [0x000b_06f2, 7],
  ]
  const tabled = makeIntelUpdate({ table })
  const at = tabled.length - 20 - 24
  const odd = changedUpdate(put(sound, [2044, 0]), { dataSize: 1997 })

  it.each<readonly [string, Uint8Array, Readonly<Record<string, string>>]>([
    ['sound', sound, {}],
    ['sound with a table', tabled, {}],
    ['two', joined(sound, tabled), {}],
    ['nothing', new Uint8Array(0), {}],
    ['default sizes', makeIntelUpdate({ defaultSizes: true }), {}],
    [
      'a byte behind',
      joined(sound, new Uint8Array(1)),
      {
        'xen 4.17': '~TRUNCATED_HEADER',
        xen: '~TRUNCATED_HEADER',
        'linux-early': 'TRUNCATED_HEADER',
        'linux-late': 'TRUNCATED_HEADER',
        strict: 'TRUNCATED_HEADER',
        loose: 'TRUNCATED_HEADER',
      },
    ],
    [
      'header version 2 behind',
      joined(sound, changedUpdate(sound, { headerVersion: 2 })),
      {
        'xen 4.17': '~HEADER_VERSION',
        xen: '~HEADER_VERSION',
        'linux-early': 'HEADER_VERSION',
        'linux-late': 'HEADER_VERSION',
        strict: 'HEADER_VERSION',
        loose: 'HEADER_VERSION',
      },
    ],
    [
      'loader version 0: iucode_tool alone does not look',
      changedUpdate(sound, { loaderVersion: 0 }),
      {
        'xen 4.17': 'LOADER_VERSION',
        xen: 'LOADER_VERSION',
        'linux-early': 'LOADER_VERSION',
        'linux-late': 'LOADER_VERSION',
      },
    ],
    ['a flipped bit', put(sound, [100, 1]), everyone('CHECKSUM')],
    ['cut', sound.subarray(0, 2044), everyone('TRUNCATED')],
    [
      'a total that only the strict want in kibibytes',
      makeIntelUpdate({ dataSize: 1100 }),
      { 'xen 4.17': 'TOTAL_SIZE', xen: 'TOTAL_SIZE', strict: 'TOTAL_SIZE' },
    ],
    [
      'a kibibyte and a half',
      makeIntelUpdate({ dataSize: 1536 - 48 }),
      { 'xen 4.17': 'TOTAL_SIZE', xen: 'TOTAL_SIZE', strict: 'TOTAL_SIZE' },
    ],
    [
      'a total without data, which Xen alone reads',
      changedUpdate(makeIntelUpdate({ defaultSizes: true }), { totalSize: 0xffff_fc00 }),
      { 'xen 4.17': 'TRUNCATED', xen: 'TRUNCATED' },
    ],
    [
      'a total of 0 with data, which Xen alone gives a default',
      changedUpdate(makeIntelUpdate({ dataSize: 2000 }), { totalSize: 0 }),
      {
        'linux-early': 'DATA_SIZE',
        'linux-late': 'TOTAL_SIZE',
        strict: 'DATA_SIZE',
        loose: 'DATA_SIZE',
      },
    ],
    ['data larger than the total', put(sound, [28, 2004]), everyone('DATA_SIZE')],
    [
      'data smaller than a header, with a table behind',
      changedUpdate(makeIntelUpdate({ dataSize: 44, table: manyEntries(76) }), {}),
      { strict: 'DATA_SIZE', loose: 'DATA_SIZE' },
    ],
    ['a table of the wrong size', changedUpdate(sound, { dataSize: 1984 }), everyone('TABLE_SIZE')],
    ['a table that says one entry too many', put(tabled, [at, 3]), everyone('TABLE_COUNT')],
    [
      'a table whose count wraps in 32 bits: Linux reads behind the table',
      withTableSum(put(tabled, [at, 0x4000_0002]), at),
      {
        'xen 4.17': 'TABLE_COUNT',
        xen: 'TABLE_COUNT',
        'linux-early': 'TABLE_COUNT_WRAPS',
        'linux-late': 'TABLE_COUNT_WRAPS',
        strict: 'TABLE_COUNT',
        loose: 'TABLE_COUNT',
      },
    ],
    ['a wrong sum of the table', put(tabled, [at + 8, 1]), everyone('TABLE_CHECKSUM')],
    [
      'a wrong sum of an entry',
      withTableSum(put(tabled, [at + 20 + 8, 1]), at),
      everyone('ENTRY_CHECKSUM'),
    ],
    ['no date', changedUpdate(sound, { date: 0 }), { strict: 'DATE', loose: 'DATE' }],
    ['month 13', changedUpdate(sound, { date: 0x1301_2025 }), { strict: 'DATE' }],
    ['day 1f', changedUpdate(sound, { date: 0x011f_2025 }), { strict: 'DATE' }],
    ['day 32', changedUpdate(sound, { date: 0x0132_2025 }), { strict: 'DATE' }],
    ['1994', changedUpdate(sound, { date: 0x0101_1994 }), { strict: 'DATE' }],
    ['30 February', changedUpdate(sound, { date: 0x0230_2025 }), {}],
    ['revision 0', changedUpdate(sound, { revision: 0 }), { strict: 'REVISION' }],
    [
      'the same revision twice, with other data',
      joined(sound, makeIntelUpdate({ seed: 9 })),
      { strict: 'DUPLICATE' },
    ],
    ['signature 0', makeIntelUpdate({ signature: 0 }), { strict: 'SIGNATURE', loose: 'SIGNATURE' }],
    [
      'data that is no whole words: old Xen and Linux find the table behind it wrong',
      odd,
      {
        'xen 4.17': 'TABLE_SIZE',
        xen: 'DATA_SIZE',
        'linux-early': 'TABLE_SIZE',
        'linux-late': 'TABLE_SIZE',
        strict: 'DATA_SIZE',
        loose: 'DATA_SIZE',
      },
    ],
    [
      'less than a kibibyte',
      makeIntelUpdate({ dataSize: 900 }),
      { 'xen 4.17': 'TOTAL_SIZE', xen: 'TOTAL_SIZE', strict: 'TOO_SHORT', loose: 'TOO_SHORT' },
    ],
    [
      'text',
      new TextEncoder().encode(encodeIntelDat([sound])),
      {
        'xen 4.17': 'HEADER_VERSION',
        xen: 'HEADER_VERSION',
        'linux-early': 'TRUNCATED',
        'linux-late': 'TRUNCATED',
      },
    ],
  ])('%s', (_, bytes, expected) => {
    expect(answers(bytes, 'Intel')).toEqual(expected)
  })

  it('says where, what was found, what should be, and what the reader prints', () => {
    const [finding] = verifyMicrocode(joined(sound, put(tabled, [at, 3])), { rules: 'strict' })
    expect(finding).toEqual({
      rule: 'strict',
      code: 'TABLE_COUNT',
      severity: 'error',
      path: 'update 1.table.count',
      offset: sound.length + at,
      expected: 2,
      found: 3,
      says: 'bad extended signature table',
      message: `Update 1 at ${sound.length + at}: the table says 3 entries, its 44 bytes hold 2; iucode_tool aborts.`,
    })
  })
})

/** So many entries that a table fills what is missing to a kibibyte. */
function manyEntries(count: number): readonly (readonly [number, number])[] {
  return Array.from({ length: count }, (_, index) => [0x0009_0600 + index, 1] as const)
}

/** The table's own sum set right again. */
function withTableSum(bytes: Uint8Array, at: number): Uint8Array {
  const view = viewOf(bytes)
  let sum = 0
  for (let offset = at; offset < bytes.length; offset += 4)
    sum = (sum + (offset === at + 4 ? 0 : view.getUint32(offset, true))) | 0
  return put(bytes, [at + 4, -sum >>> 0])
}
