/**
 * The groups of any number of hosts: hosts that offer exactly the same are one group, and where even those become too many, hosts of the
 * same kind are.
 *
 * What is kept depends on which hosts there are, and neither on their order nor on how they were parted: up to 4,096 hosts by all their names,
 * up to 4,096 different offers each by itself.
 */
import type { Featureset } from '@xenlevel/cpuid'
import { PoolError } from '../errors.js'
import { FeaturesetIds } from './featureset-ids.js'
import { foldGroups } from './fold.js'
import { compareGroups, isMixed, kindOf, type OfferGroup } from './host-group.js'
import type { OfferShape } from './of-host.js'
import { namesKept, TallyBuilder } from './tally.js'

/** So many different offers are kept apart. Real fleets have some hundreds: CPU models times releases times microcode. */
const MOST_MODELS = 4096

/** Hosts that cannot be told apart but by name. Hosts may be added to it without asking for its text again. */
export interface Model {
  readonly shape: OfferShape
  readonly hosts: TallyBuilder
}

/** Hosts as groups, one by one or many at once. */
export class HostGroups {
  #models = new Map<string, Model>()
  #sets = new FeaturesetIds()
  /** By kind; empty until there are too many models. */
  #folded = new Map<string, OfferGroup>()
  /** All names, while they are kept. */
  #names: Set<string> | null = new Set()
  #count = 0
  #generation = 0

  /** How many hosts there are. */
  get count(): number {
    return this.#count
  }

  /** Changes when models that were given out are of no use any more. */
  get generation(): number {
    return this.#generation
  }

  /** The model of a shape: the one that there is already, or a new one without hosts. */
  model(shape: OfferShape): Model {
    const key = this.#keyOf(shape)
    const known = this.#models.get(key)
    if (known !== undefined) return known
    if (this.#models.size >= MOST_MODELS) this.#foldModels()
    const model = { shape, hosts: new TallyBuilder() }
    this.#models.set(key, model)
    return model
  }

  /**
   * Adds a host to a model of this generation.
   *
   * @throws {@link PoolError} for a name that is known to be there already; nothing is added then.
   */
  add(name: string, model: Model): void {
    this.#take(name)
    this.#grow(1)
    model.hosts.add(name, namesKept(this.#count))
  }

  /**
   * Adds groups.
   *
   * @throws {@link PoolError} for a name that is known to be there already; nothing is added then.
   */
  join(groups: readonly OfferGroup[]): void {
    this.#takeAll(groups)
    for (const { hosts } of groups) this.#grow(hosts.count)
    const most = namesKept(this.#count)
    for (const group of groups) {
      if (isMixed(group)) this.#fold([group])
      else this.model(group).hosts.join(group.hosts, most)
    }
  }

  /** The groups, in an order that depends on nothing but them. */
  groups(): OfferGroup[] {
    if (this.#folded.size > 0) this.#foldModels()
    const most = namesKept(this.#count)
    const groups = [...this.#folded.values()]
    for (const model of this.#models.values()) {
      const group = groupOf(model, most)
      if (group.hosts.count > 0) groups.push(group)
    }
    return groups.sort(compareGroups)
  }

  /** The same for shapes that cannot be told apart. */
  #keyOf(shape: OfferShape): string {
    const { pv, hvm, pending } = shape
    const id = (set: Featureset | undefined) => (set === undefined ? -1 : this.#sets.id(set))
    const sets = [pv?.default.any, pv?.max.any, hvm?.default.any, hvm?.max.any].map(id)
    const raw = pending === null ? '' : `${id(pending.raw)} ${pending.hvm} ${pending.hap}`
    return `${kindOf(shape)} ${sets.join()} ${raw}`
  }

  #take(name: string): void {
    if (this.#names === null) return
    if (this.#names.has(name)) throw duplicateName(name)
    this.#names.add(name)
  }

  #takeAll(groups: readonly OfferGroup[]): void {
    const names = this.#names
    if (names === null) return
    const theirs = groups.flatMap(({ hosts }) => hosts.hosts)
    const both = new Set(names)
    for (const name of theirs) {
      if (both.has(name)) throw duplicateName(name)
      both.add(name)
    }
    this.#names = both
  }

  #grow(by: number): void {
    const [before, after] = [namesKept(this.#count), namesKept(this.#count + by)]
    this.#count += by
    if (before === after) return
    this.#names = null
    for (const { hosts } of this.#models.values()) hosts.cut(after)
  }

  /** Makes one group a kind of all models so far. What has no release yet is not a kind. */
  #foldModels(): void {
    const most = namesKept(this.#count)
    const groups: OfferGroup[] = []
    for (const model of this.#models.values()) {
      const group = groupOf(model, most)
      if (group.hosts.count > 0) groups.push(group)
    }
    this.#fold(groups)
    this.#models = new Map()
    this.#sets = new FeaturesetIds()
    this.#generation++
  }

  #fold(groups: readonly OfferGroup[]): void {
    const most = namesKept(this.#count)
    const kinds = new Map<string, [OfferGroup, ...OfferGroup[]]>()
    for (const group of groups) {
      if (group.pending !== null) throw releaseNeeded()
      const kind = kindOf(group)
      const folded = this.#folded.get(kind)
      const present = kinds.get(kind)
      if (present !== undefined) present.push(group)
      else kinds.set(kind, folded === undefined ? [group] : [folded, group])
    }
    for (const [kind, alike] of kinds) this.#folded.set(kind, foldGroups(alike, most))
  }
}

/** A group that nobody came to is the same object as before, so that what was found out about it is known. */
function groupOf({ shape, hosts }: Model, most: number): OfferGroup {
  const tally = hosts.finish(most)
  return isGroup(shape) && shape.hosts === tally ? shape : { ...shape, hosts: tally }
}

function isGroup(shape: OfferShape): shape is OfferGroup {
  return 'hosts' in shape
}

function duplicateName(name: string): PoolError {
  return new PoolError({
    code: 'POOL_DUPLICATE_HOST',
    message: `Two hosts are named "${name}"; losses are told by name, so each host needs its own.`,
    details: { name },
  })
}

function releaseNeeded(): PoolError {
  return new PoolError({
    code: 'POOL_RELEASE_NEEDED',
    message: `There are more than ${MOST_MODELS} different hosts, and of some only raw words are known and no Xen. Say for which release the level is to be made.`,
    details: { models: MOST_MODELS },
  })
}
