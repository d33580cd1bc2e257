/** Single faults, each with what it is and for whom. */
import { describe, expect, it } from 'vitest'
import {
  ascii,
  libvirt,
  libxcHeaders,
  libxl,
  libxlHeader,
  POLICY,
  ROUND,
  record,
  remus,
  words,
  xenopsd,
  xl,
} from '../build.testing.js'
import { concat } from '../images.testing.js'
import type { VerifyImageOptions } from '../verify.js'
import type { ImageVerifierOptions } from './options.js'
import { pvImage } from './pv.testing.js'
import type { ImageReport } from './report.js'
import { ImageVerifier } from './verifier.js'

function judge(image: Uint8Array, options: ImageVerifierOptions = {}): ImageReport {
  const verifier = new ImageVerifier(options)
  verifier.push(image)
  return verifier.end()
}

const found = ({ findings }: ImageReport) =>
  findings.map(({ code, rejects }) => `${code} ${rejects.map((name) => name[0]).join('')}`.trim())

const hvm = (...parts: readonly Uint8Array[]) =>
  concat([libxcHeaders(), ...parts, record(0x10), ROUND, record(0)])

describe('lengths and counts that claim too much', () => {
  it.each([
    [
      'a record of 2^32 - 1 bytes',
      concat([libxcHeaders(), words(9, 0xffff_ffff)]),
      'RECORD_TOO_LONG',
    ],
    [
      'a libxl record whose padding wraps',
      concat([libxlHeader(), words(3, 0xffff_fff9)]),
      'RECORD_TOO_LONG',
    ],
    [
      '2^32 - 1 pfns',
      concat([libxcHeaders(), record(0x10), record(1, words(0xffff_ffff, 0))]),
      'BAD_PAGE_DATA',
    ],
    [
      '2^29 + 1 pfns, whose list wraps',
      concat([libxcHeaders(), record(0x10), record(1, words(0x2000_0001, 0, 1, 0))]),
      'BAD_PAGE_DATA',
    ],
    [
      '2^28 parameters, whose length wraps',
      hvm(record(0x10), record(0xa, words(0x1000_0000, 0))),
      'BAD_RECORD_LENGTH',
    ],
    [
      'page 2^52 - 1',
      hvm(record(0x10), record(1, concat([words(1, 0, 0xffff_ffff, 0xe00f_ffff)]))),
      'PFN_OUT_OF_RANGE',
    ],
    [
      'XML of 2^32 - 1 bytes',
      concat([ascii('libvirt-xml\n \0 \r'), words(2, 0xffff_ffff), new Uint8Array(40)]),
      'TRUNCATED',
    ],
    [
      'metadata of 2^53 - 1 bytes',
      concat([ascii('XenSavedDomv2-\n'), words(0x0f, 0, 0xffff_ffff, 0x1f_ffff)]),
      'TRUNCATED',
    ],
    ['5000 leaves', hvm(record(0x11, new Uint8Array(5000 * 24))), 'POLICY_TOO_MANY'],
  ])('%s', (_, image, code) => {
    const before = process.memoryUsage().arrayBuffers
    expect(judge(image).findings.map((finding) => finding.code)).toContain(code)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 2 ** 20)
  })
})

describe('findings', () => {
  it('are all there, not the first alone, each with its place', () => {
    const image = hvm(...POLICY, record(0x2a), record(2, new Uint8Array(8)), record(0x11))
    image[19] = 1
    const report = judge(image)
    expect(found(report)).toEqual([
      'RESERVED_BITS v',
      'UNKNOWN_MANDATORY vr',
      'UNEXPECTED_RECORD vr',
      'DUPLICATE_RECORD v',
      'BAD_POLICY_LENGTH vr',
      'DEEP',
    ])
    expect(report.findings.map(({ record: number }) => number)).toEqual([null, 2, 3, 4, 4, 8])
    expect(report.findings[2]?.path).toBe('libxc.record 3 (X86_PV_INFO)')
  })

  it('of which there are too many are counted', () => {
    const image = hvm(...Array.from({ length: 3000 }, () => record(0x2a)))
    const report = judge(image)
    expect(report.findings).toHaveLength(2001)
    expect(report.findings.at(-1)?.code).toBe('MORE_FINDINGS')
    expect(report.counts.UNKNOWN_MANDATORY).toBe(3000)
    // Behind those that are listed, they decide all the same.
    const late = concat(Array.from({ length: 3000 }, () => record(0x8000_0041)))
    const hidden = judge(hvm(late, record(0x2a)))
    expect(hidden.restore.ok).toBe(false)
    expect(hidden.findings.some(({ code }) => code === 'UNKNOWN_MANDATORY')).toBe(false)
  })

  it('are errors for the verdict that is asked for, and warnings for the other', () => {
    const image = hvm(record(0x10))
    image[19] = 1
    const severities = (options: VerifyImageOptions) =>
      judge(image, options).findings.map(({ severity }) => severity)
    expect(severities({ mode: 'verify' })).toEqual(['error', 'error', 'warning'])
    expect(severities({ mode: 'restore' })).toEqual(['warning', 'error', 'warning'])
  })
})

