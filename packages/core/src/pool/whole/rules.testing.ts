/** What must hold for the level of every pool, checked on its hosts one by one with the clamp that Xen's answers vouch for. */
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { basic, EBX } from '../../policy/layout.js'
import { clampPolicy, type DomainOptions, setDomainPolicy } from '../../xen/clamp.js'
import { defaultPolicy, maxPolicy } from './hosts.js'
import {
  type LevelPoliciesOptions,
  levelPolicies,
  type PolicyLevel,
  PolicyLeveller,
} from './level-policies.js'
import { notMost, wrongLosses, wrongNumbers } from './most.testing.js'
import type { PolicyObstacle } from './obstacles.js'
import type { PolicyHost } from './pool.js'
import { changeOn, domainOf, renamed, seen } from './pools.testing.js'
import { allFeatures } from './search.js'

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
    const refused = changeOn(nearest, { name, policies }, domain)?.startsWith('refused') ?? false
    return [
      ...(other.equals(nearest) ? [] : [`${name} changes more than the obstacles say`]),
      ...((changed || refused) === (told !== undefined)
        ? []
        : [`${name}: the changes are not told`]),
      ...(refused === ((told?.refused ?? null) !== null) ? [] : [`${name}: refusal`]),
    ]
  })
}
