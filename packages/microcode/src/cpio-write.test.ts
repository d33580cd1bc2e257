/** Early archives that are written and changed. */
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../fixtures/recorded.js'
import { makeAmdPatch } from './amd/patches.testing.js'
import { encodeAmdContainer } from './amd/write.js'
import { CORPUS_MANIFEST, readCorpus } from './corpus.testing.js'
import { splitEarlyCpio } from './cpio.js'
import { replaceEarlyCpio } from './cpio-replace.js'
import { buildEarlyCpio } from './cpio-write.js'
import { makeIntelUpdate } from './intel/updates.testing.js'
import { runGnuCpio } from './peers/gnu-cpio.js'
import { joined } from './verify.testing.js'

const intel = makeIntelUpdate({ date: 0x0529_2025 })
const amd = encodeAmdContainer({
  patches: [makeAmdPatch({ size: 3201, date: 0x0411_2024 })],
  equivalences: [{ signature: 0x0080_0f12, equivalenceId: 0x8012 }],
})
/** Stands for a compressed initrd. */
const body = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 1, 1, 1])

function extents(initrd: Uint8Array) {
  const { intel, amd, end } = splitEarlyCpio(initrd)
  const data = (extent: typeof intel) =>
    extent === null ? null : initrd.subarray(extent.offset, extent.offset + extent.size)
  return { intel: data(intel), amd: data(amd), rest: initrd.subarray(end) }
}

describe('buildEarlyCpio', () => {
  it.each([
    ['normal', { intel }, 1024],
    ['normal', { amd }, 1024],
    ['normal', { intel, amd }, 1024],
    ['mini', { intel }, 16],
    ['mini', { amd }, 16],
    ['mini', { intel, amd }, 16],
  ] as const)('%s: %o', (form, content, block) => {
    const archive = buildEarlyCpio({ ...content, form })
    const found = splitEarlyCpio(archive)
    expect(extents(archive)).toEqual({ intel: null, amd: null, ...content, rest: new Uint8Array() })
    for (const extent of [found.intel, found.amd]) expect((extent?.offset ?? 0) % 16).toBe(0)
    expect(archive.length % block).toBe(0)
    const listing = runGnuCpio(archive)
    expect([listing.exit, listing.messages]).toEqual([0, []])
    const names = listing.members.filter(({ mode }) => mode.startsWith('-')).map(({ name }) => name)
    expect(names).toEqual([
      ...('amd' in content ? ['kernel/x86/microcode/AuthenticAMD.bin'] : []),
      ...('intel' in content ? ['kernel/x86/microcode/GenuineIntel.bin'] : []),
    ])
  })

  it('is dated noon of the newest update, or as told', () => {
    const time = (archive: Uint8Array) => splitEarlyCpio(archive).members[0]?.mtime
    expect(time(buildEarlyCpio({ intel, amd }))).toBe(Date.UTC(2025, 4, 29, 12) / 1000)
    expect(time(buildEarlyCpio({ amd }))).toBe(Date.UTC(2024, 3, 11, 12) / 1000)
    expect(time(buildEarlyCpio({ intel, mtime: 5 }))).toBe(5)
    expect(time(buildEarlyCpio({ intel: makeIntelUpdate({ date: 0x0529_2039 }) }))).toBe(
      0x7fff_ffff,
    )
    expect(time(buildEarlyCpio({ intel: new Uint8Array(3) }))).toBe(0x7fff_ffff)
  })

  it('needs something to write', () => {
    expect(() => buildEarlyCpio({})).toThrow('needs microcode')
    expect(() => buildEarlyCpio({ intel, amd: new Uint8Array() })).toThrow('must not be empty')
  })
})

describe('splitEarlyCpio', () => {
  it('takes no member whose padding is cut off', () => {
    const archive = buildEarlyCpio({ amd, form: 'mini' })
    const end = (splitEarlyCpio(archive).amd?.offset ?? 0) + amd.length
    expect(amd.length % 4).toBe(1)
    expect(splitEarlyCpio(archive.subarray(0, end)).amd).toBeNull()
    expect(splitEarlyCpio(archive.subarray(0, end + 3)).amd?.size).toBe(amd.length)
  })

  it('finds nothing in what is no archive', () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(500), intel, body])
      expect(splitEarlyCpio(bytes)).toMatchObject({ intel: null, amd: null, members: [] })
  })
})

