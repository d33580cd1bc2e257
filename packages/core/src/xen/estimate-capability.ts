/** What Xen will know of a CPU's features (its x86_capability), while the rules are applied to it (cpu/common.c, Xen 4.23-dev). */
import {
  COMMON_1D_FEATURES,
  type CpuSignature,
  type CpuVendor,
  type FeatureName,
  Featureset,
  releaseHas,
} from '@xenlevel/cpuid'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import { type ReleaseFeatures, releaseFeatures } from '../policy/features.js'
import type { BootOptions } from './boot-options.js'
import type { CapabilityCondition, CapabilityEffect, NumberRange } from './estimate-rules.js'
import { isAmdLike } from './recalculate.js'
import { releaseRules } from './releases.js'

/** The table that names the most features: for what a CPU says and an old release has no name for. */
const NEWEST = '4.23-dev'
/** Threads of a core less one: leaf 0x8000001e, ebx bits 15:8 (AMD APM volume 3). */
const threadsPerCore = (raw: CpuPolicy) => ((raw.leaf(0x8000_001e).b >>> 8) & 0xff) + 1

/** The features of the boot CPU in the eyes of one Xen. */
export class Capability {
  /** The release, exact. */
  readonly release: string
  /** Who made the CPU. */
  readonly vendor: CpuVendor
  /** Its family, model and stepping. */
  readonly signature: CpuSignature
  readonly #raw: CpuPolicy
  readonly #features: ReleaseFeatures
  readonly #words: Uint32Array
  readonly #hardware: Uint32Array
  readonly #forced = new Set<FeatureName>()
  readonly #disabled = new Set<FeatureName>()

  /** Begins with what the CPU says, as far as the release has names for it. */
  constructor(raw: CpuPolicy, release: string) {
    this.release = release
    this.vendor = raw.vendor
    this.signature = raw.signature
    this.#raw = raw
    this.#features = releaseFeatures(release)
    const words = raw.words()
    this.#hardware = releaseFeatures(NEWEST).read(words)
    this.#words = this.#features.read(words)
    this.#features.keep(this.#words, this.#features.table.mask('known').words)
  }

  /** True if Xen has the feature; for one that the release does not name, if the CPU has it. */
  has(name: FeatureName): boolean {
    return this.#features.table.feature(name) === undefined
      ? this.hardwareHas(name)
      : this.#features.has(this.#words, name)
  }

  /** True if the CPU has it, whatever Xen does about it. */
  hardwareHas(name: FeatureName): boolean {
    return releaseFeatures(NEWEST).has(this.#hardware, name)
  }

  /** Does to features what a rule says. */
  apply(effect: CapabilityEffect, names: readonly FeatureName[]): void {
    for (const name of names) {
      if (this.#features.table.feature(name) === undefined) continue
      if (effect === 'set' && !this.#disabled.has(name)) this.#put(name, true)
      if (effect === 'clear' && !this.#forced.has(name)) this.#put(name, false)
      if (effect === 'force' && !this.#disabled.has(name)) {
        this.#forced.add(name)
        this.#put(name, true)
      }
      if (effect === 'disable') {
        for (const gone of [name, ...this.#features.table.dependents(name)]) {
          this.#disabled.add(gone)
          this.#put(gone, false)
        }
      }
    }
  }

  /** True if all that the condition names holds. */
  meets(when: CapabilityCondition, boot: BootOptions): boolean {
    const { family, model, stepping } = this.signature
    const within = (value: number) => (range: NumberRange) => range[0] <= value && value <= range[1]
    return (
      (when.vendor?.includes(this.vendor) ?? true) &&
      (when.family?.some(within(family)) ?? true) &&
      (when.model?.includes(model) ?? true) &&
      (when.models === undefined || within(model)(when.models)) &&
      (when.modelStepping?.includes((model << 4) | stepping) ?? true) &&
      (when.landed === undefined || releaseHas(this.release, when.landed)) &&
      (when.until === undefined || !releaseHas(this.release, when.until)) &&
      (when.has?.every((name) => this.has(name)) ?? true) &&
      (when.hasAny?.some((name) => this.has(name)) ?? true) &&
      !(when.lacks?.some((name) => this.has(name)) ?? false) &&
      (when.bareMetal === undefined || when.bareMetal === !this.hardwareHas('HYPERVISOR')) &&
      (when.maxLeafBelow === undefined || this.#raw.maxLeaf < when.maxLeafBelow) &&
      (when.oneThreadPerCore === undefined ||
        when.oneThreadPerCore === (threadsPerCore(this.#raw) === 1)) &&
      (when.boot?.(boot) ?? true)
    )
  }

  /** The features now. */
  get featureset(): Featureset {
    return Featureset.fromWords(this.#words)
  }

  /** The features as the host policy has them, where Xen may scrub the copies of leaf 1 (cpu-policy.c, recalculate_misc). */
  get hostFeatureset(): Featureset {
    const words = this.#words.slice()
    if (releaseRules(this.release).scrubsHostPolicy) {
      const own = (words[2] ?? 0) & ~COMMON_1D_FEATURES
      words[2] = isAmdLike(this.vendor) ? own | ((words[0] ?? 0) & COMMON_1D_FEATURES) : own
    }
    return Featureset.fromWords(words)
  }

  /** Names of the features now, in the release's words. */
  get names(): FeatureName[] {
    return this.featureset.names(this.#features.table)
  }

  #put(name: FeatureName, on: boolean): void {
    this.#features.put(this.#words, name, on)
  }
}
