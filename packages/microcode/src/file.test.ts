/** Reading files of every form, whole and damaged. */
import { describe, expect, it } from 'vitest'
import { makeAmdPatch } from './amd/patches.testing.js'
import { encodeAmdContainer, encodeAmdContainers } from './amd/write.js'
import { buildEarlyCpio } from './cpio-write.js'
import { parseMicrocode } from './file.js'
import { changedUpdate, makeIntelUpdate } from './intel/updates.testing.js'
import { encodeIntel, encodeIntelDat } from './intel/write.js'
import type { IntelUpdate, MicrocodeFile } from './types.js'
import { joined, put } from './verify.testing.js'

const codes = ({ problems }: MicrocodeFile) => problems.map(({ code }) => code)

function firstIntel(file: MicrocodeFile): IntelUpdate {
  const [update] = file.updates
  if (update?.vendor !== 'Intel') throw new Error('no Intel update')
  return update
}

describe('Intel updates', () => {
  const rich = makeIntelUpdate({
    signature: 0x0009_0672,
    platformMask: 7,
    revision: 0x3d,
    date: 0x0529_2025,
    minRevision: 0x2e,
    metadata: [
      [3, new Uint8Array([0x10, 0, 0, 0])],
      [2, new Uint8Array(100)],
    ],
    table: [
      [0x0009_0672, 7],
      [0x000b_06f2, 3],
    ],
  })

  it('has everything that is in them, with offsets, as views', () => {
    const bytes = joined(makeIntelUpdate(), rich)
    const file = parseMicrocode(bytes)
    expect([file.format, file.problems, file.content === bytes]).toEqual(['intel', [], true])
    const update = file.updates[1]
    if (update?.vendor !== 'Intel') throw new Error('no Intel update')
    const { bytes: own, metadata, ...plain } = update
    const at = 2048 + rich.length - 20 - 24
    expect(plain).toEqual({
      vendor: 'Intel',
      revision: 0x3d,
      date: '2025-05-29',
      offset: 2048,
      size: 2048,
      minRevision: 0x2e,
      headerVersion: 1,
      loaderVersion: 1,
      preProduction: false,
      dataSize: 2048 - 48 - 44,
      sizeFields: { data: 2048 - 48 - 44, total: 2048 },
      checksum: expect.any(Number),
      checksumOk: true,
      extendedTable: { offset: at, count: 2, checksumOk: true },
      signatures: [
        { signature: 0x0009_0672, platformMask: 7, checksumOk: true, offset: 2048 + 12 },
        { signature: 0x0009_0672, platformMask: 7, checksumOk: true, offset: at + 20 },
        { signature: 0x000b_06f2, platformMask: 3, checksumOk: true, offset: at + 32 },
      ],
    })
    expect([own.buffer === bytes.buffer, own.byteOffset, own.length]).toEqual([true, 2048, 2048])
    expect(metadata.map(({ type, size, payload }) => [type, size, payload.length])).toEqual([
      [3, 12, 4],
      [2, 108, 100],
    ])
    expect(metadata[0]?.payload.buffer).toBe(bytes.buffer)
  })

  it('gives what is left of damaged ones, and says what is wrong', () => {
    const broken = parseMicrocode(joined(put(rich, [100, 1]), rich, new Uint8Array(8)))
    expect(codes(broken)).toEqual(['CHECKSUM', 'TRUNCATED_HEADER'])
    expect(firstIntel(broken).checksumOk).toBe(false)
    expect(firstIntel(broken).signatures.map(({ checksumOk }) => checksumOk)).toEqual([
      false,
      true,
      true,
    ])
    expect(broken.problems[0]).toMatchObject({ path: 'update 0.checksum', offset: 16, expected: 0 })
    const wrongEntry = parseMicrocode(changedUpdate(rich, { revision: 0x3e }))
    expect(codes(wrongEntry)).toEqual(['ENTRY_CHECKSUM'])
    expect(firstIntel(wrongEntry).signatures.map(({ checksumOk }) => checksumOk)).toEqual([
      true,
      false,
      false,
    ])
  })

  it('says where readers do not agree on the sizes', () => {
    const update = changedUpdate(makeIntelUpdate({ defaultSizes: true }), { totalSize: 3072 })
    expect(codes(parseMicrocode(update))).toEqual(['SIZES_DISPUTED'])
  })

  it('marks pre-production revisions', () => {
    const file = parseMicrocode(makeIntelUpdate({ revision: 0x8000_0010 }))
    expect(firstIntel(file)).toMatchObject({ preProduction: true, revision: 0x8000_0010 })
  })

  it('reads the text that it writes', () => {
    const updates = [makeIntelUpdate(), rich]
    const text = new TextEncoder().encode(encodeIntelDat(updates))
    const file = parseMicrocode(text)
    expect([file.format, file.problems]).toEqual(['intel-dat', []])
    expect(Buffer.compare(file.content, encodeIntel(updates))).toBe(0)
    expect(file.updates.map(({ offset }) => offset)).toEqual([0, 2048])
    const cut = parseMicrocode(text.subarray(0, text.length - 100))
    expect([cut.updates.length, codes(cut)]).toEqual([1, ['TRUNCATED']])
    const wrong = joined(text, new TextEncoder().encode('zero\n'))
    expect(parseMicrocode(wrong).problems).toMatchObject([
      { code: 'TEXT', offset: text.length, path: 'line 259' },
    ])
  })

  it('refuses to write what is not one sound update', () => {
    const update = makeIntelUpdate()
    for (const bytes of [
      joined(update, update),
      update.subarray(1),
      put(update, [60, 0]),
      new Uint8Array(0),
    ])
      expect(() => encodeIntel([bytes])).toThrow('Update 0 is not one sound update')
    expect(encodeIntel([])).toHaveLength(0)
  })
})