describe('replaceEarlyCpio', () => {
  const initrd = joined(buildEarlyCpio({ intel, amd }), body)
  const other = makeIntelUpdate({ revision: 77, dataSize: 4096 - 48 })

  it('puts new microcode in the place of old, and keeps the rest', () => {
    const changed = replaceEarlyCpio(initrd, { intel: other })
    expect(extents(changed)).toEqual({ intel: other, amd, rest: body })
    expect(changed.length).toBe(initrd.length + other.length - intel.length)
    expect(replaceEarlyCpio(changed, { intel })).toEqual(initrd)
  })

  it('keeps every byte but the header and data', () => {
    const changed = replaceEarlyCpio(initrd, { intel: makeIntelUpdate({ revision: 77 }) })
    const at = splitEarlyCpio(initrd).intel?.offset ?? 0
    expect(Buffer.compare(changed.subarray(0, at), initrd.subarray(0, at))).toBe(0)
    const behind = at + intel.length
    expect(Buffer.compare(changed.subarray(behind), initrd.subarray(behind))).toBe(0)
  })

  it('takes microcode out', () => {
    expect(extents(replaceEarlyCpio(initrd, { amd: null }))).toEqual({
      intel,
      amd: null,
      rest: body,
    })
    expect(extents(replaceEarlyCpio(initrd, { amd: null, intel: null }))).toEqual({
      intel: null,
      amd: null,
      rest: body,
    })
  })

  it('puts an archive in front for what is not there', () => {
    expect(extents(replaceEarlyCpio(body, { amd }))).toEqual({ intel: null, amd, rest: body })
    const one = joined(buildEarlyCpio({ intel }), body)
    expect(extents(replaceEarlyCpio(one, { amd, intel: other }))).toEqual({
      intel: other,
      amd,
      rest: body,
    })
    expect(replaceEarlyCpio(body, { amd: null })).toEqual(body)
  })

  it('sets the sum of an archive that has sums', () => {
    const summed = new Uint8Array(buildEarlyCpio({ intel, form: 'mini' }))
    summed[5] = 0x32
    const content = new Uint8Array(1024).fill(3)
    const changed = replaceEarlyCpio(summed, { intel: content })
    expect(Buffer.from(changed.subarray(102, 110)).toString()).toBe('00000C00')
  })

  it('needs something to put there', () => {
    expect(() => replaceEarlyCpio(initrd, { intel: new Uint8Array() })).toThrow('must not be empty')
  })
})

describeRecorded(CORPUS_MANIFEST, () => {
  it.each([
    ['cpio/iucode-earlyfw.cpio', 'normal'],
    ['cpio/iucode-mini-earlyfw.cpio', 'mini'],
  ] as const)('%s is written byte for byte as iucode_tool did', (path, form) => {
    const archive = readCorpus(path)
    const { intel } = extents(archive)
    if (intel === null) throw new Error('no microcode')
    expect(Buffer.compare(buildEarlyCpio({ intel, form }), archive)).toBe(0)
  })

  it.each([
    'cpio/combined-amd-xz.img',
    'cpio/combined-dracut-gz.img',
    'cpio/combined-intel-gz.img',
    'cpio/combined-two-early.img',
    'cpio/combined-padded.img',
    'cpio/crc-070702.cpio',
    'cpio/prefix-name.cpio',
  ])('%s keeps its other bytes when its microcode is put back', (path) => {
    const initrd = readCorpus(path)
    const { intel, amd, rest } = extents(initrd)
    const change = { ...(intel !== null && { intel }), ...(amd !== null && { amd }) }
    const same = replaceEarlyCpio(initrd, change)
    const field = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1').toUpperCase()
    expect(field(same)).toBe(field(initrd))
    const changed = replaceEarlyCpio(initrd, { intel: makeIntelUpdate() })
    expect(extents(changed)).toEqual({ intel: makeIntelUpdate(), amd, rest })
  })
})
