import { describe, expect, it } from 'vitest'
import { rawFeatureset } from './featureset.js'
import { readCpuDump } from './read.js'
import { DumpSyntaxError } from './types.js'

const basic = [
  'basic_cpuid[0]=00000007 756e6547 6c65746e 49656e69',
  'basic_cpuid[1]=000306c3 00100800 7ffafbbf bfebfbff',
  'basic_cpuid[4]=1c004121 01c0003f 0000003f 00000000',
  'basic_cpuid[7]=00000001 000027ab 00000000 00000000',
  'basic_cpuid[8]=00000001 000027ab 00000000 00000000',
]
const arrays = [
  'ext_cpuid[0]=80000001 00000000 00000000 00000000',
  'ext_cpuid[1]=00000000 00000000 00000021 2c100800',
  'ext_cpuid[2]=00000001 000027ab 00000000 00000000',
  'ext_cpuid[3]=00000000 00000000 00000000 00000000',
  'intel_fn4[0]=1c004121 01c0003f 0000003f 00000000',
  'intel_fn4[1]=1c004122 01c0003f 0000003f 00000000',
  'intel_fn4[2]=00000000 00000000 00000000 00000000',
]
const heading = (id: number) => `_________________ Logical CPU #${id} _________________`

describe('the raw format of libcpuid', () => {
  it('has the leaves that the CPU has, in order', () => {
    const dump = readCpuDump(['version=0.8.0', '', ...arrays, ...basic].join('\n'))
    expect(dump.format).toBe('libcpuid-raw')
    expect(dump.cpus[0]?.leaves.map(({ leaf, subleaf }) => [leaf, subleaf])).toEqual([
      [0, 0],
      [1, 0],
      [4, 0],
      [4, 1],
      [7, 0],
      [0x8000_0000, 0],
      [0x8000_0001, 0],
    ])
    expect(dump.warnings).toContainEqual(
      expect.objectContaining({
        code: 'echoes',
        severity: 'info',
        message: expect.stringMatching(/^Leaf 0x8 and 1 more hold data beyond/),
      }),
    )
  })

  it('does not know the words of 7:1 and 0xd:1 if the CPU has these leaves', () => {
    const [cpu] = readCpuDump(basic.join('\n').replace('=00000007', '=0000000d')).cpus
    expect(cpu === undefined ? [] : rawFeatureset(cpu).unknownWords).toEqual([4, 10, 12, 14, 15])
  })

  it('keeps every logical CPU, and the zero sub-leaves of other leaves than 4', () => {
    const fn11 = 'intel_fn11[1]=00000000 00000000 00000000 00000000'
    const slots = [...basic, fn11].join('\n').replaceAll('[0]=00000007', '[0]=0000000b')
    const dump = readCpuDump(`${heading(0)}\n${slots}\n\n${heading(5)}\n${slots}\n`)
    expect(dump.cpus.map(({ id, leaves }) => [id, leaves.at(-1)?.leaf, leaves.length])).toEqual([
      [0, 0xb, 6],
      [5, 0xb, 6],
    ])
  })

  it('knows every array of libcpuid, and ends at a line of dashes', () => {
    const zero = '00000001 00000000 00000000 00000000'
    const text = [
      `basic_cpuid[0]=0000001f ${zero.slice(9)}`,
      `ext_cpuid[0]=80000026 ${zero.slice(9)}`,
      ...['intel_fn12h', 'intel_fn14h', 'amd_fn8000001dh', 'amd_fn80000026h'].map(
        (array) => `${array}[3]=${zero}`,
      ),
      '-'.repeat(80),
      'basic_cpuid[1]=what the test expects',
    ]
    expect(
      readCpuDump(text.join('\n')).cpus[0]?.leaves.map(({ leaf, subleaf }) => [leaf, subleaf]),
    ).toEqual([
      [0, 0],
      [0x12, 3],
      [0x14, 3],
      [0x8000_0000, 0],
      [0x8000_001d, 3],
      [0x8000_0026, 3],
    ])
  })

  it.each([
    ['basic_cpuid[1]=000306c3 00100800 7ffafbbf', 'line 2', 'is damaged'],
    ['basic_cpuid[1]=000306c3 00100800 7ffafbbf bfebfbff 0', 'line 2', 'Expected the form'],
    ['basic_cpuid=', 'line 2', 'is damaged'],
    ['basic_cpu', 'line 2', 'is damaged'],
    [
      'basic_cpuix[1]=000306c3 00100800 7ffafbbf bfebfbff',
      'line 2',
      'names the array "basic_cpuix", which is not known here',
    ],
    [basic[0] ?? '', 'line 2', 'gives basic_cpuid[0] a second time'],
    ['____ Logical CPU #', 'line 2', 'Expected the heading "____ Logical CPU #0 ____"'],
    [heading(0), 'line 2', 'begins CPU 0 a second time'],
  ])('refuses %j', (line, path, part) => {
    const attempt = () => readCpuDump(`${basic[0]}\n${line}\n`)
    expect(attempt).toThrow(DumpSyntaxError)
    expect(attempt).toThrow(expect.objectContaining({ offset: 51, path }))
    expect(attempt).toThrow(part)
  })

  it('has no CPU where the CPU has no leaf', () => {
    expect(() => readCpuDump('basic_cpuid[0]=ffffffff 00000000 00000000 00000000')).toThrow(
      'The dump has no CPUID lines',
    )
  })
})
