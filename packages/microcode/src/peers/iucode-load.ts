/** How iucode_tool takes a file in, by its type. */
import { joined, type Region, wholeOf } from '../bytes.js'
import type { Fault } from '../finding.js'
import { SMALLEST_UPDATE } from '../intel/checks.js'
import { decodeIntelDat } from '../intel/dat.js'
import { recoverBlocks } from './iucode-recover.js'

/** Updates one behind the other, or why there are none. */
export type Loaded =
  | { readonly region: Region; readonly gaveUp: boolean }
  | { readonly fault: Fault; readonly says: string; readonly skipped: boolean }

/** Takes a file in, as far as it depends on its type. */
export function load(bytes: Uint8Array, type: 'bin' | 'dat' | 'recover'): Loaded {
  if (type === 'recover') {
    const whole = wholeOf(bytes)
    const { blocks, gaveUp } = recoverBlocks(whole)
    const parts = blocks.map(({ start, end }) => bytes.subarray(start, end))
    const packed = packedOf(parts)
    return packed.length === 0 ? none() : { region: wholeOf(packed), gaveUp }
  }
  if (type === 'dat') {
    const { content, lines, problems } = decodeIntelDat(bytes)
    const [problem] = problems
    if (problem === undefined && content.length === 0) return none()
    if (problem === undefined && content.length >= SMALLEST_UPDATE)
      return { region: wholeOf(content), gaveUp: false }
    const why =
      problem?.message.replace(/\.$/, '') ??
      `its words are ${content.length} bytes, the smallest update has ${SMALLEST_UPDATE}`
    const fault = {
      code: problem?.code ?? 'TOO_SHORT',
      field: '',
      offset: problem?.offset ?? 0,
      why,
    }
    return { fault, says: `line ${lines}: invalid file format`, skipped: false }
  }
  if (bytes.length >= SMALLEST_UPDATE) return { region: wholeOf(bytes), gaveUp: false }
  const why = `it has ${bytes.length} bytes, the smallest update has ${SMALLEST_UPDATE}`
  const fault = { code: 'TOO_SHORT', field: '', offset: 0, why, found: bytes.length }
  return { fault, says: 'invalid file format', skipped: false }
}

function none(): Loaded {
  const fault = { code: 'NO_MICROCODE', field: '', offset: 0, why: 'no update is found in it' }
  return { fault, says: 'no microcodes found in data file, skipping...', skipped: true }
}

/** One block stays where it is: a file of that size is not copied. */
function packedOf(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts
  return first !== undefined && parts.length === 1 ? first : joined(parts)
}
