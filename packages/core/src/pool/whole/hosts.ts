/**
 * Hosts of one Xen release and one vendor, as two hosts that no one has: what the lowest of them does to a policy, some host does, and a
 * policy that the lowest and the highest leave alone, every host leaves alone.
 */
import { type GuestKind, isHvmKind } from '../../guest/kind.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { EBX, ECX, EDX } from '../../policy/layout.js'
import type { HostPolicies, VpmuMode } from '../../xen/derive.js'
import { WordFold } from './fold.js'
import { HOST_SHAPE, MAX_SHAPE, RAW_SHAPE } from './words.js'

/** The policy that a guest of a kind may have at most on a host. */
export function maxPolicy(policies: HostPolicies, kind: GuestKind): CpuPolicy {
  return isHvmKind(kind) ? policies.hvmMax : policies.pvMax
}

/** The policy that a guest of a kind gets on a host when nobody asks. */
export function defaultPolicy(policies: HostPolicies, kind: GuestKind): CpuPolicy {
  return isHvmKind(kind) ? policies.hvmDefault : policies.pvDefault
}

/** Where the sizes of xstate components are taken from on a host. */
function rawPolicy({ raw, host }: HostPolicies): CpuPolicy {
  return raw ?? host
}

/** vPMU modes, from the one that leaves the fewest domains their counters. */
const VPMU_MODES: readonly VpmuMode[] = [0, 4, 1, 2]

/** A class of hosts. What differs within it is data, for every rule of the clamp is the same. */
export class HostClass {
  /** The Xen release of all of them. */
  readonly release: string
  /** The vendor of all of them: leaf 0, with zero for its limit. */
  readonly vendor: Uint32Array
  readonly #kind: GuestKind
  readonly #max = new WordFold(MAX_SHAPE)
  readonly #host = new WordFold(HOST_SHAPE)
  readonly #raw = new WordFold(RAW_SHAPE)
  #vpmu = VPMU_MODES.length - 1

  /** A class without hosts. */
  constructor(release: string, vendor: Uint32Array, kind: GuestKind) {
    this.release = release
    this.vendor = vendor.slice(0, EDX + 1).fill(0, 0, EBX)
    this.#kind = kind
  }

  /** True if hosts of a release belong here whose policies begin with these words. */
  takes(release: string, words: Uint32Array): boolean {
    const { vendor } = this
    return (
      release === this.release &&
      words[EBX] === vendor[EBX] &&
      words[ECX] === vendor[ECX] &&
      words[EDX] === vendor[EDX]
    )
  }

  /** Adds a host that belongs here. */
  add(policies: HostPolicies): void {
    this.#max.add(CpuPolicy.peek(maxPolicy(policies, this.#kind)))
    this.#host.add(CpuPolicy.peek(policies.host))
    this.#raw.add(CpuPolicy.peek(rawPolicy(policies)))
    this.#vpmu = Math.min(this.#vpmu, VPMU_MODES.indexOf(policies.vpmuMode ?? 0))
  }

  /** Adds the hosts of another class that belong here. */
  merge(other: HostClass): void {
    this.#max.merge(other.#max)
    this.#host.merge(other.#host)
    this.#raw.merge(other.#raw)
    this.#vpmu = Math.min(this.#vpmu, other.#vpmu)
  }

  /** A host that accepts what all of them accept, and nothing else. */
  lowest(): HostPolicies {
    return this.#synthetic(this.#max.low(), this.#host.low(), this.#raw.low())
  }

  /** A host that accepts what any of them accepts; where it answers otherwise than the lowest, two of the hosts differ. */
  highest(): HostPolicies {
    return this.#synthetic(this.#max.high(), this.#host.high(), this.#raw.high())
  }

  #synthetic(max: Uint32Array, host: Uint32Array, raw: Uint32Array): HostPolicies {
    const policy = (words: Uint32Array) => CpuPolicy.fromWords(words, this.release)
    const highest = policy(max)
    return {
      release: this.release,
      raw: policy(raw),
      host: policy(host),
      pvMax: highest,
      pvDefault: highest,
      hvmMax: highest,
      hvmDefault: highest,
      vpmuMode: VPMU_MODES[this.#vpmu] ?? 0,
    }
  }
}
