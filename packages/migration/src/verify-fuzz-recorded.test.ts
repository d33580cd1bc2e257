/** Images with random damage: our restore verdict against what Xen's own receiver did, and for the reason that it had. */
import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../fixtures/recorded.js'
import { type DamagedImage, damagedBytes } from './images.testing.js'
import { recordedReceiver } from './verify/receiver.testing.js'
import { verifyImage } from './verify.js'

interface FuzzedImage extends DamagedImage {
  readonly guest: 'pv' | 'hvm'
  readonly remus: boolean
  readonly c_receiver: {
    readonly verdict: 'accept' | 'reject' | 'crash'
    readonly error: string | null
  }
}

/** What Xen's receiver says, and the findings of which one has to say the same. */
const CAUSES: readonly (readonly [error: RegExp, codes: readonly string[]])[] = [
  [/^Unable to restore HVM context/, ['MISSING_RECORD']],
  [/^Mandatory record .*\((Reserved)\) not handled/, ['UNKNOWN_MANDATORY']],
  [/^Mandatory record 0xe .*not handled/, ['UNKNOWN_MANDATORY', 'UNEXPECTED_RECORD']],
  [/^Mandatory record .* not handled/, ['UNEXPECTED_RECORD']],
  [/^No STATIC_DATA_END seen/, ['NO_STATIC_DATA_END']],
  [/^Multiple STATIC_DATA_END/, ['DUPLICATE_STATIC_DATA_END']],
  [/^set HVM param/, ['BAD_HVM_PARAM']],
  [/outside domain maximum/, ['PFN_OUT_OF_RANGE', 'ORDER']],
  [/^Failed to (populate physmap|realloc populated bitmap)/, ['PFN_OUT_OF_RANGE']],
  [/^Unrecognised record/, ['UNKNOWN_MANDATORY', 'UNKNOWN_OPTIONAL']],
  [/^Invalid marker/, ['BAD_MARKER', 'BAD_ID']],
  [/^Invalid ID/, ['BAD_ID']],
  [/^Invalid ident/, ['BAD_ID']],
  [/^Invalid Version/, ['BAD_VERSION']],
  [/exceeds max \(0x8000000\)/, ['RECORD_TOO_LONG']],
  [/wraps ROUNDUP/, ['RECORD_TOO_LONG']],
  [/^Failed to read|unexpected EOF/, ['TRUNCATED']],
  [/^Sender didn't send vcpu0's basic state/, ['MISSING_RECORD']],
  [/^Unable to restore Reserved domain/, ['BAD_DOMAIN_TYPE']],
  [/^PAGE_DATA record|^Expected at least 1 pfn/, ['BAD_PAGE_DATA']],
  [/^Unknown type/, ['BAD_PAGE_TYPE']],
  [/exceeds domain max/, ['VCPU_OUT_OF_RANGE']],
  [/^cr3|^Start Info|^XenStore pfn/, ['DEEP']],
  [/^Not yet received X86_PV_INFO/, ['ORDER']],
  [/^Already received X86_PV_INFO/, ['DUPLICATE_RECORD']],
  [/^Invalid X86_PV_INFO/, ['BAD_PV_INFO']],
  [/^X86_PV_P2M_FRAMES record wrong size/, ['BAD_P2M_FRAMES', 'BAD_RECORD_LENGTH']],
  [/^X86_PV_VCPU_\w+ record truncated/, ['BAD_RECORD_LENGTH']],
  [/^X86_PV_VCPU/, ['BAD_VCPU']],
  [/record wrong size/, ['BAD_RECORD_LENGTH']],
  [/^Failed to set CPUID policy.*34 = /, ['POLICY_OUT_OF_RANGE']],
  [/^Failed to set CPUID policy.*22 = /, ['POLICY_INCOMPATIBLE', 'POLICY_BAD_MSR']],
]

/**
 * Where we and Xen's receiver do not agree, and who is right. The recorded one ran on simulated hypercalls, whose guest had memory up to
 * some page between 0x8001 and 0x400006; no image says how much there is. Told of such a limit, we agree.
 */
const DISAGREEMENTS: Readonly<Record<string, string>> = {
  'fuzz-0028': 'page 0x7f0007',
  'fuzz-0043': 'page 0x1000008',
  'fuzz-0074': 'page 0x700000006',
  'fuzz-0103': 'page 0x80000008',
  'fuzz-0137': 'page 0x80000005',
  'fuzz-0175': 'page 0x400006',
  'fuzz-0183': 'page 0x7fffffff',
  'fuzz-0205': 'page 0x10000254',
  'fuzz-0289': 'page 0x10000000e',
  'fuzz-0324': 'page 0x1000001',
}
const SIMULATED_MEMORY = 0x10_0000

describeRecorded(['streams/fuzz/manifest.json', 'streams/admission/host-intel.pol'], () => {
  const { vectors } = readRecordedJson<{ vectors: FuzzedImage[] }>('streams/fuzz/manifest.json')
  const receiver = recordedReceiver()

  it('has 361 images', () => expect(vectors).toHaveLength(361))

  it.each(vectors)('$id ($kind) is $c_receiver.verdict', async (image) => {
    const { verdict, error } = image.c_receiver
    const bytes = damagedBytes(image)
    const { restore } = await verifyImage(bytes, {
      ...receiver(image),
      maxPfn: SIMULATED_MEMORY,
    })
    // A receiver that crashes is one that ought to have refused.
    expect(restore.ok).toBe(verdict === 'accept')
    if (!restore.ok) {
      const codes = CAUSES.find(([said]) => said.test(error ?? ''))?.[1] ?? []
      expect(
        restore.findings.map(({ code }) => code).filter((code) => codes.includes(code)),
      ).not.toEqual([])
    }
    const unaware = await verifyImage(bytes, receiver(image))
    expect(unaware.restore.ok).toBe(verdict === 'accept' || image.id in DISAGREEMENTS)
  })
})
