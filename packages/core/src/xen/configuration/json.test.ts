/** libxl's JSON of a configuration: both forms, numbers as both libraries write them, and what it refuses. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatXlCpuidJson, parseXlCpuidJson, XlCpuidJsonError } from './json.js'
import { parseXlCpuid } from './parse.js'

const X = 'x'.repeat(32)
const XX = 'x'.repeat(64)

describe('what libxl takes', () => {
  it('the object of leaves and MSRs', () => {
    const text = `{"cpuid":[{"leaf":7,"subleaf":0,"ebx":"${X}"},{"leaf":-2147483647,"ecx":"${X}"}],"msr":[{"index":266,"policy":"${XX}"}]}`
    expect(parseXlCpuidJson(text)).toEqual({
      cpuid: [
        { leaf: 7, subleaf: 0, ebx: X },
        { leaf: 0x8000_0001, subleaf: null, ecx: X },
      ],
      msr: [{ index: 0x10a, policy: XX }],
      findings: [],
    })
    expect(parseXlCpuidJson(JSON.parse(text))).toEqual(parseXlCpuidJson(text))
  })

  it('the older list of leaves', () => {
    const list = [{ leaf: 2147483649, ecx: X }]
    for (const release of ['4.13.5', '4.17.7', '4.23-dev'])
      expect(parseXlCpuidJson(list, { release })).toEqual({
        cpuid: [{ leaf: 0x8000_0001, subleaf: null, ecx: X }],
        msr: [],
        findings: [],
      })
  })

  it.each([
    [[{ eax: X }, { leaf: 1 }], [], 'list-ended'],
    [[{ leaf: '1' }, { leaf: 1 }], [], 'list-ended'],
    [[{ leaf: 1 }, { leaf: -1 }, { leaf: 2 }], [{ leaf: 1, subleaf: null }], 'list-ended'],
    [[{ leaf: 1.5 }], [], 'number-ignored'],
    [[{ leaf: 2 ** 63 }], [], 'number-ignored'],
    [[{ leaf: 0x1_0000_0001 }], [{ leaf: 1, subleaf: null }], 'number-truncated'],
    [[{ leaf: 1, subleaf: -1 }], [{ leaf: 1, subleaf: null }], null],
    [[{ leaf: 1, subleaf: '0' }], [{ leaf: 1, subleaf: null }], 'number-ignored'],
    [[{ leaf: 1, eax: 5 }], [{ leaf: 1, subleaf: null }], 'register-ignored'],
    [[{ leaf: 1, eax: 'x' }], [{ leaf: 1, subleaf: null, eax: 'x' }], 'policy-length'],
    [[{ leaf: 1, eax: `${X}x` }], [{ leaf: 1, subleaf: null, eax: `${X}x` }], 'policy-length'],
  ])('%j, which it misreads', (list, cpuid, code) => {
    const read = parseXlCpuidJson(list)
    expect(read.cpuid).toEqual(cpuid)
    if (code === null) expect(read.findings).toEqual([])
    else expect(read.findings.map((one) => one.code)).toContain(code)
  })

  it('MSRs that end the list, or mean nothing', () => {
    const msr = [
      { index: 0x10a, policy: `${XX.slice(1)}s` },
      { index: -1, policy: XX },
      { index: 0xce, policy: XX },
    ]
    const read = parseXlCpuidJson({ cpuid: [], msr })
    expect(read.msr.map(({ index }) => index)).toEqual([0x10a])
    expect(read.findings.map(({ code }) => code)).toEqual(['character-unknown', 'list-ended'])
  })
})

describe('what libxl refuses', () => {
  it.each([
    [null, ''],
    [5, ''],
    ['{}', 'cpuid'],
    [{ cpuid: {}, msr: [] }, 'cpuid'],
    [{ cpuid: [] }, 'msr'],
    [{ cpuid: [], msr: null }, 'msr'],
    [{ cpuid: [1], msr: [] }, 'cpuid.0'],
    [[{ leaf: 1 }, []], '1'],
    [[{}, 7], '1'],
    [{ cpuid: [], msr: [[]] }, 'msr.0'],
    [{ cpuid: [], msr: [{ policy: XX }] }, 'msr.0.index'],
    [{ cpuid: [], msr: [{ index: 1, policy: X }] }, 'msr.0.policy'],
    [{ cpuid: [], msr: [{ index: 1 }] }, 'msr.0.policy'],
    [{ cpuid: [], msr: [{ index: 1, policy: `${XX.slice(1)}ä` }] }, 'msr.0.policy'],
    ['{"cpuid":', 'line 1, column 10'],
    ['', 'line 1, column 1'],
  ])('%j, at %j', (input, path) => {
    try {
      parseXlCpuidJson(input)
    } catch (error) {
      expect(error).toBeInstanceOf(XlCpuidJsonError)
      expect(error).toMatchObject({ code: 'XL_CPUID_JSON', path })
      return
    }
    throw new Error('not refused')
  })

  it('the object, before MSRs could be asked for', () => {
    expect(() => parseXlCpuidJson({ cpuid: [], msr: [] }, { release: '4.17.1' })).toThrow(
      'expected a list: libxl of Xen 4.17.1 knows no other form',
    )
  })
})

describe('what is written', () => {
  const policy = parseXlCpuid(['lahfsahf=0', 'avx2=0', 'rdcl-no=1', 'maxhvleaf=4'], {
    language: 'libxl',
  })

  it('is what libxl writes', () => {
    const { cpuid } = policy
    expect(formatXlCpuidJson({ cpuid: cpuid.slice(0, 2), msr: [] })).toBe(
      `{"cpuid":[{"leaf":2147483649,"ecx":"${'x'.repeat(31)}0"},{"leaf":7,"subleaf":0,"ebx":"${'x'.repeat(26)}0xxxxx"}],"msr":[]}`,
    )
    expect(
      formatXlCpuidJson({ cpuid: cpuid.slice(0, 1), msr: [] }, { integers: 'signed' }),
    ).toContain('"leaf":-2147483647')
    expect(formatXlCpuidJson({ cpuid: cpuid.slice(1, 2), msr: [] }, { release: '4.13.5' })).toBe(
      `[{"leaf":7,"subleaf":0,"ebx":"${'x'.repeat(26)}0xxxxx"}]`,
    )
    expect(() => formatXlCpuidJson(policy, { release: '4.13.5' })).toThrow('knows no MSRs')
  })

  it.each(['unsigned', 'signed'] as const)('comes back, %s', (integers) => {
    const { cpuid, msr } = policy
    expect(parseXlCpuidJson(formatXlCpuidJson(policy, { integers }))).toEqual({
      cpuid,
      msr,
      findings: [],
    })
  })

  it('comes back, whatever can be asked for', () => {
    const text = (length: number, unit: string) =>
      fc.string({ unit: fc.constantFrom(...unit), minLength: length, maxLength: length })
    const word = fc.nat({ max: 0xffff_fffe })
    const leaf = fc.record(
      {
        leaf: word,
        subleaf: fc.option(word),
        eax: text(32, '01xks'),
        ebx: text(32, '01xks'),
        ecx: text(32, '01xks'),
        edx: text(32, '01xks'),
      },
      { requiredKeys: ['leaf', 'subleaf'] },
    )
    const one = fc.record({
      cpuid: fc.array(leaf),
      msr: fc.array(fc.record({ index: word, policy: text(64, '01xk') })),
    })
    fc.assert(
      fc.property(one, fc.constantFrom('unsigned', 'signed'), (asked, integers) => {
        expect(parseXlCpuidJson(formatXlCpuidJson(asked, { integers }))).toEqual({
          ...asked,
          findings: [],
        })
      }),
    )
  })
})

describe('any JSON', () => {
  const near = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, 0, -1, 7, 2 ** 40, 1e300, 'x', X, XX),
      fc.array(tie('value')),
      fc.dictionary(
        fc.constantFrom('cpuid', 'msr', 'leaf', 'subleaf', 'eax', 'index', 'policy', '__proto__'),
        tie('value'),
      ),
    ),
  }))

  it('is read or refused', () => {
    fc.assert(
      fc.property(fc.oneof(near.value, fc.anything(), fc.string(), fc.json()), (input) => {
        try {
          for (const { message } of parseXlCpuidJson(input).findings)
            expect(message.length).toBeGreaterThan(10)
        } catch (error) {
          expect(error).toBeInstanceOf(XlCpuidJsonError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
