/** Records as libxc and libxl frame them: type, length, body, zeros up to a multiple of 8. */
import { RECORD_HEAD } from '../layers/framing.js'
import { viewOf } from '../walk.js'

const NOTHING: Uint8Array = /* @__PURE__ */ new Uint8Array()

/** A record as pieces, the body as it was given; at most three more bytes arrays than the body has. */
export function recordPieces(
  type: number,
  body: Uint8Array | readonly Uint8Array[] = NOTHING,
): Uint8Array[] {
  const pieces = body instanceof Uint8Array ? [body] : body
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const head = new Uint8Array(RECORD_HEAD)
  const view = viewOf(head)
  view.setUint32(0, type, true)
  view.setUint32(4, length, true)
  const padding = new Uint8Array(-length & 7)
  return [head, ...pieces, padding].filter((piece) => piece.length > 0)
}

/** Pieces as one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only, another] = pieces
  if (only !== undefined && another === undefined) return only
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
