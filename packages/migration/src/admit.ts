/** May the guest in this image run on that host: core's answer for the policy that it carries, with what the stream itself adds. */
import {
  type Admission,
  type AdmitOptions,
  type ApplyConfigResult,
  admitGuest,
  applyConfig,
  type DomainOptions,
  type Finding,
  type GuestCpu,
  type GuestKind,
  type HostPolicies,
  type HostSnapshot,
  policiesOfSnapshot,
  type Reason,
} from '@xenlevel/core'
import { compareReleases, nearestRelease } from '@xenlevel/cpuid'
import { type Arrival, type StreamReason, streamFindings, streamReasons } from './admit-reasons.js'
import type { ImageEvent } from './event.js'
import type { ImageHead } from './head.js'
import { leavesOf } from './records/policy.js'

/** Options of {@link admitImage}. */
export interface AdmitImageOptions extends AdmitOptions {
  /** The kind of guest that the receiver is told; what the head tells by default. */
  readonly kind?: GuestKind
  /** What messages call the guest. */
  readonly name?: string
  /** What the guest has seen, for an image without a policy; xenopsd's featureset by default. */
  readonly featureset?: GuestCpu['featureset']
  /** The end of its memory in guest-physical bytes; judged against the address width if it is given. */
  readonly memoryEnd?: bigint
  /** Events behind the head, where they are known already: policy records among them are never applied. */
  readonly later?: readonly ImageEvent[]
}

/** The whole answer. */
export interface ImageAdmission extends Omit<Admission, 'reasons'> {
  /** All reasons: those of the CPU as {@link @xenlevel/core!admitGuest} finds them, then those of the stream. */
  readonly reasons: readonly (Reason | StreamReason)[]
  /** What else is good to know of the stream; none of it refuses. */
  readonly findings: readonly Finding[]
  /** What the receiver makes up for an image without a policy; null for one with, and where the host's policies are not known. */
  readonly invented: ApplyConfigResult | null
}

/**
 * Whether a host can take the guest of an image, from its head. What the policy of the image says is judged as the receiving Xen would
 * take it and beyond: records that its release cannot hold, its audit, and what it drops in silence. An image without a policy is
 * admitted only if what the guest has seen is known otherwise.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function admitImage(
  head: ImageHead,
  host: HostSnapshot | HostPolicies,
  options: AdmitImageOptions = {},
): ImageAdmission {
  const snapshot = 'format' in host
  const kind = options.kind ?? head.guestKind
  const arrival: Arrival = {
    head,
    kind,
    release: snapshot ? host.xen?.release : host.release,
    host: snapshot ? host.name : (options.hostName ?? 'the host'),
    later: options.later ?? [],
  }
  const cpu = admitGuest(guestOf(head, kind, options), host, options)
  const stream = streamReasons(arrival)
  const refused = stream.find(({ grade }) => grade === 'refused' || grade === 'lost')
  return {
    ...cpu,
    admitted: cpu.admitted && refused === undefined,
    reasons: [...cpu.reasons, ...stream],
    findings: streamFindings(arrival),
    invented: inventedPolicy(head, { kind, ...options.domain }, policiesFor(host)),
    advice: cpu.advice ?? refused?.message ?? null,
  }
}

/** What the image says of its guest's CPU: its records, which the receiver may refuse, or else what is known otherwise. */
function guestOf(
  head: ImageHead,
  kind: GuestKind,
  { name, featureset, memoryEnd }: AdmitImageOptions,
): GuestCpu {
  const leaves = leavesOf(head.policyRecords)
  const known = featureset ?? head.metadata?.featureset ?? undefined
  return {
    kind,
    ...(name === undefined ? {} : { name }),
    ...(memoryEnd === undefined ? {} : { memoryEnd }),
    ...(leaves !== null
      ? { records: { leaves, msrs: head.msrPolicy ?? [] } }
      : known === undefined
        ? {}
        : { featureset: known }),
  }
}

/** The first release whose toolstack is known to make up a policy for a guest that comes without. */
const FIRST_TO_INVENT = '4.13.0'

function policiesFor(host: HostSnapshot | HostPolicies): HostPolicies | null {
  return 'format' in host ? (policiesOfSnapshot(host)?.policies ?? null) : host
}

/** What libxl or xenguest does where the CPUID policy is missing: a fresh guest's, with what old guests may have used brought back. */
function inventedPolicy(
  { missing, metadata }: ImageHead,
  domain: DomainOptions,
  host: HostPolicies | null,
): ApplyConfigResult | null {
  if (host === null) return null
  const release = nearestRelease(host.release)
  if (!missing.includes('CPUID') || release === undefined) return null
  if (compareReleases(release, FIRST_TO_INVENT) < 0) return null
  const featureset = metadata?.featureset ?? null
  return applyConfig({
    ...{ host, domain, release, restore: true },
    ...(featureset === null ? {} : { featureset }),
  })
}
