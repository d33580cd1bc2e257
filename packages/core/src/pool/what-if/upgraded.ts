/** A host as it will be with another release of Xen. */
import { featureTable, mapFeatureset, nearestRelease } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { Finding } from '../../finding.js'
import { estimateHostFeatureset } from '../../xen/estimate.js'

/** Another Xen. */
export interface ReleaseUpgrade {
  /** Its release. What it will make of the CPU is foreseen from the raw policy or featureset of the host's snapshot. */
  readonly release: string
  /** Its command line, where the raw policy is known; empty by default. */
  readonly commandLine?: string
}

/** A snapshot that was not taken. */
export interface ForeseenHost {
  readonly snapshot: HostSnapshot
  /** How far it could be foreseen. */
  readonly finding: Finding
}

/**
 * What a host will offer under another Xen: derived from its raw policy, estimated from its raw featureset, or, where its snapshot has
 * neither, what it offers now by the names of the other release.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function upgradedHost(
  host: HostSnapshot,
  { release, commandLine = '' }: ReleaseUpgrade,
): ForeseenHost {
  // A distribution's release is as good as the one it is made of.
  const to = featureTable(nearestRelease(release) ?? release)
  const xen = { ...(host.xen ?? facilitiesOf(host)), release }
  const raw = host.policies?.raw
  const { policies: _, ...rest } = host
  if (raw !== undefined) {
    const estimate = estimateHostFeatureset(raw, { release, commandLine })
    const featuresets = { host: estimate.featureset }
    return {
      snapshot: { ...rest, xen, featuresets, policies: { raw } },
      finding: foreseen(host, release, 'derived from its raw policy'),
    }
  }
  if (host.featuresets.raw !== undefined)
    return {
      snapshot: { ...rest, xen, featuresets: { raw: host.featuresets.raw } },
      finding: foreseen(host, release, 'estimated from its raw featureset'),
    }
  const from = featureTable(host.xen === null ? undefined : nearestRelease(host.xen.release))
  const sets = Object.entries(host.featuresets).flatMap(([name, set]) =>
    set === undefined ? [] : [[name, mapFeatureset(set, from, to).featureset]],
  )
  return {
    snapshot: { ...rest, xen, featuresets: Object.fromEntries(sets) },
    finding: {
      code: 'upgrade-unforeseen',
      severity: 'warning',
      hosts: [host.name],
      message: `The snapshot of ${host.name} has neither a raw policy nor a raw featureset, so what Xen ${release} adds there is not foreseen, only what it no longer knows. Take the snapshot again on the host.`,
    },
  }
}

function foreseen({ name }: HostSnapshot, release: string, how: string): Finding {
  return {
    code: 'upgrade-foreseen',
    severity: 'info',
    hosts: [name],
    message: `What Xen ${release} will offer on ${name} is ${how}; its firmware, and settings that are not known, may take some of that away.`,
  }
}

/** What is assumed of a host on which no Xen runs yet. */
function facilitiesOf({ featuresets: { raw } }: HostSnapshot): { hvm: boolean; hap: boolean } {
  const hvm = raw === undefined || raw.has('VMX') || raw.has('SVM')
  return { hvm, hap: hvm }
}
