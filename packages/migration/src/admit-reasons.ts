/** What the stream itself says against a receiver, or about what it will do: a row each. */
import type { Finding, GuestKind, ReasonGrade } from '@xenlevel/core'
import { nearestRelease, releaseHas } from '@xenlevel/cpuid'
import type { ImageEvent } from './event.js'
import type { ImageHead } from './head.js'
import { POLICY_ROWS } from './records/policy.js'

/** Stable names of the reasons that lie in the stream. */
export type StreamReasonCode = 'stream-version' | 'stream-policy-ignored'

/** A reason that lies in the stream, not in the CPU. */
export interface StreamReason {
  /** Stable name of the reason. */
  readonly code: StreamReasonCode
  /** How bad it is. */
  readonly grade: ReasonGrade
  /** One sentence for people. */
  readonly message: string
  /** The host that says no. */
  readonly host: string
}

/** An image before a receiver. */
export interface Arrival {
  /** The image. */
  readonly head: ImageHead
  /** The kind of guest that the receiver is told. */
  readonly kind: GuestKind
  /** The receiver's release; undefined if it is not known. */
  readonly release: string | undefined
  /** What messages call the receiver. */
  readonly host: string
  /** What was read behind the head. */
  readonly later: readonly ImageEvent[]
}

/** The first release that reads a version of the libxc image (tools/libs/guest/xg_sr_restore.c, read_headers). */
const VERSIONS: readonly { readonly version: number; readonly landed: readonly string[] }[] = [
  { version: 2, landed: ['4.6.0'] },
  { version: 3, landed: ['4.14.0'] },
]

/** What a row finds; null where it finds nothing. */
type Rule<Found> = (arrival: Arrival) => Found | null

const REASONS: readonly Rule<StreamReason>[] = [
  ({ head, release, host }) => {
    const row = VERSIONS.find(({ version }) => version === head.version)
    const exact = release === undefined ? undefined : nearestRelease(release)
    if (row === undefined || exact === undefined || releaseHas(exact, row.landed)) return null
    return {
      code: 'stream-version',
      grade: 'refused',
      message: `Xen ${release} on ${host} does not read version ${head.version} of the stream, which came with Xen ${row.landed[0]}.`,
      host,
    }
  },
  (arrival) => {
    const late = latePolicies(arrival)
    if (late.length === 0) return null
    const { host } = arrival
    return {
      code: 'stream-policy-ignored',
      grade: 'lost',
      message: `${late.join(' and ')} behind STATIC_DATA_END: Xen on ${host} stores what comes so late and never applies it, and the guest runs with another policy in silence.`,
      host,
    }
  },
]

/** Policy records behind the head, named with their place. */
function latePolicies({ head, later }: Arrival): string[] {
  return later.flatMap(({ kind, layer, name, offset }) =>
    kind === 'record' &&
    layer === 'libxc' &&
    offset >= head.headEnd &&
    POLICY_ROWS.some((row) => row.name === name)
      ? [`${name} at byte ${offset}`]
      : [],
  )
}

const FINDINGS: readonly Rule<Finding>[] = [
  ({ head }) =>
    head.xen[0] === 0
      ? {
          code: 'CONVERTED',
          severity: 'info',
          message:
            'The image was made by convert-legacy-stream of one from before Xen 4.6, which has no policy.',
        }
      : null,
  ({ head }) =>
    head.version === 2 && head.policyRecords.length > 0
      ? {
          code: 'V3_RECORD_IN_V2',
          severity: 'warning',
          message:
            'A stream of version 2 has policy records, which came with version 3: Xen applies them all the same.',
        }
      : null,
  ({ head }) =>
    POLICY_ROWS.some((row) => head.policyRecords.filter((r) => r.name === row.name).length > 1)
      ? {
          code: 'DUPLICATE_RECORD',
          severity: 'warning',
          message: 'A policy record comes twice: the last replaces the others, and was judged.',
        }
      : null,
  ({ head }) =>
    head.format === 'xl' && head.config === undefined
      ? {
          code: 'NO_XL_CONFIG',
          severity: 'warning',
          message: 'The file has no configuration: `xl restore` has to be given one.',
        }
      : null,
]

/** Everything that the stream says against the receiver. */
export function streamReasons(arrival: Arrival): StreamReason[] {
  return REASONS.flatMap((rule) => rule(arrival) ?? [])
}

/** Everything else that is good to know of the stream. */
export function streamFindings(arrival: Arrival): Finding[] {
  return [...arrival.head.invented, ...FINDINGS.flatMap((rule) => rule(arrival) ?? [])]
}
