/** XENPF_microcode_update and XENPF_microcode_update2: loading microcode while everything runs. */
import { errnoName } from '../abi/errnos.js'
import { OPERATIONS } from '../abi/operations.js'
import type { HypercallDoor } from '../hypercall.js'

/** XENPF_UCODE_FORCE: the same or an older revision too. */
const FORCE = 1
/** A flag that no Xen knows. */
const NO_SUCH_FLAG = 0x8000_0000

/**
 * Whether there is microcode_update2, as an errno's negative number or 0. Asked with a flag that is refused before anything else happens
 * (xen/arch/x86/cpu/microcode/core.c), and with no data should it ever not be.
 */
export function probeUpdate2(door: HypercallDoor): number {
  const { microcodeUpdate2 } = OPERATIONS
  door.begin(microcodeUpdate2).set(door.abi.at('xenpf_microcode_update2.flags'), NO_SUCH_FLAG)
  return Math.min(door.issue(microcodeUpdate2), 0)
}

/** How a file is loaded: by the old operation, or by the new one, with or without force. */
export type UpdateWay = 'update' | 'update2' | 'update2 force'

/**
 * Loads a file.
 *
 * @param door - a door of its own, which nothing else uses until this is done.
 * @param bytes - copied before this returns.
 * @returns `'OK'`, or the errno by name.
 */
export async function loadMicrocode(
  door: HypercallDoor,
  bytes: Uint8Array,
  way: UpdateWay,
): Promise<string> {
  const { abi } = door
  const operation = way === 'update' ? OPERATIONS.microcodeUpdate : OPERATIONS.microcodeUpdate2
  const op = door.begin(operation, bytes.length)
  if (way === 'update') {
    op.point(abi.at('xenpf_microcode_update.data')).set(
      abi.at('xenpf_microcode_update.length'),
      bytes.length,
    )
  } else {
    op.set(abi.at('xenpf_microcode_update2.flags'), way === 'update2 force' ? FORCE : 0)
      .set(abi.at('xenpf_microcode_update2.length'), bytes.length)
      .point(abi.at('xenpf_microcode_update2.data'))
  }
  door.put(bytes)
  const result = await door.issueApart(operation)
  return result < 0 ? errnoName(-result) : 'OK'
}
