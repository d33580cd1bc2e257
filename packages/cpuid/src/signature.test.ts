import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cpuSignature, encodeSignature } from './signature.js'

it('encodes what it decodes to the same numbers', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (eax) => {
      const signature = cpuSignature(eax)
      expect(cpuSignature(encodeSignature(signature))).toEqual(signature)
    }),
  )
  expect(encodeSignature({ family: 6, model: 0x55, stepping: 4 })).toBe(0x0005_0654)
  expect(encodeSignature({ family: 0x19, model: 0x61, stepping: 2 })).toBe(0x00a6_0f12)
})

it.each([
  [{ family: 256, model: 0, stepping: 0 }],
  [{ family: 5, model: 16, stepping: 0 }],
  [{ family: 6, model: 256, stepping: 0 }],
  [{ family: 6, model: 1, stepping: 16 }],
  [{ family: -1, model: 0, stepping: 0 }],
  [{ family: 6.5, model: 0, stepping: 0 }],
])('refuses %j', (signature) => {
  expect(() => encodeSignature(signature)).toThrow(
    expect.objectContaining({
      code: 'SIGNATURE_RANGE',
      message: expect.stringContaining(
        `family ${signature.family}, model ${signature.model}, stepping ${signature.stepping}`,
      ),
      details: signature,
    }),
  )
})
