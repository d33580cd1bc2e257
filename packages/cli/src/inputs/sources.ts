/** What operands lead to: files, directories, patterns that the shell left alone, standard input. */
import { basename, dirname, join, sep } from 'node:path'
import { UsageError } from '../errors.js'
import type { Files, Io } from '../io.js'
import type { Problem } from '../output/printer.js'

/** One thing to read. */
export interface Source {
  /** As messages call it; `-` is standard input. */
  readonly name: string
  /** Its bytes. */
  chunks(): AsyncIterable<Uint8Array>
}

/** A source, or why there is none. */
export type FoundSource =
  | { readonly source: Source; readonly problem?: never }
  | { readonly problem: Problem; readonly source?: never }

/** What a verb says about its operands. */
export interface SourceQuestion {
  /** The verb, for messages. */
  readonly verb: string
  /** What is read: `hosts`. */
  readonly what: string
}

/**
 * Finds the sources that operands name, in their order. Without operands standard input is read, unless a person would have to type it.
 *
 * @throws {@link UsageError} where there is nothing to read.
 */
export async function* findSources(
  operands: readonly string[],
  io: Pick<Io, 'files' | 'stdin'>,
  { verb, what }: SourceQuestion,
): AsyncGenerator<FoundSource> {
  if (operands.length === 0) {
    if (io.stdin.isTTY)
      throw new UsageError(`Name files with ${what}, or - to read standard input.`, verb)
    yield { source: standardInput(io) }
  }
  for (const operand of operands) {
    if (operand === '-') yield { source: standardInput(io) }
    else yield* named(operand, io.files)
  }
}

function standardInput({ stdin }: Pick<Io, 'stdin'>): Source {
  return { name: '-', chunks: () => stdin.chunks() }
}

async function* named(path: string, files: Files): AsyncGenerator<FoundSource> {
  const kind = await files.kindOf(path)
  if (kind === 'directory') yield* filesIn(path, files)
  else if (kind !== null) yield { source: fileSource(path, files) }
  else if (/[*?[]/.test(path)) yield* matching(path, files)
  else
    yield missing(path, 'there is no such file; look at its name, or at the directory you are in.')
}

/** The regular files of a directory, hidden ones left out. */
async function* filesIn(path: string, files: Files): AsyncGenerator<FoundSource> {
  let found = 0
  for (const name of await files.list(path)) {
    if (name.startsWith('.')) continue
    const inside = join(path, name)
    if ((await files.kindOf(inside)) !== 'file') continue
    found++
    yield { source: fileSource(inside, files) }
  }
  if (found === 0) yield missing(path, 'there is no file in this directory.')
}

async function* matching(pattern: string, files: Files): AsyncGenerator<FoundSource> {
  let found = 0
  for await (const path of expand(pattern, files)) {
    if ((await files.kindOf(path)) !== 'file') continue
    found++
    yield { source: fileSource(path, files) }
  }
  if (found === 0) yield missing(pattern, 'no file has a name like this pattern.')
}

/** `*` and `?` and `[…]` within a name, in any part of a path. */
async function* expand(pattern: string, files: Files): AsyncGenerator<string> {
  const parent = dirname(pattern)
  const parents = /[*?[]/.test(parent) ? expand(parent, files) : [parent]
  const wanted = basename(pattern)
  for await (const directory of parents) {
    if ((await files.kindOf(directory)) !== 'directory') continue
    const inside = (name: string) =>
      directory === '.' && !pattern.startsWith(`.${sep}`) ? name : join(directory, name)
    if (!/[*?[]/.test(wanted)) {
      yield inside(wanted)
      continue
    }
    const matches = patternOf(wanted)
    for (const name of await files.list(directory)) {
      if (matches.test(name) && (!name.startsWith('.') || wanted.startsWith('.')))
        yield inside(name)
    }
  }
}

function patternOf(text: string): RegExp {
  const body = text.replace(/\[(!?)([^\]]+)\]|[.*+?^${}()|[\]\\]/g, (found, not, set) => {
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replaceAll('\\', '\\\\')}]`
    return found === '*' ? '.*' : found === '?' ? '.' : `\\${found}`
  })
  return new RegExp(`^${body}$`, 's')
}

function fileSource(path: string, files: Files): Source {
  return { name: path, chunks: () => files.chunks(path) }
}

function missing(path: string, message: string): FoundSource {
  return { problem: { file: path, line: null, code: 'FILE_MISSING', message } }
}

/** What a file is called when nothing in it says: its name without directory and ending. */
export function nameOfFile(path: string): string {
  return path === '-' ? 'stdin' : basename(path).replace(/\.[A-Za-z][A-Za-z0-9-]*$/, '')
}
