/** The receiving side of an admission, whatever it was given as. */
import {
  type CpuVendor,
  type Featureset,
  type FeatureTable,
  featureTable,
  mapFeatureset,
  nearestRelease,
} from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'
import type { DomainOptions } from '../xen/clamp.js'
import type { HostPolicies } from '../xen/derive.js'
import { policiesOfSnapshot, runsHvm } from '../xen/host-policies.js'
import { offeredFeaturesets } from '../xen/offered-featuresets.js'
import { isHvmKind } from './kind.js'
import type { Admission, AdmitOptions, GuestCpu } from './reasons.js'

/** A guest before a host. */
export interface Encounter {
  /** The guest. */
  readonly guest: GuestCpu
  /** What messages call it. */
  readonly guestName: string
  /** What messages call the host. */
  readonly host: string
  /** The host's vendor. */
  readonly vendor: CpuVendor
  /** The host's release; undefined if none is known. */
  readonly release: string | undefined
  /** Whose words and names are used for featuresets. */
  readonly table: FeatureTable
  /** The host's policies, where they are known. */
  readonly policies: HostPolicies | null
  /** The domain that is made for the guest. */
  readonly domain: DomainOptions
  /** Words of which the host is not known to have anything. */
  readonly unknownWords: readonly number[]
  /** Whether the host can run that kind of guest, as far as anything is known against it. */
  readonly canRun: boolean
  /** Who says what the host offers. */
  readonly evidence: Admission['evidence']
  /** The most that the host gives a guest of this kind, in the words of `table`; null if it cannot run it or nothing is known. */
  max(): Featureset | null
}

/** Puts a guest before a host. */
export function encounter(
  guest: GuestCpu,
  host: HostSnapshot | HostPolicies,
  options: AdmitOptions,
): Encounter {
  const table = featureTable(options.release)
  return 'format' in host
    ? beforeSnapshot(guest, host, table, options)
    : beforePolicies(guest, host, table, options)
}

function nameOf({ name }: GuestCpu): string {
  return name ?? 'the guest'
}

function beforeSnapshot(
  guest: GuestCpu,
  host: HostSnapshot,
  table: FeatureTable,
  options: AdmitOptions,
): Encounter {
  const whole = policiesOfSnapshot(host)
  const { xen, cpu, name, unknownWords } = host
  const pv = xen?.pv ?? true
  const offered = offeredFeaturesets(host, table)
  const hvm = offered.evidence === 'unknown' ? (xen?.hvm ?? true) : offered.hvm !== null
  return {
    guest,
    guestName: nameOf(guest),
    host: name,
    vendor: cpu.vendor,
    release: xen?.release,
    table,
    policies: whole?.policies ?? null,
    domain: { kind: guest.kind, hap: xen?.hap ?? true, ...options.domain },
    unknownWords,
    canRun: { pv, pv32: xen?.pv32 ?? pv, hvm, pvh: hvm }[guest.kind],
    evidence: offered.evidence,
    max: () => (isHvmKind(guest.kind) ? offered.hvm : offered.pv)?.max ?? null,
  }
}

function beforePolicies(
  guest: GuestCpu,
  host: HostPolicies,
  table: FeatureTable,
  options: AdmitOptions,
): Encounter {
  const canRun = !isHvmKind(guest.kind) || runsHvm(host)
  return {
    guest,
    guestName: nameOf(guest),
    host: options.hostName ?? 'the host',
    vendor: host.host.vendor,
    release: host.release,
    table,
    policies: host,
    domain: { kind: guest.kind, ...options.domain },
    unknownWords: [],
    canRun,
    evidence: 'said',
    max() {
      if (!canRun) return null
      const { featureset, release } = isHvmKind(guest.kind) ? host.hvmMax : host.pvMax
      const own = featureTable(nearestRelease(release))
      return own === table ? featureset : mapFeatureset(featureset, own, table).featureset
    },
  }
}
