/** For tests: hosts whose policies were recorded, and policies that domains on them can have. */
import { Featureset } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { readRecordedJson } from '../../../../../fixtures/recorded.js'
import type { Finding } from '../../finding.js'
import { isHvmKind } from '../../guest/kind.js'
import type { CpuPolicy } from '../../policy/cpu-policy.js'
import { policyOf, type RecordedPolicy } from '../../policy/recorded.testing.js'
import { setDomainPolicy } from '../../xen/clamp.js'
import type { HostPolicies, VpmuMode } from '../../xen/derive.js'
import { configured, type EmitOptions } from './forward.js'

interface SystemHost {
  readonly id: number
  readonly name: string
  readonly config: { readonly vpmuMode: VpmuMode }
  readonly raw: RecordedPolicy
  readonly host: RecordedPolicy
  readonly pvMax: RecordedPolicy
  readonly pvDefault: RecordedPolicy
  readonly hvmMax: RecordedPolicy
  readonly hvmDefault: RecordedPolicy
}

/** A host. */
interface NamedHost {
  readonly name: string
  readonly policies: HostPolicies
}

/** Where the hosts of a label of the vectors are. */
export const systemPolicies = (label: string) => `policy/vectors/system-policies-${label}.json`

/** The hosts of a label of the vectors. */
export function systemHosts(label: string, release: string): NamedHost[] {
  const { hosts } = readRecordedJson<{ hosts: SystemHost[] }>(systemPolicies(label))
  return hosts.map((host) => ({
    name: `${host.id} ${host.name}`,
    policies: {
      release,
      raw: policyOf(host.raw, release),
      host: policyOf(host.host, release),
      pvMax: policyOf(host.pvMax, release),
      pvDefault: policyOf(host.pvDefault, release),
      hvmMax: policyOf(host.hvmMax, release),
      hvmDefault: policyOf(host.hvmDefault, release),
      vpmuMode: host.config.vpmuMode,
    },
  }))
}

/** Masks for the words of a featureset: few bits taken away, or many. */
export const masks = fc.oneof(
  fc.array(
    fc.integer({ min: 0, max: 31 }).map((bit) => ~(1 << bit) >>> 0),
    { maxLength: 19 },
  ),
  fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 19 }),
)

/** The most that a domain can have. */
export function maxOf({ host, domain }: EmitOptions): CpuPolicy {
  return isHvmKind(domain.kind) ? host.hvmMax : host.pvMax
}

/** A policy that a domain can have: what Xen makes of some of the max policy's features; null if it takes nothing. */
export function someOfMax(options: EmitOptions, masks: readonly number[]): CpuPolicy | null {
  const { words } = maxOf(options).featureset
  const some = words.map((word, at) => (word & (masks[at] ?? 0xffff_ffff)) >>> 0)
  const base = configured(options).policy
  return changed(options, base.withFeatureset(Featureset.fromWords(some)))
}

/** What Xen makes of a policy that a domain is given; null if it takes nothing. */
export function changed(options: EmitOptions, asked: CpuPolicy): CpuPolicy | null {
  const { host, domain } = options
  const result = setDomainPolicy(configured(options).policy, asked.toRecords(), host, domain)
  return result.ok ? result.policy.clearOutOfRange() : null
}

/** What findings say, word by word. */
export function saidNames(findings: readonly Finding[]): Set<string> {
  return new Set(findings.flatMap(({ message }) => message.split(/[,:;. ]+(?=\s|$)|\s+/)))
}
