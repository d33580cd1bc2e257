import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { featuresetOfPolicy } from '../features/registers.js'
import { Featureset } from '../featureset.js'
import { hexWord } from '../words.js'
import { rawFeatureset } from './featureset.js'
import { readCpuDump } from './read.js'
import { DumpSyntaxError } from './types.js'

interface Recorded {
  'xen-cpuid-p': string
  hypercalls: {
    featuresets: Record<string, unknown>
    policies: Record<string, { leaves: string[]; msrs: string[] }>
  }
}

const RECORDED = [
  '4.17-debian-EPYC',
  '4.17-debian-Haswell',
  '4.17-debian-Skylake-Server',
  '4.17.0-EPYC',
  '4.17.0-Skylake-Server',
  '4.18.6-EPYC',
  '4.18.6-Skylake-Server',
  '4.20.3-EPYC',
  '4.20.3-Skylake-Server',
]
/** What the hypercalls call a policy, and what they call its featureset. */
const INDEX_NAMES: Readonly<Record<string, readonly [policy: string, featureset: string]>> = {
  Raw: ['raw', 'raw'],
  Host: ['host', 'host'],
  'PV Max': ['pv_max', 'pv_max'],
  'HVM Max': ['hvm_max', 'hvm_max'],
  'PV Default': ['pv_default', 'pv'],
  'HVM Default': ['hvm_default', 'hvm'],
}

const ZERO_LEAF = '00000000:00000000:00000000:00000000'
/**
 * Policies of which Xen reports bit 5 of word 11 and does not print it: the bit lies in leaf 0x80000021, beyond the highest leaf that
 * they have in this release.
 */
const UNPRINTED: Readonly<Record<string, readonly string[]>> = {
  '4.17-debian-EPYC': ['PV Max', 'HVM Max'],
}
const UNPRINTED_BIT = Featureset.fromNames(['VERW_CLEAR'])

describeRecorded(
  RECORDED.map((name) => `xen/hosts/${name}.json`),
  () => {
    it.each(RECORDED)('the policies of %s are those that the hypercalls give', (name) => {
      const recorded = readRecordedJson<Recorded>(`xen/hosts/${name}.json`)
      const { policies = [] } = readCpuDump(recorded['xen-cpuid-p'])
      expect(policies.map((policy) => policy.name)).toEqual(Object.keys(INDEX_NAMES))
      for (const policy of policies) {
        const [index = '', featuresetIndex = ''] = INDEX_NAMES[policy.name] ?? []
        const expected = recorded.hypercalls.policies[index]
        expect(policy.leafCount).toBe(expected?.leaves.length)
        expect(
          policy.leaves.map(({ leaf, subleaf, a, b, c, d }) => {
            const registers = [a, b, c, d].map(hexWord).join(':')
            return `${hexWord(leaf)}:${hexWord(subleaf ?? 0xffff_ffff)} -> ${registers}`
          }),
        ).toEqual(expected?.leaves.filter((line) => !line.endsWith(`-> ${ZERO_LEAF}`)))
        expect(
          policy.msrs.map(({ index, value }) => [index, value.toString(16).padStart(16, '0')]),
        ).toEqual(
          expected?.msrs.map((line) => {
            const [msr = '', value] = line.split(' -> ')
            return [Number.parseInt(msr, 16), value]
          }),
        )
        const beyond = UNPRINTED[name]?.includes(policy.name) ? UNPRINTED_BIT : Featureset.empty
        const featureset = recorded.hypercalls.featuresets[featuresetIndex]
        // Xen 4.17.0 does not report those of max policies.
        if (typeof featureset === 'string') {
          const words = featureset.split(':').length
          expect(featuresetOfPolicy(policy).or(beyond).toString(':', words)).toBe(featureset)
        }
      }
    })
  },
)

const policy = (name: string) => `${name} policy: 12 leaves, 1 MSRs
 CPUID:
  leaf     subleaf  -> eax      ebx      ecx      edx     
  00000000:ffffffff -> 0000000d:68747541:444d4163:69746e65
  00000001:ffffffff -> 00800f12:00000800:f6d8320b:078bfbfd
  00000007:00000000 -> 00000001:009801a9:00000000:00000000
  80000000:ffffffff -> 80000008:68747541:444d4163:69746e65
  80000001:ffffffff -> 00800f12:00000000:00000075:2dd3fbfd
 MSRs:
  index    -> value           
  0000010a -> 0000000010020004
`
const text = `Xen reports there are maximum 120 leaves and 1 MSRs
${policy('Raw')}Host policy not supported by Xen
HVM Max policy: 4 leaves, 0 MSRs
 CPUID:
  leaf     subleaf  -> eax      ebx      ecx      edx     
 MSRs:
  index    -> value           
${policy('PV Max')}`

