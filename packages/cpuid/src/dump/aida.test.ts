import { describe, expect, it } from 'vitest'
import { rawFeatureset } from './featureset.js'
import { readCpuDump } from './read.js'
import { DumpSyntaxError } from './types.js'

const twoCores = `------[ Logical CPU #0 ]------
CPUID 00000000: 00000007-756E6547-6C65746E-49656E69 [GenuineIntel]
CPUID 00000001: 000306F2-00100800-00000000-00000001
CPUID 00000007: 00000000-00000008-00000000-20000000 [SL 00]

------[ Logical CPU #1 ]------
CPUID 00000000: 00000007-756E6547-6C65746E-49656E69 [GenuineIntel]
CPUID 00000001: 000306F2-01100800-08000000-00000203
CPUID 00000007: 00000000-00000008-00000000-20000000 [SL 00]
------[ MSR Registers ]------
MSR 0000010A: 0000-0001-0000-002B
MSR 0000010A: 0000-0000-0000-0000 [S200]
MSR 00000770: < FAILED >
`

describe('the AIDA form', () => {
  it('keeps every logical CPU and gives shared MSRs to each', () => {
    const dump = readCpuDump(twoCores)
    expect(dump.cpus.map(({ id, leaves, msrs }) => [id, leaves.length, msrs])).toEqual([
      [0, 3, [{ index: 0x10a, flags: 0, value: 0x1_0000_002bn }]],
      [1, 3, [{ index: 0x10a, flags: 0, value: 0x1_0000_002bn }]],
    ])
    const [first] = dump.cpus
    expect(first === undefined ? [] : rawFeatureset(first).featureset.words.slice(15, 19)).toEqual([
      0, 0x2b, 1, 0,
    ])
  })

  it('says which words differ between cores, and leaves out what software switches', () => {
    const warnings = readCpuDump(twoCores).warnings
    expect(warnings).toEqual([
      expect.objectContaining({ code: 'cores-differ', severity: 'warning', words: [0] }),
    ])
  })

  it('counts repeated leaves where the text has no marks', () => {
    const dump = readCpuDump(
      'CPUID 00000000  \t00000004-756E6547-6C65746E-49656E69\r\nCPUID 00000004  \t1-2'.replace(
        '1-2',
        '00000121-00000000-00000000-00000000\r\nCPUID 00000004  \t00000122-00000000-00000000-00000000\r\n',
      ),
    )
    expect(dump.cpus[0]?.leaves.map(({ leaf, subleaf }) => [leaf, subleaf])).toEqual([
      [0, 0],
      [4, 0],
      [4, 1],
    ])
    expect(dump.warnings.map(({ code }) => code)).toContain('no-subleaf-marks')
  })

  it('ignores what Intel echoes beyond the last leaf', () => {
    const dump = readCpuDump(
      'CPUID 00000000: 00000002-756E6547-6C65746E-49656E69\nCPUID 00000007: FFFFFFFF-FFFFFFFF-FFFFFFFF-FFFFFFFF [SL 00]\n',
    )
    const [cpu] = dump.cpus
    expect(cpu === undefined ? undefined : rawFeatureset(cpu).featureset.isEmpty).toBe(true)
  })

  it('tells CPUs of one number apart by their masks', () => {
    const leaf = 'CPUID 00000001: 000306A9-00100800-0D9AE3BF-BFEBFBFF'
    const masks = [1, 2, 2, 4].map((mask) => `CPU#000 AffMask: 0x000${mask} \n${leaf}`)
    const dump = readCpuDump([...masks, 'CPU#001 AffMask: 0x0008', leaf].join('\n'))
    expect(dump.cpus.map(({ id, leaves }) => [id, leaves.length])).toEqual([
      [0, 1],
      [1, 2],
      [2, 1],
      [3, 1],
    ])
  })

  it('keeps the MSRs of each CPU, as they were first read', () => {
    const dump = readCpuDump(
      `${twoCores.replace('[ MSR Registers ]', '[ MSR Registers / Logical CPU #1 ]')}\n${'-'.repeat(80)}\nCPUID 1`,
    )
    expect(dump.cpus.map(({ msrs }) => msrs)).toEqual([
      [],
      [{ index: 0x10a, flags: 0, value: 0x1_0000_002bn }],
    ])
  })

  it('has no CPU where it has no register lines', () => {
    expect(() => readCpuDump(`${'-'.repeat(80)}\nCPUID 00000001: `)).toThrow(
      expect.objectContaining({
        path: 'end of text',
        message: expect.stringContaining('The dump has no CPUID lines'),
      }),
    )
  })

  it.each([
    ['CPUID 00000000: 0000000D-756E6547-6C65746E\n', 0, 'line 1'],
    [
      'CPUID 00000000: 0000000D-756E6547-6C65746E-49656E69\nCPUID 00000001: 000306G2-0-0-0\n',
      52,
      'line 2',
    ],
    ['CPUID 00000000: 0000000D-756E6547-6C65746E-49656E691\n', 0, 'line 1'],
    [
      'CPUID 00000000: 0000000D-756E6547-6C65746E-49656E69\nMSR 0000010A: 0000-0000-0000\n',
      52,
      'line 2',
    ],
  ])('refuses the damaged %j', (text, offset, path) => {
    const attempt = () => readCpuDump(text)
    expect(attempt).toThrow(DumpSyntaxError)
    expect(attempt).toThrow(expect.objectContaining({ code: 'DUMP_SYNTAX', offset, path }))
    expect(attempt).toThrow(
      /^Line \d+ of the dump is damaged: .*take the dump again or mend the line\.$/,
    )
  })
})
