/** Writes Intel updates: one behind the other, or as text. */
import { XenlevelError } from '@xenlevel/cpuid'
import { hex, joined, viewOf, wholeOf } from '../bytes.js'
import type { IntelUpdate } from '../types.js'
import { FIELD } from './format.js'
import { intelReader } from './readers.js'
import { walkIntel } from './verify.js'

/** An update that was read, or its bytes. */
export type IntelUpdateInit = IntelUpdate | Uint8Array

/**
 * Updates one behind the other, in this order, as the files of Intel's releases are made.
 *
 * iucode_tool writes its own choice of them, sorted: `encodeIntel(runIucode(bytes).written)` gives its bytes.
 *
 * @throws XenlevelError with code `UPDATE_UNSOUND` for bytes that are not one sound update: Xen would read nothing behind them.
 */
export function encodeIntel(updates: Iterable<IntelUpdateInit>): Uint8Array<ArrayBuffer> {
  return joined(Array.from(updates, soundBytes))
}

/**
 * The same as text, in the form that Intel's `.dat` files had until 2018: a comment, then four words a line.
 *
 * @throws XenlevelError as {@link encodeIntel}.
 */
export function encodeIntelDat(updates: Iterable<IntelUpdateInit>): string {
  const lines: string[] = []
  Array.from(updates, soundBytes).forEach((bytes) => {
    const view = viewOf(bytes)
    const field = (name: keyof typeof FIELD) => view.getUint32(FIELD[name], true)
    const [mask, signature] = [field('platformMask'), field('signature')]
    lines.push(
      `/* signature ${hex(signature, 8)}, platforms ${hex(mask, 2)}, revision ${hex(field('revision'), 8)} */`,
    )
    for (let at = 0; at < bytes.length; at += 16) {
      const words = [0, 4, 8, 12].filter((offset) => at + offset < bytes.length)
      lines.push(words.map((offset) => `${hex(view.getUint32(at + offset, true), 8)},`).join('\t'))
    }
  })
  return lines.map((line) => `${line}\n`).join('')
}

function soundBytes(update: IntelUpdateInit, index: number): Uint8Array {
  const bytes = 'bytes' in update ? update.bytes : update
  const { taken, stop } = walkIntel(wholeOf(bytes), intelReader('xen'))
  if (taken.length === 1 && stop === null) return bytes
  const why = stop?.fault.why ?? `there are ${taken.length} updates in its bytes`
  throw new XenlevelError({
    code: 'UPDATE_UNSOUND',
    message: `Update ${index} is not one sound update: ${why}.`,
    details: { index, offset: stop?.fault.offset ?? 0, size: bytes.length },
  })
}
