/** What is no microcode. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MicrocodeFormatError } from './errors.js'
import { parseMicrocode, parseMicrocodeFiles } from './file.js'
import { makeIntelUpdate } from './intel/updates.testing.js'

describe('what is none of these', () => {
  it.each<readonly [string, readonly number[], string]>([
    ['nothing', [], 'it is empty'],
    ['zeros', [0, 0, 0, 0, 0], 'all its 5 bytes are zero'],
    ['gzip', [0x1f, 0x8b, 8, 0], 'it begins with gzip data'],
    ['xz behind zeros', [0, 0, 0, 0, 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'it begins with xz data'],
    ['others', [0x7f, 0x45, 0x4c, 0x46], 'it begins with 0x7f 0x45 0x4c 0x46'],
    ['half a header', [1, 0, 0, 0], 'it begins with 0x01'],
  ])('%s', (_, bytes, why) => {
    const parse = () => parseMicrocode(new Uint8Array(bytes))
    expect(parse).toThrow(MicrocodeFormatError)
    expect(parse).toThrow(why)
  })

  it('is passed over in a directory', () => {
    const files = parseMicrocodeFiles([
      { name: '06-97-02', bytes: makeIntelUpdate() },
      { name: 'README', bytes: new TextEncoder().encode('Microcode of Intel') },
      { name: 'empty', bytes: new Uint8Array(0) },
    ])
    expect(
      files.map(({ name, file, passedOver }) => [name, file?.format, passedOver?.code]),
    ).toEqual([
      ['06-97-02', 'intel', undefined],
      ['README', undefined, 'MICROCODE_UNRECOGNISED'],
      ['empty', undefined, 'MICROCODE_UNRECOGNISED'],
    ])
  })

  it('is read all the same where the form is said, and never makes it throw', () => {
    const format = fc.constantFrom('intel', 'intel-dat', 'amd', 'early-cpio')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), format, (bytes, format) => {
        const file = parseMicrocode(bytes, { format })
        expect(file.format).toBe(format)
        if (bytes.length > 0 && file.updates.length === 0 && format !== 'intel-dat')
          expect(file.problems.length).toBeGreaterThan(0)
      }),
    )
  })
})
