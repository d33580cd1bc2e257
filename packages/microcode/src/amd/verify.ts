/** Walks AMD containers as one of their readers does, up to the first thing that it refuses. */
import type { Region } from '../bytes.js'
import { type Fault, type Stop, stopFinding } from '../finding.js'
import type { AmdEquivalence, Finding } from '../types.js'
import {
  CONTAINER_CHECKS,
  type ContainerCandidate,
  isMagic,
  PATCH_CHECKS,
  patchLength,
  tableLength,
} from './checks.js'
import { EQUIVALENCE_SIZE, equivalenceAt, SECTION_HEADER } from './format.js'
import type { AmdReader } from './readers.js'
import { xenCpuFindings } from './xen-cpus.js'

/** A container that a reader takes. */
export interface TakenContainer {
  /** Where its magic is: bytes from the start of the input. */
  readonly offset: number
  /** Bytes of its table. */
  readonly tableLength: number
}

/** A patch that a reader takes. */
export interface TakenPatch {
  /** Index of its container. */
  readonly container: number
  /** Where the patch begins, behind the header of its section. */
  readonly offset: number
  /** Bytes of the patch. */
  readonly size: number
}

/** What a reader makes of a file, whatever the CPU. */
export interface AmdWalk {
  /** Containers up to the fault. */
  readonly containers: readonly TakenContainer[]
  /** Patches up to the fault, for whichever CPU. */
  readonly patches: readonly TakenPatch[]
  /** What is wrong where it stops; null if it gets to the end. */
  readonly stop: Stop | null
}

/** Reads a file as `reader` does. */
export function walkAmd(region: Region, reader: AmdReader): AmdWalk {
  return new Walk(region, reader).run()
}

class Walk {
  readonly #region: Region
  readonly #reader: AmdReader
  readonly #containers: TakenContainer[] = []
  readonly #patches: TakenPatch[] = []
  #offset: number

  constructor(region: Region, reader: AmdReader) {
    this.#region = region
    this.#reader = reader
    this.#offset = region.start
  }

  run(): AmdWalk {
    let stop: Stop | null = null
    while (stop === null && this.#offset < this.#region.end) {
      stop = this.#container() ?? this.#patchesOfContainer()
    }
    return { containers: this.#containers, patches: this.#patches, stop }
  }

  #container(): Stop | null {
    const candidate = this.#candidate()
    for (const { check, says } of this.#reader.container) {
      const fault = CONTAINER_CHECKS[check](candidate)
      if (fault !== null) return this.#stop(fault, `container ${this.#containers.length}`, says)
    }
    const length = tableLength(candidate)
    this.#containers.push({ offset: this.#offset, tableLength: length })
    this.#offset += 12 + length
    return null
  }

  #patchesOfContainer(): Stop | null {
    const { nextContainer, needsPatch } = this.#reader
    const before = this.#patches.length
    while (this.#offset < this.#region.end) {
      const mayEnd =
        nextContainer === 'anywhere' ||
        (nextContainer === 'behind-patch' && this.#patches.length > before)
      if (mayEnd && isMagic(this.#region, this.#offset)) return null
      const fault = this.#patch()
      if (fault !== null) return fault
    }
    return needsPatch && this.#patches.length === before ? this.#noPatch() : null
  }

  #patch(): Stop | null {
    const candidate = { ...this.#candidate(), headerSize: this.#reader.patchHeader }
    for (const { check, says } of this.#reader.patch) {
      const fault = PATCH_CHECKS[check](candidate)
      if (fault !== null) return this.#stop(fault, `patch ${this.#patches.length}`, says)
    }
    const size = patchLength(candidate)
    const container = this.#containers.length - 1
    this.#patches.push({ container, offset: this.#offset + SECTION_HEADER, size })
    this.#offset += SECTION_HEADER + size
    return null
  }

  #candidate(): ContainerCandidate {
    const [region, offset] = [this.#region, this.#offset]
    return { region, offset, remaining: region.end - offset }
  }

  #noPatch(): Stop {
    const index = this.#containers.length - 1
    const why = 'its table is followed by nothing, and that is read all the same'
    const fault = { code: 'NO_PATCH', field: 'patches', offset: this.#offset, why }
    return this.#stop(fault, `container ${index}`)
  }

  #stop(fault: Fault, path: string, says?: string): Stop {
    return { at: this.#offset, path, fault, says }
  }
}

/** Why the reader refuses the file, or a part of it, or for some CPUs, and how many patches it took before. */
export function verifyAmd(
  region: Region,
  reader: AmdReader,
): { readonly updates: number; readonly findings: readonly Finding[] } {
  const walk = walkAmd(region, reader)
  const updates = walk.patches.length
  const stop = walk.stop === null ? [] : [stopFinding(walk.stop, reader, updates)]
  if (reader.rule !== 'xen') return { updates, findings: stop }
  const tables = walk.containers.map((container) => seenEquivalences(region, container, reader))
  return { updates, findings: [...stop, ...xenCpuFindings(region, walk, tables, reader)] }
}

/** The entries of a table that a reader sees: Xen none behind the first that is zero, Linux all. */
export function seenEquivalences(
  { view }: Region,
  { offset, tableLength }: TakenContainer,
  { rule }: Pick<AmdReader, 'rule'>,
): AmdEquivalence[] {
  const entries: AmdEquivalence[] = []
  for (let index = 0; index < Math.floor(tableLength / EQUIVALENCE_SIZE); index++) {
    const entry = equivalenceAt(view, offset + 12 + EQUIVALENCE_SIZE * index)
    if (entry.signature === 0 && rule === 'xen') break
    entries.push(entry)
  }
  return entries
}
