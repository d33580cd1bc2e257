/**
 * What AMD's amd_ucode_info.py (commit 48c2920) makes of a file. It checks no bounds: what lies behind the end of the file reads as zeros. Its
 * own structure, from its behaviour.
 */

import { EQUIVALENCE_SIZE, MAGIC, PATCH_FIELD, SECTION } from '../amd/format.js'
import { hex } from '../bytes.js'
import { dateText } from '../date.js'
import type { AmdEquivalence } from '../types.js'

/** A patch as it is listed. */
export interface ListedPatch {
  /** Behind the header of its section. */
  readonly offset: number
  /** What the header of the section says; the file may end before. */
  readonly length: number
  /** Its revision. */
  readonly patchId: number
  /** `YYYY-MM-DD`. */
  readonly date: string
  /** The id that the table must have. */
  readonly equivalenceId: number
  /** CPUs of the table with this id, each once; empty where it prints question marks. */
  readonly cpus: readonly number[]
  /** Bytes 8 and 9. */
  readonly dataId: number
  /** Byte 10. */
  readonly dataLength: number
  /** Byte 11. */
  readonly initFlag: number
  /** Bytes 12 to 15. */
  readonly checksum: number
  /** Bytes 16 to 19. */
  readonly northBridgeId: number
  /** Bytes 20 to 23. */
  readonly southBridgeId: number
  /** Bytes 26, 27 and 28. */
  readonly revisions: readonly [northBridge: number, southBridge: number, biosApi: number]
  /** Bytes 29 to 31. */
  readonly reserved: readonly [number, number, number]
}

/** A container as it is listed. */
export interface ListedContainer {
  /** Where its magic should be. */
  readonly offset: number
  /** Entries of the table that are at least in part in the file; entries behind its end are zeros. */
  readonly equivalences: readonly AmdEquivalence[]
  /** Entries that are listed, those behind the end of the file too. */
  readonly equivalenceCount: number
  /** Up to where it gives up. */
  readonly patches: readonly ListedPatch[]
}

/** What a run does. */
export interface AmdUcodeInfoRun {
  /** Exit status: 22 is EINVAL. */
  readonly exit: 0 | 22
  /** It lists so many entries behind the end of the file that nobody waits for it. */
  readonly runaway: boolean
  /** What it lists; empty for a runaway. */
  readonly containers: readonly ListedContainer[]
  /** What it complains of. */
  readonly messages: readonly string[]
}

/** Entries behind the end of a file from which on a run counts as endless: a million lines. */
const PATIENCE = 1_000_000

/** Foresees `amd_ucode_info.py -vv` over one file. */
export function runAmdUcodeInfo(bytes: Uint8Array): AmdUcodeInfoRun {
  return new Run(bytes).run()
}

class Run {
  readonly #bytes: Uint8Array
  readonly #messages: string[] = []
  #runaway = false
  #failed = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  run(): AmdUcodeInfoRun {
    const containers: ListedContainer[] = []
    for (let offset: number | null = 0; offset !== null; ) {
      const { next, ...container } = this.#container(offset)
      containers.push(container)
      offset = next
    }
    if (this.#runaway) return { exit: 22, runaway: true, containers: [], messages: [] }
    const exit = this.#failed ? 22 : 0
    return { exit, runaway: false, containers, messages: this.#messages }
  }

  #container(offset: number): ListedContainer & { next: number | null } {
    const empty = { offset, equivalences: [], equivalenceCount: 0, patches: [], next: null }
    if (this.#word(offset) !== MAGIC || this.#bytes.length < offset + 4) {
      this.#fail('ERROR: Missing magic number at beginning of container')
      return empty
    }
    const type = this.#word(offset + 4)
    if (type !== SECTION.table) {
      this.#fail(`ERROR: Invalid equivalence table identifier: ${hex(type, 8)}`)
      return empty
    }
    const length = this.#word(offset + 8)
    const count = Math.ceil(length / EQUIVALENCE_SIZE)
    const table = this.#table(offset + 12, count)
    const cpus = new Map([...table.ids].map(([id, signatures]) => [id, [...signatures]]))
    const { patches, next } = this.#patches(offset + 12 + length, cpus)
    return { ...empty, equivalences: table.entries, equivalenceCount: count, patches, next }
  }

