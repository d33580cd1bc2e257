/** The hosts of a pool by name; those that share their policies are asked once. */
import type { HostPolicies } from '../../xen/derive.js'

/** Hosts in the order in which they came. */
export class PoolMembers {
  readonly #names = new Set<string>()
  /** The index of the policies of each host. */
  readonly #models: number[] = []
  readonly #policies: HostPolicies[] = []
  readonly #indices = new Map<HostPolicies, number>()

  /** The policies that any of them has, each object once. */
  get policies(): readonly HostPolicies[] {
    return this.#policies
  }

  /** Their names. */
  names(): string[] {
    return [...this.#names]
  }

  /** True if a host of this name is among them. */
  has(name: string): boolean {
    return this.#names.has(name)
  }

  /** Adds a host; true if none before had the same policies. */
  add(name: string, policies: HostPolicies): boolean {
    const known = this.#indices.get(policies)
    const model = known ?? this.#policies.push(policies) - 1
    if (known === undefined) this.#indices.set(policies, model)
    this.#names.add(name)
    this.#models.push(model)
    return known === undefined
  }

  /** Adds the hosts of other members. */
  merge(other: PoolMembers): void {
    let index = 0
    for (const name of other.#names) {
      const policies = other.#policies[other.#models[index++] ?? -1]
      if (policies !== undefined) this.add(name, policies)
    }
  }

  /** The hosts of whose policies something is true. */
  where(test: (policies: HostPolicies) => boolean): string[] {
    return this.pick(this.#policies.map(test))
  }

  /** The same, where it has been found out for each of the policies. */
  pick(answers: readonly boolean[]): string[] {
    const names: string[] = []
    let index = 0
    for (const name of this.#names)
      if (answers[this.#models[index++] ?? -1] === true) names.push(name)
    return names
  }

  /** The hosts by what is said of their policies, in the order of what is said; null is nothing said. */
  group<Value extends string | number>(
    say: (policies: HostPolicies) => Value | null,
  ): { readonly value: Value; readonly hosts: readonly string[] }[] {
    const answers = this.#policies.map(say)
    const values = [...new Set(answers)].flatMap((value) => (value === null ? [] : [value]))
    return values
      .sort((a, b) => (a < b ? -1 : 1))
      .map((value) => ({ value, hosts: this.pick(answers.map((one) => one === value)) }))
  }
}
