/** Which files have something for a host: its CPUs by kind, and what each file gives them. */
import { nearestRelease, XenlevelError } from '@xenlevel/cpuid'
import { modelOf } from '../model-name.js'
import { takesPart } from '../outcome/topology.js'
import type { HostCpu } from '../outcome/types.js'
import { type Chooser, chooserOf, selectFrom } from '../select/select.js'
import type { Source } from '../select/source.js'
import type { Selection, SelectOptions } from '../select/types.js'
import type { CpuIdentity, MicrocodeVendor } from '../types.js'
import type { CpuKind, KindChoice } from './case.js'
import { hasRendezvous } from './releases.js'
import type { PlanCpus, PlanHost } from './types.js'

/** A file, and what it gives a host's CPUs. */
export interface FileChoice {
  /** Index of the file. */
  readonly file: number
  /** The file. */
  readonly source: Source
  /** By kind, that of CPU 0 first. */
  readonly choices: readonly KindChoice[]
  /** The first kind that gets something; null if none does. */
  readonly main: KindChoice | null
}

/** The CPUs of a host by kind, that of the first one online first. @throws XenlevelError `HOST_WITHOUT_CPUS` */
export function kindsOf({ name, cpus }: PlanHost): CpuKind[] {
  const first = cpus.find(takesPart)
  if (first === undefined) {
    throw new XenlevelError({
      code: 'HOST_WITHOUT_CPUS',
      message: `None of the ${cpus.length} CPUs of host ${JSON.stringify(name.slice(0, 80))} is online: a plan needs one that is.`,
      details: { host: name, cpus: cpus.length },
    })
  }
  const kinds = new Map<string, HostCpu[]>([[keyOf(first), []]])
  for (const cpu of cpus) {
    const kind = kinds.get(keyOf(cpu)) ?? []
    kinds.set(keyOf(cpu), kind)
    kind.push(cpu)
  }
  return [...kinds.values()].map(kindOf)
}

function keyOf({ vendor, signature, platformId }: CpuIdentity): string {
  return `${vendor} ${signature} ${platformId}`
}

function kindOf(cpus: readonly HostCpu[]): CpuKind {
  const online = cpus.filter(takesPart)
  const counted = online.length === 0 ? cpus : online
  const [first, ...others] = counted.map(({ vendor, signature, platformId, revision }) => ({
    vendor,
    signature,
    platformId,
    revision: revision >>> 0,
  }))
  const none = { vendor: 'Intel', signature: 0, platformId: 0, revision: 0 } as const
  const oldest = others.reduce((best, cpu) => (isOlder(cpu, best) ? cpu : best), first ?? none)
  const revisions = [...new Set(counted.map(({ revision }) => revision >>> 0))]
  return {
    oldest,
    model: modelOf(oldest.signature),
    count: cpus.length,
    revisions: revisions.sort((a, b) => a - b),
  }
}

/** Intel's revisions have a sign. */
function isOlder(
  one: { readonly vendor: MicrocodeVendor; readonly revision: number },
  other: { readonly revision: number },
): boolean {
  return one.vendor === 'Intel'
    ? (one.revision | 0) < (other.revision | 0)
    : one.revision >>> 0 < other.revision >>> 0
}

/** How a host would choose: as its Xen, or as Linux while it boots. A Xen that is too old to be known chooses as the oldest that is. */
function choosingOf(host: PlanHost): SelectOptions & { readonly consumer: 'xen' | 'linux' } {
  const { xen, bootRevision = host.cpus[0]?.revision, zen6 = false, digestCheck = true } = host
  if (xen === null) return { consumer: 'linux' }
  const release =
    nearestRelease(xen) === undefined ? '4.23-dev' : hasRendezvous(xen) ? xen : '4.13.0'
  return {
    consumer: 'xen',
    release,
    zen6,
    digestCheck,
    ...(bootRevision !== undefined && { bootRevision }),
  }
}

