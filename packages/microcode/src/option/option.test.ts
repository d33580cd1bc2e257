/** `ucode=` as each release reads it, held against what Xen's own function answered. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { parseUcodeOption, type UcodeOption, type UcodeOptionCode } from './option.js'
import { UcodeReleaseError } from './rules.js'

interface RecordedOption {
  arg: string
  efi: boolean
  scanDefault: boolean
  rc: 'OK' | 'EINVAL'
  scan: boolean
  module: number
  nmi: boolean
  digestCheck: boolean
  log: string[]
}

/** The recording's EFI cases have xen.cfg name module 3. */
const context = ({ efi, scanDefault }: { efi: boolean; scanDefault: boolean }) => ({
  scanDefault,
  ...(efi ? { efiModule: 3 } : {}),
})

const codes = ({ findings }: UcodeOption): UcodeOptionCode[] => findings.map(({ code }) => code)

describeRecorded('microcode/vectors/cmdline.json', () => {
  const { cases } = readRecordedJson<{ cases: RecordedOption[] }>('microcode/vectors/cmdline.json')

  it('has 84 command lines', () => expect(cases).toHaveLength(84))

  it.each(cases)('ucode=$arg, EFI $efi, scan by default $scanDefault', (recorded) => {
    const option = parseUcodeOption(recorded.arg, '4.23-dev', context(recorded))
    expect({
      rc: option.errno,
      scan: option.scan,
      module: option.module,
      nmi: option.nmi,
      digestCheck: option.digestCheck,
      log: option.log,
    }).toEqual({
      rc: recorded.rc,
      scan: recorded.scan,
      module: recorded.module,
      nmi: recorded.nmi,
      digestCheck: recorded.digestCheck,
      log: recorded.log,
    })
    expect(option.ok).toBe(recorded.rc === 'OK')
    expect(option.evidence).toBe('recorded')
    expect(option.findings.some(({ severity }) => severity === 'error')).toBe(!option.ok)
  })
})