describe('what the receiver is told', () => {
  const codes = (image: Uint8Array, options: VerifyImageOptions) =>
    judge(image, options).restore.findings.map(({ code }) => code)

  it.each<[string, Uint8Array, VerifyImageOptions, string[]]>([
    ['another kind of guest', hvm(), { kind: 'pv' }, ['TYPE_MISMATCH']],
    ['a PVH guest has no device model', libxl(), { kind: 'pvh' }, ['UNEXPECTED_RECORD']],
    ['no checkpoints', remus(), { checkpointed: false }, ['UNEXPECTED_RECORD']],
    ['no vCPU', pvImage(), { vcpus: 0 }, ['VCPU_OUT_OF_RANGE', 'MISSING_RECORD']],
    ['little memory', hvm(), { maxPfn: 1 }, ['PFN_OUT_OF_RANGE']],
    ['a configuration without an end', xl('{}'), {}, ['BAD_XL_CONFIG']],
    ['one that is no JSON', xl('name = "guest"\0'), {}, ['BAD_XL_CONFIG']],
    ['one that is', xl('{}\0'), {}, []],
    [
      'an old Xen',
      hvm(record(0x12, new Uint8Array(32).fill(0xce, 0, 1).fill(0xa, 16, 17).fill(1, 17, 18))),
      { release: '4.14.0' },
      ['POLICY_TOO_MANY', 'POLICY_OUT_OF_RANGE'],
    ],
  ])('%s', (_, image, options, expected) => expect(codes(image, options)).toEqual(expected))
})

describe('the device model', () => {
  const data = (text: string) =>
    concat([libxl().subarray(0, -8), record(2, concat([words(2, 0), ascii(text)])), record(0)])

  it.each([
    ['physmap/0/size\x001\0', []],
    ['', []],
    ['a\0\0', []],
    ['a\0', ['BAD_XENSTORE_DATA vr']],
    ['a', ['BAD_XENSTORE_DATA vr']],
    ['a\0b', ['BAD_XENSTORE_DATA vr']],
    ['\0b\0', ['BAD_XENSTORE_DATA vr']],
    ['/a\0b\0', ['BAD_XENSTORE_DATA vr']],
    ['a b\0c\0', ['BAD_XENSTORE_DATA v']],
    ['a b\0c\0/\0', ['BAD_XENSTORE_DATA v', 'BAD_XENSTORE_DATA vr', 'BAD_XENSTORE_DATA vr']],
  ])('%j', (text, expected) =>
    expect(found(judge(data(text))).filter((code) => code !== 'DEEP')).toEqual(expected),
  )
})

describe('files around', () => {
  it.each<[string, Uint8Array, string[]]>([
    [
      "xenopsd's without a guest",
      concat([ascii('XenSavedDomv2-\n'), words(0xffff, 0, 0, 0)]),
      ['NO_LIBXC_CONTEXT vr'],
    ],
    ["xenopsd's with other metadata", xenopsd('('), ['BAD_XENOPS_RECORD vr']],
    ['a libxl stream without a guest', concat([libxlHeader(), record(0)]), ['NO_LIBXC_CONTEXT v']],
    [
      'one with two',
      concat([libxl().subarray(0, -8), record(1), libxl().subarray(24)]),
      ['DUPLICATE_RECORD vr'],
    ],
  ])('%s', (_, image, expected) => {
    const codes = found(judge(image))
    for (const code of expected) expect(codes).toContain(code)
  })

  it("libvirt's unused words are reserved", () => {
    const image = libvirt()
    image[63] = 1
    expect(found(judge(image))).toEqual(['RESERVED_BITS v', 'DEEP'])
  })
})