/** Selections of a plan: hosts and CPUs that are alike are answered once. */
export class PlanSelections {
  readonly #sources: readonly Source[]
  readonly #choosers = new Map<string, Chooser>()
  readonly #known = new Map<string, readonly Selection[]>()

  constructor(sources: readonly Source[]) {
    this.#sources = sources
  }

  /** What each file gives a host's CPUs, in the order of the files. */
  choices(host: PlanHost, kinds: readonly CpuKind[]): FileChoice[] {
    const byKind = kinds.map((kind) => this.#select(kind.oldest, choosingOf(host)))
    return this.#sources.map((source, file) => {
      const choices = kinds.flatMap((kind, index) => {
        const selection = byKind[index]?.[file]
        return selection === undefined ? [] : [{ kind, selection }]
      })
      const main = choices.find(({ selection }) => selection.errno === 'OK') ?? null
      return { file, source, choices, main }
    })
  }

  /**
   * Those files that have something for a host, the newest first. Of equal ones those that are no archives come first, since they can be
   * handed over at run time.
   */
  candidates(host: PlanHost, choices: readonly FileChoice[]): FileChoice[] {
    const { isNewer } = this.#chooser(choosingOf(host))
    const order = (a: KindChoice | null, b: KindChoice | null): number => {
      const [one, other] = [a?.selection.update, b?.selection.update]
      if (!one || !other) return 0
      const wins = isNewer(one.vendor, other.revision, one.revision)
      const loses = isNewer(one.vendor, one.revision, other.revision)
      if (wins !== loses) return wins ? -1 : 1
      // Of two that replace each other, as pre-production revisions do in Xen, the one for production.
      return wins ? (other.revision | 0) - (one.revision | 0) : 0
    }
    return choices
      .filter(({ main }) => main !== null)
      .sort(
        (a, b) =>
          order(a.main, b.main) ||
          Number(a.source.isArchive) - Number(b.source.isArchive) ||
          a.file - b.file,
      )
  }

  #select(cpu: CpuIdentity, options: SelectOptions): readonly Selection[] {
    const chooser = this.#chooser(options)
    const key = JSON.stringify([cpu, options])
    const selections =
      this.#known.get(key) ?? this.#sources.map((source) => selectFrom([source], cpu, chooser))
    this.#known.set(key, selections)
    return selections
  }

  #chooser(options: SelectOptions): Chooser {
    const key = JSON.stringify(options)
    const chooser = this.#choosers.get(key) ?? chooserOf(options)
    this.#choosers.set(key, chooser)
    return chooser
  }
}

/** The kinds of a host with what the planned file has for each, or the newest of all files where that has nothing. */
export function cpusOf(
  kinds: readonly CpuKind[],
  choices: readonly FileChoice[],
  planned: FileChoice | null,
): PlanCpus[] {
  return kinds.map((kind, index) => {
    const selections = (planned === null ? choices : [planned, ...choices]).flatMap((choice) => {
      const selection = choice.choices[index]?.selection
      return selection === undefined ? [] : [selection]
    })
    const [first] = selections
    const best = planned !== null && first?.errno === 'OK' ? first : bestOf(selections)
    const { vendor, signature, platformId } = kind.oldest
    return {
      vendor,
      signature,
      platformId,
      model: kind.model,
      count: kind.count,
      revisions: kind.revisions,
      update: best?.update ?? null,
      reason: best?.reason ?? 'There are no files.',
    }
  })
}

/** What is loaded before what is only there, newer before older. */
function bestOf(selections: readonly Selection[]): Selection | undefined {
  const [first, ...others] = selections
  if (first === undefined) return undefined
  return others.reduce((best, one) => {
    if ((one.errno === 'OK') !== (best.errno === 'OK')) return one.errno === 'OK' ? one : best
    if (one.update === null || best.update === null) return best.update === null ? one : best
    return isOlder(best.update, one.update) ? one : best
  }, first)
}
