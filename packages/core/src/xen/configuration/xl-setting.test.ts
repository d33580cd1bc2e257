/** The cpuid setting of xl.cfg, as xl splits it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitXlCpuid } from './xl-setting.js'

describe('a text', () => {
  it('begins with "host", and every other word is an item', () => {
    const setting = splitXlCpuid('host,,tm=0,avx512f = 0,sse3=0,')
    expect(setting.language).toBe('libxl')
    expect(setting.message).toBeNull()
    expect(setting.items.map(({ text, offset, rc }) => [text, offset, rc])).toEqual([
      ['tm=0', 6, 0],
      ['avx512f = 0', 11, 2],
      ['sse3=0', 23, 0],
    ])
    expect(setting.items[1]).toMatchObject({
      message: 'while parsing CPUID flag: "avx512f = 0":\n  error #2: unknown CPUID flag name',
      finding: { code: 'name-unknown', suggestion: 'avx512f', item: 1 },
    })
    expect(setting.cpuid).toEqual([
      {
        leaf: 1,
        subleaf: null,
        edx: 'xx0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
        ecx: `${'x'.repeat(31)}0`,
      },
    ])
    expect(setting.findings).toHaveLength(1)
  })

  it.each([
    ['tm=0', 'host,tm=0'],
    ['Host,tm=0', 'host'],
    [' host,tm=0', 'host'],
    ['x,tm=0', undefined],
  ])('%j is skipped whole', (text, suggestion) => {
    const setting = splitXlCpuid(text)
    expect(setting.items).toEqual([])
    expect(setting.cpuid).toEqual([])
    expect(setting.message).toBe(
      `while parsing CPUID string: "${text}":\n  error: first word must be "host"`,
    )
    expect(setting.findings[0]?.code).toBe('host-missing')
    expect(setting.findings[0]?.suggestion).toBe(suggestion)
  })

  it.each(['', ',,,', 'host', 'host,', '\0host,tm=1'])('%j asks for nothing', (text) => {
    expect(splitXlCpuid(text)).toMatchObject({ items: [], cpuid: [], message: null, findings: [] })
  })
})

describe('a list', () => {
  it('has items in xend’s language', () => {
    const policy = 'x'.repeat(32)
    const setting = splitXlCpuid([`1:edx=${policy}`, 'tm=0', '1:edx=0'], { release: '4.17.7' })
    expect(setting.language).toBe('xend')
    expect(setting.items.map(({ rc, message }) => [rc, message])).toEqual([
      [0, null],
      [1, 'while parsing CPUID line: "tm=0":\n  error #1: illegal leaf number'],
      [
        5,
        'while parsing CPUID line: "1:edx=0":\n  error #5: policy string must be exactly 32 characters long',
      ],
    ])
    expect(setting.cpuid).toEqual([{ leaf: 1, subleaf: null, edx: policy }])
  })
})

describe('any setting', () => {
  it('has items that stand where it says', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('h', 'o', 's', 't', ',', '=', '1', '\0', ' ') }),
        (tail) => {
          const text = `host,${tail}`
          const { items, message } = splitXlCpuid(text)
          if (message !== null) return
          for (const item of items)
            expect(text.slice(item.offset, item.offset + item.text.length)).toBe(item.text)
        },
      ),
    )
  })
})
