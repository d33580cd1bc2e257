/** XEN_SYSCTL_get_cpu_policy and XEN_DOMCTL_get_cpu_policy: records as Xen writes them. */
import { CpuPolicy, type PolicyKind, PolicyRecordError, type PolicyRecords } from '@xenlevel/core'
import { decodeLeaves, decodeMsrs } from '@xenlevel/cpuid'
import { ERRNOS } from '../abi/errnos.js'
import type { Place } from '../abi/layouts.js'
import { OPERATIONS, type Operation } from '../abi/operations.js'
import { type Asked, answered, type HypercallDoor, nonsense, type OpStruct } from '../hypercall.js'
import { RETRIES } from './featureset.js'

/** The policies by Xen's numbers (xen/include/public/sysctl.h, XEN_SYSCTL_cpu_policy_raw and on); not those of the featuresets. */
const POLICY_INDEX: Readonly<Record<PolicyKind, number>> = {
  raw: 0,
  host: 1,
  pvMax: 2,
  hvmMax: 3,
  pvDefault: 4,
  hvmDefault: 5,
}

/** Bytes of a leaf and of an MSR (xen/include/public/arch-x86/xen.h, xen_cpuid_leaf_t and xen_msr_entry_t). */
const LEAF_BYTES = 24
const MSR_BYTES = 16

/** Far more than any release has; 4.22 has 120 leaves and 2 MSRs. */
const MOST_RECORDS = 4096

/** Leaves and MSRs that there is room for. */
export interface PolicyRoom {
  readonly leaves: number
  readonly msrs: number
}

/** A call that answers a policy. */
interface PolicyCall {
  readonly operation: Operation & (typeof OPERATIONS)['systemPolicy' | 'domainPolicy']
  readonly asked: Asked
  /** Says which policy. */
  readonly choose: (op: OpStruct) => void
  readonly places: Readonly<Record<'nrLeaves' | 'nrMsrs' | 'leaves' | 'msrs', Place>>
}

function systemPolicy({ abi }: HypercallDoor, which: PolicyKind): PolicyCall {
  return {
    operation: OPERATIONS.systemPolicy,
    asked: { policy: which },
    choose: (op) => op.set(abi.at('xen_sysctl_cpu_policy.index'), POLICY_INDEX[which]),
    places: {
      nrLeaves: 'xen_sysctl_cpu_policy.nr_leaves',
      nrMsrs: 'xen_sysctl_cpu_policy.nr_msrs',
      leaves: 'xen_sysctl_cpu_policy.leaves',
      msrs: 'xen_sysctl_cpu_policy.msrs',
    },
  }
}

function domainPolicy({ abi }: HypercallDoor, domid: number): PolicyCall {
  return {
    operation: OPERATIONS.domainPolicy,
    asked: { domid },
    choose: (op) => op.setDomain(abi, domid),
    places: {
      nrLeaves: 'xen_domctl_cpu_policy.nr_leaves',
      nrMsrs: 'xen_domctl_cpu_policy.nr_msrs',
      leaves: 'xen_domctl_cpu_policy.leaves',
      msrs: 'xen_domctl_cpu_policy.msrs',
    },
  }
}

/** How much room a policy takes at most. */
export function askPolicyRoom(door: HypercallDoor): PolicyRoom {
  return askRoom(door, systemPolicy(door, 'raw'))
}

function askRoom(
  door: HypercallDoor,
  { operation, asked, choose, places }: PolicyCall,
): PolicyRoom {
  const op = door.begin(operation)
  choose(op)
  answered(operation.name, door.issue(operation), asked)
  const leaves = op.get(door.abi.at(places.nrLeaves))
  const msrs = op.get(door.abi.at(places.nrMsrs))
  if (leaves > MOST_RECORDS || msrs > MOST_RECORDS) {
    throw nonsense(operation.name, `a policy of ${leaves} leaves and ${msrs} MSRs`, asked)
  }
  return { leaves, msrs }
}

function readRecords(door: HypercallDoor, call: PolicyCall, known?: PolicyRoom): PolicyRecords {
  let room = known ?? askRoom(door, call)
  for (let retries = RETRIES; ; retries--) {
    const result = tryRecords(door, call, room)
    if (typeof result !== 'number') return result
    if (result !== -ERRNOS.ENOBUFS || retries === 0) {
      answered(call.operation.name, result, { ...call.asked, ...room })
    }
    room = askRoom(door, call)
  }
}

/** The records, or the errno as a negative number. */
function tryRecords(
  door: HypercallDoor,
  { operation, asked, choose, places }: PolicyCall,
  room: PolicyRoom,
): PolicyRecords | number {
  const { abi } = door
  const leafBytes = room.leaves * LEAF_BYTES
  const op = door
    .begin(operation, leafBytes + room.msrs * MSR_BYTES)
    .set(abi.at(places.nrLeaves), room.leaves)
    .set(abi.at(places.nrMsrs), room.msrs)
    .point(abi.at(places.leaves))
    .point(abi.at(places.msrs), leafBytes)
  choose(op)
  const result = door.issue(operation)
  if (result < 0) return result
  const leaves = op.get(abi.at(places.nrLeaves))
  const msrs = op.get(abi.at(places.nrMsrs))
  if (leaves > room.leaves || msrs > room.msrs) {
    const what = `${leaves} leaves and ${msrs} MSRs in room for ${room.leaves} and ${room.msrs}`
    throw nonsense(operation.name, what, asked)
  }
  return {
    leaves: decodeLeaves(door.take(leaves * LEAF_BYTES)),
    msrs: decodeMsrs(door.take(msrs * MSR_BYTES, leafBytes)),
  }
}

/**
 * A system policy.
 *
 * @param release - whose records they are.
 * @param room - what a policy takes at most, where it is known already.
 */
export function readPolicy(
  door: HypercallDoor,
  which: PolicyKind,
  { release, room }: { readonly release: string; readonly room?: PolicyRoom },
): CpuPolicy {
  const { leaves, msrs } = readRecords(door, systemPolicy(door, which), room)
  try {
    return CpuPolicy.fromRecords(leaves, msrs, { release })
  } catch (error) {
    if (!(error instanceof PolicyRecordError)) throw error
    throw nonsense(OPERATIONS.systemPolicy.name, error.message, { policy: which })
  }
}

/** The policy of a domain, as Xen writes it. */
export function readDomainPolicy(door: HypercallDoor, domid: number): PolicyRecords {
  return readRecords(door, domainPolicy(door, domid))
}
