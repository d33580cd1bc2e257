import { knownReleases, XenlevelError } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { fromZod } from '../io-ts.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import {
  policiesOf,
  randomPolicy,
  SYSTEM_POLICIES,
  type SystemPolicies,
} from '../policy/text.testing.js'
import {
  type CpuPolicyDocument,
  cpuPolicySchema,
  formatCpuPolicy,
  PolicyDocumentError,
  parseCpuPolicy,
} from './policy.js'

const recordedPolicies = () => policiesOf(readRecordedJson<SystemPolicies>(SYSTEM_POLICIES))
const anyPolicy = fc
  .tuple(fc.integer({ min: 0, max: 0xffff_ffff }), fc.constantFrom(...knownReleases()))
  .map(([seed, release]) => randomPolicy(seed, release))

const word = '0x00000000'
const leaf = { leaf: '0x00000007', subleaf: 0, eax: word, ebx: '0x00010000', ecx: word, edx: word }
const msr = { index: '0x0000010a', value: '0x0000000100000005' }
const document: CpuPolicyDocument = {
  format: 'xenlevel/cpu-policy',
  version: 1,
  release: '4.17.7',
  leaves: [leaf],
  msrs: [msr],
  hypervisorLimits: [5, 0],
}

function thrown(input: unknown): PolicyDocumentError {
  try {
    parseCpuPolicy(input, 'guest 1')
  } catch (error) {
    if (error instanceof PolicyDocumentError) return error
    throw error
  }
  return expect.unreachable('nothing was thrown')
}

describe('the CPU policy document', () => {
  it('is read from a document or its text', () => {
    const policy = parseCpuPolicy(document)
    expect(policy).toBeInstanceOf(CpuPolicy)
    expect(policy.release).toBe('4.17.7')
    expect(policy.leaf(7, 0)).toMatchObject({ a: 0, b: 0x1_0000 })
    expect(policy.msr(0x10a)).toBe(0x1_0000_0005n)
    expect(policy.hypervisorLimits).toEqual([5, 0])
    expect(parseCpuPolicy(JSON.stringify(document)).equals(policy)).toBe(true)
    expect(JSON.parse(formatCpuPolicy(policy))).toEqual(document)
  })

  it('comes back as it was, in every release, also beyond the limits', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(anyPolicy, (before) => {
        const after = parseCpuPolicy(formatCpuPolicy(before))
        expect(after.equals(before)).toBe(true)
        expect(after.release).toBe(before.release)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['no document', null, '', 'expected object'],
    ['another format', { ...document, format: 'x' }, 'format', 'xenlevel/cpu-policy'],
    ['a later version', { ...document, version: 2 }, 'version', 'expected 1'],
    ['an unknown release', { ...document, release: '9.9' }, 'release', 'no Xen release "9.9"'],
    ['an unknown field', { ...document, more: 1 }, '', 'Unrecognized key'],
    [
      'a register that is no text',
      { ...document, leaves: [{ ...leaf, eax: 1 }] },
      'leaves.0.eax',
      'expected string',
    ],
    [
      'a short register',
      { ...document, leaves: [{ ...leaf, eax: '0x1' }] },
      'leaves.0.eax',
      'eight hexadecimal digits',
    ],
    [
      'a leaf that no policy has',
      { ...document, leaves: [leaf, { ...leaf, leaf: '0x0000000e' }] },
      'leaves.1',
      'no leaf 0xe, sub-leaf 0',
    ],
    [
      'a leaf without its sub-leaf',
      { ...document, leaves: [{ ...leaf, subleaf: null }] },
      'leaves.0',
      'no leaf 0x7.',
    ],
    [
      'a leaf that this release does not keep',
      { ...document, release: '4.12.0', msrs: [], leaves: [{ ...leaf, subleaf: 1 }] },
      'leaves.0',
      'Xen 4.12.0 has no leaf 0x7, sub-leaf 1',
    ],
    ['a leaf twice', { ...document, leaves: [leaf, leaf] }, 'leaves.1', 'sub-leaf 0 twice'],
    [
      'a limit among the leaves',
      { ...document, leaves: [{ ...leaf, leaf: '0x40000000', subleaf: null }] },
      'leaves.0',
      '"hypervisorLimits"',
    ],
    [
      'a limit that does not fit',
      { ...document, hypervisorLimits: [0, 256] },
      'hypervisorLimits.1',
      '<=255',
    ],
    [
      'an MSR that no policy has',
      { ...document, msrs: [{ ...msr, index: '0x0000010b' }] },
      'msrs.0',
      'no MSR 0x10b',
    ],
    [
      'an MSR too wide',
      { ...document, msrs: [{ ...msr, index: '0x000000ce' }] },
      'msrs.0',
      'holds 32 bits',
    ],
    ['a short MSR', { ...document, msrs: [{ ...msr, value: '0x1' }] }, 'msrs.0.value', 'sixteen'],
    ['an MSR twice', { ...document, msrs: [msr, msr] }, 'msrs.1', 'MSR 0x10a twice'],
    [
      'too many leaves',
      { ...document, leaves: Array.from({ length: 1000 }, () => leaf) },
      'leaves',
      '<=200 items',
    ],
  ])('refuses %s', (_, input, path, message) => {
    const error = thrown(input)
    expect(error).toMatchObject({ code: 'POLICY_INVALID', path, offset: null })
    expect(error.message).toContain('guest 1 is not a CPU policy: at ')
    expect(error.message).toContain(message)
  })

  it('names every wrong record at once', () => {
    const wrong = { ...leaf, leaf: '0x0000000e' }
    const error = thrown({ ...document, leaves: [wrong, leaf, leaf], msrs: [msr, msr] })
    expect(error.details.issues).toMatchObject([
      { path: 'leaves.0' },
      { path: 'leaves.2' },
      { path: 'msrs.1' },
    ])
  })

  it('says where a text stops being JSON', () => {
    expect(thrown('{\n  "format": x')).toMatchObject({ offset: 14, path: 'line 2, column 13' })
  })

  it('is not written where it could not be read back', () => {
    const beyond = CpuPolicy.fromRecords([{ leaf: 7, subleaf: 2, a: 0, b: 0, c: 0, d: 1 }])
    const policy = beyond.withRecords([], [], { release: '4.12.0' })
    expect(() => formatCpuPolicy(policy)).toThrow(XenlevelError)
    expect(() => formatCpuPolicy(policy)).toThrow('no leaf 0x7, sub-leaf 2')
  })

  it('has a JSON Schema, and is an io-ts codec by the bridge', () => {
    expect(z.toJSONSchema(cpuPolicySchema, { io: 'input' })).toMatchObject({
      type: 'object',
      additionalProperties: false,
    })
    const codec = fromZod(cpuPolicySchema, 'CpuPolicyFromDocument')
    const policy = parseCpuPolicy(document)
    expect(codec.is(policy)).toBe(true)
    expect(codec.is(document)).toBe(false)
    expect(codec.encode(policy)).toEqual(document)
    expect(codec.decode({ ...document, release: 'x' })).toMatchObject({
      _tag: 'Left',
      left: [{ message: expect.stringContaining('no Xen release') }],
    })
  })
})

describeRecorded(SYSTEM_POLICIES, () => {
  it('brings every recorded policy back', () => {
    const policies = recordedPolicies()
    for (const { policy } of policies)
      expect(parseCpuPolicy(formatCpuPolicy(policy)).equals(policy)).toBe(true)
    expect(policies).toHaveLength(252)
  })
})
