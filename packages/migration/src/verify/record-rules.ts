/** What each record of a libxc image has to be: whose it is, how long, how often, what in it is reserved. A row each. */
import { RECORD_HEAD } from '../layers/framing.js'
import {
  CHECKPOINT,
  END,
  HVM_CONTEXT,
  HVM_PARAMS,
  PAGE_DATA,
  SHARED_INFO,
  STATIC_DATA_END,
  VERIFY,
  X86_CPUID_POLICY,
  X86_MSR_POLICY,
  X86_PV_INFO,
  X86_PV_P2M_FRAMES,
  X86_PV_VCPU_BASIC,
  X86_PV_VCPU_EXTENDED,
  X86_PV_VCPU_MSRS,
  X86_PV_VCPU_XSAVE,
  X86_TSC_INFO,
} from '../records/types.js'
import type { Beginning } from '../walk.js'
import type { ImageFindingCode, ImageVerdictName } from './codes.js'
import { Beginnings, type Bench, type Reading } from './rules.js'

/** How long a body has to be; the verdicts are those that another length makes "no". */
interface LengthRule {
  /** Bytes that it has at least, and at most. */
  readonly least?: number
  readonly most?: number
  /** Bytes of which it is a multiple. */
  readonly unit?: number
  /** The verdicts; both by default. */
  readonly rejects?: readonly ImageVerdictName[]
  /** The code; BAD_RECORD_LENGTH by default. */
  readonly code?: ImageFindingCode
}

/** A row. */
export interface RecordRule {
  /** The number on the wire. */
  readonly type: number
  /** The kind of guest whose images have it; both by default. */
  readonly guest?: 'pv' | 'hvm'
  /** Where it comes once at most. */
  readonly once?: 'image' | 'round'
  /** The verdicts that a second one makes "no"; `verify` by default. */
  readonly twice?: readonly ImageVerdictName[]
  /** Its length, by rules that all hold. */
  readonly length?: readonly LengthRule[]
  /** Reserved bytes in it: from, to. */
  readonly reserved?: readonly [from: number, to: number]
}

/** By specification it has no body; receivers do not look at one. */
const EMPTY: readonly LengthRule[] = [{ most: 0, rejects: ['verify'] }]
const VCPU = { guest: 'pv', length: [{ least: 8 }], reserved: [4, 8] } as const

/** All records that an image can have (docs/specs/libxc-migration-stream.pandoc; tools/libs/guest/xg_sr_restore*.c). */
const ROWS: readonly RecordRule[] = [
  { type: END, length: EMPTY },
  { type: PAGE_DATA },
  {
    type: X86_PV_INFO,
    guest: 'pv',
    once: 'image',
    twice: ['verify', 'restore'],
    length: [{ least: 8 }, { most: 8, rejects: ['verify'] }],
    reserved: [2, 8],
  },
  { type: X86_PV_P2M_FRAMES, guest: 'pv', length: [{ least: 8 }, { unit: 8 }] },
  { type: X86_PV_VCPU_BASIC, ...VCPU },
  { type: X86_PV_VCPU_EXTENDED, ...VCPU },
  { type: X86_PV_VCPU_XSAVE, ...VCPU },
  { type: SHARED_INFO, guest: 'pv', once: 'round', length: [{ least: 4096, most: 4096 }] },
  { type: X86_TSC_INFO, once: 'round', length: [{ least: 24, most: 24 }], reserved: [20, 24] },
  { type: HVM_CONTEXT, guest: 'hvm', once: 'round', length: [{ least: 1 }] },
  // The converter of old streams writes two.
  { type: HVM_PARAMS, guest: 'hvm', length: [{ least: 8 }], reserved: [4, 8] },
  { type: X86_PV_VCPU_MSRS, ...VCPU },
  { type: VERIFY, once: 'image', length: EMPTY },
  { type: CHECKPOINT, length: EMPTY },
  { type: STATIC_DATA_END, length: EMPTY },
  {
    type: X86_CPUID_POLICY,
    once: 'image',
    length: [{ least: 1, unit: 24, code: 'BAD_POLICY_LENGTH' }],
  },
  {
    type: X86_MSR_POLICY,
    once: 'image',
    length: [{ least: 1, unit: 16, code: 'BAD_POLICY_LENGTH' }],
  },
]

/** The row of a type; undefined for one that no image has. */
export function recordRule(type: number): RecordRule | undefined {
  return ROWS.find((row) => row.type === type)
}

/** The rules that a length breaks. */
export function brokenLengths(type: number, length: number): readonly LengthRule[] {
  return (
    recordRule(type)?.length?.filter(
      ({ least = 0, most = Number.POSITIVE_INFINITY, unit = 1 }) =>
        length < least || length > most || length % unit !== 0,
    ) ?? []
  )
}

/** A rule in words. */
export function lengthInWords({ least, most, unit }: LengthRule): string {
  if (most === 0) return 'no body'
  if (least !== undefined && least === most) return `exactly ${least} bytes`
  const words = [
    ...(least === undefined || least < 2 ? [] : [`at least ${least} bytes`]),
    ...(most === undefined ? [] : [`at most ${most} bytes`]),
    ...(unit === undefined ? [] : [`a multiple of ${unit} bytes`]),
    ...(least === 1 ? ['something in it'] : []),
  ]
  return words.join(' and ')
}

/** Finds reserved bytes that are not zero in the beginning of a body. */
export function noteReservedBytes(
  bench: Bench,
  type: number,
  offset: number,
  view: DataView,
): void {
  const reserved = recordRule(type)?.reserved
  if (reserved === undefined) return
  const [from, to] = reserved
  for (let at = from; at < Math.min(to, view.byteLength); at++) {
    if (view.getUint8(at) === 0) continue
    bench.found({
      code: 'RESERVED_BITS',
      message: `Bytes ${from} to ${to - 1} of the body have to be zero`,
      offset: offset + RECORD_HEAD + at,
    })
    return
  }
}

/** Reads a body of which nothing but what is reserved is of interest; null if nothing is. */
export function reservedBody({ type = -1, offset }: Beginning, bench: Bench): Reading | null {
  const to = recordRule(type)?.reserved?.[1]
  if (to === undefined) return null
  const look = (view: DataView) => noteReservedBytes(bench, type, offset, view)
  return { shown: to, reader: new Beginnings(to, look) }
}
