/** An Intel update that is in order, for a CPU that was never made. */

/** A header of 48 bytes and 2000 bytes of data: the least that every release takes (Intel SDM volume 3A, 11.11.1). */
const SIZE = 2048

/** A signature of family 6 with a model and stepping that no CPU has. */
const NO_SIGNATURE = 0x000f_06ff

/** Where the checksum is, in bytes. */
const CHECKSUM = 16

/** The bytes of the update; its words add up to zero if it is sound. */
export function noIntelUpdate({ sound }: { readonly sound: boolean }): Uint8Array {
  const bytes = new Uint8Array(SIZE)
  const view = new DataView(bytes.buffer)
  const header = [1, 0x7fff_0000, 0x0101_2020, NO_SIGNATURE, 0, 1, 0xff, SIZE - 48, SIZE]
  header.forEach((word, index) => {
    view.setUint32(index * 4, word, true)
  })
  const sum = header.reduce((total, word) => (total + word) >>> 0, 0)
  view.setUint32(CHECKSUM, (sound ? -sum : 1 - sum) >>> 0, true)
  return bytes
}
