/** Which AMD patch a loader chooses for a CPU. Xen: xen/arch/x86/cpu/microcode/amd.c. Linux: arch/x86/kernel/cpu/microcode/amd.c. */
import type { Region } from '../bytes.js'
import { hex } from '../bytes.js'
import type { Fault, Stop } from '../finding.js'
import type { Choice, Chosen } from '../select/choice.js'
import { type LoadRequest, mayReplace } from '../select/load.js'
import type { SelectRelease } from '../select/rules.js'
import type { PassedOver } from '../select/types.js'
import type { CpuIdentity } from '../types.js'
import { digestFault, type EntrysignCpu, wantsDigests } from './entrysign.js'
import { isFinalRevision, maxPatchSize } from './facts.js'
import { familyOf, familyOfId, minRevisionOf, PATCH_FIELD } from './format.js'
import type { AmdReader } from './readers.js'
import { type AmdWalk, seenEquivalences, type TakenContainer, type TakenPatch } from './verify.js'

/** A patch that was chosen. */
export interface ChosenPatch extends Chosen {
  /** The id of its CPUs. */
  readonly equivalenceId: number
  /** The revision that it asks for; undefined if it does not. */
  readonly minRevision: number | undefined
  /** What stands in its place and cannot be one; undefined if that is nothing. */
  readonly oddMinRevision: number | undefined
}

/** What Xen knows when it chooses. */
export interface XenPatchRequest {
  /** The release. */
  readonly known: SelectRelease
  /** How revisions count. */
  readonly load: LoadRequest
  /** The CPU, and its firmware. */
  readonly entrysign: EntrysignCpu
  /** The id that an earlier file gave; undefined if there was none. */
  readonly equivalenceId: number | undefined
}

/** Chooses as Xen: the newest that fits, is not too large, and has its listed digest where one is wanted. */
export function choosePatchAsXen(
  part: Region,
  walk: AmdWalk,
  cpu: CpuIdentity,
  request: XenPatchRequest,
): Choice<ChosenPatch> {
  return new XenChoice(part, walk, cpu, request).run()
}

class XenChoice {
  readonly #part: Region
  readonly #walk: AmdWalk
  readonly #cpu: CpuIdentity
  readonly #request: XenPatchRequest
  readonly #passedOver: PassedOver[] = []
  readonly #log: string[] = []
  #id: number | undefined
  #found: ChosenPatch | null = null

  constructor(part: Region, walk: AmdWalk, cpu: CpuIdentity, request: XenPatchRequest) {
    this.#part = part
    this.#walk = walk
    this.#cpu = cpu
    this.#request = request
    this.#id = request.equivalenceId
  }

  run(): Choice<ChosenPatch> {
    const stop = this.#early() ?? this.#containers()
    if (stop?.says !== undefined) this.#log.push(`microcode: ${stop.says}`)
    const [found, passedOver, log] = [this.#found, this.#passedOver, this.#log]
    return { found, notNewer: null, stop, passedOver, log }
  }

  /** What 4.13 asks before it reads: something to read, and a revision that may be left. */
  #early(): Stop | null {
    const { rules } = this.#request.known
    const { start, end } = this.#part
    if (!rules.oneContainer) return null
    if (start === end) {
      const why = 'there is nothing in it'
      return stopAt(start, { code: 'EMPTY', why, says: 'Wrong microcode patch file magic' })
    }
    const { signature, revision } = this.#cpu
    if (!isFinalRevision(familyOf(signature), revision >>> 0)) return null
    const why = `the running revision ${hex(revision >>> 0)} is final`
    const says = 'Cannot update microcode patch on the cpu as we hit a final level'
    return stopAt(start, { code: 'FINAL_REVISION', why, says })
  }

  /** Container by container, up to where the walk or the CPU's own ids end it. */
  #containers(): Stop | null {
    const { containers, patches, stop } = this.#walk
    const { rules } = this.#request.known
    for (const [index, container] of containers.entries()) {
      const entry = this.#entryOf(container)
      if (entry === undefined) continue
      this.#id ??= entry
      if (this.#id !== entry) return this.#mismatch(container, entry)
      const own = patches.filter((patch) => patch.container === index)
      for (const patch of own) {
        const ended = this.#patch(patch)
        if (ended !== null) return ended
      }
      if (!rules.oneContainer) continue
      if (own.length > 0) return containers.length === index + 1 ? stop : null
      const why = 'the container of this CPU has no patches'
      return stopAt(container.offset, {
        code: 'NO_PATCH',
        why,
        says: 'Wrong microcode payload type field',
      })
    }
    return stop
  }

  #entryOf(container: TakenContainer): number | undefined {
    const table = seenEquivalences(this.#part, container, { rule: 'xen' })
    return table.find(({ signature }) => signature === this.#cpu.signature)?.equivalenceId
  }

  #mismatch({ offset }: TakenContainer, entry: number): Stop {
    const cached = this.#id ?? 0
    const [sig, got, kept] = [this.#cpu.signature, entry, cached].map((n, i) =>
      n.toString(16).padStart(i === 0 ? 8 : 4, '0'),
    )
    const why = `this CPU has id 0x${got} here and 0x${kept} in what was read before`
    const says = `Equiv mismatch: cpu ${sig}, got ${got}, cached ${kept}`
    return stopAt(offset + 12, { code: 'EQUIVALENCE_CONFLICT', why, says })
  }

