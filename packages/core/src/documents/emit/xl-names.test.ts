/** Names and numbers written, read again by the parser of libxl's language. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ARCH_CAPABILITIES,
  HYPERVISOR_LIMIT,
  placeOfLeaf,
  REGISTERS,
  WHOLE_EXTENT,
} from '../../policy/layout.js'
import { parseXlCpuid } from '../../xen/configuration/parse.js'
import { xlNames } from './xl-names.js'

const RELEASES = ['4.13.5', '4.15.7', '4.17.0', '4.17.7', '4.18.6', '4.20.3', '4.22.0', '4.23-dev']

/** The one register that an item names: where it is, and its characters, the one of bit 0 first. */
function read(item: string, release: string): { place: number; bits: string[] } {
  const { items, cpuid, msr } = parseXlCpuid([item], { language: 'libxl', release })
  expect(items.map(({ rc }) => rc)).toEqual([0])
  for (const { policy } of msr) {
    const bits = [...policy].reverse()
    const high = bits.findIndex((bit) => bit !== 'x') >= 32
    return {
      place: ARCH_CAPABILITIES + (high ? 1 : 0),
      bits: high ? bits.slice(32) : bits.slice(0, 32),
    }
  }
  const [entry] = cpuid
  const register = REGISTERS.find((each) => entry?.[each] !== undefined) ?? 'eax'
  const at =
    entry?.leaf === 0x4000_0000
      ? HYPERVISOR_LIMIT
      : placeOfLeaf(entry?.leaf ?? 0, entry?.subleaf ?? null, WHOLE_EXTENT) +
        REGISTERS.indexOf(register)
  return { place: at, bits: [...(entry?.[register] ?? '')].reverse() }
}

const valueOfBits = (bits: readonly string[], of: (bit: string) => boolean) =>
  bits.reduce((word, bit, at) => (of(bit) ? word | (1 << at) : word), 0) >>> 0

describe.each(RELEASES)('%s', (release) => {
  const { registers, fields } = xlNames(release)

  it('names bits', () => {
    expect(registers.size).toBeGreaterThan(5)
    for (const [place, { mask, names }] of registers) {
      expect(
        valueOfBits(
          Array.from({ length: 32 }, (_, at) => (names.has(at) ? '1' : 'x')),
          (bit) => bit === '1',
        ),
      ).toBe(mask >>> 0)
      for (const [bit, name] of names) {
        const found = read(`${name}=1`, release)
        expect(found.place, name).toBe(place)
        expect(found.bits.indexOf('1'), name).toBe(bit)
      }
    }
  })

  it('names fields, and writes their numbers so that they are read again', () => {
    expect(fields.length).toBeGreaterThan(10)
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.nat({ max: 0xffff_ffff }), (field, word) => {
        const number = field.number(word)
        if (number === undefined) {
          expect(field.name).toBe('family')
          return
        }
        const { place, bits } = read(`${field.name}=${number}`, release)
        expect(place).toBe(field.place)
        expect(valueOfBits(bits, (bit) => bit !== 'x')).toBe(field.mask >>> 0)
        expect(valueOfBits(bits, (bit) => bit === '1')).toBe((word & field.mask) >>> 0)
      }),
      { numRuns: 300 },
    )
  })
})

describe('family', () => {
  const field = xlNames('4.23-dev').fields.find(({ name }) => name === 'family')
  const registerOf = (base: number, extended: number) => (extended << 20) | (base << 8)

  it('has a number for everything that libxl can write, and for nothing else', () => {
    const written = new Map<number, number>()
    for (let number = 0; number < 300; number++) {
      const { bits } = read(`family=${number}`, '4.23-dev')
      const register = valueOfBits(bits, (bit) => bit === '1')
      if (!written.has(register)) written.set(register, number)
    }
    for (let base = 0; base < 16; base++)
      for (let extended = 0; extended < 256; extended++) {
        const register = registerOf(base, extended) >>> 0
        const number = field?.number(register)
        if (number === undefined) {
          // A family from 128 to 142 is written as another; that of a large number is no family of its own.
          const other = written.get(register)
          if (other !== undefined && base === 15) expect(other >= 128).toBe(true)
        } else expect(written.get(register)).toBe(number)
      }
  })
})
