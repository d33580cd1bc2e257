/** Hosts with whole policies, for tests of levels. */
import { type CpuidLeaf, Featureset, featureTable } from '@xenlevel/cpuid'
import { bootFile } from '../../../../../fixtures/boots.js'
import { readRecordedJson } from '../../../../../fixtures/recorded.js'
import type { GuestKind } from '../../guest/kind.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { WHOLE_EXTENT } from '../../policy/layout.js'
import { clearOutOfRange } from '../../policy/range.js'
import { bootPolicy, policyOf, type RecordedPolicy } from '../../policy/recorded.testing.js'
import { clampPolicy, type DomainOptions, setDomainPolicy } from '../../xen/clamp.js'
import {
  type DeriveOptions,
  derivePolicies,
  type HostPolicies,
  type VpmuMode,
} from '../../xen/derive.js'
import { defaultPolicy } from './hosts.js'
import type { LevelPoliciesOptions } from './level-policies.js'
import type { PolicyHost } from './pool.js'

interface RecordedBoot {
  readonly xen: string
  readonly hypercalls: {
    readonly featuresets: Readonly<Record<'host' | 'hvm', string | { readonly err: string }>>
    readonly policies: { readonly raw: RecordedPolicy }
  }
}

/** What a host is derived from. */
export interface Ingredients {
  readonly name: string
  readonly raw: CpuPolicy
  readonly options: DeriveOptions
}

/** A host from what it is derived from. */
export function hostOf({ name, raw, options }: Ingredients): PolicyHost {
  return { name, policies: derivePolicies(raw, options) }
}

/** What a recorded boot is derived from. */
export function bootOf(boot: string): Ingredients {
  const { xen: release, hypercalls } = readRecordedJson<RecordedBoot>(bootFile(boot))
  const { host, hvm } = hypercalls.featuresets
  const raw = bootPolicy(hypercalls.policies.raw, release)
  const options = {
    release,
    hostFeatureset: typeof host === 'string' ? Featureset.parse(host) : Featureset.empty,
    hvm: typeof hvm === 'string' && /[1-9a-f]/.test(hvm),
    amdVirtSpecCtrl: boot.includes('EPYC'),
    bpSpecReduce: false,
  }
  return { name: boot, raw, options }
}

interface RecordedSystem {
  readonly id: number
  readonly name: string
  readonly config: { readonly vpmuMode: VpmuMode }
  readonly raw: RecordedPolicy
  readonly host: RecordedPolicy
  readonly pvMax: RecordedPolicy
  readonly hvmMax: RecordedPolicy
  readonly pvDefault: RecordedPolicy
  readonly hvmDefault: RecordedPolicy
}

/** The hosts of the vectors, with the policies that Xen's own code made; only in the corpus. */
export function vectorHosts(label: string, release: string): PolicyHost[] {
  const { hosts } = readRecordedJson<{ hosts: RecordedSystem[] }>(
    `policy/vectors/system-policies-${label}.json`,
  )
  return hosts.map(({ id, name, config, ...policies }) => ({
    name: `${label} ${id} ${name}`,
    policies: {
      release,
      vpmuMode: config.vpmuMode,
      raw: policyOf(policies.raw, release),
      host: policyOf(policies.host, release),
      pvMax: policyOf(policies.pvMax, release),
      pvDefault: policyOf(policies.pvDefault, release),
      hvmMax: policyOf(policies.hvmMax, release),
      hvmDefault: policyOf(policies.hvmDefault, release),
    },
  }))
}

interface DumpedLeaf {
  readonly leaf: string
  readonly subleaf: string
  readonly eax: string
  readonly ebx: string
  readonly ecx: string
  readonly edx: string
}

/** A row of the index of dumped CPUs. */
export interface DumpedCpu {
  readonly name: string
  readonly vendor: string
  readonly hypervisorBit: boolean
  readonly lm: boolean
}

/** The dumped CPUs; only in the corpus. */
export function dumpedCpus(): DumpedCpu[] {
  return readRecordedJson<{ hosts: DumpedCpu[] }>('hosts/index.json').hosts
}

