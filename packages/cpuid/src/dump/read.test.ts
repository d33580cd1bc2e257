import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostFeatureset } from './host-featureset.js'
import { readCpuDump } from './read.js'
import { DumpSyntaxError } from './types.js'

const AIDA = `------[ Logical CPU #0 ]------
CPUID 00000000: 00000007-756E6547-6C65746E-49656E69 [GenuineIntel]
CPUID 00000001: 000306F2-00100800-00000000-00000001
CPUID 00000007: 00000000-00000008-00000000-20000000 [SL 00]
CPU#000 AffMask: 0x0000000000000002
CPUID 00000004  \t00000121-00000000-00000000-00000000
------[ MSR Registers ]------
MSR 0000010A: 0000-0001-0000-002B
MSR 00000770: < FAILED >
--------------------`
const CPUID_R = `CPU 0:
   0x00000000 0x00: eax=0x0000001c ebx=0x68747541 ecx=0x444d4163 edx=0x69746e65
   0x00000007 0x01: eax=0x00000030 ebx=0x00000000 ecx=0x00000000 edx=0x00000000
   0x80000001: eax=0x00b00f21 ebx=0x40000000 ecx=0x004003f3 edx=0x2fd3fbff
CPU:
CPU 1:`
const LIBCPUID_RAW = `version=0.8.0
_________________ Logical CPU #0 _________________
basic_cpuid[0]=00000016 756e6547 6c65746e 49656e69
basic_cpuid[1]=000806ec 05100800 7ffafbbf bfebfbff
basic_cpuid[31]=00000708 00000f3c 00000064 00000000
ext_cpuid[0]=80000008 00000000 00000000 00000000
intel_fn4[0]=1c004121 01c0003f 0000003f 00000000
amd_fn8000001dh[3]=00000708 00000f3c 00000064 00000000
____ Logical CPU #1 ____`
const XEN_CPUID_P = `Xen reports there are maximum 120 leaves and 2 MSRs
Raw policy: 50 leaves, 1 MSRs
Host policy: 4 leaves, 0 MSRs
 CPUID:
  leaf     subleaf  -> eax      ebx      ecx      edx
  00000000:ffffffff -> 0000000d:68747541:444d4163:69746e65
  00000007:00000000 -> 00000000:009801a9:00000000:20000000
 MSRs:
  index    -> value
  0000010a -> 0000000000000004
PV Max policy not supported by Xen`
const PROC_CPUINFO = `processor\t: 0
processor\t: 1
vendor_id\t: AuthenticAMD
cpu family\t: 26
model\t\t: 2
stepping\t: 1
cpuid level\t: 28
flags\t\t: fpu vme de pse tsc msr ibrs avx512f constant_tsc
address sizes\t: 48 bits physical, 48 bits virtual
`
const JSON_DUMP = '{"leaves":[{"leaf":0,"eax":1,"ebx":0,"ecx":0,"edx":0}],"msrs":{"0x10a":"0x1"}}'
const TEXTS = [AIDA, CPUID_R, LIBCPUID_RAW, XEN_CPUID_P, PROC_CPUINFO, JSON_DUMP]

/** An answer that can be worked with, or the one error. */
function readOrRefuse(text: string): void {
  try {
    const dump = readCpuDump(text)
    expect(dump.cpus.length).toBeGreaterThan(0)
    expect(hostFeatureset(dump).featureset.words).toHaveLength(19)
  } catch (error) {
    if (!(error instanceof DumpSyntaxError)) throw error
    expect(error.message).toMatch(/\.$/)
    expect(error.path).not.toBe('')
    if (error.offset !== null) {
      expect(error.offset).toBeGreaterThanOrEqual(0)
      expect(error.offset).toBeLessThanOrEqual(text.length)
    }
  }
}

