/** The recorded microcode files, for tests that run where they are. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Present where the recorded files are: name it to `describeRecorded` beside the answers. */
export const CORPUS_MANIFEST = 'microcode/corpus/manifest.json'

/** A recorded microcode file, by its path in the corpus. */
export function readCorpus(path: string): Uint8Array<ArrayBuffer> {
  const root = fileURLToPath(new URL('../../../', import.meta.url))
  const corpus = process.env.XENLEVEL_CORPUS
  if (corpus === undefined) throw new Error('XENLEVEL_CORPUS is not set')
  return new Uint8Array(readFileSync(join(resolve(root, corpus), 'microcode/corpus', path)))
}

/** One step of making a damaged file. */
export type Mutation =
  | readonly ['put' | 'ins', offset: number, hex: string]
  | readonly ['cut', length: number]
  | readonly ['del', offset: number, count: number]
  | readonly ['app', hex: string]

/** The file after all steps. */
export function mutate(base: Uint8Array, ops: readonly Mutation[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(ops.reduce(applyOne, base))
}

function applyOne(bytes: Uint8Array, op: Mutation): Uint8Array {
  switch (op[0]) {
    case 'put': {
      const [data, changed] = [fromHex(op[2]), new Uint8Array(bytes)]
      changed.set(data, op[1])
      return changed
    }
    case 'ins':
      return joined(bytes.subarray(0, op[1]), fromHex(op[2]), bytes.subarray(op[1]))
    case 'del':
      return joined(bytes.subarray(0, op[1]), bytes.subarray(op[1] + op[2]))
    case 'cut':
      return bytes.subarray(0, op[1])
    default:
      return joined(bytes, fromHex(op[1]))
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}