describe('the output of xen-cpuid -p', () => {
  it('has the Raw policy as its CPU, in which a leaf that is not printed is zero', () => {
    const dump = readCpuDump(text)
    expect(dump.format).toBe('xen-cpuid-p')
    expect(dump.cpus).toHaveLength(1)
    const [cpu] = dump.cpus
    if (cpu === undefined) throw new Error('no CPU')
    expect(cpu.leaves.map(({ subleaf }) => subleaf)).toEqual([0, 0, 0, 0, 0])
    expect(cpu.msrs).toEqual([{ index: 0x10a, flags: 0, value: 0x1002_0004n }])
    const { featureset, unknownWords } = rawFeatureset(cpu)
    expect(unknownWords).toEqual([])
    // AMD's copies of leaf 1 are left out, and of MSR 0x10a what 7:0.edx does not enumerate.
    expect(featureset.words[2]).toBe(0x2c50_0800)
    expect(featureset.words[16]).toBe(0)
    expect(dump.warnings.map(({ code }) => code)).toEqual(['hypervisor'])
  })

  it('has every policy as it is printed', () => {
    const { policies } = readCpuDump(text)
    expect(
      policies?.map(({ name, leafCount, msrCount, leaves, msrs }) => [
        name,
        leafCount,
        msrCount,
        leaves.length,
        msrs.length,
      ]),
    ).toEqual([
      ['Raw', 12, 1, 5, 1],
      ['HVM Max', 4, 0, 0, 0],
      ['PV Max', 12, 1, 5, 1],
    ])
    const [, hvm, pv] = policies ?? []
    expect(pv?.leaves.map(({ subleaf }) => subleaf)).toEqual([null, null, 0, null, null])
    expect(pv === undefined ? undefined : featuresetOfPolicy(pv).toString()).toBe(
      `078bfbfd-f6d8320b-2dd3fbfd-00000075-00000000-009801a9${'-00000000'.repeat(10)}-10020004-00000000-00000000`,
    )
    expect(hvm === undefined ? undefined : featuresetOfPolicy(hvm).isEmpty).toBe(true)
  })

  it('is nothing without the Raw policy', () => {
    expect(() => readCpuDump(policy('Domain 3'))).toThrow(
      expect.objectContaining({
        path: 'Raw policy',
        message: expect.stringMatching(
          /no Raw policy \(only Domain 3\).*take it with "xen-cpuid -p" alone/,
        ),
      }),
    )
    expect(() => readCpuDump('Raw policy: 4 leaves, 0 MSRs\n CPUID:\n MSRs:\n')).toThrow(
      'a Raw policy without leaves',
    )
  })

  const leaf = '  00000001:ffffffff -> 00800f12:00000800:f6d8320b:078bfbfd'
  const raw = policy('Raw')
  it.each([
    [raw.replace(leaf, leaf.slice(0, -1)), 'line 5', 'Expected the form "00000000:00000000 -> 4'],
    [raw.replace(leaf, '  0000'), 'line 5', 'is damaged: "  0000"'],
    [raw.replace('-> 0000000010020004', '-> 10020004'), 'line 11', '"00000000 -> 16 digits"'],
    [raw.slice(0, -12), 'line 11', 'is damaged'],
    [raw.slice(0, raw.indexOf(' MSRs:')), 'line 1', 'has 12 leaves and 1 MSRs, and 5 and 0 follow'],
    [raw.replace('12 leaves', '4 leaves'), 'line 1', 'has 4 leaves and 1 MSRs, and 5 and 1 follow'],
    [`${leaf}\n${raw}`, 'line 1', 'policy: 50 leaves, 2 MSRs" before it'],
    [raw.replace(' CPUID:', ''), 'line 3', 'Expected "CPUID:" after the heading of a policy'],
    [`${raw}Host policy: 4 lea`, 'line 12', 'Expected the heading "Raw policy: 50 leaves'],
    [`${raw}Host poli\n CPUID:\n`, 'line 13', 'begins CPUID out of turn'],
    [`${raw} MSRs:\n`, 'line 12', 'begins MSRs out of turn'],
    [`${raw}${raw}`, 'line 12', 'begins the Raw policy a second time'],
  ])('refuses %j', (damaged, path, part) => {
    const attempt = () => readCpuDump(damaged)
    const offset = damaged
      .split('\n')
      .slice(0, Number(path.slice(5)) - 1)
      .reduce((sum, line) => sum + line.length + 1, 0)
    expect(attempt).toThrow(DumpSyntaxError)
    expect(attempt).toThrow(expect.objectContaining({ offset, path }))
    expect(attempt).toThrow(part)
  })
})
