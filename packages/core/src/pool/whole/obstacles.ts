/** Why no policy is left alone by every host of a pool: each reason, with the hosts by what they say. */
import { describeWordSource, type FeatureName } from '@xenlevel/cpuid'
import { isHvmKind } from '../../guest/kind.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { describeFault } from '../../policy/errors.js'
import { clflushBytes } from '../../policy/fields.js'
import { textOfRegisters } from '../../policy/fields-table.js'
import { setDomainPolicy } from '../../xen/clamp.js'
import { maxPolicy } from './hosts.js'
import type { PolicyPool } from './pool.js'
import { allFeatures, type SearchResult } from './search.js'

/** Hosts that say the same. */
export interface HostGroup {
  /** What they say: a vendor, a number of bytes, 0 or 1 of a bit, an errno; false of what they cannot run. */
  readonly value: string | number | boolean
  /** Their names. */
  readonly hosts: readonly string[]
}

/** One reason why a pool has no whole policy. */
export interface PolicyObstacle {
  /**
   * `host-without-hvm`, `host-without-pv`: hosts that cannot run such a domain at all.
   * `vendors-differ`: a policy names one vendor, and Xen has refused that of another since 4.22 (x86_cpu_policies_are_compatible); before,
   * it takes it, and the guest runs code made for other hardware.
   * `cache-line-sizes-differ`: the clamp gives every guest the CLFLUSH line size of its host (recalculate_cpuid_policy).
   * `host-value-differs`: the clamp gives every guest the host's own value of a bit that says how the FPU behaves (FDP_EXCP_ONLY,
   * NO_FPU_SEL).
   * `records-refused`: the policy, in the words of the release that was asked for, is more than the Xen of these hosts reads.
   */
  readonly code:
    | 'host-without-hvm'
    | 'host-without-pv'
    | 'vendors-differ'
    | 'cache-line-sizes-differ'
    | 'host-value-differs'
    | 'records-refused'
  /** One sentence for people. */
  readonly message: string
  /** The hosts, by what they say. */
  readonly groups: readonly HostGroup[]
  /** The feature it is about, if it is one. */
  readonly feature?: FeatureName
  /** The leaf it is about, if it is one. */
  readonly leaf?: number
  /** The register of that leaf. */
  readonly register?: 'eax' | 'ebx' | 'ecx' | 'edx'
}

/** All obstacles, in a fixed order; `found` is null where no host can run such a domain. */
export function findObstacles(pool: PolicyPool, found: SearchResult | null): PolicyObstacle[] {
  const vendors = new Set(pool.classes.map(({ vendor }) => vendor.join()))
  return [
    ...cannotRun(pool),
    ...(vendors.size > 1 ? [vendorsDiffer(pool)] : []),
    ...(found?.lineSizesDiffer === true ? [lineSizesDiffer(pool)] : []),
    ...(found === null ? [] : hostValues(pool, found)),
    // With hosts of two vendors some of them refuse the policy for that alone.
    ...(found === null || vendors.size > 1 ? [] : recordsRefused(pool, found)),
  ]
}

function cannotRun({ purpose, without }: PolicyPool): PolicyObstacle[] {
  if (without.length === 0) return []
  const hvm = isHvmKind(purpose.domain.kind)
  return [
    {
      code: hvm ? 'host-without-hvm' : 'host-without-pv',
      message: `These hosts cannot run ${hvm ? 'HVM' : 'PV'} guests and do not count for the nearest policy: ${without.join(', ')}.`,
      groups: [{ value: false, hosts: without }],
    },
  ]
}

function vendorsDiffer(pool: PolicyPool): PolicyObstacle {
  const groups = pool.members.group(({ host }) => vendorText(host))
  return {
    code: 'vendors-differ',
    message: `The hosts are of different vendors (${describe(groups)}), and a policy names one: Xen refuses it elsewhere since 4.22. Make one pool a vendor.`,
    groups,
    leaf: 0,
  }
}

function lineSizesDiffer(pool: PolicyPool): PolicyObstacle {
  const { kind } = pool.purpose.domain
  const groups = pool.members.group((policies) => clflushBytes(maxPolicy(policies, kind)))
  return {
    code: 'cache-line-sizes-differ',
    message: `CLFLUSH flushes lines of different sizes (bytes: ${describe(groups)}), and Xen gives every guest the size of its host. No guest can move between them safely.`,
    groups,
    leaf: 1,
    register: 'ebx',
  }
}

function hostValues(pool: PolicyPool, { hostValues: bits }: SearchResult): PolicyObstacle[] {
  const { features, words } = allFeatures().table
  return features
    .filter(({ word, bitInWord }) => (((bits[word] ?? 0) >>> bitInWord) & 1) === 1)
    .map(({ name, word, bitInWord }): PolicyObstacle => {
      const groups = pool.members.group(({ host }) =>
        allFeatures().policyHas(CpuPolicy.peek(host), name) ? 1 : 0,
      )
      const source = words[word]?.source ?? null
      return {
        code: 'host-value-differs',
        message: `${name} (${describeWordSource(source)} bit ${bitInWord}) says how the FPU of the host behaves (${describe(groups)}), and Xen gives every guest the value of its host, whatever the policy says.`,
        groups,
        feature: name,
        ...(source !== null && 'leaf' in source
          ? { leaf: source.leaf, register: source.register }
          : {}),
      }
    })
}

function recordsRefused(pool: PolicyPool, { words }: SearchResult): PolicyObstacle[] {
  const { purpose, table } = pool
  const records = CpuPolicy.fromWords(words, table.release).toRecords()
  const refusals = new Map(
    pool.classes.map((hosts) => {
      const result = setDomainPolicy(CpuPolicy.empty, records, hosts.lowest(), purpose.domain)
      return [hosts.release, result.ok ? null : describeFault(result.error)]
    }),
  )
  const groups = pool.members.group(({ release }) => refusals.get(release) ?? null)
  if (groups.length === 0) return []
  return [
    {
      code: 'records-refused',
      message: `The Xen of some hosts does not read the policy in the words of ${table.release} (${describe(groups)}). Ask for the level in the words of the oldest release.`,
      groups,
    },
  ]
}

/** All characters of leaf 0: Xen compares them, and takes vendors that it does not know for different ones too. */
function vendorText(policy: CpuPolicy): string {
  const { b, c, d } = policy.leaf(0)
  return textOfRegisters([b, d, c])
}

function describe(groups: readonly HostGroup[]): string {
  return groups.map(({ value, hosts }) => `${value}: ${hosts.join(', ')}`).join('; ')
}
