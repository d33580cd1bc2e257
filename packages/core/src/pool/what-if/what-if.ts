/** What if: hosts join, leave, are replaced or upgraded, and what that does to the level and to the guests. */
import { featureTable } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { Finding } from '../../finding.js'
import { PoolError } from '../errors.js'
import { weigh } from '../explain/costs.js'
import { FoldedLevel, partsOf } from '../folded-level.js'
import { compareGroups, type OfferGroup } from '../groups/host-group.js'
import { MOST_NAMED } from '../groups/tally.js'
import { type LevelOptions, levelPool, type PoolLevel } from '../level.js'
import { levelGains, levelLosses } from './changes.js'
import { guestEffects } from './guests.js'
import type { HostUpgrade, LevelChange, WhatIf, WhatIfOptions } from './types.js'
import { upgradedHost } from './upgraded.js'

/**
 * Asks what a change would do to a pool.
 *
 * @param pool - a level, also one that was read from a document; or the hosts, which are levelled. With the hosts, upgrades can be
 * foreseen, and pools of more than 4,096 hosts asked about.
 * @throws {@link PoolError} as {@link levelPool}, or for a level that this package did not make.
 */
export function whatIf(
  pool: PoolLevel | readonly HostSnapshot[],
  options: WhatIfOptions = {},
): WhatIf {
  return 'merge' in pool
    ? new Questions(pool, null, options)
    : new Questions(levelPool(pool, options), pool, options)
}

/** A change that is asked about. */
interface AskedChange {
  readonly joining: readonly HostSnapshot[]
  readonly leaving: readonly string[]
  readonly findings?: readonly Finding[]
}

class Questions implements WhatIf {
  readonly level: PoolLevel
  readonly #hosts: readonly HostSnapshot[] | null
  readonly #options: WhatIfOptions

  constructor(level: PoolLevel, hosts: readonly HostSnapshot[] | null, options: WhatIfOptions) {
    partsOf(level)
    this.level = level
    this.#hosts = hosts
    this.#options = options
  }

  join(...hosts: readonly HostSnapshot[]): LevelChange {
    return this.#change({ joining: hosts, leaving: [] })
  }

  leave(...names: readonly string[]): LevelChange {
    return this.#change({ joining: [], leaving: names })
  }

  replace(name: string, host: HostSnapshot): LevelChange {
    return this.#change({ joining: [host], leaving: [name] })
  }

  upgrade(name: string, upgrade: HostUpgrade): LevelChange {
    if ('snapshot' in upgrade) return this.replace(name, { ...upgrade.snapshot, name })
    const host = this.#hosts?.find((one) => one.name === name)
    if (host === undefined) throw this.#hosts === null ? hostsNeeded() : unknownHost([name])
    const { snapshot, finding } = upgradedHost(host, upgrade)
    return this.#change({ joining: [snapshot], leaving: [name], findings: [finding] })
  }

  #change({ joining, leaving, findings = [] }: AskedChange): LevelChange {
    const before = this.level
    const after = this.#after(joining, new Set(leaving))
    const [gains, losses] = [levelGains(before, after), levelLosses(before, after)]
    const { guests = [], guestRelease } = this.#options
    const known = new Set(before.findings.map(({ code, message }) => `${code} ${message}`))
    return {
      before,
      after,
      gains,
      losses,
      gained: weigh(gains),
      lost: weigh(losses),
      guests: guestEffects(guests, {
        before,
        after,
        leaving: new Set(leaving),
        table: featureTable(guestRelease),
      }),
      findings: [
        ...findings,
        ...after.findings.filter(({ code, message }) => !known.has(`${code} ${message}`)),
      ],
    }
  }

  #after(joining: readonly HostSnapshot[], leaving: ReadonlySet<string>): PoolLevel {
    const options = optionsOf(this.level)
    if (leaving.size > 0 && this.level.count > MOST_NAMED) {
      if (this.#hosts === null) throw hostsNeeded()
      refuseUnknown(
        leaving,
        this.#hosts.map(({ name }) => name),
      )
      const others = this.#hosts.filter(({ name }) => !leaving.has(name))
      return levelPool([...others, ...joining], options)
    }
    refuseUnknown(leaving, this.level.hosts)
    const others = without(this.level, leaving)
    if (joining.length === 0) return others ?? levelPool([], options)
    const more = levelPool(joining, options)
    return others === null ? more : others.merge(more)
  }
}

/** The level of the hosts that stay; null if none does. */
function without(level: PoolLevel, leaving: ReadonlySet<string>): PoolLevel | null {
  if (leaving.size === 0) return level
  const { groups, purpose, wholes } = partsOf(level)
  const staying = groups.flatMap((group): OfferGroup | [] => {
    const names = group.hosts.hosts.filter((name) => !leaving.has(name))
    if (names.length === group.hosts.hosts.length) return group
    if (names.length === 0) return []
    return { ...group, hosts: { count: names.length, hosts: Object.freeze(names) } }
  })
  if (staying.length === 0) return null
  return new FoldedLevel({
    purpose,
    groups: staying.sort(compareGroups),
    wholes: wholes.without(leaving),
  })
}

/** How a level was made. */
function optionsOf(level: PoolLevel): LevelOptions {
  const { asked, method } = partsOf(level).purpose
  return asked === null ? { method } : { release: asked.release, method }
}

function refuseUnknown(leaving: ReadonlySet<string>, hosts: readonly string[]): void {
  const known = new Set(hosts)
  const strange = [...leaving].filter((name) => !known.has(name))
  if (strange.length > 0) throw unknownHost(strange)
}

function unknownHost(names: readonly string[]): PoolError {
  return new PoolError({
    code: 'POOL_HOST_UNKNOWN',
    message: `There is no host named ${names.map((name) => `"${name}"`).join(', ')} in the pool.`,
    details: { names },
  })
}

function hostsNeeded(): PoolError {
  return new PoolError({
    code: 'POOL_HOSTS_NEEDED',
    message: `Only the level is known, and this asks for more: give whatIf the hosts. (A level of more than ${MOST_NAMED} hosts does not say what each offers, and none says what another Xen would make of a CPU.)`,
  })
}
