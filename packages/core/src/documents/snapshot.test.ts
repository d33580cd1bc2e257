import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { formatHostSnapshot, parseHostSnapshot, SnapshotError } from './snapshot.js'

const document = {
  format: 'xenlevel/host-snapshot',
  version: 1,
  name: 'host-1',
  cpu: {
    vendor: 'Intel',
    brand: 'Intel(R) Xeon(R) CPU E5-2630 v3 @ 2.40GHz',
    signature: '0x000306f2',
    physAddrBits: 46,
    microcodeRevision: null,
  },
  xen: { release: '4.17.7', hvm: true, hap: true },
  featuresets: { raw: 'bfebfbff-7ffefbff' },
}

describe('parseHostSnapshot', () => {
  it('reads a document or its text', () => {
    const snapshot = parseHostSnapshot(document)
    expect(snapshot.cpu.signature).toBe(0x306f2)
    expect(snapshot.featuresets.raw).toBeInstanceOf(Featureset)
    expect(snapshot.featuresets.raw?.toString()).toBe('bfebfbff-7ffefbff')
    expect(snapshot.unknownWords).toEqual([])
    expect(parseHostSnapshot(JSON.stringify(document))).toEqual(snapshot)
  })

  it('is written as it was read', () => {
    const snapshot = parseHostSnapshot(document)
    const text = formatHostSnapshot(snapshot)
    expect(parseHostSnapshot(text)).toEqual(snapshot)
    expect(JSON.parse(text)).toEqual({ ...document, unknownWords: [], notes: [] })
  })

  it.each([
    ['no document', null, '', 'expected object'],
    ['a list', [], '', 'expected object'],
    ['another format', { ...document, format: 'host' }, 'format', 'xenlevel/host-snapshot'],
    ['a later version', { ...document, version: 2 }, 'version', 'expected 1'],
    ['no name', { ...document, name: '' }, 'name', '>=1 characters'],
    [
      'an odd featureset',
      { ...document, featuresets: { raw: 'bfebfbff-xyz' } },
      'featuresets.raw',
      '"x" where a hexadecimal digit should be at character 9',
    ],
    [
      'half a PV pair',
      { ...document, featuresets: { pvMax: '1' } },
      'featuresets',
      '"pvDefault" and "pvMax" together',
    ],
    [
      'half an HVM pair',
      { ...document, featuresets: { raw: '1', hvmMax: '1' } },
      'featuresets',
      '"hvmDefault" and "hvmMax" together',
    ],
    [
      'a bare signature',
      { ...document, cpu: { ...document.cpu, signature: '306f2' } },
      'cpu.signature',
      '0x and eight',
    ],
    [
      'an unknown vendor',
      { ...document, cpu: { ...document.cpu, vendor: 'GenuineIntel' } },
      'cpu.vendor',
      'Intel',
    ],
    ['a misspelt field', { ...document, microcode: 1 }, '', 'microcode'],
    [
      'an odd release',
      { ...document, xen: { ...document.xen, release: 'latest' } },
      'xen.release',
      '"4.17.7"',
    ],
  ])('refuses %s', (_, input, path, part) => {
    const attempt = () => parseHostSnapshot(input, 'host-1.json')
    expect(attempt).toThrow(SnapshotError)
    expect(attempt).toThrow(expect.objectContaining({ code: 'SNAPSHOT_INVALID', path }))
    expect(attempt).toThrow(part)
    expect(attempt).toThrow(/^host-1\.json is not a host snapshot: at /)
  })

  it('says where a text stops being JSON', () => {
    expect(() => parseHostSnapshot('{"format": }', 'host-1.json')).toThrow(
      expect.objectContaining({ code: 'SNAPSHOT_INVALID', offset: 11 }),
    )
  })

  it('names every wrong field at once', () => {
    const wrong = { ...document, name: 7, cpu: { ...document.cpu, physAddrBits: 'many' } }
    expect(() => parseHostSnapshot(wrong)).toThrow(
      /^The document is not a host snapshot: at name: .*; at cpu\.physAddrBits: /,
    )
  })
})
