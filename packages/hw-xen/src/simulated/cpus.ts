/** The physical CPUs of a simulated machine and their microcode: what Xen tells of them, and what a late load does to them. */
import type { PhysicalCpu, PhysicalInfo } from '@xenlevel/core'
import { encodeSignature, XenlevelError } from '@xenlevel/cpuid'
import {
  type HostCpu,
  type LateLoadHost,
  type LoadOutcome,
  type MicrocodeVendor,
  type OutcomeOptions,
  parseUcodeOption,
  predictOutcome,
  runLateLoad,
  xenLoadsMicrocodeOn,
} from '@xenlevel/microcode'
import type { Boot } from './boot.js'
import { refusal } from './errors.js'
import type { SimulatedXenOptions } from './options.js'
import { type CpuPlaces, shapeAtZero } from './topology.js'

/** 16 GiB, of which 12 are free. */
const MEMORY = { totalPages: 0x40_0000n, freePages: 0x30_0000n }

/** The revision of hypervisors that take no microcode. */
const LOCKED = 0xffff_ffff

/** The CPUs of one boot. */
export class Cpus {
  readonly #boot: Boot
  readonly #places: CpuPlaces
  readonly #options: SimulatedXenOptions
  readonly #vendor: MicrocodeVendor | null
  readonly #signature: number
  readonly #settings: Pick<LateLoadHost, 'nmi' | 'digestCheck' | 'allowSame'>
  #revisions: readonly number[]
  #cached: number | null = null

  constructor(boot: Boot, places: CpuPlaces, options: SimulatedXenOptions) {
    this.#boot = boot
    this.#places = places
    this.#options = options
    checkPlatform(options.platformId ?? 0)
    const { vendor, signature } = boot.raw
    this.#signature = encodeSignature(signature)
    this.#vendor =
      (vendor === 'Intel' || vendor === 'AMD') &&
      xenLoadsMicrocodeOn({ vendor, signature: this.#signature })
        ? vendor
        : null
    this.#revisions = firmwareRevisions(options.microcodeRevision ?? 1, places.count)
    this.#settings = ucodeSettings(boot)
  }

  /** What XENPF_get_cpu_version and XENPF_get_ucode_revision tell of each; nothing of one that is offline. */
  list(): readonly PhysicalCpu[] {
    return Object.freeze(
      this.#revisions.map((_, id) => {
        const online = this.isOnline(id)
        const { vendor } = this.#boot.raw
        const told = online && !this.#boot.lacks.includes('microcodeRevision')
        const intel = told && this.#vendor === 'Intel'
        return Object.freeze({
          id,
          online,
          vendor: online ? vendor : 'Unknown',
          signature: online ? this.#signature : 0,
          platformId: intel ? this.#platformId : null,
          microcodeRevision: told ? this.#told(id) : null,
        })
      }),
    )
  }

  /** The revision of one; ENOENT for one that there is not, or that is offline. */
  revision(cpu: number): number {
    if (!this.isOnline(cpu)) throw refusal('platform_op get_ucode_revision', 'ENOENT', { cpu })
    return this.#told(cpu)
  }

  /** Whether Xen runs on it. */
  isOnline(cpu: number): boolean {
    return this.#revisions[cpu] !== undefined && !this.#places.offline.includes(cpu)
  }

  /** What XEN_SYSCTL_physinfo counts of the machine, its memory included. */
  get shape(): Omit<PhysicalInfo, 'pv' | 'hvm' | 'hap' | 'hwCap'> {
    const { count, offline, sockets } = this.#places
    return {
      ...shapeAtZero(this.#places),
      onlineCpus: count - offline.length,
      maxCpuId: count - 1,
      nodes: sockets,
      ...MEMORY,
      ...this.#options.memory,
    }
  }

  /** Loads a file on all, as {@link predictOutcome} foresees it; CPUs that hang are the rendezvous model's alone. */
  load(bytes: Uint8Array, force: boolean, hung: ReadonlySet<number>): LoadOutcome['errno'] {
    const host = this.#host()
    const release = this.#boot.rules
    if (host === null) {
      const none = { cores: 1, threadsPerCore: 1, vendor: 'Intel' } as const
      return runLateLoad(none, { release, obstacle: 'loading-locked' }).errno
    }
    const outcome = predictOutcome(host, bytes, this.#loadOptions(force))
    const end = someHangs(outcome, hung) ? this.#hang([...hung]) : null
    if (end !== null) return end
    this.#revisions = outcome.cpus.map(({ after }) => after)
    this.#cached = outcome.cachedRevision
    return outcome.errno
  }

  get #platformId(): number {
    return this.#options.platformId ?? 0
  }

  /** Xen reads no revision of CPUs whose microcode it cannot load. */
  #told(cpu: number): number {
    return this.#vendor === null ? 0 : (this.#revisions[cpu] ?? 0)
  }

