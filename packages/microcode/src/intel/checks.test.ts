/** What readers of Intel updates say of each fault: where it is, what stands there, what should, and what follows. */
import { describe, expect, it } from 'vitest'
import { wholeOf } from '../bytes.js'
import { type VerifyOptions, verifyMicrocode } from '../verify.js'
import { put } from '../verify.testing.js'
import { candidateAt, INTEL_CHECKS } from './checks.js'
import { sizesByManual, sizesByXen } from './format.js'
import { changedUpdate, makeIntelUpdate } from './updates.testing.js'

const sound = makeIntelUpdate()
const nothing = 'Xen 4.23-dev loads nothing from the file.'
const finding = (bytes: Uint8Array, options: VerifyOptions = {}) =>
  verifyMicrocode(bytes, { vendor: 'Intel', ...options })[0]

describe('an update', () => {
  it.each([
    ['headerVersion', 'HEADER_VERSION', 0],
    ['loaderVersion', 'LOADER_VERSION', 20],
  ] as const)('has %s 1', (field, code, offset) => {
    expect(finding(changedUpdate(sound, { [field]: 0x1f }))).toEqual({
      rule: 'xen',
      severity: 'error',
      code,
      path: `update 0.${field}`,
      offset,
      expected: 1,
      found: 0x1f,
      says: 'Bad data in container',
      message: `Update 0 at ${offset}: ${field} is 0x1f, in microcode it is 1; ${nothing}`,
    })
  })

  it('adds up to 0', () => {
    const sum = new DataView(sound.buffer).getUint32(16, true)
    expect(finding(put(sound, [16, (sum + 3) >>> 0]))).toEqual({
      rule: 'xen',
      severity: 'error',
      code: 'CHECKSUM',
      path: 'update 0.checksum',
      offset: 16,
      expected: 0,
      found: 3,
      says: 'Bad checksum',
      message: `Update 0 at 16: the sum of header and data is 0x3, not 0; ${nothing}`,
    })
  })

  it('has whole kibibytes', () => {
    expect(finding(makeIntelUpdate({ dataSize: 1100 }))).toEqual({
      rule: 'xen',
      severity: 'error',
      code: 'TOTAL_SIZE',
      path: 'update 0.totalSize',
      offset: 32,
      expected: 'a multiple of 1024',
      found: 1148,
      says: 'Bad size',
      message: `Update 0 at 32: its 1148 bytes are not a multiple of 1024; ${nothing}`,
    })
  })

  it('has room for its data', () => {
    expect(finding(put(sound, [28, 2004]))).toEqual({
      rule: 'xen',
      severity: 'error',
      code: 'DATA_SIZE',
      path: 'update 0.dataSize',
      offset: 28,
      expected: 'at most 2000',
      found: 2004,
      says: 'Bad size',
      message: `Update 0 at 28: a header and 2004 bytes of data do not fit into 2048; ${nothing}`,
    })
  })
})

describe('a candidate', () => {
  it('without a whole header has no sizes', () => {
    const cut = wholeOf(sound.subarray(0, 47))
    for (const rule of [sizesByManual, sizesByXen]) {
      const candidate = candidateAt(cut, 0, rule)
      expect(candidate).toMatchObject({ offset: 0, remaining: 47, data: 0, total: 0 })
      expect(INTEL_CHECKS.headerRoom(candidate)).toEqual({
        code: 'TRUNCATED_HEADER',
        field: '',
        offset: 0,
        why: '47 bytes are left, a header has 48',
        expected: 48,
        found: 47,
      })
    }
    const whole = candidateAt(wholeOf(sound.subarray(0, 48)), 0, sizesByXen)
    expect(whole).toMatchObject({ remaining: 48, data: 2000, total: 2048 })
  })
})
