/** What must hold for the level of every pool, checked on its hosts one by one with the clamp that Xen's answers vouch for. */
import { type Feature, featureTable } from '@xenlevel/cpuid'
import { isHvmKind } from '../guest/kind.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { basic, EBX, XSTATE_LEAVES, xstate } from '../policy/layout.js'
import { clampPolicy, type DomainOptions, initDomainPolicy, setDomainPolicy } from '../xen/clamp.js'
import { releaseRules } from '../xen/releases.js'
import { accumulatedFeatures } from './combine.js'
import {
  type LevelPoliciesOptions,
  levelPolicies,
  type PolicyLevel,
  PolicyLeveller,
} from './level-policies.js'
import { changeOn, recordsText, renamed, seen } from './level-policies.testing.js'
import { defaultPolicy, maxPolicy } from './level-policies-hosts.js'
import type { PolicyObstacle } from './level-policies-obstacles.js'
import type { PolicyHost } from './level-policies-pool.js'
import { allFeatures } from './level-policies-search.js'

const domainOf = ({ kind, domain = {} }: LevelPoliciesOptions): DomainOptions => ({
  ...domain,
  kind,
})
const bitsOf = (policy: CpuPolicy) => allFeatures().read(CpuPolicy.peek(policy))
const has = (words: ArrayLike<number>, bit: number) =>
  (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1

/** Everything that is wrong with a level; nothing if all is well. */
export function faultsOf(
  level: PolicyLevel,
  hosts: readonly PolicyHost[],
  options: LevelPoliciesOptions,
): string[] {
  const domain = domainOf(options)
  const able = hosts.filter(({ name }) => level.hosts.includes(name))
  return [
    ...((level.policy === null) === level.obstacles.length > 0 ? [] : ['policy and obstacles']),
    ...(level.policy === null ? [] : notLeftAlone(level.policy, able, domain)),
    ...level.obstacles.flatMap((obstacle) => notReal(obstacle, level, hosts, domain)),
    ...changedElsewhere(level, able, domain),
    ...notMost(level, able, options),
    ...wrongNumbers(level, able, domain),
    ...wrongLosses(level, able, domain),
  ]
}

/** Everything about an order of hosts, their parts and their doubles that shows in a level. */
export function orderFaults(
  level: PolicyLevel,
  hosts: readonly PolicyHost[],
  options: LevelPoliciesOptions,
  cut: number,
): string[] {
  const same = (what: string, other: PolicyLevel) => [
    ...(other.nearest.equals(level.nearest) ? [] : [`${what}: another policy`]),
    ...(summary(other) === summary(level) ? [] : [`${what}: another account`]),
  ]
  const [left, right] = [new PolicyLeveller(options), new PolicyLeveller(options)]
  hosts.forEach(({ name, policies }, index) => {
    const part = index % (cut + 2) === 0 ? left : right
    part.add(name, policies)
  })
  left.merge(right)
  const twice = levelPolicies([...hosts, ...renamed(hosts, ' again')], options)
  return [
    ...same('backwards', levelPolicies([...hosts].reverse(), options)),
    ...same('merged', left.finish()),
    ...(twice.nearest.equals(level.nearest) ? [] : ['twice: another policy']),
    ...(twice.obstacles.length === level.obstacles.length ? [] : ['twice: other obstacles']),
    ...(twice.losses.length === level.losses.length ? [] : ['twice: other losses']),
  ]
}

/** What a level says, in one order of hosts. */
function summary({ release, hosts, identity, obstacles, losses, changes }: PolicyLevel): string {
  const sorted = (_: string, value: unknown) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string')
      ? [...value].sort()
      : value
  const by = changes.map(({ host, changes: own }) => `${host}: ${own.length}`).sort()
  return JSON.stringify(
    {
      release,
      hosts,
      identity,
      obstacles: obstacles.map(({ message: _, ...rest }) => rest),
      losses,
      by,
    },
    sorted,
  )
}

function notLeftAlone(policy: CpuPolicy, hosts: readonly PolicyHost[], domain: DomainOptions) {
  return hosts.flatMap((host) => {
    const change = changeOn(policy, host, domain)
    return change === null ? [] : [`${host.name} does not leave the policy alone: ${change}`]
  })
}

/** An obstacle is real if two hosts make something else of the nearest policy in that place. */
function notReal(
  obstacle: PolicyObstacle,
  { nearest, hosts: counting }: PolicyLevel,
  hosts: readonly PolicyHost[],
  domain: DomainOptions,
): string[] {
  const { code, groups } = obstacle
  const named = groups.flatMap(({ hosts: names }) => names)
  const clamped = ({ policies }: PolicyHost) => clampPolicy(nearest, policies, domain).policy
  const say: Record<PolicyObstacle['code'], (host: PolicyHost) => unknown> = {
    'host-without-hvm': ({ policies }) =>
      CpuPolicy.peek(maxPolicy(policies, domain.kind)).some((word) => word !== 0),
    'host-without-pv': ({ policies }) =>
      CpuPolicy.peek(maxPolicy(policies, domain.kind)).some((word) => word !== 0),
    'vendors-differ': ({ policies }) => {
      const { b, c, d } = policies.host.leaf(0)
      return String.fromCharCode(
        ...[b, d, c].flatMap((word) => [0, 8, 16, 24].map((low) => (word >>> low) & 0xff)),
      )
    },
    'cache-line-sizes-differ': (host) =>
      ((CpuPolicy.peek(clamped(host))[basic(1) + EBX] ?? 0) >>> 5) & 0x7f8,
    'host-value-differs': (host) =>
      obstacle.feature !== undefined &&
      allFeatures().policyHas(CpuPolicy.peek(clamped(host)), obstacle.feature)
        ? 1
        : 0,
    'records-refused': ({ policies }) =>
      setDomainPolicy(defaultPolicy(policies, domain.kind), nearest.toRecords(), policies, domain)
        .ok,
  }
  const answers = hosts
    .filter(({ name }) => named.includes(name))
    .map((host) => ({ host, said: say[code](host) }))
  const value = (name: string) => groups.find(({ hosts: names }) => names.includes(name))?.value
  const wrong =
    code === 'records-refused' ? [] : answers.filter(({ host, said }) => said !== value(host.name))
  const cannot =
    code === 'host-without-hvm' || code === 'host-without-pv' || code === 'records-refused'
  const real = cannot
    ? answers.length > 0 && answers.every(({ said }) => said === false)
    : new Set(answers.map(({ said }) => said)).size > 1
  const refusing =
    code !== 'vendors-differ'
      ? []
      : hosts.filter(
          ({ name, policies }) =>
            counting.includes(name) &&
            /^4\.2[2-9]/.test(policies.release) &&
            policies.host.vendor !== nearest.vendor &&
            changeOn(nearest, { name, policies }, domain)?.startsWith('refused') !== true,
        )
  return [
    ...(real ? [] : [`${code} is not real`]),
    ...wrong.map(({ host, said }) => `${code}: ${host.name} says ${String(said)}`),
    ...refusing.map(({ name }) => `${name} takes another vendor`),
  ]
}

/** Where there is no policy, nothing but what the obstacles name is changed. */
function changedElsewhere(
  { nearest, obstacles, changes }: PolicyLevel,
  hosts: readonly PolicyHost[],
  domain: DomainOptions,
): string[] {
  const names = obstacles.flatMap(({ feature }) => feature ?? [])
  const sizes = obstacles.some(({ code }) => code === 'cache-line-sizes-differ')
  return hosts.flatMap(({ name, policies }) => {
    const words = seen(clampPolicy(nearest, policies, domain).policy, nearest.release).words()
    const changed = !CpuPolicy.fromWords(words.slice(), nearest.release).equals(nearest)
    const own = CpuPolicy.peek(nearest)
    const features = allFeatures().read(words)
    for (const feature of names)
      allFeatures().put(features, feature, allFeatures().policyHas(own, feature))
    allFeatures().write(words, features)
    if (sizes) words[basic(1) + EBX] = own[basic(1) + EBX] ?? 0
    const other = CpuPolicy.fromWords(words, nearest.release)
    const told = changes.find(({ host }) => host === name)
    return [
      ...(other.equals(nearest) ? [] : [`${name} changes more than the obstacles say`]),
      ...(changed === (told !== undefined) ? [] : [`${name}: the changes are not told`]),
    ]
  })
}

/** A feature is left out only if a host lacks it, or takes it away, or lays its state out in its own way. */
function notMost(
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
function wrongNumbers(
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
function wrongLosses(
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

/** True if a level of one host is what that host gives a new domain, as far as named features go. */
export function isOwnPolicy(
  level: PolicyLevel,
  { policies }: PolicyHost,
  domain: DomainOptions,
): boolean {
  const own = initDomainPolicy(policies, domain).policy
  return (
    isHvmKind(domain.kind) === isHvmKind(level.kind) &&
    JSON.stringify(recordsText(own, policies.release)) ===
      JSON.stringify(recordsText(level.nearest, policies.release))
  )
}
