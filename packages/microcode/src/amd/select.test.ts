/** What Xen's releases choose of AMD containers made for tests. */
import { describe, expect, it } from 'vitest'
import { selectUpdate } from '../select/select.js'
import { amd, container, errno, patch, revision, ZEN } from '../select/selection.testing.js'
import type { SelectOptions } from '../select/types.js'
import { joined } from '../verify.testing.js'
import { makeAmdPatch } from './patches.testing.js'
import { encodeAmdContainer } from './write.js'

describe('AMD in Xen', () => {
  it('keeps the first id of a CPU, in the file and from files before', () => {
    const other = encodeAmdContainer({
      patches: [patch(0x0600_0030, { equivalenceId: 0x6013 })],
      equivalences: [{ signature: ZEN.signature, equivalenceId: 0x6013 }],
    })
    const both = selectUpdate(joined(container(patch(0x0600_0020)), other), amd(1))
    expect([both.errno, both.update?.revision, both.stop?.code]).toEqual([
      'OK',
      0x0600_0020,
      'EQUIVALENCE_CONFLICT',
    ])
    expect(both.log[0]).toBe('microcode: Equiv mismatch: cpu 00600f12, got 6013, cached 6012')
    expect(errno(other, amd(1), { equivalenceId: ZEN.equivalenceId })).toBe('EINVAL')
  })

  it('passes over a patch that is too large, and 4.14 stops there', () => {
    const file = container(patch(0x0600_0030, { size: 4100 }), patch(0x0600_0020))
    const now = selectUpdate(file, amd(1))
    expect([now.update?.revision, now.passedOver[0]?.why]).toEqual([0x0600_0020, 'too-large'])
    expect(errno(file, amd(1), { release: '4.14' })).toBe('EINVAL')
    const behind = container(patch(0x0600_0020), patch(0x0600_0030, { size: 4100 }))
    expect(revision(behind, amd(1), { release: '4.14' })).toBe(0x0600_0020)
    const milan = encodeAmdContainer({
      patches: [makeAmdPatch({ patchId: 0x0a00_1137, equivalenceId: 0xa011, size: 5568 })],
      equivalences: [{ signature: 0xa00f11, equivalenceId: 0xa011 }],
    })
    const releases = ['4.13.2', '4.13.3', '4.14.1', '4.14.2', '4.15.0']
    expect(releases.map((release) => errno(milan, amd(1, 0xa00f11), { release }))).toEqual([
      'ENOENT',
      'OK',
      'EINVAL',
      'OK',
      'OK',
    ])
  })

  it('reads in 4.13 the container of the CPU alone, and nothing over a final revision', () => {
    const first = container(patch(0x0600_0020))
    const file = joined(first, container(patch(0x0600_0030)))
    expect([revision(file, amd(1), { release: '4.13' }), revision(file, amd(1))]).toEqual([
      0x0600_0020, 0x0600_0030,
    ])
    const cut = joined(first, new Uint8Array(20).fill(7))
    expect(revision(cut, amd(1), { release: '4.13' })).toBe(0x0600_0020)
    const empty = { release: '4.13' } as const
    expect(errno(new Uint8Array(), amd(1), empty)).toBe('EINVAL')
    expect(errno(new Uint8Array(), amd(1))).toBe('ENOENT')
    const tables = encodeAmdContainer({ patches: [], equivalences: [ZEN] })
    expect(errno(tables, amd(1), empty)).toBe('EINVAL')
    expect(errno(joined(tables, first), amd(1), empty)).toBe('EINVAL')
    const old = encodeAmdContainer({
      patches: [makeAmdPatch({ patchId: 0x0100_00da, equivalenceId: 0x1080, size: 960 })],
      equivalences: [{ signature: 0x100f80, equivalenceId: 0x1080 }],
    })
    const final = amd(0x0100_0098, 0x100f80)
    expect([errno(old, final, empty), errno(old, final, { release: '4.14' })]).toEqual([
      'EPERM',
      'ENXIO',
    ])
    expect(errno(old, final, { force: true })).toBe('ENXIO')
  })

  it('knows digests and safe firmware as its releases learned them', () => {
    const zen2 = encodeAmdContainer({
      patches: [makeAmdPatch({ patchId: 0x0830_1055, equivalenceId: 0x8310, size: 3200 })],
      equivalences: [{ signature: 0x830f10, equivalenceId: 0x8310 }],
    })
    const code = (release: string, more: SelectOptions = {}) =>
      selectUpdate(zen2, amd(0x0830_1034, 0x830f10), { release, ...more }).code
    expect(
      ['4.17.5', '4.17.6', '4.18.4', '4.18.5', '4.20.0', '4.20.1'].map((r) => code(r)),
    ).toEqual(['CHOSEN', 'NO_DIGEST', 'CHOSEN', 'NO_DIGEST', 'CHOSEN', 'NO_DIGEST'])
    const safe = { bootRevision: 0x0830_107d }
    expect(['4.17.6', '4.18.5', '4.20.1', '4.20.2'].map((r) => code(r, safe))).toEqual([
      'CHOSEN',
      'NO_DIGEST',
      'NO_DIGEST',
      'CHOSEN',
    ])
    const zen6 = { zen6: true }
    expect(['4.20.3', '4.20.4', '4.21.1', '4.21.2'].map((r) => code(r, zen6))).toEqual([
      'NO_DIGEST',
      'CHOSEN',
      'NO_DIGEST',
      'CHOSEN',
    ])
    expect(code('4.22', { digestCheck: false })).toBe('CHOSEN')
    const said = (release: string) =>
      selectUpdate(zen2, amd(0x0b40_4132, 0x830f10), { release }).bootLog
    expect(said('4.20.2')).toEqual([
      'Unrecognised CPU 17-31-00 ucode 0x0b404132, assuming vulnerable to Entrysign',
    ])
    expect(said('4.20.3')).toEqual([])
  })

  it('says what another patch of a listed id has for a digest', () => {
    const forged = encodeAmdContainer({
      patches: [makeAmdPatch({ patchId: 0x0830_107c, equivalenceId: 0x8310, size: 3200 })],
      equivalences: [{ signature: 0x830f10, equivalenceId: 0x8310 }],
    })
    const { code, passedOver, log } = selectUpdate(forged, amd(1, 0x830f10))
    expect([code, passedOver[0]?.why]).toEqual(['NO_DIGEST', 'other-digest'])
    expect(log[0]).toMatch(
      /^Patch 0830107c SHA256 mismatch:\n {2}expected 2164defb[0-9a-f]{56}\n {7}got [0-9a-f]{64}$/,
    )
  })

  it('takes a word that is no minimum revision for none, and says so', () => {
    const milan = (checksum: number) =>
      encodeAmdContainer({
        patches: [
          makeAmdPatch({ patchId: 0x0a00_1137, equivalenceId: 0xa011, size: 5568, checksum }),
        ],
        equivalences: [{ signature: 0xa00f11, equivalenceId: 0xa011 }],
      })
    const options = { digestCheck: false }
    const odd = selectUpdate(milan(0x1234_5678), amd(1, 0xa00f11), options)
    expect([odd.errno, odd.log[0]]).toEqual([
      'OK',
      'microcode: patch 0xa001137 has unexpected min_rev 0x12345678',
    ])
    expect(errno(milan(0x0a00_1136), amd(1, 0xa00f11), options)).toBe('ENXIO')
    expect(errno(milan(0x0a00_1136), amd(1, 0xa00f11), { ...options, release: '4.20.1' })).toBe(
      'OK',
    )
  })
})
