/** What is written for a toolstack, and what should be known about it. */
import {
  type CpuPolicy,
  type Finding,
  type HostPolicies,
  type HostSnapshot,
  type PoolLevel,
  policiesOfSnapshot,
} from '@xenlevel/core'
import type { FeatureName, Featureset } from '@xenlevel/cpuid'
import { CommandError } from '../errors.js'
import type { Language } from './languages.js'

/** What is to be written. */
export interface EmitRequest {
  /** The level. */
  readonly level: PoolLevel
  /** Its hosts, where they are known one by one. */
  readonly hosts: readonly HostSnapshot[]
  /** The kind of guest. */
  readonly kind: 'pv' | 'hvm'
  /** Whether the whole policy is wanted, leaf limits and sizes and names too, or the features alone. */
  readonly whole: boolean
}

/** What is written. */
export interface Emitted {
  /** The language. */
  readonly language: Language
  /** The text; of several hosts that need different ones, that of each behind a comment. */
  readonly text: string
  /** The text of each host, where they differ; empty where one holds for all. */
  readonly byHost: Readonly<Record<string, string>>
  /** Whether it was followed through toolstack and Xen on every host and gives the level; false where it cannot be. */
  readonly proved: boolean
  /** What will be otherwise than wanted, or should be known. */
  readonly findings: readonly Finding[]
}

/**
 * What guests are to have.
 *
 * @throws {@link CommandError} where no host runs such guests, or there is no whole policy.
 */
export function wantedOf({ level, kind, whole }: EmitRequest): CpuPolicy | Featureset {
  const guests = level[kind]
  const name = kind.toUpperCase()
  if (guests.hosts.length === 0)
    throw new CommandError({
      code: 'NO_SUCH_GUESTS',
      message: `No host of this pool is known to run ${name} guests; --guest ${kind === 'hvm' ? 'pv' : 'hvm'} asks about the others.`,
    })
  if (!whole) return guests.default
  if (guests.policy !== null) return guests.policy
  const [obstacle] = guests.whole?.obstacles ?? []
  throw new CommandError({
    code: 'NO_WHOLE_POLICY',
    message: `There is no policy for ${name} guests that every host leaves as it is: ${obstacle?.message ?? 'the policies of some host are not known'} Leave --whole out to level features alone.`,
  })
}

/** A host with its policies. */
export interface EmitHost {
  /** Its name. */
  readonly name: string
  /** Its policies. */
  readonly policies: HostPolicies
}

/** The hosts with policies that count for the level, and the names of those without. */
export function emitHosts({ hosts, level, kind }: EmitRequest): {
  readonly known: readonly EmitHost[]
  readonly unknown: readonly string[]
} {
  const counting = hosts.filter(({ name }) => level[kind].hosts.includes(name))
  const known: EmitHost[] = []
  const unknown: string[] = []
  for (const host of counting) {
    const policies = policiesOfSnapshot(host)?.policies
    if (policies === undefined) unknown.push(host.name)
    else known.push({ name: host.name, policies })
  }
  return { known, unknown }
}

/** Features that some host gives by default and the level does not have: what a configuration has to take away. */
export function featuresToTake({ level, kind }: EmitRequest): FeatureName[] {
  return level.losses
    .filter((loss) => loss.guests.includes(kind) && loss.kind !== 'not-carried')
    .map(({ feature }) => feature)
}

/** Findings of several hosts, each once. */
export function distinct(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map((finding) => [finding.message, finding]))
  return [...seen.values()]
}

/** The finding for what is written without policies. */
export function unproved(unknown: readonly string[]): Finding {
  return {
    code: 'not-proved',
    severity: 'warning',
    message: `Written from featuresets alone: of ${unknown.slice(0, 6).join(', ')}${unknown.length > 6 ? ` and ${unknown.length - 6} more` : ''} no policies are known, so nobody has followed it through libxl and Xen. Take snapshots with "xenlevel host capture", or import dumps with --xen-release.`,
    hosts: unknown,
  }
}
