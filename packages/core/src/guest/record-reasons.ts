/** Records of a policy before the receiving release: which of them it refuses, and what it makes of the others. */
import { describeFault, fault, type PolicyFault } from '../policy/errors.js'
import type { PolicyExtent } from '../policy/layout.js'
import { mostLeaves, readLeaves, readMsrs } from '../policy/records.js'
import type { GuestRecords, Reason } from './reasons.js'
import type { Encounter } from './receiver.js'

/**
 * Puts records over policy words one by one, as far as the release takes them.
 *
 * @returns every fault, in the order in which Xen would come to them; it stops at the first.
 */
export function putRecords(
  words: Uint32Array,
  records: GuestRecords,
  extent: PolicyExtent,
): PolicyFault[] {
  const { leaves, msrs } = records
  const whole = readLeaves(words, leaves, extent) ?? readMsrs(words, msrs, extent)
  if (whole === null) return []
  const faults = [
    ...(leaves.length > mostLeaves(extent) ? [fault('E2BIG')] : []),
    ...leaves.flatMap((leaf) => readLeaves(words, [leaf], extent) ?? []),
    ...(msrs.length > extent.msrs ? [fault('E2BIG')] : []),
    ...msrs.flatMap((msr) => readMsrs(words, [msr], extent) ?? []),
  ]
  return faults
}

/** A record that Xen refuses. */
export function recordReason(found: PolicyFault, encounter: Encounter): Reason {
  const { guestName, host, release } = encounter
  return {
    code: 'record-refused',
    grade: 'refused',
    message: `Xen ${release} on ${host} refuses the policy of ${guestName}: ${describeFault(found)}.`,
    host,
    ...placeOf(found),
  }
}

/** The place of a fault, as far as it has one. */
export function placeOf({ errno, leaf, subleaf, msr }: PolicyFault): Partial<Reason> {
  return {
    errno,
    ...(leaf === null ? {} : { leaf, subleaf }),
    ...(msr === null ? {} : { msr }),
  }
}
