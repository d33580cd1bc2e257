/** The records of a libxc image: numbers, names, and what each is to those who decide from the head. */

/** What a record is to a reader. */
interface RecordRow {
  /** The number on the wire. */
  readonly type: number
  /** Its name in Xen. */
  readonly name: string
  /**
   * Where it stands: `static` before STATIC_DATA_END; `memory` is what a v3 image has only behind it, and before the first of which an
   * older image's static part ends; `state` is anything else; `end` closes an image or a round of it; `never` is in no forward stream.
   */
  readonly part: 'static' | 'memory' | 'state' | 'end' | 'never'
}

/** A batch of pfns, with pages. */
export const PAGE_DATA = 0x01
/** Width and page-table levels of a PV guest. */
export const X86_PV_INFO = 0x02
/** Which pages hold the table of all pages of a PV guest. */
export const X86_PV_P2M_FRAMES = 0x03
/** The state of a vCPU of a PV guest: its registers, and three more blobs. */
export const X86_PV_VCPU_BASIC = 0x04
export const X86_PV_VCPU_EXTENDED = 0x05
export const X86_PV_VCPU_XSAVE = 0x06
export const X86_PV_VCPU_MSRS = 0x0c
/** The page that a PV guest shares with Xen. */
export const SHARED_INFO = 0x07
/** The guest's clock. */
export const X86_TSC_INFO = 0x08
/** The state of an HVM guest. */
export const HVM_CONTEXT = 0x09
/** Its parameters. */
export const HVM_PARAMS = 0x0a
/** All memory comes once more, to be compared. */
export const VERIFY = 0x0d
/** A round of a checkpointed image is complete. */
export const CHECKPOINT = 0x0e
/** The head ends. */
export const STATIC_DATA_END = 0x10
/** Leaves. */
export const X86_CPUID_POLICY = 0x11
/** MSRs. */
export const X86_MSR_POLICY = 0x12
/** The image ends. */
export const END = 0x00

/** All types (tools/libs/guest/xg_sr_stream_format.h; docs/specs/libxc-migration-stream.pandoc). */
const ROWS = [
  { type: END, name: 'END', part: 'end' },
  { type: PAGE_DATA, name: 'PAGE_DATA', part: 'memory' },
  { type: X86_PV_INFO, name: 'X86_PV_INFO', part: 'static' },
  { type: X86_PV_P2M_FRAMES, name: 'X86_PV_P2M_FRAMES', part: 'memory' },
  { type: X86_PV_VCPU_BASIC, name: 'X86_PV_VCPU_BASIC', part: 'state' },
  { type: X86_PV_VCPU_EXTENDED, name: 'X86_PV_VCPU_EXTENDED', part: 'state' },
  { type: X86_PV_VCPU_XSAVE, name: 'X86_PV_VCPU_XSAVE', part: 'state' },
  { type: SHARED_INFO, name: 'SHARED_INFO', part: 'state' },
  { type: X86_TSC_INFO, name: 'X86_TSC_INFO', part: 'state' },
  { type: HVM_CONTEXT, name: 'HVM_CONTEXT', part: 'state' },
  { type: HVM_PARAMS, name: 'HVM_PARAMS', part: 'state' },
  // Deprecated before 4.6 was out: no receiver knows it.
  { type: 0x0b, name: 'TOOLSTACK', part: 'never' },
  { type: X86_PV_VCPU_MSRS, name: 'X86_PV_VCPU_MSRS', part: 'state' },
  { type: VERIFY, name: 'VERIFY', part: 'state' },
  { type: CHECKPOINT, name: 'CHECKPOINT', part: 'end' },
  // COLO sends it back to the sender, over a channel of its own.
  { type: 0x0f, name: 'CHECKPOINT_DIRTY_PFN_LIST', part: 'never' },
  { type: STATIC_DATA_END, name: 'STATIC_DATA_END', part: 'static' },
  { type: X86_CPUID_POLICY, name: 'X86_CPUID_POLICY', part: 'static' },
  { type: X86_MSR_POLICY, name: 'X86_MSR_POLICY', part: 'static' },
] as const satisfies readonly RecordRow[]

/** The name of a type that Xen knows. */
export type LibxcRecordName = (typeof ROWS)[number]['name']

/** The number of a type. */
export function libxcType(name: LibxcRecordName): number {
  return ROWS.findIndex((row) => row.name === name)
}

/** The row of a type; undefined for one that Xen does not know. */
export function libxcRecord(type: number): RecordRow | undefined {
  // Beyond the array, an index would be looked up as a name.
  return type < ROWS.length ? ROWS[type] : undefined
}
