/** Who accepts what of AMD: files made so that one rule alone decides. */
import { describe, expect, it } from 'vitest'
import { answers, joined, put } from '../verify.testing.js'
import { makeAmdPatch } from './patches.testing.js'
import { encodeAmdContainer } from './write.js'

describe('AMD', () => {
  const patch = makeAmdPatch()
  const equivalences = [{ signature: 0x0080_0f12, equivalenceId: 0x8012 }]
  const sound = encodeAmdContainer({ patches: [patch], equivalences })
  const bare = { signature: 0, equivalenceId: 0 }
  const table = sound.subarray(0, 44)
  const none = { strict: 'HEADER_VERSION', loose: 'HEADER_VERSION' }

  it.each<readonly [string, Uint8Array, Readonly<Record<string, string>>]>([
    ['sound', sound, none],
    ['nothing', new Uint8Array(0), {}],
    [
      'two containers: Linux reads one at run time',
      joined(sound, sound),
      {
        ...none,
        'linux-late': 'SECTION_TYPE',
      },
    ],
    [
      'a byte behind',
      joined(sound, new Uint8Array(1)),
      {
        ...none,
        'xen 4.17': '~TRUNCATED_HEADER',
        xen: '~TRUNCATED_HEADER',
        'linux-early': '~TRUNCATED_HEADER',
        'linux-late': 'TRUNCATED_HEADER',
      },
    ],
    ['another magic', put(sound, [0, 0x4d41_4400]), { ...none, ...loaders('MAGIC') }],
    ['another type of table', put(sound, [4, 1]), { ...none, ...loaders('SECTION_TYPE') }],
    ['a table too long', put(sound, [8, 0xffff_fff0]), { ...none, ...loaders('TRUNCATED') }],
    [
      'a table that is no whole entries',
      put(joined(sound.subarray(0, 44), new Uint8Array(4), sound.subarray(44)), [8, 36]),
      { ...none, 'xen 4.17': 'TABLE_LENGTH', xen: 'TABLE_LENGTH' },
    ],
    [
      'a table without its entry of zeros: old Xen refuses',
      put(joined(sound.subarray(0, 28), sound.subarray(44)), [8, 16]),
      { ...none, 'xen 4.17': 'TABLE_UNTERMINATED' },
    ],
    [
      'an empty table',
      put(joined(sound.subarray(0, 12), sound.subarray(44)), [8, 0]),
      {
        ...none,
        'xen 4.17': 'TABLE_UNTERMINATED',
        'linux-early': 'TABLE_LENGTH',
        'linux-late': 'TABLE_LENGTH',
      },
    ],
    [
      'no patch: Linux would read on',
      table,
      {
        strict: 'TOO_SHORT',
        loose: 'TOO_SHORT',
        'linux-late': 'NO_PATCH',
      },
    ],
    [
      'a table, then a container: Xen looks for one behind patches only',
      joined(table, sound),
      {
        ...none,
        'xen 4.17': 'SECTION_TYPE',
        xen: 'SECTION_TYPE',
        'linux-late': 'SECTION_TYPE',
      },
    ],
    ['another type of patch', put(sound, [44, 2]), { ...none, ...loaders('SECTION_TYPE') }],
    [
      'a patch cut short',
      sound.subarray(0, sound.length - 1),
      { ...none, ...loaders('TRUNCATED') },
    ],
    [
      'a patch of 48 bytes: Xen takes 32 for a header since 4.21',
      encodeAmdContainer({ patches: [makeAmdPatch({ size: 64 }).subarray(0, 48)], equivalences }),
      {
        strict: 'TOO_SHORT',
        loose: 'TOO_SHORT',
        'xen 4.17': 'TOO_SHORT',
        'linux-early': 'TOO_SHORT',
        'linux-late': 'TOO_SHORT',
      },
    ],
    [
      'a patch for one chipset',
      encodeAmdContainer({ patches: [makeAmdPatch({ northBridgeId: 0x1022 })], equivalences }),
      { ...none, 'linux-early': 'CHIPSET', 'linux-late': 'CHIPSET' },
    ],
    [
      'a patch larger than its family may have',
      encodeAmdContainer({ patches: [makeAmdPatch({ size: 3204 })], equivalences }),
      { ...none, 'xen 4.17': '~PATCH_TOO_LARGE', xen: '~PATCH_TOO_LARGE' },
    ],
    [
      'a patch that Linux finds too large: family 14h',
      encodeAmdContainer({
        patches: [makeAmdPatch({ size: 1828, equivalenceId: 0x5000 })],
        equivalences: [{ signature: 0x0050_0f00, equivalenceId: 0x5000 }],
      }),
      {
        ...none,
        'xen 4.17': '~PATCH_TOO_LARGE',
        xen: '~PATCH_TOO_LARGE',
        'linux-early': 'PATCH_TOO_LARGE',
        'linux-late': 'PATCH_TOO_LARGE',
      },
    ],
    [
      'a patch of Zen 5, which old Xen finds too large',
      encodeAmdContainer({
        patches: [makeAmdPatch({ size: 14_368, equivalenceId: 0xb110 })],
        equivalences: [{ signature: 0x00b1_0f10, equivalenceId: 0xb110 }],
      }),
      { ...none, 'xen 4.17': '~PATCH_TOO_LARGE' },
    ],
    [
      'another id for a CPU in a later container',
      joined(
        sound,
        encodeAmdContainer({
          patches: [makeAmdPatch({ equivalenceId: 0x8013 })],
          equivalences: [{ signature: 0x0080_0f12, equivalenceId: 0x8013 }],
        }),
      ),
      {
        ...none,
        'xen 4.17': '~EQUIVALENCE_CONFLICT',
        xen: '~EQUIVALENCE_CONFLICT',
        'linux-late': 'SECTION_TYPE',
      },
    ],
    [
      'the same CPU twice in a table: the first counts',
      encodeAmdContainer({
        patches: [patch],
        equivalences: [...equivalences, { signature: 0x0080_0f12, equivalenceId: 0x8013 }, bare],
      }),
      none,
    ],
  ])('%s', (_, bytes, expected) => {
    expect(answers(bytes, 'AMD')).toEqual(expected)
  })

  function loaders(code: string): Readonly<Record<string, string>> {
    return { 'xen 4.17': code, xen: code, 'linux-early': code, 'linux-late': code }
  }
})