describe('a release for itself', () => {
  it.each<[release: string, text: string, set: Partial<UcodeOption>, noticed: UcodeOptionCode[]]>([
    // A number and nothing else.
    ['4.2', '1', { ok: true, module: 1, nmi: false, digestCheck: false }, []],
    ['4.3.4', 'scan', { ok: true, scan: false, module: 0 }, ['UCODE_READ_AS_NUMBER']],
    ['4.2', '2,nmi=0', { ok: true, module: 2 }, ['UCODE_JUNK_IGNORED']],
    ['4.2', '-1', { ok: true, module: -1 }, []],
    ['4.2', '', { ok: true, module: 0 }, ['UCODE_READ_AS_NUMBER']],
    // Whatever begins with scan.
    ['4.4', 'scan', { ok: true, scan: true }, []],
    ['4.4', 'scan=0', { ok: true, scan: true }, ['UCODE_SCANS_ANYWAY']],
    ['4.9', 'scanner', { ok: true, scan: true }, ['UCODE_SCANS_ANYWAY']],
    ['4.9.4', '1x', { ok: true, module: 1 }, ['UCODE_JUNK_IGNORED']],
    ['4.10', '1x', { ok: false, module: 1 }, ['UCODE_REFUSED']],
    ['4.12', 'nmi=0', { ok: false, module: 0, nmi: false }, ['UCODE_READ_AS_NUMBER']],
    ['4.9', 'nmi=0', { ok: true, module: 0 }, ['UCODE_READ_AS_NUMBER']],
    // A list.
    ['4.13', 'scan=0,nmi=off', { ok: true, scan: false, nmi: false }, []],
    [
      '4.14',
      '1,allow-same',
      { ok: false, module: 0 },
      ['UCODE_READ_AS_NUMBER', 'UCODE_EARLIER_LOST'],
    ],
    ['4.15', '1,allow-same', { ok: true, module: 1, allowSame: true }, []],
    ['4.13.4', 'no-scan=1', { ok: true, scan: true }, ['UCODE_NEGATION_LOST']],
    ['4.13.5', 'no-scan=1', { ok: false, scan: false }, ['UCODE_READ_AS_NUMBER']],
    ['4.16.1', 'no-nmi=1', { ok: true, nmi: true }, ['UCODE_NEGATION_LOST']],
    ['4.16.2', 'no-nmi=1', { ok: false, nmi: true, module: 0 }, ['UCODE_READ_AS_NUMBER']],
    ['4.17.5', 'digest-check', { ok: false }, ['UCODE_READ_AS_NUMBER']],
    ['4.17.6', 'no-digest-check', { ok: true, digestCheck: false }, []],
    ['4.19', 'scan,1', { ok: true, scan: true, module: 1 }, ['UCODE_SCAN_AND_MODULE']],
    ['4.19', '1,', { ok: true, module: 0 }, ['UCODE_READ_AS_NUMBER', 'UCODE_EARLIER_LOST']],
    [
      '4.19',
      'scan,7z',
      { ok: false, scan: true, module: 7 },
      ['UCODE_SCAN_AND_MODULE', 'UCODE_REFUSED'],
    ],
    // scan or a number.
    ['4.20.0', 'scan,1', { ok: true, scan: false, module: 1 }, ['UCODE_EARLIER_LOST']],
    ['4.20.0', '1,scan', { ok: true, scan: true, module: 0 }, ['UCODE_EARLIER_LOST']],
    ['4.20.0', 'scan,7z', { ok: false, scan: true, module: 0 }, ['UCODE_REFUSED']],
    [
      '4.21',
      'scan,',
      { ok: true, scan: false, module: 0 },
      ['UCODE_READ_AS_NUMBER', 'UCODE_EARLIER_LOST'],
    ],
    ['4.20.0', 'digest-check=0', { ok: false, digestCheck: false }, ['UCODE_READ_AS_NUMBER']],
    ['4.20.1', 'digest-check=0', { ok: true, digestCheck: false }, []],
    ['4.21', 'ucode.bin', { ok: false, module: 0 }, ['UCODE_READ_AS_NUMBER']],
    // Only digits are numbers.
    ['4.22', 'scan,', { ok: false, scan: true }, ['UCODE_REFUSED']],
    ['4.22', '1,ucode.bin', { ok: false, module: 1 }, ['UCODE_REFUSED']],
    ['4.22', 'allow-same', { ok: false, allowSame: false }, ['UCODE_REFUSED']],
    ['4.22', '010', { ok: true, module: 8 }, ['UCODE_OCTAL']],
    ['4.22', '-0x10', { ok: true, module: -16 }, []],
    ['4.22', '08', { ok: false, module: 0 }, ['UCODE_REFUSED']],
    ['4.22', '0x', { ok: false, module: 0 }, ['UCODE_REFUSED']],
    ['4.22', '-', { ok: true, module: 0 }, ['UCODE_READ_AS_NUMBER']],
    ['4.22', '2147483648', { ok: true, module: -0x8000_0000 }, ['UCODE_NUMBER_WRAPS']],
    ['4.22', '-2147483648', { ok: true, module: -0x8000_0000 }, []],
    ['4.22', 'scan now', { ok: false }, ['UCODE_REFUSED', 'UCODE_ENDS_AT_SPACE']],
    ['4.22', 'scan\0,1', { ok: true, scan: true, module: 0 }, []],
  ])('%s reads %j', (release, text, set, noticed) => {
    const option = parseUcodeOption(text, release)
    expect(option).toMatchObject(set)
    expect(codes(option)).toEqual(noticed)
  })

  it('says when another release knows the word', () => {
    const [finding] = parseUcodeOption('allow-same', '4.22').findings
    expect(finding?.message).toBe(
      'ucode: "allow-same" is reported (allow-same is known from 4.15 to 4.19; xen-ucode --force replaced it) (Xen 4.22.0).',
    )
  })

  it.each([
    ['4.9', 'scan', { scan: false, module: 2, ok: true, log: [] }],
    ['4.12', 'junk', { scan: false, module: 2, ok: true, log: [] }],
    ['4.13', 'junk,nmi=0', { scan: false, module: 2, nmi: false, ok: true, log: [] }],
    [
      '4.22',
      'junk,1,nmi=0',
      {
        scan: false,
        module: 2,
        nmi: false,
        ok: false,
        log: ['Ignoring ucode=1 setting; overridden by EFI'],
      },
    ],
  ])('%s with a file named in xen.cfg reads %j', (release, text, set) => {
    const option = parseUcodeOption(text, release, { efiModule: 2, scanDefault: true })
    expect(option).toMatchObject(set)
    expect(codes(option)).toContain('UCODE_EFI_OVERRIDES')
  })

  it('scans by default only where the build can say so', () => {
    const scans = (release: string) => parseUcodeOption('nmi', release, { scanDefault: true }).scan
    expect(['4.19', '4.20.4', '4.21.0', '4.22'].map(scans)).toEqual([false, false, true, true])
  })

  it.each([
    ['4.9', 93, 94],
    ['4.10', 121, 122],
  ])('%s has room for %i characters, not %i', (release, fits, tooLong) => {
    const number = (length: number) => parseUcodeOption('1'.repeat(length), release)
    expect(codes(number(fits))).not.toContain('UCODE_TOO_LONG')
    expect(codes(number(tooLong))).toContain('UCODE_TOO_LONG')
  })

  it('names the release that was meant, and where its answers come from', () => {
    const known = (release: string) => {
      const { release: exact, evidence } = parseUcodeOption('scan', release)
      return [exact, evidence]
    }
    expect(known('4.4')).toEqual(['4.4', 'facts'])
    expect(known('4.17')).toEqual(['4.17.7', 'facts'])
    expect(known('4.17.6-2')).toEqual(['4.17.6', 'facts'])
    expect(known('4.22.0')).toEqual(['4.22.0', 'recorded'])
    expect(known('4.23-dev')).toEqual(['4.23-dev', 'recorded'])
  })

  it.each(['', '4.1', '3.4', '4.99', 'xen', '4.2x', '4.6.1.1'])('refuses release %j', (release) => {
    expect(() => parseUcodeOption('scan', release)).toThrow(UcodeReleaseError)
  })
})

