/** Walks AMD containers as one of their readers does, up to the first thing that it refuses. */
import { hex, type Region } from '../bytes.js'
import { type Fault, findingOf, type Stop, stopFinding } from '../finding.js'
import type { AmdEquivalence, Finding } from '../types.js'
import {
  CONTAINER_CHECKS,
  type ContainerCandidate,
  isMagic,
  PATCH_CHECKS,
  patchLength,
  tableLength,
} from './checks.js'
import { maxPatchSize } from './facts.js'
import { EQUIVALENCE_SIZE, equivalenceAt, familyOf, PATCH_FIELD, SECTION_HEADER } from './format.js'
import type { AmdReader } from './readers.js'

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
  const forCpus = reader.rule === 'xen' ? xenCpuFindings(region, walk, reader) : []
  return { updates, findings: [...stop, ...forCpus] }
}

/** The entries of a table that a reader sees: Xen none behind the first that is zero, Linux all. */
export function seenEquivalences(
  { view }: Region,
  { offset, tableLength }: TakenContainer,
  reader: Pick<AmdReader, 'rule'>,
): AmdEquivalence[] {
  const entries: AmdEquivalence[] = []
  for (let index = 0; index < Math.floor(tableLength / EQUIVALENCE_SIZE); index++) {
    const entry = equivalenceAt(view, offset + 12 + EQUIVALENCE_SIZE * index)
    if (entry.signature === 0 && reader.rule === 'xen') break
    entries.push(entry)
  }
  return entries
}

/** What keeps Xen from loading a patch on the CPUs that it is for, though the file can be read. */
function xenCpuFindings(region: Region, walk: AmdWalk, reader: AmdReader): Finding[] {
  const tables = walk.containers.map((container) => seenEquivalences(region, container, reader))
  return [...conflicts(tables, reader), ...oversized(region, walk, tables, reader)]
}

/** Xen keeps the first id that it finds for its CPU, and gives up where a later container says another. */
function conflicts(
  tables: readonly (readonly AmdEquivalence[])[],
  { rule, name }: AmdReader,
): Finding[] {
  const ids = new Map<number, number>()
  const findings: Finding[] = []
  tables.forEach((table, container) => {
    const seen = new Set<number>()
    for (const { signature, equivalenceId, offset } of table) {
      if (seen.has(signature)) continue
      seen.add(signature)
      const known = ids.get(signature)
      if (known === undefined) ids.set(signature, equivalenceId)
      if (known === undefined || known === equivalenceId) continue
      const fault: Fault = {
        code: 'EQUIVALENCE_CONFLICT',
        field: 'table',
        offset: offset + 12,
        why: `CPU ${hex(signature, 8)} has id ${hex(equivalenceId, 4)} here and ${hex(known, 4)} in an earlier container`,
        expected: known,
        found: equivalenceId,
      }
      const effect = `${name} reads no further on such a CPU`
      const says = `Equiv mismatch: cpu ${signature.toString(16).padStart(8, '0')}, got ${equivalenceId.toString(16).padStart(4, '0')}, cached ${known.toString(16).padStart(4, '0')}`
      findings.push(
        findingOf(fault, `container ${container}`, { rule, severity: 'warning', effect, says }),
      )
    }
  })
  return findings
}

/** Xen passes over patches that are larger than those of the CPU's family may be. */
function oversized(
  { view }: Region,
  { patches }: AmdWalk,
  tables: readonly (readonly AmdEquivalence[])[],
  { rule, name, knowsFamily1a }: AmdReader,
): Finding[] {
  return patches.flatMap(({ container, offset, size }, index) => {
    const id = view.getUint16(offset + PATCH_FIELD.equivalenceId, true)
    const cpu = tables[container]?.find(({ equivalenceId }) => equivalenceId === id)
    if (cpu === undefined) return []
    const family = familyOf(cpu.signature)
    const most = maxPatchSize(family === 0x1a && !knowsFamily1a ? 0 : family)
    if (size <= most) return []
    const fault: Fault = {
      code: 'PATCH_TOO_LARGE',
      field: 'length',
      offset: offset - 4,
      why: `it has ${size} bytes, more than ${most} for family ${family.toString(16)}h`,
      expected: `at most ${most}`,
      found: size,
    }
    const says = `Bad microcode length 0x${size.toString(16).padStart(8, '0')} for cpu 0x${id.toString(16).padStart(4, '0')}`
    const effect = `${name} passes over it`
    return [findingOf(fault, `patch ${index}`, { rule, severity: 'warning', effect, says })]
  })
}
