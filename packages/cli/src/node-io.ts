/** The world as Node has it. */
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { AtomicWriter } from './atomic-write.js'
import type { Files, Input, Io, Output } from './io.js'

/** The file system below a working directory. */
export function nodeFiles(cwd: string, writer = new AtomicWriter()): Files {
  return {
    absolute: (path) => resolve(cwd, path),
    async kindOf(path) {
      try {
        const there = await stat(resolve(cwd, path))
        return there.isFile() ? 'file' : there.isDirectory() ? 'directory' : 'other'
      } catch (error) {
        if (error instanceof Error && 'code' in error && NOTHING.has(String(error.code)))
          return null
        throw withPath(error, path)
      }
    },
    async list(path) {
      try {
        return (await readdir(resolve(cwd, path))).sort()
      } catch (error) {
        throw withPath(error, path)
      }
    },
    async *chunks(path) {
      try {
        for await (const chunk of createReadStream(resolve(cwd, path), { highWaterMark: 1 << 18 }))
          yield chunk
      } catch (error) {
        throw withPath(error, path)
      }
    },
    async write(path, content) {
      try {
        await writer.write(resolve(cwd, path), content)
      } catch (error) {
        throw withPath(error, path)
      }
    },
  }
}

const NOTHING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR'])

/** The error in the words of the command line. */
function withPath(error: unknown, path: string): unknown {
  if (error instanceof Error && 'syscall' in error) Object.assign(error, { path })
  return error
}

/** A stream of Node's as input. */
function nodeInput(stream: Readable & { readonly isTTY?: boolean }): Input {
  return {
    isTTY: stream.isTTY === true,
    async *chunks() {
      for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    },
  }
}

/** A stream of Node's as output. */
function nodeOutput(
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number },
): Output {
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80
    },
    write(content) {
      stream.write(content)
    },
  }
}

/** The world of this process. */
export function nodeIo(writer: AtomicWriter, signal: AbortSignal): Io {
  return {
    get stdin() {
      return nodeInput(process.stdin)
    },
    stdout: nodeOutput(process.stdout),
    stderr: nodeOutput(process.stderr),
    env: process.env,
    files: nodeFiles(process.cwd(), writer),
    signal,
    async openXen() {
      const { openXen } = await import('@xenlevel/hw-xen')
      return openXen()
    },
  }
}
