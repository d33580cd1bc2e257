import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../fixtures/recorded.js'
import { cpuSignature, cpuVendor } from './signature.js'

interface VendorAndSignature {
  vendor: { ebx: string; ecx: string; edx: string; vendor: string }[]
  fms: { raw: string; family: number; model: number; stepping: number }[]
}

describeRecorded('policy/vectors/vendor-fms-head.json', () => {
  const { vendor, fms } = readRecordedJson<VendorAndSignature>(
    'policy/vectors/vendor-fms-head.json',
  )

  it.each(vendor)('vendor of $ebx $edx $ecx is $vendor', ({ ebx, ecx, edx, vendor: expected }) => {
    expect(cpuVendor(Number(ebx), Number(ecx), Number(edx))).toBe(expected)
  })

  it.each(fms)('signature $raw', ({ raw, family, model, stepping }) => {
    expect(cpuSignature(Number(raw))).toEqual({ family, model, stepping })
  })
})