describe('AMD containers', () => {
  const old = makeAmdPatch({ equivalenceId: 0x1043, patchId: 0x0100_00c8, size: 960 })
  const zen = makeAmdPatch({
    equivalenceId: 0xa011,
    patchId: 0x0a00_11de,
    checksum: 0x0a00_11d9,
    size: 5568,
  })
  const equivalences = [
    { signature: 0x0010_0f43, equivalenceId: 0x1043, errataMask: 1, errataCompare: 2 },
    { signature: 0x0010_0f42, equivalenceId: 0x1043 },
    { signature: 0x00a0_0f11, equivalenceId: 0xa011 },
  ]

  it('has everything that is in them, with offsets, as views, and writes it back', () => {
    const first = encodeAmdContainer({ patches: [old], equivalences: equivalences.slice(0, 2) })
    const bytes = joined(first, encodeAmdContainer({ patches: [zen, old], equivalences }))
    const file = parseMicrocode(bytes)
    expect([file.format, file.problems]).toEqual(['amd', []])
    expect(file.containers.map(({ offset, size }) => [offset, size])).toEqual([
      [0, first.length],
      [first.length, bytes.length - first.length],
    ])
    expect(file.containers[1]?.equivalences).toHaveLength(4)
    expect(file.updates).toMatchObject([
      { container: 0, revision: 0x0100_00c8, checksumOk: true, size: 960 },
      { container: 1, revision: 0x0a00_11de, checksumOk: null, minRevision: 0x0a00_11d9 },
      { container: 1, revision: 0x0100_00c8 },
    ])
    expect(file.updates[0]?.signatures.map(({ signature, offset }) => [signature, offset])).toEqual(
      [
        [0x0010_0f43, 12],
        [0x0010_0f42, 28],
      ],
    )
    expect(file.updates.every((update) => update.bytes.buffer === bytes.buffer)).toBe(true)
    expect(Buffer.compare(encodeAmdContainers(file), bytes)).toBe(0)
  })

  it('makes a table of what the patches are for', () => {
    const read = parseMicrocode(encodeAmdContainer({ patches: [old], equivalences }))
    const patches = read.updates.flatMap((update) => (update.vendor === 'AMD' ? [update] : []))
    const again = parseMicrocode(encodeAmdContainer({ patches }))
    expect(again.containers[0]?.equivalences.map(({ signature }) => signature)).toEqual([
      0x0010_0f43, 0x0010_0f42, 0,
    ])
  })

  it.each([
    [0xa011, 0x0a00_11de, 0x0a00_11d9, 0x0a00_11d9],
    [0xa011, 0x0a00_11de, 0x0a00_10d9, undefined],
    [0xa011, 0x0a00_11de, 0, undefined],
    [0x9fff, 0x0a00_11de, 0x0a00_11d9, undefined],
  ])(
    'id %i, revision %i, word 12 %i: minimum revision %i',
    (equivalenceId, patchId, checksum, expected) => {
      const [patch] = parseMicrocode(makeAmdPatch({ equivalenceId, patchId, checksum })).updates
      expect(patch?.minRevision).toBe(expected)
    },
  )

  it('reads a bare patch, and makes a container of it', () => {
    const file = parseMicrocode(zen)
    expect(file.format).toBe('amd')
    expect(file.updates).toMatchObject([
      { container: null, revision: 0x0a00_11de, signatures: [{ signature: 0x00a0_0f11 }] },
    ])
    expect(() => encodeAmdContainers(file)).toThrow('no AMD container')
    const patches = file.updates.flatMap((update) => (update.vendor === 'AMD' ? [update] : []))
    expect(parseMicrocode(encodeAmdContainer({ patches })).problems).toEqual([])
  })

  it('says what is wrong, and reads on where it can', () => {
    const sound = encodeAmdContainer({ patches: [old, zen], equivalences })
    const dataFlipped = put(sound, [12 + 64 + 8 + 100, 7])
    expect(codes(parseMicrocode(dataFlipped))).toEqual(['CHECKSUM'])
    const hidden = put(sound, [12, 0])
    expect(codes(parseMicrocode(hidden))).toEqual(['TABLE_HIDES_ENTRIES', 'NO_CPU', 'NO_CPU'])
    const unterminated = put(sound, [12 + 48, 1])
    expect(codes(parseMicrocode(unterminated))).toEqual(['TABLE_UNTERMINATED'])
    const cut = parseMicrocode(sound.subarray(0, sound.length - 1))
    expect([cut.updates.length, codes(cut)]).toEqual([1, ['TRUNCATED']])
    expect(cut.containers[0]?.size).toBe(cut.problems[0]?.offset && 12 + 64 + 8 + 960)
  })

  it('refuses to write patches that nobody would load', () => {
    const make = (patch: Uint8Array) => () =>
      encodeAmdContainer({ patches: [old, patch], equivalences: equivalences.slice(0, 2) })
    expect(make(zen)).toThrow('Patch 1 is for the id 0xa011')
    expect(make(new Uint8Array(31))).toThrow('Patch 1 has 31 bytes')
  })
})

