/** Lists as 32-bit words of this machine: where they lie aligned without a copy, else in room that is kept for it. */

/** Makes words of lists. What it gives is good until the next list. */
export class ListWords {
  #room = new Int32Array(0)
  readonly #sameOrder: boolean

  /** @param sameOrder - whether words of this machine begin with their lowest byte. */
  constructor(sameOrder = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1) {
    this.#sameOrder = sameOrder
  }

  /** The words of a list of little-endian ones; there may be others behind them. */
  of(list: Uint8Array): Int32Array {
    const length = list.length >>> 2
    if (this.#sameOrder && (list.byteOffset & 3) === 0)
      return new Int32Array(list.buffer, list.byteOffset, length)
    if (this.#room.length < length) this.#room = new Int32Array(length)
    const bytes = new Uint8Array(this.#room.buffer)
    bytes.set(list)
    if (!this.#sameOrder) swapBytes(bytes.subarray(0, length * 4))
    return this.#room
  }
}

function swapBytes(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse()
}