describe('any text', () => {
  it('is refused with one typed error when it is no dump', () => {
    expect(() => readCpuDump('hello')).toThrow(DumpSyntaxError)
    expect(() => readCpuDump('')).toThrow(/is no CPUID dump that is known here/)
  })

  it('gives an answer or that error, made of lines of one format', () => {
    const text = fc.constantFrom(...TEXTS).chain((source) => {
      const lines = source.split('\n')
      const piece = fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...lines) },
        {
          weight: 1,
          arbitrary: fc
            .constantFrom(...lines)
            .chain((line) => fc.nat(line.length).map((cut) => line.slice(0, cut))),
        },
      )
      return fc
        .tuple(fc.array(piece, { maxLength: 16 }), fc.constantFrom('\n', '\r\n'))
        .map(([pieces, end]) => pieces.join(end))
    })
    fc.assert(fc.property(text, readOrRefuse), { numRuns: 500 })
  })

  it('gives an answer or that error, made of lines of all formats and of anything', () => {
    const lines = TEXTS.flatMap((text) => text.split('\n'))
    const piece = fc.oneof(
      fc.constantFrom(
        ...lines,
        'CPUID ',
        'MSR ',
        'CPU ',
        '   0x',
        'basic_cpuid[',
        ' -> ',
        'flags:',
      ),
      fc.string(),
      fc
        .constantFrom(...lines)
        .chain((line) => fc.nat(line.length).map((cut) => line.slice(0, cut))),
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('\n')),
        readOrRefuse,
      ),
      { numRuns: 500 },
    )
  })

  it('gives an answer or that error, with characters of a dump replaced', () => {
    const damage = fc.record({
      text: fc.constantFrom(...TEXTS),
      at: fc.nat(600),
      length: fc.nat(12),
      by: fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', '0', '\n', ':', 'ffffffff')),
    })
    fc.assert(
      fc.property(damage, ({ text, at, length, by }) => {
        readOrRefuse(text.slice(0, at) + by + text.slice(at + length))
      }),
      { numRuns: 1000 },
    )
  })
})

/** About a megabyte of one block after another. */
function repeat(block: (place: number) => string): string {
  const blocks: string[] = []
  for (let length = 0; length < 1_000_000; length += blocks.at(-1)?.length ?? 0) {
    blocks.push(block(blocks.length))
  }
  return blocks.join('')
}

const leaf = 'CPUID 00000001: 000306F2-00100800-00000000-00000001\n'
const raw = XEN_CPUID_P.replace('Host policy: 4 leaves, 0 MSRs\n', '').replace(/^.*Xen$/m, '')

describe('a megabyte', () => {
  it.each([
    ['AIDA CPUs', repeat((id) => `------[ Logical CPU #${id} ]------\n${leaf}`)],
    ['AIDA CPUs of one number', repeat((id) => `CPU#000 AffMask: ${id}\n${leaf}`)],
    [
      'AIDA MSRs',
      leaf + repeat((msr) => `MSR ${msr.toString(16).padStart(8, '0')}: 0000-0000-0000-0000\n`),
    ],
    [
      'AIDA CPUs that share MSRs',
      repeat((id) => `------[ Logical CPU #${id} ]------\n${leaf}`) +
        '------[ MSR Registers ]------\n' +
        repeat((msr) => `MSR ${msr.toString(16).padStart(8, '0')}: 0000-0000-0000-0000\n`),
    ],
    ['digits in an AIDA heading', `${leaf}------[ Logical CPU #${'1'.repeat(1_000_000)}`],
    [
      'cpuid -r CPUs',
      repeat(
        (id) =>
          `CPU ${id}:\n   0x00000001 0x00: eax=0x00b00f21 ebx=0x00000000 ecx=0x00000000 edx=0x178bfbff\n`,
      ),
    ],
    [
      'libcpuid CPUs',
      repeat(
        (id) =>
          `____ Logical CPU #${id} ____\nbasic_cpuid[0]=00000016 756e6547 6c65746e 49656e69\n`,
      ),
    ],
    ['policies', raw + repeat((id) => raw.replace(/^.*\nRaw/, `Domain ${id}`))],
    [
      'processors',
      repeat((id) => `processor : ${id}\n${PROC_CPUINFO.split('\n').slice(2).join('\n')}`),
    ],
    ['processors without flags', repeat((id) => `processor : ${id}\nflags :\n`)],
  ])('of %s is read in no time', (_, text) => {
    const start = performance.now()
    expect(readCpuDump(text).cpus.length).toBeGreaterThan(0)
    // About 0.1 s here; what is quadratic takes minutes.
    expect(performance.now() - start).toBeLessThan(5000)
  })
})