  #loadOptions(force: boolean): OutcomeOptions {
    const locked = this.#boot.manners.heedsLockedRevision && this.#firmwareRevision(0) === LOCKED
    return {
      force,
      hardware: this.#options.hardware ?? 'loads',
      ...(locked && { obstacle: 'loading-locked' }),
    }
  }

  #firmwareRevision(cpu: number): number {
    const { microcodeRevision = 1 } = this.#options
    return firmwareRevisions(microcodeRevision, this.#places.count)[cpu] ?? 0
  }

  /** The machine as the foresight of a load wants it; null where Xen loads nothing. */
  #host(): LateLoadHost | null {
    const vendor = this.#vendor
    if (vendor === null) return null
    const { rules, raw } = this.#boot
    const platformId = vendor === 'Intel' ? this.#platformId : 0
    return {
      xen: rules,
      threadsPerCore: this.#places.threads,
      cachedRevision: this.#cached,
      bootRevision: this.#firmwareRevision(0),
      zen6: vendor === 'AMD' && raw.featureset.has('FRED'),
      ...this.#settings,
      cpus: this.#revisions.map(
        (revision, cpu): HostCpu => ({
          vendor,
          signature: this.#signature,
          platformId,
          revision,
          online: this.isOnline(cpu),
        }),
      ),
    }
  }

  /** How it ends when CPUs do not come back from writing; null if Xen gets by without them. */
  #hang(hung: readonly number[]): 'PANIC' | 'HANG' | null {
    const { cores, threads, offline } = this.#places
    const { errno } = runLateLoad(
      { cores, threadsPerCore: threads, offline, vendor: this.#vendor ?? 'Intel' },
      { ...this.#settings, release: this.#boot.rules, hung },
    )
    return errno === 'PANIC' || errno === 'HANG' ? errno : null
  }
}

/** Whether one of the CPUs gets to write: CPU 0 leads, and if it does not load, nobody else comes to it. */
function someHangs({ cpus }: LoadOutcome, hung: ReadonlySet<number>): boolean {
  const writes = cpus.filter(({ load }) => load === 'OK' || load === 'EIO')
  return hung.has(0)
    ? writes.some(({ cpu }) => cpu === 0)
    : cpus[0]?.load === 'OK' && writes.some(({ cpu }) => hung.has(cpu))
}

function checkPlatform(platformId: number): void {
  if (Number.isInteger(platformId) && platformId >= 0 && platformId <= 7) return
  throw new XenlevelError({
    code: 'SIMULATED_PLATFORM',
    message: `A platform id is 0 to 7 (MSR 0x17, bits 52 to 50), not ${platformId}.`,
    details: { platformId },
  })
}

function firmwareRevisions(revisions: number | readonly number[], count: number): number[] {
  const list =
    typeof revisions === 'number' ? Array.from({ length: count }, () => revisions) : revisions
  if (list.length !== count || list.some((revision) => revision >>> 0 !== revision)) {
    throw new XenlevelError({
      code: 'SIMULATED_REVISION',
      message: `The machine has ${count} CPUs: give one microcode revision for all, or ${count} of them, each from 0 to 0xffffffff.`,
      details: { cpus: count, revisions: [...list] },
    })
  }
  return [...list]
}

/** What `ucode=` on the command line says; Xen reads each one that there is, and what they say adds up. */
function ucodeSettings({
  version,
  rules,
}: Boot): Pick<LateLoadHost, 'nmi' | 'digestCheck' | 'allowSame'> {
  const texts = [...version.commandLine.matchAll(/(?:^|\s)ucode=(\S*)/g)].map(
    ([, text = '']) => text,
  )
  if (texts.length === 0) return {}
  const { nmi, digestCheck, allowSame } = parseUcodeOption(texts.join(','), rules)
  return { nmi, digestCheck, allowSame }
}