describe('any text', () => {
  const releases = fc.constantFrom(
    '4.2',
    '4.4',
    '4.10',
    '4.13.0',
    '4.15',
    '4.19',
    '4.20.0',
    '4.21',
    '4.22',
  )
  const words = fc.constantFrom(
    'scan',
    'nmi',
    'no-',
    '=',
    ',',
    '0',
    '1',
    '-',
    'x',
    ' ',
    'off',
    'allow-same',
    'digest-check',
  )
  const texts = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 8 }).map((parts) => parts.join('')),
  )

  it('is read without an exception, into a module that fits 32 bits, with findings inside the text', () => {
    fc.assert(
      fc.property(texts, releases, fc.boolean(), (text, release, scanDefault) => {
        const option = parseUcodeOption(text, release, { scanDefault })
        expect(option.module).toBe(option.module | 0)
        expect(option.ok).toBe(option.errno === 'OK')
        for (const { offset, part } of option.findings) {
          expect(text.slice(offset, offset + part.length)).toBe(part)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('never leaves scanning and a module in force together from 4.20 on', () => {
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom('4.20.0', '4.21', '4.22'),
        fc.boolean(),
        (text, release, scanDefault) => {
          const { scan, module } = parseUcodeOption(text, release, { scanDefault })
          expect(scan && module !== 0).toBe(false)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('does not move the module that xen.cfg named', () => {
    fc.assert(
      fc.property(texts, releases, (text, release) => {
        const { scan, module } = parseUcodeOption(text, release, { efiModule: 5 })
        expect([scan, module]).toEqual([false, 5])
      }),
      { numRuns: 1000 },
    )
  })

  it('reads a list as its parts one after the other, as far as booleans go', () => {
    const booleans = fc.constantFrom(
      'nmi',
      'no-nmi',
      'nmi=off',
      'nmi=on',
      'digest-check=no',
      'digest-check',
    )
    fc.assert(
      fc.property(fc.array(booleans, { minLength: 1 }), (parts) => {
        const option = parseUcodeOption(parts.join(','), '4.22')
        const last = (word: string) => parts.filter((part) => part.includes(word)).at(-1)
        for (const [word, value] of [
          ['nmi', option.nmi],
          ['digest-check', option.digestCheck],
        ] as const) {
          const part = last(word)
          expect(value).toBe(
            part === undefined ||
              parseUcodeOption(part, '4.22')[word === 'nmi' ? 'nmi' : 'digestCheck'],
          )
        }
      }),
    )
  })
})
