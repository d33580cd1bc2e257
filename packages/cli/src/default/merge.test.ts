import { Featureset } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GuestDefault } from './document.js'
import { mergeDefault } from './merge.js'
import { kindOfXlConfig, lastSetting, readXlConfig } from './xl-config.js'

const guests = (libxl: string[] | null, xend: string[] | null): GuestDefault['hvm'] => ({
  featureset: Featureset.fromNames(['FPU']),
  libxl,
  xend,
  proved: true,
})
const bits = (text: string) => text.padEnd(32, 'x')
const kept: GuestDefault = {
  format: 'xenlevel/default',
  version: 1,
  bootId: null,
  host: null,
  release: '4.17.7',
  hosts: ['a'],
  hvm: guests(['adx=0', 'sse4_1=0', 'family=6'], [`7,0:ebx=${bits('xx0')},ecx=${bits('0')}`]),
  pv: guests(['avx=0'], null),
}
const HVM = 'type = "hvm"\n'

describe('a default under a configuration', () => {
  it.each([
    { what: 'without a cpuid', text: HVM, cpuid: '"host,adx=0,sse4_1=0,family=6"' },
    {
      what: 'with another feature',
      text: `${HVM}cpuid="host,tm=0"`,
      cpuid: '"host,adx=0,sse4_1=0,family=6,tm=0"',
    },
    {
      what: 'with the same',
      text: `${HVM}cpuid="host,adx=0"`,
      cpuid: '"host,sse4_1=0,family=6,adx=0"',
    },
    {
      what: 'with the same by another name',
      text: `${HVM}cpuid="host,sse4.1=0"`,
      cpuid: '"host,adx=0,family=6,sse4.1=0"',
    },
    {
      what: 'that says otherwise',
      text: `${HVM}cpuid='host,adx=1,family=15'`,
      cpuid: '"host,sse4_1=0,adx=1,family=15"',
      conflicts: ['adx=1', 'family=15'],
    },
    {
      what: 'that xl would skip',
      text: `${HVM}cpuid="adx=1"`,
      cpuid: '"host,adx=0,sse4_1=0,family=6"',
      findings: ['host-missing'],
    },
    {
      what: 'with an item that libxl does not know',
      text: `${HVM}cpuid="host,avx521f=0"`,
      cpuid: '"host,adx=0,sse4_1=0,family=6,avx521f=0"',
      findings: ['name-unknown'],
    },
    {
      what: 'in the other language',
      text: `${HVM}cpuid=["7,0:ebx=${bits('1x1')}"]`,
      cpuid: `["7,0:ebx=${bits('1x1')},ecx=${bits('0')}"]`,
      conflicts: [`7,0:ebx=${bits('1x1')}`],
    },
    { what: 'of a PV guest', text: 'name="a"', cpuid: '"host,avx=0"' },
    {
      what: 'set twice',
      text: `${HVM}cpuid="host,tm=0"\ncpuid="host"`,
      cpuid: '"host,adx=0,sse4_1=0,family=6"',
    },
  ])('$what', ({ text, cpuid, conflicts = [], findings = [] }) => {
    const merged = mergeDefault(text, kept)
    expect(merged.cpuid).toBe(cpuid)
    expect(merged.conflicts.map(({ own }) => own)).toEqual(conflicts)
    expect(merged.findings.map(({ code }) => code)).toEqual(findings)
    expect(lastSetting(readXlConfig(merged.text), 'cpuid')?.value).toEqual(
      cpuid.startsWith('[') ? [cpuid.slice(2, -2)] : cpuid.slice(1, -1),
    )
  })

  it('changes nothing else', () => {
    const text = `# mine\nname = 'x' ; ${HVM}cpuid = "host" # here\ndisk = [ 'a',\n "b" ] # last`
    expect(mergeDefault(text, kept).text).toBe(
      text.replace('"host"', '"host,adx=0,sse4_1=0,family=6"'),
    )
    expect(mergeDefault('type="hvm"', kept).text).toBe(
      'type="hvm"\ncpuid = "host,adx=0,sse4_1=0,family=6"\n',
    )
  })

  it('twice is once', () => {
    const once = mergeDefault(`${HVM}cpuid="host,tm=0"\n`, kept).text
    const twice = mergeDefault(once, kept)
    expect(readXlConfig(twice.text).length).toBe(2)
    expect(twice.conflicts).toEqual([])
    expect(new Set(twice.cpuid.slice(1, -1).split(','))).toEqual(
      new Set(['host', 'adx=0', 'sse4_1=0', 'family=6', 'tm=0']),
    )
  })

  it.each([
    { text: 'cpuid=["7,0:ebx=x"]', code: 'DEFAULT_LANGUAGE' },
    { text: 'cpuid+="x"', code: 'CPUID_ADDED' },
    { text: 'name = ', code: 'XL_CONFIG' },
    { text: '{"type":1}', code: 'XL_CONFIG' },
    { text: 'name = "a" b = 1', code: 'XL_CONFIG' },
    { text: 'name = "a\nb = 1', code: 'XL_CONFIG' },
    { text: 'a = [ "b" "c" ]', code: 'XL_CONFIG' },
    { text: 'a = [ "b", ', code: 'XL_CONFIG' },
  ])('$text is refused with $code', ({ text, code }) => {
    expect(() => mergeDefault(text, kept)).toThrow(expect.objectContaining({ code }))
  })

  it('is refused for guests that it says nothing of', () => {
    expect(() => mergeDefault(HVM, { ...kept, hvm: null })).toThrow(
      'The default says nothing of HVM guests',
    )
  })
})

describe('configurations of xl', () => {
  it('are read as xl reads them', () => {
    const text = `
name="a b" # text
memory = 512;vcpus=0x2
on_crash='de"stroy'
disk=[ 'x,y' , # first
  "z", ]
extra = "a\\"b\\x41\\101\\n"
net += [ "one" ]
list = []
`
    expect(readXlConfig(text).map(({ name, operator, value }) => [name, operator, value])).toEqual([
      ['name', '=', 'a b'],
      ['memory', '=', '512'],
      ['vcpus', '=', '0x2'],
      ['on_crash', '=', 'de"stroy'],
      ['disk', '=', ['x,y', 'z']],
      ['extra', '=', 'a"bAA\n'],
      ['net', '+=', ['one']],
      ['list', '=', []],
    ])
    for (const { value, start, end } of readXlConfig(text))
      expect(readXlConfig(`x=${text.slice(start, end)}`)[0]?.value).toEqual(value)
  })

  it.each([
    { text: 'type="hvm"', kind: 'hvm' },
    { text: 'type="pvh"', kind: 'pvh' },
    { text: 'type="hvm"\ntype="pv"', kind: 'pv' },
    { text: 'builder="hvm"', kind: 'hvm' },
    { text: 'builder="generic"', kind: 'pv' },
    { text: '', kind: 'pv' },
  ])('$text makes $kind', ({ text, kind }) => {
    expect(kindOfXlConfig(readXlConfig(text))).toBe(kind)
  })

  it('of any kind are read, or refused with a line', () => {
    const piece = fc.constantFrom(
      'a',
      '=',
      '+=',
      '"b"',
      "'c'",
      '1',
      '[',
      ']',
      ',',
      '\n',
      ';',
      ' ',
      '#x',
      '\\',
      '"',
      '{',
      'é',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          readXlConfig(pieces.join(''))
        } catch (error) {
          expect(error).toMatchObject({ code: 'XL_CONFIG', details: { line: expect.any(Number) } })
        }
      }),
      { numRuns: 2000 },
    )
  })
})
