/** What readers of AMD containers say of each fault: where it is, what stands there, what should, and what follows. */
import { describe, expect, it } from 'vitest'
import { type VerifyOptions, verifyMicrocode } from '../verify.js'
import { joined, put } from '../verify.testing.js'
import { makeAmdPatch } from './patches.testing.js'
import { encodeAmdContainer } from './write.js'

const equivalences = [{ signature: 0x0080_0f12, equivalenceId: 0x8012 }]
const sound = encodeAmdContainer({ patches: [makeAmdPatch()], equivalences })
const table = sound.subarray(0, 44)
const second = sound.length

const XEN = { rule: 'xen', severity: 'error' } as const
const nothing = 'Xen 4.23-dev loads nothing from the file.'
const earlier = 'Xen 4.23-dev reads no further, but the one before it may still be loaded.'

const findings = (bytes: Uint8Array, options: VerifyOptions = {}) =>
  verifyMicrocode(bytes, { vendor: 'AMD', ...options })

describe('a container', () => {
  it('that is cut has no room for a header', () => {
    expect(findings(joined(sound, new Uint8Array(1)))).toEqual([
      {
        rule: 'xen',
        severity: 'warning',
        code: 'TRUNCATED_HEADER',
        path: 'patch 1',
        offset: second,
        expected: 8,
        found: 1,
        says: 'Bad microcode data',
        message: `Patch 1 at ${second}: 1 byte is left, the header of a patch has 8; ${earlier}`,
      },
    ])
  })

  it('has its magic', () => {
    expect(findings(put(sound, [0, 0x4d41_4400]))).toEqual([
      {
        ...XEN,
        code: 'MAGIC',
        path: 'container 0.magic',
        offset: 0,
        expected: 0x0041_4d44,
        found: 0x4d41_4400,
        says: 'Wrong microcode patch file magic',
        message: `Container 0 at 0: there is 0x4d414400 instead of the magic 0x00414d44 of a container; ${nothing}`,
      },
    ])
  })

  it('begins with a table, also where it is the second', () => {
    expect(findings(joined(sound, put(sound, [4, 9])))).toEqual([
      {
        rule: 'xen',
        severity: 'warning',
        code: 'SECTION_TYPE',
        path: 'container 1.table.type',
        offset: second + 4,
        expected: 0,
        found: 9,
        says: 'Bad equivalent cpu table',
        message: `Container 1 at ${second + 4}: its type is 9, that of a table is 0; ${earlier}`,
      },
    ])
  })

  it('holds its table', () => {
    expect(findings(joined(sound, put(table, [8, 48])))).toEqual([
      {
        rule: 'xen',
        severity: 'warning',
        code: 'TRUNCATED',
        path: 'container 1.table.length',
        offset: second + 8,
        expected: 'at most 32',
        found: 48,
        says: 'Bad equivalent cpu table',
        message: `Container 1 at ${second + 8}: its table says 48 bytes, 32 bytes are left; ${earlier}`,
      },
    ])
  })

  it('ends its table with zeros for older Xen, however many entries stand before', () => {
    const entries = put(table, [28, 0x0080_0f82], [40, 0x8082])
    const [finding] = findings(joined(entries, sound.subarray(44)), { release: '4.17' })
    expect(finding).toEqual({
      ...XEN,
      code: 'TABLE_UNTERMINATED',
      path: 'container 0.table.length',
      offset: 8,
      expected: 'a last entry of zeros',
      found: 32,
      says: 'Bad equivalent cpu table',
      message:
        'Container 0 at 8: its table does not end with an entry of zeros; Xen 4.17.7 loads nothing from the file.',
    })
  })

  it('has a patch for Linux at run time', () => {
    expect(findings(table, { rules: 'linux-late' })).toEqual([
      {
        rule: 'linux-late',
        severity: 'error',
        code: 'NO_PATCH',
        path: 'container 0.patches',
        offset: 44,
        message:
          'Container 0 at 44: its table is followed by nothing, and that is read all the same; Linux, late loads nothing from the file.',
      },
    ])
  })
})

describe('a patch', () => {
  it('has the type of one', () => {
    expect(findings(put(sound, [44, 2]))).toEqual([
      {
        ...XEN,
        code: 'SECTION_TYPE',
        path: 'patch 0.type',
        offset: 44,
        expected: 1,
        found: 2,
        says: 'Bad microcode data',
        message: `Patch 0 at 44: its type is 2, that of a patch is 1; ${nothing}`,
      },
    ])
  })

  it('is there as a whole', () => {
    const left = sound.length - 52 - 1
    expect(findings(sound.subarray(0, sound.length - 1))).toEqual([
      {
        ...XEN,
        code: 'TRUNCATED',
        path: 'patch 0.length',
        offset: 48,
        expected: `at most ${left}`,
        found: left + 1,
        says: 'Bad microcode data',
        message: `Patch 0 at 48: it says ${left + 1} bytes, ${left} bytes are left; ${nothing}`,
      },
    ])
  })

  it('is for no chipset in Linux', () => {
    const file = encodeAmdContainer({
      patches: [makeAmdPatch({ northBridgeId: 0x1022 })],
      equivalences,
    })
    expect(findings(file, { rules: 'linux-late' })).toMatchObject([
      {
        code: 'CHIPSET',
        path: 'patch 0.northBridgeId',
        expected: 0,
        found: 0x1022,
        says: 'chipset-specific code unsupported.',
      },
    ])
  })
})