describe('early archives', () => {
  const intel = makeIntelUpdate()
  const amd = encodeAmdContainer({
    patches: [makeAmdPatch()],
    equivalences: [{ signature: 0x0080_0f12, equivalenceId: 0x8012 }],
  })

  it('has both vendors, with offsets in the whole input', () => {
    const bytes = joined(buildEarlyCpio({ intel, amd }), new Uint8Array([0x1f, 0x8b, 8, 0]))
    const file = parseMicrocode(bytes)
    expect([file.format, file.problems]).toEqual(['early-cpio', []])
    expect(file.updates.map(({ vendor }) => vendor)).toEqual(['AMD', 'Intel'])
    for (const { bytes: own, offset } of file.updates) {
      expect([own.buffer === bytes.buffer, own.byteOffset]).toEqual([true, offset])
    }
    expect(file.containers[0]?.offset).toBe(
      file.members.find(({ vendor }) => vendor === 'AMD')?.offset,
    )
    expect(file.members.flatMap(({ name, vendor }) => (vendor === null ? [] : [name]))).toEqual([
      'kernel/x86/microcode/AuthenticAMD.bin',
      'kernel/x86/microcode/GenuineIntel.bin',
    ])
  })

  it('says what is odd about them', () => {
    const archive = buildEarlyCpio({ intel, form: 'mini' })
    const twice = parseMicrocode(joined(archive, archive))
    expect([twice.updates.length, codes(twice)]).toEqual([1, ['NOT_LOADED']])
    const shifted = parseMicrocode(joined(archive, new Uint8Array(1), archive))
    expect(codes(shifted)).toEqual(['ODD_PADDING'])
    const moved = parseMicrocode(joined(new Uint8Array(4), archive))
    expect(moved.problems).toMatchObject([{ code: 'DATA_UNALIGNED', severity: 'info' }])
    const name = Buffer.from(archive).indexOf('.bin')
    const renamed = new Uint8Array(archive)
    renamed.set(new TextEncoder().encode('.bin.old'), name)
    expect(codes(parseMicrocode(renamed))).toEqual(['NAME_PREFIX'])
    const other = new Uint8Array(archive)
    other[name] = 0x2d
    expect(codes(parseMicrocode(other))).toEqual(['NO_MICROCODE'])
    const damaged = parseMicrocode(put(archive, [160 + 100, 9]))
    expect(damaged.problems).toMatchObject([
      {
        code: 'CHECKSUM',
        offset: 160 + 16,
        path: `${damaged.members[0]?.name}: update 0.checksum`,
      },
    ])
  })
})
