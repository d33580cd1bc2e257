/** The policy records of an image, replaced, put in or taken out: every other byte stays. */
import { POLICY_ROWS } from '../records/policy.js'
import { libxcRecord, STATIC_DATA_END } from '../records/types.js'
import { recordPieces } from '../write/framing.js'
import { RewriteError } from './errors.js'
import {
  type HeadRecord,
  type HeldHead,
  headTransform,
  libxcRecords,
  type RewriteOptions,
  type Splice,
} from './head.js'
import { type NewPolicy, type PolicyBodies, policyBodies } from './policy-records.js'

/** Options of {@link rewritePolicy} and {@link upgradeImage}. */
export interface RewritePolicyOptions extends RewriteOptions {
  /**
   * The release of the Xen that is to take the image. Records have to be in its limits, and a `CpuPolicy` is written in them; without it
   * those of the newest Xen count, and a `CpuPolicy` is written as its own release writes it.
   */
  readonly release?: string
}

/** A policy, or what makes one of the head that has come. */
export type PolicyOfHead = NewPolicy | ((head: HeldHead) => NewPolicy | Promise<NewPolicy>)

/**
 * Gives an image another CPU policy: records that are there are replaced in place, missing ones put where Xen writes them, those that are
 * to be null taken out. Of two records of a name the last, which counts, is replaced, and the others go. Every other byte stays, in any
 * form and whatever is around the libxc image, as nothing outside counts its bytes; xenopsd's metadata keeps its own featureset.
 *
 * The head is held until it is complete; what is behind it passes unread. A function in place of the policy is given the head.
 *
 * The stream fails, with nothing written, with an {@link ImageError} where the head cannot be read, with a
 * {@link @xenlevel/core!PolicyRecordError} for records that Xen refuses, and with a {@link RewriteError} for a policy that the release cannot
 * hold, or records for an image of version 2, which {@link upgradeImage} makes one of version 3.
 */
export function rewritePolicy(
  policy: PolicyOfHead,
  options: RewritePolicyOptions = {},
): TransformStream<Uint8Array, Uint8Array> {
  return headTransform(async (head) => {
    const bodies = await bodiesFor(policy, head, options)
    if (head.version < 3 && Object.values(bodies).some((body) => body instanceof Uint8Array))
      throw new RewriteError({
        code: 'V3_RECORD_IN_V2',
        message: `An image of version ${head.version} has no policy records; upgradeImage makes one of version 3 of it`,
        details: { version: head.version },
      })
    return policySplices(head, bodies)
  }, options)
}

/** The records that a policy comes to in an image. */
export async function bodiesFor(
  policy: PolicyOfHead,
  head: HeldHead,
  { release }: RewritePolicyOptions,
): Promise<PolicyBodies> {
  return policyBodies(typeof policy === 'function' ? await policy(head) : policy, head, release)
}

/** What changes in a head that gets these records. */
export function policySplices(head: HeldHead, bodies: PolicyBodies): Splice[] {
  const records = libxcRecords(head)
  const end = endOfStaticPart(records, head)
  const present = POLICY_ROWS.map(({ type }) => records.filter((record) => record.type === type))
  return POLICY_ROWS.flatMap(({ name, type }, row): Splice[] => {
    const body = bodies[name]
    if (body === undefined) return []
    const pieces = body === null ? [] : recordPieces(type, body)
    const [last, ...older] = [...(present[row] ?? [])].reverse()
    // Xen writes leaves before MSRs, and both at the end of the static part.
    const place = last ?? at(present[row + 1]?.[0]?.start ?? end)
    return [...older.map((record) => ({ ...record, pieces: [] })), { ...place, pieces }]
  }).sort((a, b) => a.start - b.start || a.end - b.end)
}

const at = (start: number) => ({ start, end: start })

/**
 * Where the last static record can be put: before STATIC_DATA_END, or where there is none before the first other record behind all static
 * ones.
 */
export function endOfStaticPart(records: readonly HeadRecord[], head: HeldHead): number {
  const partOf = ({ type }: HeadRecord) => libxcRecord(type)?.part ?? 'optional'
  const marker = records.find(({ type }) => type === STATIC_DATA_END)
  if (marker !== undefined) return marker.start
  const behind = records.slice(records.findLastIndex((record) => partOf(record) === 'static') + 1)
  return behind.find((record) => partOf(record) !== 'optional')?.start ?? head.headEnd
}
