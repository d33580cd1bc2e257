/** All that can be wrong with an image: what each code means, and which verdicts it makes "no" unless a finding says otherwise. */

/** The questions that an image is judged by: is its producer right (`verify`), and must a receiver take it (`restore`). */
export type ImageVerdictName = 'verify' | 'restore'

/** What a code of {@link IMAGE_FINDINGS} stands for. */
export interface ImageFindingMeaning {
  /** One line for people. */
  readonly meaning: string
  /** The verdicts that it makes "no". */
  readonly rejects: readonly ImageVerdictName[]
}

const BOTH: readonly ImageVerdictName[] = ['verify', 'restore']
const VERIFY: readonly ImageVerdictName[] = ['verify']
const RESTORE: readonly ImageVerdictName[] = ['restore']
const NONE: readonly ImageVerdictName[] = []

/** The codes, each with what it stands for. */
export const IMAGE_FINDINGS = /* @__PURE__ */ namedCodes({
  TRUNCATED: { meaning: 'the input ends before the image does', rejects: BOTH },
  TRAILING_DATA: { meaning: 'something follows the image', rejects: VERIFY },
  BAD_MARKER: { meaning: 'the marker of a libxc image is not all ones', rejects: BOTH },
  BAD_ID: { meaning: 'the id of a header is not what it has to be', rejects: BOTH },
  BAD_MAGIC: { meaning: 'the magic of a file is damaged, or it is no image', rejects: BOTH },
  BAD_VERSION: { meaning: 'a version that is not known', rejects: BOTH },
  BIG_ENDIAN: { meaning: 'not in the byte order of x86', rejects: BOTH },
  BAD_DOMAIN_TYPE: { meaning: 'a domain type that Xen does not have', rejects: BOTH },
  TYPE_MISMATCH: { meaning: 'not the kind of guest that the receiver is told', rejects: BOTH },
  BAD_PAGE_SHIFT: { meaning: 'not the page size of x86', rejects: BOTH },
  RESERVED_BITS: {
    meaning: 'what is reserved is not zero; receivers have to ignore it',
    rejects: VERIFY,
  },
  LEGACY: { meaning: 'from before Xen 4.6, to be converted', rejects: BOTH },
  UNKNOWN_MANDATORY: {
    meaning: 'a record or flag that nobody knows, and must not be ignored',
    rejects: BOTH,
  },
  UNKNOWN_OPTIONAL: { meaning: 'a record that nobody knows, and may be ignored', rejects: NONE },
  UNEXPECTED_RECORD: { meaning: 'a known record that has no place here', rejects: BOTH },
  RECORD_TOO_LONG: { meaning: 'more bytes than a record of its form may have', rejects: BOTH },
  BAD_RECORD_LENGTH: { meaning: 'not the length that such a record has', rejects: BOTH },
  BAD_PADDING: {
    meaning: 'padding that is not zero; receivers have to ignore it',
    rejects: VERIFY,
  },
  MISSING_RECORD: { meaning: 'a record that has to be there is not', rejects: BOTH },
  DUPLICATE_RECORD: { meaning: 'a record comes twice; the last one counts', rejects: VERIFY },
  ORDER: { meaning: 'a record comes before one that it needs', rejects: BOTH },
  V3_RECORD_IN_V2: {
    meaning: 'a record of version 3 in an image of version 2; Xen takes it all the same',
    rejects: VERIFY,
  },
  NO_STATIC_DATA_END: { meaning: 'memory comes before STATIC_DATA_END', rejects: BOTH },
  DUPLICATE_STATIC_DATA_END: { meaning: 'the static part ends twice', rejects: BOTH },
  BAD_POLICY_LENGTH: { meaning: 'no whole number of leaves or MSRs', rejects: BOTH },
  POLICY_TOO_MANY: { meaning: 'more leaves or MSRs than a policy has', rejects: BOTH },
  POLICY_OUT_OF_RANGE: {
    meaning: 'a leaf, sub-leaf or MSR that Xen does not keep',
    rejects: BOTH,
  },
  POLICY_BAD_MSR: { meaning: 'flags or a value that Xen does not take', rejects: BOTH },
  POLICY_AFTER_STATIC_DATA_END: {
    meaning: 'a policy that receivers store and never apply',
    rejects: VERIFY,
  },
  POLICY_INCOMPATIBLE: {
    meaning: "the receiving host's Xen refuses the policy",
    rejects: RESTORE,
  },
  DUPLICATE_LEAF: { meaning: 'a leaf or MSR comes twice; the last one counts', rejects: VERIFY },
  BAD_PAGE_DATA: { meaning: 'the count of a PAGE_DATA and its length disagree', rejects: BOTH },
  BAD_PAGE_TYPE: { meaning: 'a page type that Xen does not have', rejects: BOTH },
  PFN_OUT_OF_RANGE: { meaning: 'a page outside of what the guest can have', rejects: BOTH },
  BAD_P2M_FRAMES: { meaning: "the frames of a PV guest's p2m are wrong", rejects: BOTH },
  PTE_OUT_OF_RANGE: {
    meaning: 'a page table refers to a page outside of the guest',
    rejects: RESTORE,
  },
  BAD_PV_INFO: { meaning: 'a width and a number of levels that no PV guest has', rejects: BOTH },
  BAD_VCPU: { meaning: "a vCPU's state does not have its size", rejects: BOTH },
  VCPU_OUT_OF_RANGE: { meaning: 'a vCPU that the domain does not have', rejects: RESTORE },
  BAD_HVM_PARAM: { meaning: 'a parameter that the hypervisor refuses', rejects: RESTORE },
  DEEP: { meaning: 'only seen inside of state that the format does not look into', rejects: NONE },
  NO_LIBXC_CONTEXT: { meaning: 'there is no guest in it', rejects: VERIFY },
  BAD_EMULATOR_ID: { meaning: 'a device model that libxl does not have', rejects: VERIFY },
  BAD_XENSTORE_DATA: { meaning: "the device model's xenstore data are malformed", rejects: BOTH },
  NO_XL_CONFIG: { meaning: '`xl restore` has to be given a configuration', rejects: RESTORE },
  BAD_XL_CONFIG: { meaning: 'the configuration in an xl file does not fit in', rejects: BOTH },
  BAD_XENOPS_RECORD: { meaning: "xenopsd's metadata are no s-expression", rejects: BOTH },
  BAD_LIBVIRT_XML: { meaning: "libvirt's file has no XML", rejects: BOTH },
  FAILOVER: {
    meaning: 'it ends after a complete checkpoint, from which the guest is restored',
    rejects: NONE,
  },
  CHECKPOINTED: {
    meaning: 'it has checkpoints, and nobody said that it would',
    rejects: NONE,
  },
  HEAD_TOO_LONG: { meaning: 'a head longer than its reader allows', rejects: BOTH },
  MORE_FINDINGS: { meaning: 'there is more than was listed', rejects: NONE },
})

/** Stable name of what can be wrong with an image. */
export type ImageFindingCode = keyof typeof IMAGE_FINDINGS

/** Keeps the names of the codes and widens what they stand for. */
function namedCodes<Code extends string>(
  codes: Readonly<Record<Code, ImageFindingMeaning>>,
): Readonly<Record<Code, ImageFindingMeaning>> {
  return codes
}
