/** Everything that libxl refuses, cuts or takes for something else is said, at the character where it is. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseXlCpuid } from './parse.js'

const libxl = (item: string, release = '4.23-dev') =>
  parseXlCpuid([item], { language: 'libxl', release })
const xend = (item: string, release = '4.23-dev') =>
  parseXlCpuid([item], { language: 'xend', release })
const X = 'x'.repeat(32)

describe('name=value', () => {
  it.each([
    ['avx512f', 1, 'sign-missing', 7, undefined],
    ['', 1, 'sign-missing', 0, undefined],
    ['=1', 2, 'name-unknown', 0, undefined],
    ['AVX512F=0', 2, 'name-unknown', 0, 'avx512f'],
    [' avx=0', 2, 'name-unknown', 0, 'avx'],
    ['avx =0', 2, 'name-unknown', 0, 'avx'],
    ['avx512_vbmi=0', 2, 'name-unknown', 0, 'avx512-vbmi'],
    ['pni=0', 2, 'name-unknown', 0, 'sse3'],
    ['lahf_lm=0', 2, 'name-unknown', 0, 'lahf-lm'],
    ['pdpe1gb=0', 2, 'name-unknown', 0, 'page1gb'],
    ['spec-ctrl=0', 2, 'name-unknown', 0, 'ibrsb'],
    ['arch-capabilities=0', 2, 'name-unknown', 0, 'arch-caps'],
    ['rdctl-no=0', 2, 'name-unknown', 0, 'rdcl-no'],
    ['avx512vbmi=0', 2, 'name-unknown', 0, 'avx512-vbmi'],
    ['avx513f=0', 2, 'name-unknown', 0, 'avx512f'],
    ['avx=', 3, 'value-missing', 4, undefined],
    ['avx=on', 3, 'value-unknown', 4, 'avx=1'],
    ['avx=False', 3, 'value-unknown', 4, 'avx=0'],
    ['avx=host', 3, 'value-unknown', 4, 'avx=k'],
    ['mds-no=2', 3, 'value-unknown', 7, undefined],
    ['mds-no=01', 3, 'value-unknown', 7, 'mds-no=0'],
    ['mds-no=', 3, 'value-missing', 7, undefined],
    ['mds-no=s', 0, 'value-same-as-host', 7, 'mds-no=k'],
    ['tm=2', 0, 'value-truncated', 3, undefined],
    ['tm=3', 0, 'value-truncated', 3, undefined],
    ['tm=1x', 0, 'value-trailing', 4, undefined],
    ['tm=kk', 0, 'value-trailing', 4, undefined],
    ['tm=1 ', 0, 'value-trailing', 4, undefined],
    ['tm=-1', 0, 'value-negative', 3, undefined],
    ['tm=0x', 0, 'value-trailing', 4, undefined],
    ['tm=08', 0, 'value-trailing', 4, undefined],
    ['tm=0b1', 0, 'value-trailing', 4, undefined],
    ['tm=s', 0, 'value-same-as-host', 3, 'tm=k'],
    ['nc=010', 0, 'value-octal', 3, undefined],
    ['nc=256', 0, 'value-truncated', 3, undefined],
    ['maxleaf=0x100000007', 0, 'value-truncated', 8, undefined],
    ['maxleaf=99999999999999999999', 0, 'value-overflow', 8, undefined],
    ['clflush=1', 0, 'name-other-meaning', 0, 'clfsh'],
    ['ssb-no=1', 0, 'name-other-meaning', 0, 'intel-ssb-no'],
    ['family=128', 0, 'family-misencoded', 7, undefined],
    ['family=142', 0, 'family-misencoded', 7, undefined],
    ['family=256', 0, 'family-misencoded', 7, undefined],
    ['family=k', 0, 'family-extended-cleared', 7, undefined],
    ['tm\0=1', 1, 'sign-missing', 2, undefined],
    ['tm=1\0x', 0, 'text-cut', 4, undefined],
  ])('%j: %i, %s', (item, rc, code, column, suggestion) => {
    const { rc: answer, finding } = libxl(item).items[0] ?? {}
    expect(answer).toBe(rc)
    expect(finding?.code).toBe(code)
    if (code === undefined) return
    expect(finding?.column).toBe(column)
    expect(finding?.suggestion).toBe(suggestion)
    expect(finding?.item).toBe(0)
    expect(finding?.severity === 'error' || rc === 0).toBe(true)
  })

  it.each([
    'avx=0',
    'avx=1',
    'avx=x',
    'avx=k',
    'avx= 1',
    'avx=0x1',
    'avx=07',
    'avx=00',
    'family=6',
    'family=127',
    'family=143',
    'family=255',
    'model=0x55',
    'nc=255',
    'mds-no=k',
    'tm=-0',
  ])('%s is what it looks like', (item) => {
    // A one-bit field keeps the low bit of 7.
    const expected = item === 'avx=07' ? ['value-truncated'] : []
    expect(libxl(item).findings.map(({ code }) => code)).toEqual(expected)
    expect(libxl(item).items[0]?.rc).toBe(0)
  })

  it('says what becomes of a number', () => {
    expect(libxl('tm=2').findings[0]).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('which is 0'),
    })
    expect(libxl('tm=3').findings[0]).toMatchObject({ severity: 'warning' })
    expect(libxl('family=142').findings[0]?.message).toContain('the guest is family 14.')
    expect(libxl('family=256').findings[0]?.message).toContain('the guest is family 128.')
  })

  it('encodes every family up to 255 as libxl does, and says where that is another', () => {
    for (let family = 0; family < 256; family++) {
      const { cpuid, findings } = libxl(`family=${family}`)
      const bits = cpuid[0]?.eax?.replaceAll('x', '0') ?? ''
      const eax = Number.parseInt(bits, 2)
      const base = (eax >>> 8) & 0xf
      const seen = base === 15 ? base + ((eax >>> 20) & 0xff) : base
      expect(seen === family).toBe(findings.length === 0)
      expect(findings.length > 0).toBe(family >= 128 && family <= 142)
    }
  })

  it('names a leaf even where the value is refused', () => {
    expect(libxl('svm_npt=yes').cpuid).toEqual([{ leaf: 0x8000_000a, subleaf: null }])
    expect(libxl('mds-no=yes').msr).toEqual([{ index: 0x10a, policy: 'x'.repeat(64) }])
    expect(libxl('nonsense=1')).toMatchObject({ cpuid: [], msr: [] })
  })

  it('says what a later item takes back', () => {
    const twice = (...items: string[]) =>
      parseXlCpuid(items, { language: 'libxl' }).findings.map(({ code, item }) => [code, item])
    expect(twice('avx=1', 'avx=0')).toEqual([['value-overwritten', 1]])
    expect(twice('avx=1', 'avx=x')).toEqual([['value-overwritten', 1]])
    expect(twice('avx=1', 'avx=1', 'sse3=0')).toEqual([])
    expect(twice('mds-no=1', 'mds-no=0')).toEqual([['value-overwritten', 1]])
    expect(twice('family=6', 'stepping=3', 'family=15')).toEqual([['value-overwritten', 2]])
  })
})

describe('leaf:register=…', () => {
  it.each([
    ['', 1, 'leaf-missing', 0],
    ['edx=1', 1, 'leaf-missing', 0],
    [`7,:ebx=${X}`, 2, 'subleaf-missing', 2],
    [`7,0ebx=${X}`, 3, 'colon-missing', 3],
    [`1:EAX=${X}`, 4, 'register-unknown', 2],
    [`1:efx=${X}`, 4, 'register-unknown', 2],
    ['1:eax', 4, 'register-unknown', 2],
    ['1:e', 4, 'register-unknown', 2],
    ['1:eax=xx', 5, 'policy-length', 6],
    [`1:eax=${'ä'.repeat(32)}`, 5, 'policy-length', 6],
    [`1:eax=${X},ebx=1`, 5, 'policy-length', 43],
    [`7:ebx=${X}`, 0, 'subleaf-missing', 0],
    [`1,0:ebx=${X}`, 0, 'subleaf-superfluous', 0],
    [`0x40000000,0:eax=${X}`, 0, 'subleaf-superfluous', 0],
    [`0x123:eax=${X}`, 0, 'leaf-unknown', 0],
    [`7,3:eax=${X}`, 0, 'leaf-unknown', 0],
    [`-1:eax=${X}`, 0, 'leaf-truncated', 0],
    [`0xffffffff:eax=${X}`, 0, 'leaf-lost', 0],
    [`010:eax=${X}`, 0, 'leaf-octal', 0],
    [`0x100000001:eax=${X}`, 0, 'leaf-truncated', 0],
    ['1:', 0, 'registers-missing', 2],
    [`1:eax=${X},eax=${X}`, 0, 'register-repeated', 39],
    [`1:eaxy=${X}`, 0, 'register-trailing', 5],
    [`1:eax=${'x'.repeat(31)}2`, 0, 'character-unknown', 37],
    [`1:eax=${'ä'.repeat(16)}`, 0, 'character-unknown', 6],
    [`1:eax=${'x'.repeat(30)}sk`, 0, 'value-same-as-host', 36],
  ])('%j: %i, %s', (item, rc, code, column) => {
    const { rc: answer, finding, findings } = xend(item).items[0] ?? { findings: [] }
    expect(answer).toBe(rc)
    expect(findings.map((one) => one.code)).toContain(code)
    expect(findings.find((one) => one.code === code)?.column).toBe(column)
    expect(finding?.item).toBe(0)
    if (rc !== 0) expect(finding?.code).toBe(code)
  })

  it.each([
    `1:eax=${X}`,
    `7,0:ebx=${X}, ecx=${X}`,
    `0x80000001:ecx=${X},`,
    `13,1:eax=${X},\n edx=${X}`,
  ])('%j is what it looks like', (item) => {
    expect(xend(item).items).toEqual([{ rc: 0, findings: [] }])
  })

  it('keeps what stands before an error', () => {
    expect(xend(`1:eax=${X},nonsense`).cpuid).toEqual([{ leaf: 1, subleaf: null, eax: X }])
    expect(xend('1:nonsense').cpuid).toEqual([{ leaf: 1, subleaf: null }])
  })

  it('forgets the leaf that ends a list in C', () => {
    expect(xend(`-1:eax=${X}`).cpuid).toEqual([])
  })
})

const anyItem = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(
      fc.constantFrom('tm', 'family', 'model', 'maxleaf', 'nc', 'mds-no', 'avx', 'clflush', 'AVX'),
      fc.constantFrom('=', '=-', '= ', '=0x', '=0', ''),
      fc.oneof(fc.string(), fc.bigInt({ min: 0n, max: 1n << 70n }).map(String)),
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(
      fc.constantFrom('1', '7,0', '-7', '0x80000001', '07,', '99999999999999999999'),
      fc.constantFrom(':', ':eax=', ':ebx', ''),
      fc.string({
        unit: fc.constantFrom('0', '1', 'x', 'k', 's', ',', ' ', '=', 'e', 'ä', '😀'),
        maxLength: 90,
      }),
    )
    .map((parts) => parts.join('')),
)

describe.each(['libxl', 'xend'] as const)('any text, in %s', (language) => {
  it('is read, refused with a reason, and never falls over', () => {
    fc.assert(
      fc.property(
        fc.array(anyItem, { maxLength: 6 }),
        fc.constantFrom('4.7.0', '4.13.5', '4.17.7', '4.23-dev'),
        (items, release) => {
          const parsed = parseXlCpuid(items, { language, release })
          expect(parsed.items).toHaveLength(items.length)
          parsed.items.forEach(({ rc, finding, findings }, index) => {
            if (rc !== 0) expect(finding?.severity).toBe('error')
            for (const one of findings) {
              expect(one.item).toBe(index)
              expect(one.column).toBeGreaterThanOrEqual(0)
              expect(one.column).toBeLessThanOrEqual(items[index]?.length ?? 0)
              expect(one.message.length).toBeGreaterThan(10)
            }
          })
          for (const { leaf, subleaf, ...registers } of parsed.cpuid) {
            expect(leaf >>> 0).toBe(leaf)
            for (const text of Object.values(registers))
              expect(new TextEncoder().encode(text)).toHaveLength(32)
          }
          for (const { policy } of parsed.msr) expect(policy).toMatch(/^[01xk]{64}$/)
        },
      ),
    )
  })
})
