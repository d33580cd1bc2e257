/** Leaves for a shape: what both vendors' builders work on, and leaf 0xb. */
import type { FeatureName } from '@xenlevel/cpuid'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { releaseFeatures } from '../policy/features.js'
import { basic, EAX, EBX, TOPOLOGY_LEAVES, topology } from '../policy/layout.js'
import { bitsFor } from './read.js'
import type { ApicIdScheme, ApicIdShifts, Topology, TopologyShape } from './types.js'

/** A policy in the making. */
export class BuildState {
  /** Its words, in place. */
  readonly words: Uint32Array
  readonly shape: TopologyShape
  readonly scheme: ApicIdScheme
  readonly shifts: ApicIdShifts
  readonly #before: Topology

  constructor(policy: CpuPolicy, before: Topology, shape: TopologyShape, scheme: ApicIdScheme) {
    this.words = policy.words()
    this.shape = shape
    this.scheme = scheme
    this.shifts = shiftsOf(shape, scheme)
    this.#before = before
  }

  /** Logical processors of the package, in leaf 1; the APIC ID beside it is each vCPU's own. */
  putLogical(count: number): void {
    const at = basic(1) + EBX
    this.words[at] = ((this.words[at] ?? 0) & 0xffff) | (count << 16)
  }

  putFeature(name: FeatureName, on: boolean): void {
    const features = releaseFeatures(CpuPolicy.empty.release)
    const words = features.read(this.words)
    features.put(words, name, on)
    features.write(this.words, words)
  }

  hasFeature(name: FeatureName): boolean {
    return releaseFeatures(CpuPolicy.empty.release).policyHas(this.words, name)
  }

  /** How many IDs a cache of leaf 4's form is for: of a core, of so many cores as before, or of the package. */
  sharedBy(eax: number): number {
    const { core, package: all } = this.#before.apicIds
    const bits = bitsFor(((eax >>> 14) & 0xfff) + 1)
    // With one core before nothing tells a core's caches from the package's but their level.
    const level = (eax >>> 5) & 7
    const ofCores =
      core === all
        ? level > 2
          ? Number.POSITIVE_INFINITY
          : 0
        : bits >= all
          ? Number.POSITIVE_INFINITY
          : Math.max(bits - core, 0)
    return 2 ** Math.min(this.shifts.core + ofCores, this.shifts.package)
  }

  /** Leaf 0xb, where the policy reaches it. */
  putLevels(): void {
    const { words, shape, shifts } = this
    if ((words[EAX] ?? 0) < 0xb) return
    const levels = [
      [shifts.core, shape.threads, THREADS],
      [shifts.package, shape.threads * shape.cores, CORES],
    ] as const
    for (let subleaf = 0; subleaf < TOPOLOGY_LEAVES; subleaf++) {
      const [shift = 0, count = 0, type = 0] = levels[subleaf] ?? []
      words.set([shift, count, (type << 8) | subleaf, 0], topology(subleaf))
    }
  }
}

/** Types of leaf 0xb's levels. */
const THREADS = 1
const CORES = 2

/** Bits of the ID for a shape. */
export function shiftsOf(shape: TopologyShape, scheme: ApicIdScheme): ApicIdShifts {
  const core = bitsFor(shape.threads) + (scheme === 'xen' ? 1 : 0)
  return { core, package: core + bitsFor(shape.cores) }
}