/** What a dumped CPU is derived from; only in the corpus. */
export function dumpOf({ name, vendor }: DumpedCpu, release: string): Ingredients {
  const { leaves, msrs } = readRecordedJson<{
    leaves: DumpedLeaf[]
    msrs: Record<string, string>
  }>(`hosts/${vendor}/${name}.json`)
  const word = (text: string) => Number.parseInt(text, 16)
  const cpu = {
    id: 0,
    leaves: leaves.map(
      ({ leaf, subleaf, eax, ebx, ecx, edx }): CpuidLeaf => ({
        leaf: word(leaf),
        subleaf: word(subleaf),
        a: word(eax),
        b: word(ebx),
        c: word(ecx),
        // A reader that runs in 32 bits sees no SYSCALL on Intel, and everything that Xen runs on has it.
        d: word(leaf) === 0x8000_0001 ? (word(edx) | (1 << 11)) >>> 0 : word(edx),
      }),
    ),
    msrs: Object.entries(msrs)
      .map(([index, value]) => ({ index: word(index), flags: 0, value: BigInt(value) }))
      // Until Xen knew its bits, no guest policy had anything of MSR_ARCH_CAPABILITIES.
      .filter(
        ({ index }) => index !== 0x10a || featureTable(release).feature('RSBA') !== undefined,
      ),
  }
  const raw = CpuPolicy.fromDump({ format: 'json', cpus: [cpu], warnings: [] }, { release })
  return { name, raw, options: { release } }
}

/** A policy as all that is seen of it: nothing beyond its limits. */
export function seen(policy: CpuPolicy, release: string): CpuPolicy {
  const words = policy.words()
  clearOutOfRange(words, WHOLE_EXTENT)
  return CpuPolicy.fromWords(words, release)
}

/**
 * What a host does to a policy that a toolstack sends it, as its Xen's records show it: null if it takes it and leaves it as it is, in the
 * records of the release of either.
 */
export function changeOn(
  policy: CpuPolicy,
  { policies }: PolicyHost,
  domain: DomainOptions,
): string | null {
  const current = defaultPolicy(policies, domain.kind)
  const set = setDomainPolicy(current, policy.toRecords(), policies, domain)
  if (!set.ok) return `refused: ${JSON.stringify(set.error)}`
  const clamped = clampPolicy(policy, policies, domain).policy
  for (const release of [policy.release, policies.release]) {
    const sent = recordsText(policy, release)
    for (const [how, kept] of Object.entries({ set: set.policy, clamped })) {
      const got = recordsText(kept, release)
      const differs = sent.findIndex((line, at) => line !== got[at])
      if (differs >= 0 || sent.length !== got.length)
        return `${how}: ${sent[differs]} became ${got[differs]}`
    }
  }
  return null
}

/** The records of a policy in the extent of a release, a line each. */
function recordsText(policy: CpuPolicy, release: string): string[] {
  const { leaves, msrs } = CpuPolicy.fromWords(policy.words(), release).toRecords()
  const hex = (value: number | bigint) => value.toString(16)
  return [
    ...leaves.map(({ leaf, subleaf, a, b, c, d }) =>
      [leaf, subleaf ?? -1, a, b, c, d].map(hex).join(':'),
    ),
    ...msrs.map(({ index, value }) => `${hex(index)}:${hex(value)}`),
  ]
}

/** The domain that a level is made for. */
export const domainOf = ({ kind, domain = {} }: LevelPoliciesOptions): DomainOptions => ({
  ...domain,
  kind,
})

/** The kinds of guest. */
export const KINDS: readonly GuestKind[] = ['pv', 'pv32', 'hvm', 'pvh']

/** Hosts of the same policies under another name. */
export function renamed(hosts: readonly PolicyHost[], suffix: string): PolicyHost[] {
  return hosts.map(({ name, policies }) => ({ name: `${name}${suffix}`, policies }))
}

/** Policies that share nothing with others, word for word the same. */
export function copied(policies: HostPolicies): HostPolicies {
  const copy = (policy: CpuPolicy) => CpuPolicy.fromWords(policy.words(), policy.release)
  return {
    ...policies,
    host: copy(policies.host),
    pvMax: copy(policies.pvMax),
    pvDefault: copy(policies.pvDefault),
    hvmMax: copy(policies.hvmMax),
    hvmDefault: copy(policies.hvmDefault),
    ...(policies.raw === undefined ? {} : { raw: copy(policies.raw) }),
  }
}
