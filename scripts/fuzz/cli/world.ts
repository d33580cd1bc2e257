/** A world in memory for the command: files that are given, output that is kept, no Xen. */
import { XenUnavailableError } from '@xenlevel/hw-xen'
import type { Files, Io, Output } from '../../../packages/cli/src/io.js'

/** Files by name; `-` is standard input. */
export type Contents = Readonly<Record<string, Uint8Array>>

class Kept implements Output {
  readonly isTTY = false
  readonly columns = 80
  readonly #decoder = new TextDecoder()
  text = ''

  write(content: string | Uint8Array): void {
    this.text += typeof content === 'string' ? content : this.#decoder.decode(content)
  }
}

/** The world, and what was said in it. */
export interface World {
  readonly io: Io
  readonly stdout: { readonly text: string }
  readonly stderr: { readonly text: string }
}

async function* once(bytes: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (bytes !== undefined) yield bytes
}

async function swallow(content: Uint8Array | string | AsyncIterable<Uint8Array>): Promise<void> {
  if (typeof content === 'string' || content instanceof Uint8Array) return
  for await (const _ of content);
}

/** What Node says of a file that is not there. */
function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT', syscall: 'open', path })
}

/** Makes a world. */
export function worldOf(contents: Contents): World {
  const [stdout, stderr] = [new Kept(), new Kept()]
  const known = new Map(Object.entries(contents))
  const files: Files = {
    kindOf: async (path) =>
      known.has(path) && path !== '-' ? 'file' : path === '.' ? 'directory' : null,
    absolute: (path) => path,
    list: async () => [...known.keys()].filter((name) => name !== '-').sort(),
    async *chunks(path) {
      const bytes = known.get(path)
      if (bytes === undefined) throw missing(path)
      yield bytes
    },
    write: async (_path, content) => await swallow(content),
  }
  const io: Io = {
    stdin: { isTTY: !known.has('-'), chunks: () => once(known.get('-')) },
    stdout,
    stderr,
    env: {},
    files,
    signal: new AbortController().signal,
    openXen: async () => {
      throw new XenUnavailableError('device')
    },
  }
  return { io, stdout, stderr }
}