  /** The entries of the table, and the CPUs of each id. Ids of 0 do not count. */
  #table(start: number, count: number) {
    const inside = Math.ceil(Math.max(this.#bytes.length - start, 0) / EQUIVALENCE_SIZE)
    if (count - inside > PATIENCE) this.#runaway = true
    const entries: AmdEquivalence[] = []
    const ids = new Map<number, Set<number>>()
    const idOfCpu = new Map<number, number>()
    for (let index = 0; index < Math.min(count, inside); index++) {
      const entry = this.#equivalence(start + EQUIVALENCE_SIZE * index)
      entries.push(entry)
      if (entry.equivalenceId !== 0) this.#enter(entry, ids, idOfCpu)
    }
    return { entries, ids }
  }

  #enter(
    { signature, equivalenceId }: AmdEquivalence,
    ids: Map<number, Set<number>>,
    idOfCpu: Map<number, number>,
  ): void {
    const cpus = ids.get(equivalenceId) ?? new Set()
    ids.set(equivalenceId, cpus)
    const cpu = `CPUID ${hex(signature, 8)} (${describeCpu(signature)})`
    if (cpus.has(signature)) {
      this.#messages.push(
        `WARNING: Duplicate ${cpu} in the equivalence table for equiv_id ${hex(equivalenceId, 4)} `,
      )
    }
    const known = idOfCpu.get(signature)
    if (known === undefined) idOfCpu.set(signature, equivalenceId)
    else if (known !== equivalenceId) {
      this.#messages.push(
        `WARNING: Different equiv_id's (${hex(equivalenceId, 4)} and ${hex(known, 4)}) are present in the equivalence table for ${cpu}`,
      )
    }
    cpus.add(signature)
  }

  #patches(start: number, ids: ReadonlyMap<number, readonly number[]>) {
    const patches: ListedPatch[] = []
    for (let at = start; at < this.#bytes.length; ) {
      const type = this.#word(at)
      if (type === MAGIC && at + 4 <= this.#bytes.length) return { patches, next: at }
      if (type !== SECTION.patch) {
        this.#fail(`Invalid patch identifier: ${hex(type, 8)}`)
        return { patches, next: null }
      }
      const patch = this.#patch(at + 8, ids)
      patches.push(patch)
      at += 8 + patch.length
    }
    return { patches, next: null }
  }

  #patch(at: number, ids: ReadonlyMap<number, readonly number[]>): ListedPatch {
    const byte = (field: number) => this.#bytes[at + field] ?? 0
    const half = (field: number) => byte(field) + 256 * byte(field + 1)
    const equivalenceId = half(PATCH_FIELD.equivalenceId)
    const cpus = ids.get(equivalenceId)
    if (cpus === undefined) {
      this.#messages.push(
        `Patch equivalence id not present in equivalence table (${hex(equivalenceId, 4)})`,
      )
    }
    return {
      offset: at,
      length: this.#word(at - 4),
      patchId: this.#word(at + PATCH_FIELD.patchId),
      date: dateText(this.#word(at + PATCH_FIELD.date)),
      equivalenceId,
      cpus: cpus ?? [],
      dataId: half(PATCH_FIELD.dataId),
      dataLength: byte(PATCH_FIELD.dataLength),
      initFlag: byte(PATCH_FIELD.initFlag),
      checksum: this.#word(at + PATCH_FIELD.checksum),
      northBridgeId: this.#word(at + PATCH_FIELD.northBridgeId),
      southBridgeId: this.#word(at + PATCH_FIELD.southBridgeId),
      revisions: [
        byte(PATCH_FIELD.northBridgeRevision),
        byte(PATCH_FIELD.southBridgeRevision),
        byte(PATCH_FIELD.biosApiRevision),
      ],
      reserved: [byte(29), byte(30), byte(31)],
    }
  }

  #equivalence(offset: number): AmdEquivalence {
    const low = this.#word(offset + 12)
    return {
      offset,
      signature: this.#word(offset),
      errataMask: this.#word(offset + 4),
      errataCompare: this.#word(offset + 8),
      equivalenceId: low & 0xffff,
      reserved: low >>> 16,
    }
  }

  #word(offset: number): number {
    const byte = (index: number) => this.#bytes[offset + index] ?? 0
    return (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0
  }

  #fail(message: string): void {
    this.#failed = true
    this.#messages.push(message)
  }
}

/** Its family is not cut to 8 bits as Xen's is, and its extended family counts for every base family. */
function describeCpu(signature: number): string {
  const family = ((signature >>> 8) & 0xf) + ((signature >>> 20) & 0xff)
  const model = ((signature >>> 4) & 0xf) | ((signature >>> 12) & 0xf0)
  return `Family=${hex(family, 2)} Model=${hex(model, 2)} Stepping=${hex(signature & 0xf, 2)}`
}
