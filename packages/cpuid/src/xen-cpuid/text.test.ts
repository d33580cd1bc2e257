import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeatedBits } from '../features/common-1d.js'
import { featureTable } from '../features/tables.js'
import { Featureset } from '../featureset.js'
import { hexWord } from '../words.js'
import { xenCpuidText } from './text.js'

describe('without a Xen', () => {
  it.each([[], ['info'], ['detail'], ['-p'], ['-p', '0']])('cannot answer %j', (...args) => {
    expect(xenCpuidText(args)).toEqual({
      stdout: '',
      stderr:
        'xencall: error: Could not obtain handle on privileged command interface: No such file or directory\nxen-cpuid: xc_interface_open: No such file or directory\n',
      rc: 1,
    })
  })

  it('explains featuresets', () => {
    expect(xenCpuidText(['12:zz', '', '0-1'], { release: '4.17.7' })).toEqual({
      stdout: [
        'Raw                             00000012',
        '  [00] CPUID 0x00000001.edx     vme tsc',
        'Raw                             00000000',
        '  [00] CPUID 0x00000001.edx    ',
        '',
      ].join('\n'),
      stderr: [
        "'zz' unrecognized - ignoring",
        "'' unrecognized - skipping",
        "'-1' unrecognized - ignoring",
        '',
      ].join('\n'),
      rc: 0,
    })
  })

  it('shows any featureset as it is, whatever joins its words', () => {
    const words = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), {
      minLength: 1,
      maxLength: featureTable().words.length,
    })
    fc.assert(
      fc.property(words, fc.constantFrom('-' as const, ':' as const), (numbers, separator) => {
        const featureset = Featureset.fromWords(numbers)
        const { stdout, stderr } = xenCpuidText([featureset.toString(separator)])
        expect(stderr).toBe('')
        expect(stdout.split('\n')[0]).toBe(`Raw${' '.repeat(29)}${featureset.toString(':')}`)
        const unnamed = featureset.unknownBits().filter((bit) => !repeatedBits().includes(bit))
        expect(stdout.match(/ <\d+>/g)?.length ?? 0).toBe(unnamed.length)
      }),
    )
  })

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (args) => {
        const { rc } = xenCpuidText(args)
        expect([0, 1]).toContain(rc)
      }),
    )
    expect(xenCpuidText(['0'.repeat(1e6)]).stderr).toBe('')
  })

  it('knows no release without a table', () => {
    expect(() => xenCpuidText(['0'], { release: '4.6.0' })).toThrow(/no feature table/)
  })
})

describe('releases nobody recorded', () => {
  const firstLine = (text: string, release: string) =>
    xenCpuidText([text], { release }).stdout.split('\n')[1]

  it('have names of their own before 4.19 and the header’s from then on', () => {
    const named = (names: string) => `  [00] CPUID 0x00000001.edx     ${names}`
    const bits = hexWord((1 << 11) | (1 << 18) | (1 << 29))
    expect(firstLine(bits, '4.14.0')).toBe(named('sysenter psn tm'))
    expect(firstLine(bits, '4.18.6')).toBe(named('sysenter psn tm'))
    expect(firstLine(bits, '4.19.0')).toBe(named('sep <18> tm1'))
    expect(firstLine(bits, '4.22')).toBe(named('sep <18> tm1'))
  })

  it('take words joined by "-" from 4.18 on', () => {
    expect(xenCpuidText(['1-2'], { release: '4.17' }).stderr).toBe("'-2' unrecognized - ignoring\n")
    expect(xenCpuidText(['1-2'], { release: '4.18.0' }).stderr).toBe('')
  })

  it('end with the words they have', () => {
    const nineteen = Array.from({ length: 19 }, () => '0').join(':')
    expect(xenCpuidText([nineteen], { release: '4.20.0' }).stderr).toBe(
      "':0' unrecognized - ignoring\n",
    )
    expect(xenCpuidText([nineteen], { release: '4.20.1' }).stderr).toBe('')
  })
})