  /** Takes a patch if it should be; what ends the file, if anything does. */
  #patch({ offset, size }: TakenPatch): Stop | null {
    const { bytes } = this.#part
    const patch = patchAt(this.#part, offset)
    const fits = patch.equivalenceId === this.#id
    if (size > this.#limit()) return this.#tooLarge(patch, size, fits)
    const { known, load, entrysign } = this.#request
    if (!fits || (this.#found !== null && !mayReplace(load, this.#found.revision, patch.revision)))
      return null
    if (wantsDigests(known, entrysign)) {
      const fault = digestFault(known, patch.revision, bytes.subarray(offset, offset + size))
      if (fault !== null) {
        this.#log.push(fault.says)
        this.#passedOver.push({ offset, revision: patch.revision, why: fault.why })
        return null
      }
    }
    this.#found = patch
    return null
  }

  #limit(): number {
    const { rules, amd } = this.#request.known
    const family = familyOf(this.#cpu.signature)
    if (family === 0x1a && !amd.knowsFamily1a) return maxPatchSize(0)
    return family === 0x19
      ? Math.min(rules.family19hSize, maxPatchSize(0x19))
      : maxPatchSize(family)
  }

  #tooLarge(patch: ChosenPatch, size: number, fits: boolean): Stop | null {
    const { offset, revision, equivalenceId } = patch
    if (this.#request.known.rules.oversizedEnds) {
      const why = `the ${size} bytes of this patch are too many for the CPU`
      return stopAt(offset - 8, { code: 'PATCH_TOO_LARGE', why, says: 'Bad microcode data' })
    }
    const [length, id] = [size.toString(16).padStart(8, '0'), equivalenceId.toString(16)]
    this.#log.push(`microcode: Bad microcode length 0x${length} for cpu 0x${id.padStart(4, '0')}`)
    const newer = this.#found === null || revision > this.#found.revision
    if (fits && newer) this.#passedOver.push({ offset, revision, why: 'too-large' })
    return null
  }
}

function stopAt(
  at: number,
  { code, why, says }: { readonly code: string; readonly why: string; readonly says: string },
): Stop {
  const fault: Fault = { code, field: '', offset: at, why }
  return { at, path: 'file', fault, says }
}

function patchAt({ view }: Region, offset: number): ChosenPatch {
  const equivalenceId = view.getUint16(offset + PATCH_FIELD.equivalenceId, true)
  const revision = view.getUint32(offset + PATCH_FIELD.patchId, true)
  const word = view.getUint32(offset + PATCH_FIELD.checksum, true)
  const minRevision = minRevisionOf(equivalenceId, revision, word)
  const odd = minRevision === undefined && word !== 0 && mayHaveMinRevision(equivalenceId)
  return { offset, revision, equivalenceId, minRevision, oddMinRevision: odd ? word : undefined }
}

/** From Zen 3 on. */
function mayHaveMinRevision(equivalenceId: number): boolean {
  return equivalenceId >= 0xa000
}

/**
 * Chooses as Linux, which since 2024 goes by the patch id alone from Zen on. During boot: the last that fits in the first container with one
 * that does, unless the CPU runs a newer. Later: the newest of all, if it is newer than what runs. Linux has digests of its own, which are not
 * known here.
 */
export function choosePatchAsLinux(
  part: Region,
  walk: AmdWalk,
  cpu: CpuIdentity,
  reader: AmdReader,
): Choice<ChosenPatch> {
  const late = reader.rule === 'linux-late'
  let best: ChosenPatch | null = null
  for (const [index, container] of walk.containers.entries()) {
    if (best !== null && !late) break
    const table = seenEquivalences(part, container, reader)
    const id = table.find(({ signature }) => signature === cpu.signature)?.equivalenceId
    for (const { container: own, offset } of walk.patches) {
      if (own !== index) continue
      const patch = patchAt(part, offset)
      if (!fitsInLinux(patch, cpu, id)) continue
      if (!late || best === null || patch.revision > best.revision) best = patch
    }
  }
  if (walk.stop !== null && !reader.keepsEarlier) best = null
  const running = cpu.revision >>> 0
  const newer = best !== null && (late ? best.revision > running : best.revision >= running)
  const [found, notNewer] = newer ? [best, null] : [null, best]
  return { found, notNewer, stop: walk.stop, passedOver: [], log: [] }
}

function fitsInLinux(patch: ChosenPatch, { signature }: CpuIdentity, id: number | undefined) {
  const family = familyOf(signature)
  if (familyOfId(patch.equivalenceId) !== family) return false
  return family >= 0x17
    ? signatureOfPatchId(patch.revision) === signature
    : patch.equivalenceId === id
}

/** The CPU that a Zen patch's id is made from: extended family, extended model, model and stepping, above its own low byte. */
function signatureOfPatchId(patchId: number): number {
  const [family, extended, low] = [patchId >>> 24, (patchId >>> 20) & 0xf, (patchId >>> 8) & 0xff]
  return ((family << 20) | (extended << 16) | 0xf00 | low) >>> 0
}
