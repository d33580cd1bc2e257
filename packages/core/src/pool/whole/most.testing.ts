/** That a level is the most there is, and that its losses are all there are: checked on its hosts one by one. */
import { type Feature, featureTable } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { XSTATE_LEAVES, xstate } from '../../policy/layout.js'
import { clampPolicy, type DomainOptions, initDomainPolicy } from '../../xen/clamp.js'
import { releaseRules } from '../../xen/releases.js'
import { accumulatedFeatures } from '../combine.js'
import { defaultPolicy } from './hosts.js'
import type { LevelPoliciesOptions, PolicyLevel } from './level-policies.js'
import type { PolicyHost } from './pool.js'
import { domainOf, seen } from './pools.testing.js'
import { allFeatures } from './search.js'

const bitsOf = (policy: CpuPolicy) => allFeatures().read(CpuPolicy.peek(policy))
const has = (words: ArrayLike<number>, bit: number) =>
  (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1

/** A feature is left out only if a host lacks it, or takes it away, or lays its state out in its own way. */
export function notMost(
  { nearest, release }: PolicyLevel,
  hosts: readonly PolicyHost[],
  options: LevelPoliciesOptions,
): string[] {
  const table = featureTable(release)
  const told = options.method === 'intersection' ? [] : accumulatedFeatures(table).names(table)
  const level = bitsOf(nearest)
  const defaults = hosts.map(({ policies }) =>
    bitsOf(seen(defaultPolicy(policies, options.kind), release)),
  )
  const lacked = (bit: number) => defaults.some((words) => !has(words, bit))
  return table.features.flatMap(({ name, bit }: Feature) => {
    if (has(level, bit) || !defaults.some((words) => has(words, bit))) return []
    const needs = table.requirements(name).map((one) => table.feature(one)?.bit ?? -1)
    const added = [bit, ...needs].filter((one) => !has(level, one))
    const isTold = told.includes(name)
    if (added.some((one) => !(isTold && one === bit) && lacked(one))) return []
    if (['RSBA', 'RRSBA'].includes(name) && options.method !== 'intersection') return []
    // Without room for the MSR there is no saying what it stands for.
    if (
      added.includes(table.feature('ARCH_CAPS')?.bit ?? -1) &&
      nearest.toRecords().msrs.length < 2
    )
      return []
    const words = nearest.words()
    const features = allFeatures().read(words)
    for (const one of added) features[one >>> 5] = (features[one >>> 5] ?? 0) | (1 << (one & 31))
    allFeatures().write(words, features)
    const trial = CpuPolicy.fromWords(words, release)
    const results = hosts.map(({ policies }) =>
      seen(clampPolicy(trial, policies, domainOf(options)).policy, release),
    )
    const dropped = results.some((result) => added.some((one) => !has(bitsOf(result), one)))
    const layouts = new Set(
      results.map((result) =>
        CpuPolicy.peek(result).slice(xstate(0), xstate(XSTATE_LEAVES)).join(),
      ),
    )
    return dropped || layouts.size > 1 ? [] : [`${name} could have stayed`]
  })
}

/** Numbers are those of the host that has least. */
export function wrongNumbers(
  { nearest, obstacles }: PolicyLevel,
  hosts: readonly PolicyHost[],
  domain: DomainOptions,
): string[] {
  // How far extended leaves go depends on the vendor too.
  if (hosts.length === 0 || obstacles.some(({ code }) => code === 'vendors-differ')) return []
  const own = hosts.map(({ policies }) => initDomainPolicy(policies, domain).policy)
  const least = (read: (policy: CpuPolicy) => number) => Math.min(...own.map(read))
  const paged =
    allFeatures().policyHas(CpuPolicy.peek(nearest), 'PAE') ||
    allFeatures().policyHas(CpuPolicy.peek(nearest), 'PSE36')
  const { extendedLeaves, featureLeaves } = releaseRules(nearest.release)
  const width = least(({ physAddrBits }) => physAddrBits)
  const numbers = {
    maxLeaf: [nearest.maxLeaf, least(({ maxLeaf }) => maxLeaf)],
    maxExtendedLeaf: [
      nearest.maxExtendedLeaf,
      Math.min(
        0x8000_0000 + extendedLeaves - 1,
        least(({ maxExtendedLeaf }) => maxExtendedLeaf),
      ),
    ],
    maxSubleaf: [
      nearest.maxSubleaf,
      nearest.maxLeaf < 7
        ? 0
        : Math.min(
            featureLeaves - 1,
            least(({ maxSubleaf }) => maxSubleaf),
          ),
    ],
    // Without paging modes that need 36 bits the level may be narrower than any policy that has them.
    physAddrBits: [
      nearest.physAddrBits,
      nearest.maxExtendedLeaf < 0x8000_0008
        ? 0
        : paged
          ? Math.max(36, width)
          : Math.max(32, Math.min(width, nearest.physAddrBits)),
    ],
  }
  return Object.entries(numbers).flatMap(([name, [is, least]]) =>
    is === least ? [] : [`${name} is ${is}, the least is ${least}`],
  )
}

/** Every feature that a host gives by itself and the level lacks is told, with the hosts that are the reason. */
export function wrongLosses(
  { nearest, losses, release, method }: PolicyLevel,
  hosts: readonly PolicyHost[],
  domain: DomainOptions,
): string[] {
  const table = featureTable(release)
  const own = new Map(
    hosts.map(({ name, policies }) => [
      name,
      bitsOf(seen(initDomainPolicy(policies, domain).policy, release)),
    ]),
  )
  const lost = new Set<string>()
  for (const words of own.values())
    for (const { name, bit } of table.features)
      if (has(words, bit) && !has(bitsOf(nearest), bit)) lost.add(name)
  const said = losses.flatMap((loss) =>
    loss.kind === 'narrowed' || loss.kind === 'not-carried' ? [] : loss.feature,
  )
  const carried = losses.flatMap((loss) => (loss.kind === 'not-carried' ? loss.feature : []))
  const quiet = method === 'xenserver' ? ['RSBA', 'RRSBA'] : []
  const missing = [...lost].filter(
    (name) =>
      !said.some((one) => one === name) &&
      !carried.some((one) => one === name) &&
      !quiet.includes(name),
  )
  const extra = said.filter((name) => !lost.has(name))
  const wrong = losses.flatMap((loss) => {
    if (loss.kind !== 'absent') return []
    const bit = table.feature(loss.feature)?.bit ?? -1
    const lacking = [...own].flatMap(([name, words]) => (has(words, bit) ? [] : name))
    return JSON.stringify(lacking) === JSON.stringify(loss.hosts)
      ? []
      : [`${loss.feature} is lost to others`]
  })
  return [
    ...missing.map((name) => `${name} is lost and not told`),
    ...extra.map((name) => `${name} is told and not lost`),
    ...wrong,
    ...losses.flatMap((loss) =>
      loss.hosts.length > 0 || loss.kind === 'dependency' || loss.kind === 'narrowed'
        ? []
        : [`${JSON.stringify(loss)} names no host`],
    ),
  ]
}