describe('a Xen that lacks something', () => {
  const none = {
    raw: null,
    host: null,
    pvMax: null,
    hvmMax: null,
    pvDefault: null,
    hvmDefault: null,
  }
  const some = Featureset.parse('1-2')
  const policy = {
    leaves: [
      { leaf: 0, subleaf: null, a: 1, b: 0, c: 0, d: 0 },
      { leaf: 1, subleaf: null, a: 0, b: 0, c: 0, d: 0 },
    ],
    msrs: [{ index: 0xce, flags: 0, value: 0x8000_0000n }],
  }
  const host = {
    featuresetWords: 2,
    featuresets: { ...none, raw: some, host: some, hvmDefault: some, hvmMax: some },
    maxLeaves: 2,
    maxMsrs: 1,
    policies: { ...none, raw: policy },
    domains: { 5: policy },
  }
  const shown = [
    '2 leaves, 1 MSRs',
    ' CPUID:',
    '  leaf     subleaf  -> eax      ebx      ecx      edx     ',
    '  00000000:ffffffff -> 00000001:00000000:00000000:00000000',
    ' MSRs:',
    '  index    -> value           ',
    '  000000ce -> 0000000080000000',
    '',
  ].join('\n')

  it('says so of featuresets', () => {
    const { stdout } = xenCpuidText(['info'], { host })
    expect(stdout.slice(stdout.indexOf('Dynamic'))).toBe(
      [
        'Dynamic sets:',
        'Raw                             00000001:00000002',
        'Host                            00000001:00000002',
        'PV Default featureset not supported by Xen',
        'HVM Default                     00000001:00000002',
        'PV Max featureset not supported by Xen',
        'HVM Max                         00000001:00000002',
        '',
      ].join('\n'),
    )
  })

  it('says so of policies', () => {
    const missing = ['Host', 'PV Max', 'HVM Max', 'PV Default', 'HVM Default']
    const error = (number: number) =>
      `xc: error: Failed to obtain ${number} policy (95 = Operation not supported): Internal error\n`
    expect(xenCpuidText(['-p'], { host })).toEqual({
      stdout: [
        'Xen reports there are maximum 2 leaves and 1 MSRs\n',
        `Raw policy: ${shown}`,
        ...missing.map((name) => `${name} policy not supported by Xen\n`),
      ].join(''),
      stderr: [1, 2, 3, 4, 5].map(error).join(''),
      rc: 0,
    })
  })

  it('knows no set that came later', () => {
    const { hvmDefault, raw } = host.featuresets
    const old = { ...host, featuresets: { raw, host: raw, pvDefault: null, hvmDefault } }
    const { stdout, stderr, rc } = xenCpuidText(['info'], { host: old })
    expect(stdout.endsWith('\nHVM Default                     00000001:00000002\n')).toBe(true)
    expect([stderr, rc]).toEqual(['xen-cpuid: xc_get_featureset(): Invalid argument\n', 1])
    const fresh = { ...host, policies: { raw: policy, host: null } }
    expect(xenCpuidText(['-p'], { host: fresh })).toEqual({
      stdout: `Xen reports there are maximum 2 leaves and 1 MSRs\nRaw policy: ${shown}Host policy not supported by Xen\n`,
      stderr: [
        'xc: error: Failed to obtain 1 policy (95 = Operation not supported): Internal error',
        'xc: error: Failed to obtain 2 policy (22 = Invalid argument): Internal error',
        'xen-cpuid: xc_cpu_policy_get_system(, PV Max, ): Invalid argument',
        '',
      ].join('\n'),
      rc: 1,
    })
  })

  it('has the domains it has', () => {
    for (const args of [['-p', '5'], ['-p5'], ['--policy=05'], ['--pol', '0x5']]) {
      expect(xenCpuidText(args, { host })).toEqual({
        stdout: `Domain 5 policy: ${shown}`,
        stderr: '',
        rc: 0,
      })
    }
    expect(xenCpuidText(['-p', '65541'], { host }).stdout).toBe(`Domain 65541 policy: ${shown}`)
    expect(xenCpuidText(['-p-2'], { host })).toEqual({
      stdout: '',
      stderr: [
        'xc: error: Failed to obtain domain 4294967294 policy (3 = No such process): Internal error',
        'xen-cpuid: xc_cpu_policy_get_domain(, -2, ): No such process',
        '',
      ].join('\n'),
      rc: 1,
    })
    expect(xenCpuidText(['-p', '1'], { host }).rc).toBe(1)
  })

  it('has more words than the tool', () => {
    const wide = { ...host, featuresetWords: 20 }
    const { stdout } = xenCpuidText(['detail'], { host: wide })
    expect(stdout.split('\n').find((line) => line.startsWith('Raw'))).toBe(
      `Raw${' '.repeat(29)}00000001:00000002${':00000000'.repeat(18)}`,
    )
    expect(stdout).not.toContain('[19]')
  })
})
