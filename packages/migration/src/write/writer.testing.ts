/** For tests: images that are begun, state to end them with, and what is refused. */
import { CpuPolicy } from '@xenlevel/core'
import { LEAVES } from '../build.testing.js'
import { ImageWriterError } from './errors.js'
import type { LibxcOptions } from './options.js'
import { ImageWriter } from './writer.js'

/** The Xen that they say they are saved on. */
export const XEN = [4, 22] as const
/** The policy of their guest. */
export const POLICY = CpuPolicy.fromRecords(LEAVES)
/** A page full of one byte. */
export const page = (byte: number) => new Uint8Array(4096).fill(byte)

/** The header that begins every HVM context, and the end of the list. */
function hvmContext(): Uint8Array {
  const bytes = new Uint8Array(40)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 1, true)
  view.setUint32(4, 24, true)
  view.setUint32(8, 0x5438_1286, true)
  view.setUint32(12, 2, true)
  return bytes
}

/** The time of their guest. */
export const TSC = { mode: 0, khz: 2_000_000, nanoseconds: 12n, incarnation: 0 }

/** Adds what every HVM guest has beside its memory. */
export function state(writer: ImageWriter): void {
  writer.tscInfo(TSC)
  writer.hvmContext(hvmContext())
  writer.hvmParams([{ index: 1, value: 0xfeff_0000n }])
}

type Rest = Partial<Omit<LibxcOptions, 'form'>>

/** A libxc image up to the end of its static part. */
export function begun(rest: Rest = {}): ImageWriter {
  return withHead(new ImageWriter({ form: 'libxc', kind: 'hvm', xen: XEN, ...rest }))
}

/** Adds the static part. */
export function withHead(writer: ImageWriter): ImageWriter {
  writer.policy(POLICY)
  writer.staticDataEnd()
  return writer
}

/** What a call is refused with. */
export function refusalOf(call: () => unknown): ImageWriterError {
  try {
    call()
  } catch (error) {
    if (error instanceof ImageWriterError) return error
    throw error
  }
  throw new Error('it was not refused')
}
