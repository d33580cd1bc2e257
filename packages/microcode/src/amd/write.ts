/** Writes AMD containers. */
import { XenlevelError } from '@xenlevel/cpuid'
import { hex, joined, viewOf } from '../bytes.js'
import type { AmdEquivalence, AmdUpdate, MicrocodeFile } from '../types.js'
import {
  EQUIVALENCE_SIZE,
  MAGIC,
  PATCH_FIELD,
  SECTION,
  SECTION_HEADER,
  SHORT_HEADER,
} from './format.js'

/** A CPU model and the id of its patches. */
export type EquivalenceInit = Pick<AmdEquivalence, 'signature' | 'equivalenceId'> &
  Partial<Pick<AmdEquivalence, 'errataMask' | 'errataCompare' | 'reserved'>>

/** What goes into a container. */
export interface AmdContainerInit {
  /** The patches, in this order: read ones, or their bytes. */
  readonly patches: readonly (AmdUpdate | Uint8Array)[]
  /**
   * The table, in this order, without the entry of zeros that ends it; by default what the patches are for. A table that has an entry of
   * zeros is written as it is.
   */
  readonly equivalences?: readonly EquivalenceInit[]
}

/**
 * A container that every reader takes: the table ends with an entry of zeros, without which Xen before 4.20 refuses it.
 *
 * @throws XenlevelError with code `PATCH_TOO_SHORT` for bytes that have no patch header, `PATCH_WITHOUT_CPU` for a patch whose id the
 * table does not have: nobody would ever load it.
 */
export function encodeAmdContainer(init: AmdContainerInit): Uint8Array<ArrayBuffer> {
  const patches = init.patches.map((patch) => ('bytes' in patch ? patch.bytes : patch))
  const table = terminated(init.equivalences ?? equivalencesOf(init.patches))
  patches.forEach((patch, index) => {
    requirePatch(patch, index, table)
  })
  return encode(table, patches)
}

/**
 * The containers of a file one behind the other, byte for byte as they were read, without what no container holds.
 *
 * @throws XenlevelError with code `NO_CONTAINER` for a file without containers, such as a bare patch.
 */
export function encodeAmdContainers(
  file: Pick<MicrocodeFile, 'containers' | 'updates'>,
): Uint8Array<ArrayBuffer> {
  if (file.containers.length === 0) {
    throw new XenlevelError({
      code: 'NO_CONTAINER',
      message:
        'The file has no AMD container to write; encodeAmdContainer makes one of bare patches.',
    })
  }
  const patches: Uint8Array[][] = file.containers.map(() => [])
  for (const update of file.updates)
    if (update.vendor === 'AMD') patches[update.container ?? -1]?.push(update.bytes)
  return joined(
    file.containers.map(({ equivalences }, container) =>
      encode(equivalences, patches[container] ?? []),
    ),
  )
}

function encode(
  table: readonly EquivalenceInit[],
  patches: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const tableLength = EQUIVALENCE_SIZE * table.length
  const size = patches.reduce((sum, { length }) => sum + SECTION_HEADER + length, 12 + tableLength)
  const container = new Uint8Array(size)
  const view = viewOf(container)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, SECTION.table, true)
  view.setUint32(8, tableLength, true)
  let at = 12
  for (const entry of table) {
    view.setUint32(at, entry.signature, true)
    view.setUint32(at + 4, entry.errataMask ?? 0, true)
    view.setUint32(at + 8, entry.errataCompare ?? 0, true)
    view.setUint16(at + 12, entry.equivalenceId, true)
    view.setUint16(at + 14, entry.reserved ?? 0, true)
    at += EQUIVALENCE_SIZE
  }
  for (const patch of patches) {
    view.setUint32(at, SECTION.patch, true)
    view.setUint32(at + 4, patch.length, true)
    container.set(patch, at + SECTION_HEADER)
    at += SECTION_HEADER + patch.length
  }
  return container
}

function terminated(table: readonly EquivalenceInit[]): readonly EquivalenceInit[] {
  const ended = table.some(({ signature }) => signature === 0)
  return ended ? table : [...table, { signature: 0, equivalenceId: 0 }]
}

/** Every CPU that the patches are for, once. */
function equivalencesOf(patches: readonly (AmdUpdate | Uint8Array)[]): EquivalenceInit[] {
  const table = new Map<string, EquivalenceInit>()
  const seen = new Set<AmdUpdate['signatures']>()
  for (const patch of patches) {
    if (!('bytes' in patch) || seen.has(patch.signatures)) continue
    const { equivalenceId, signatures } = patch
    seen.add(signatures) // patches of one table share them
    for (const { signature } of signatures)
      table.set(`${signature} ${equivalenceId}`, { signature, equivalenceId })
  }
  return [...table.values()]
}

function requirePatch(patch: Uint8Array, index: number, table: readonly EquivalenceInit[]): void {
  if (patch.length < SHORT_HEADER) {
    throw new XenlevelError({
      code: 'PATCH_TOO_SHORT',
      message: `Patch ${index} has ${patch.length} bytes, its header alone has ${SHORT_HEADER}: give the whole patch.`,
      details: { index, size: patch.length },
    })
  }
  const equivalenceId = viewOf(patch).getUint16(PATCH_FIELD.equivalenceId, true)
  if (table.some((entry) => entry.equivalenceId === equivalenceId && entry.signature !== 0)) return
  throw new XenlevelError({
    code: 'PATCH_WITHOUT_CPU',
    message: `Patch ${index} is for the id ${hex(equivalenceId, 4)}, which no CPU of the table has; name its CPUs in equivalences.`,
    details: { index, equivalenceId },
  })
}
