import { describe, expect, it } from 'vitest'
import { rawFeatureset } from './featureset.js'
import { readCpuDump } from './read.js'
import { DumpSyntaxError } from './types.js'

const block = (id: number, flags: string, vendor = 'GenuineIntel') => `processor\t: ${id}
vendor_id\t: ${vendor}
cpu family\t: 6
model\t\t: 143
model name\t: Intel(R) Xeon(R) Platinum 8480+
stepping\t: 8
cpuid level\t: 32
flags\t\t: ${flags}
bugs\t\t: spectre_v1
address sizes\t: 46 bits physical, 57 bits virtual
power management:

`

describe('/proc/cpuinfo', () => {
  it('is leaves with the bits that the flags tell', () => {
    const dump = readCpuDump(block(0, 'fpu pni rep_good avx_vnni ibrs_enhanced syscall'))
    expect(dump.format).toBe('proc-cpuinfo')
    const zero = { subleaf: 0, a: 0, b: 0, c: 0, d: 0 }
    expect(dump.cpus).toEqual([
      {
        id: 0,
        omits: 'clear-bits',
        leaves: [
          { leaf: 0, subleaf: 0, a: 32, b: 0x756e6547, c: 0x6c65746e, d: 0x49656e69 },
          { ...zero, leaf: 1, a: 0x806f8, c: 1, d: 1 },
          { ...zero, leaf: 7, subleaf: 1, a: 0x10 },
          { ...zero, leaf: 0x8000_0001, d: 0x800 },
          { ...zero, leaf: 0x8000_0008, a: 0x392e },
        ],
        msrs: [{ index: 0x10a, flags: 0, value: 2n }],
      },
    ])
    const [cpu] = dump.cpus
    const raw = cpu === undefined ? undefined : rawFeatureset(cpu)
    expect(raw?.featureset.names()).toEqual(['FPU', 'SSE3', 'SYSCALL', 'AVX_VNNI', 'EIBRS'])
    expect(raw?.unknownWords).toHaveLength(19)
    expect(dump.warnings).toEqual([
      expect.objectContaining({ code: 'partial', words: raw?.unknownWords }),
    ])
  })

  it('reads families beyond 15, and vendors whose name ends in spaces', () => {
    const text = block(0, 'fpu', '  Shanghai  ')
      .replace('family\t: 6', 'family\t: 26')
      .replace('143', '2')
      .replace('stepping\t: 8', 'stepping\t: unknown')
    const [cpu] = readCpuDump(text).cpus
    expect(cpu?.leaves.slice(0, 2).map(({ a, b, c, d }) => [a, b, c, d])).toEqual([
      [32, 0x6853_2020, 0x2020_6961, 0x6867_6e61],
      [0x00b0_0f20, 0, 0, 1],
    ])
  })

  it('keeps every processor, and says where they differ', () => {
    const dump = readCpuDump(`${block(0, 'fpu lm')}${block(7, 'fpu')}`)
    expect(dump.cpus.map(({ id }) => id)).toEqual([0, 7])
    expect(dump.warnings.map(({ code }) => code)).toEqual(['cores-differ', 'partial'])
  })

  it('tells a CPU with MSR 0x10a from one of which that is not known', () => {
    const codes = readCpuDump(block(0, 'fpu arch_capabilities')).warnings.map(({ code }) => code)
    expect(codes).toEqual(['arch-caps-unknown', 'partial'])
  })

  it('needs nothing but a processor with flags', () => {
    const dump = readCpuDump('processor : 3\nflags : fpu constructor __proto__\n')
    expect(dump.cpus.map(({ id, leaves }) => [id, leaves])).toEqual([
      [3, [{ leaf: 1, subleaf: 0, a: 0, b: 0, c: 0, d: 1 }]],
    ])
  })

  const good = block(0, 'fpu')
  it.each([
    [good.replace('model\t\t: 143', 'model'), 'line 4', 'Expected the form "name : value"'],
    [good.replace('143', '1x3'), 'line 4', 'Expected a whole number from 0 to 255'],
    [good.replace(': 6', ': 271'), 'line 3', 'Expected a whole number from 0 to 270'],
    [good.replace('stepping\t: 8', 'stepping\t: 16'), 'line 6', 'from 0 to 15'],
    [good.replace(': 32', ': 3 2'), 'line 7', 'from 0 to 65535'],
    [good.replace(', 57 bits', ''), 'line 10', 'Expected the form "address sizes'],
    [good.replace(': 0', ':'), 'line 1', 'Expected a whole number'],
    [good.replace(/flags.*\n/, ''), 'line 1', 'begins processor 0, of which no flags follow'],
    [`flags : fpu\n${good}`, 'line 1', 'Expected "processor : 0" before it'],
    [`${good}${good}`, 'line 13', 'begins processor 0 a second time'],
  ])('refuses %j', (text, path, part) => {
    const attempt = () => readCpuDump(text)
    const offset = text
      .split('\n')
      .slice(0, Number(path.slice(5)) - 1)
      .reduce((sum, line) => sum + line.length + 1, 0)
    expect(attempt).toThrow(DumpSyntaxError)
    expect(attempt).toThrow(expect.objectContaining({ offset, path }))
    expect(attempt).toThrow(part)
  })
})
