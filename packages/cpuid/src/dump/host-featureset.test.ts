import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecorded } from '../../../../fixtures/recorded.js'
import { featureTable } from '../features/tables.js'
import { hostFeatureset } from './host-featureset.js'
import { readCpuDump } from './read.js'
import type { DumpCpu } from './types.js'

interface Words {
  ecx1?: number
  edx1?: number
  ecx7?: number
  edx7?: number
  archCaps?: bigint
}

/** A CPU with leaves 0, 1 and 7. */
function cpu(id: number, { ecx1 = 0, edx1 = 0, ecx7 = 0, edx7 = 0, archCaps }: Words): DumpCpu {
  const zero = { subleaf: 0, a: 0, b: 0, c: 0, d: 0 }
  return {
    id,
    leaves: [
      { ...zero, leaf: 0, a: 7, b: 0x756e6547, c: 0x6c65746e, d: 0x49656e69 },
      { ...zero, leaf: 1, c: ecx1, d: edx1 },
      { ...zero, leaf: 7, c: ecx7, d: edx7 },
    ],
    msrs: archCaps === undefined ? [] : [{ index: 0x10a, flags: 0, value: archCaps }],
  }
}

describeRecorded('hosts/raw/opteron-6380.test', () => {
  it('has LWP on every second core only', () => {
    const { cpus, ...dump } = readCpuDump(readRecorded('hosts/raw/opteron-6380.test'))
    const host = hostFeatureset({ cpus })
    expect(dump.format).toBe('aida')
    expect(host.differing).toEqual([
      {
        bit: 3 * 32 + 15,
        feature: 'LWP',
        cpusWith: [1, 3, 5, 7, 9, 11, 13, 15],
        cpusWithout: [0, 2, 4, 6, 8, 10, 12, 14],
      },
    ])
    expect(host.featureset.words[3]).toBe(0x01eb_3fff)
    expect(host.unknownWords).toEqual([])
  })
})

describe('the featureset of a host', () => {
  it('is what its CPUs share', () => {
    const host = hostFeatureset({ cpus: [cpu(4, { edx1: 0x403 }), cpu(9, { edx1: 0x1 })] })
    expect(host.featureset.names()).toEqual(['FPU'])
    expect(host.differing).toEqual([
      { bit: 1, feature: 'VME', cpusWith: [4], cpusWithout: [9] },
      { bit: 10, feature: null, cpusWith: [4], cpusWithout: [9] },
    ])
  })

  it('has what software switches if it is on anywhere', () => {
    const host = hostFeatureset({
      cpus: [cpu(0, { ecx1: 0x0800_0000, edx1: 0x200 }), cpu(1, { ecx7: 0x10 }), cpu(2, {})],
    })
    expect(host.featureset.names()).toEqual(['APIC', 'OSXSAVE', 'OSPKE'])
    expect(host.differing).toEqual([])
  })

  it('has what warns a guest if any CPU has it, and says that they differ', () => {
    const host = hostFeatureset({
      cpus: [
        cpu(0, { edx7: 0x2000_0400, archCaps: 0x4n }),
        cpu(1, { edx7: 0x2000_0000, archCaps: 0x8_0001n }),
      ],
    })
    expect(host.featureset.names()).toEqual(['MD_CLEAR', 'ARCH_CAPS', 'RSBA', 'RRSBA'])
    expect(host.differing.map(({ feature, cpusWith }) => [feature, cpusWith])).toEqual([
      ['MD_CLEAR', [0]],
      ['RDCL_NO', [1]],
      ['RSBA', [0]],
      ['RRSBA', [1]],
    ])
  })

  it('does not know a word that it is shown of some CPUs only', () => {
    const host = hostFeatureset({
      cpus: [
        cpu(0, { edx7: 0x2000_0000, archCaps: 0x3n }),
        cpu(1, { edx7: 0x2000_0000 }),
        cpu(2, { edx7: 0x2000_0000, archCaps: 0x1n }),
      ],
    })
    expect(host.featureset.names()).toEqual(['ARCH_CAPS'])
    expect(host.unknownWords).toEqual([16, 17])
    expect(host.differing).toEqual([
      { bit: 16 * 32 + 1, feature: 'EIBRS', cpusWith: [0], cpusWithout: [2] },
    ])
  })

  it('has the flags that all processors of /proc/cpuinfo show', () => {
    const block = (id: number, flags: string) => `processor : ${id}\nflags : ${flags}\n\n`
    const host = hostFeatureset(readCpuDump(block(0, 'fpu lm') + block(1, 'fpu de')))
    expect(host.featureset.names()).toEqual(['FPU'])
    expect(host.unknownWords).toHaveLength(19)
    expect(host.differing.map(({ feature }) => feature)).toEqual(['DE', 'LM'])
  })

  it('is as long as the table and zero without CPUs', () => {
    const host = hostFeatureset({ cpus: [] }, featureTable())
    expect(host.featureset.words).toEqual(new Array(featureTable().words.length).fill(0))
    expect([host.unknownWords, host.differing]).toEqual([[], []])
  })
})
