/** Hosts out of files of any form, one after the other; what cannot be read is a problem with its place, and the rest goes on. */
import { formatHostSnapshot, type HostSnapshot, parseHostSnapshot } from '@xenlevel/core'
import type { OptionTable } from '../args.js'
import { CommandError, messageOf } from '../errors.js'
import { BINARY_ADVICE, binaryKindOf, peek } from '../inputs/binary.js'
import { type Piece, piecesOf } from '../inputs/pieces.js'
import { findSources, nameOfFile, type Source } from '../inputs/sources.js'
import type { Io } from '../io.js'
import type { Problem } from '../output/printer.js'
import { looksLikeXe, xapiRecordOf } from './xapi-texts.js'

/** Options of every verb that reads hosts. */
export const HOST_OPTIONS = {
  'xen-release': {
    type: 'string',
    value: 'RELEASE',
    completes: 'release',
    help: 'the Xen of hosts whose input does not say it (CPUID dumps, cpu_info)',
  },
} as const satisfies OptionTable

/** What the help of those verbs says of their operands. */
export const HOSTS_HELP =
  'Hosts are files, directories or patterns, or come by standard input; a file may hold one host or many (JSON arrays, one host a line). Each says itself what it is: a host snapshot, cpu_info of xapi as JSON or as xe prints it, a CPUID dump of any tool, or what xen-cpuid -p prints.'

/** A host, and where it comes from. */
interface ReadHost {
  /** The host. */
  readonly host: HostSnapshot
  /** The file. */
  readonly file: string
  /** Its line there. */
  readonly line: number
}

/** A host, or why there is none. */
export type FoundHost =
  | (ReadHost & { readonly problem?: never })
  | { readonly problem: Problem; readonly host?: never }

/** What is asked of the reader. */
export interface HostQuestion {
  /** The verb, for messages. */
  readonly verb: string
  /** The Xen of hosts that do not say it. */
  readonly release?: string | undefined
}

/** Reads every host that operands lead to. Two hosts of one name are a problem: answers are told by name. */
export async function* readHosts(
  operands: readonly string[],
  io: Pick<Io, 'files' | 'stdin'>,
  question: HostQuestion,
): AsyncGenerator<FoundHost> {
  const names = new Map<string, { readonly file: string; readonly line: number }>()
  for await (const found of hostPieces(operands, io, question.verb)) {
    if (found.problem !== undefined) {
      yield found
      continue
    }
    for await (const read of hostsOfPiece(found, question, names)) {
      if (read.problem === undefined) {
        const before = names.get(read.host.name)
        if (before !== undefined) {
          yield { problem: sameName(read, before) }
          continue
        }
        names.set(read.host.name, read)
      }
      yield read
    }
  }
}

/** All hosts at once, with the problems told. */
export interface HostList {
  /** The hosts, in order. */
  readonly hosts: readonly HostSnapshot[]
  /** What could not be read. */
  readonly problems: readonly Problem[]
}

/** @throws {@link CommandError} if there is no host at all. */
export async function listHosts(
  operands: readonly string[],
  io: Pick<Io, 'files' | 'stdin'>,
  question: HostQuestion & { readonly tell: (problem: Problem) => void },
): Promise<HostList> {
  const hosts: HostSnapshot[] = []
  const problems: Problem[] = []
  for await (const found of readHosts(operands, io, question)) {
    if (found.problem === undefined) hosts.push(found.host)
    else {
      problems.push(found.problem)
      question.tell(found.problem)
    }
  }
  if (hosts.length === 0)
    throw new CommandError({
      code: 'NO_HOSTS',
      message:
        'There is no host among the inputs. "xenlevel help host import" says what can be read.',
    })
  return { hosts, problems }
}

/** A piece of an input that should be a host, or why there is none. */
export type FoundPiece =
  | { readonly piece: Piece; readonly file: string; readonly problem?: never }
  | { readonly problem: Problem; readonly piece?: never; readonly file?: never }

/** The pieces of everything that operands lead to, not read yet. */
export async function* hostPieces(
  operands: readonly string[],
  io: Pick<Io, 'files' | 'stdin'>,
  verb: string,
): AsyncGenerator<FoundPiece> {
  for await (const { source, problem } of findSources(operands, io, { verb, what: 'hosts' })) {
    if (problem === undefined) yield* piecesOfSource(source)
    else yield { problem }
  }
}

async function* piecesOfSource(source: Source): AsyncGenerator<FoundPiece> {
  const file = source.name
  const problem = (code: string, message: string): FoundPiece => ({
    problem: { file, line: null, code, message },
  })
  try {
    const { first, chunks, close } = await peek(source)
    const binary = binaryKindOf(first)
    if (binary !== null) {
      await close()
      yield problem('NOT_A_HOST', BINARY_ADVICE[binary])
      return
    }
    let found = 0
    for await (const piece of piecesOf(chunks())) {
      found++
      yield { piece, file }
    }
    if (found === 0) yield problem('EMPTY', 'it is empty.')
  } catch (error) {
    yield problem(codeOf(error), messageOf(error).replace(`${file}: `, ''))
  }
}

/** The hosts of one piece. What is no snapshot is read by modules that are read for it. */
export async function* hostsOfPiece(
  { piece, file }: { readonly piece: Piece; readonly file: string },
  question: HostQuestion,
  taken: ReadonlyMap<string, unknown>,
): AsyncGenerator<FoundHost> {
  try {
    for await (const read of hostsIn(piece, nameFor(file, taken), question)) {
      refuseNoRelease(read.host)
      yield { ...read, file }
    }
  } catch (error) {
    yield { problem: problemOf(error, piece, file) }
  }
}

/** A release that an option or xapi says may be any text; that of a snapshot was judged when it was read. */
function refuseNoRelease({ xen }: HostSnapshot): void {
  if (xen === null || /^\d+\.\d+/.test(xen.release)) return
  throw new CommandError({
    code: 'RELEASE_UNKNOWN',
    message: `"${xen.release}" is no release of Xen: write it like 4.17 or 4.17.7.`,
  })
}

/** An error as a problem with its place. */
export function problemOf(error: unknown, piece: Piece, file: string): Problem {
  return { file, line: lineOf(error, piece), code: codeOf(error), message: messageOf(error) }
}

/** The name of a file, or its whole path where another file has the same. */
function nameFor(file: string, taken: ReadonlyMap<string, unknown>): string {
  const name = nameOfFile(file)
  return taken.has(name) ? file : name
}

async function* hostsIn(
  piece: Piece,
  name: string,
  { release }: HostQuestion,
): AsyncGenerator<{ host: HostSnapshot; line: number }> {
  const { text, line } = piece
  if (piece.json) {
    for (const host of await hostsOfJson(text, name, release))
      yield { host: onXen(host, release), line }
  } else if (looksLikeXe(text)) {
    const { readXe, snapshotOfXapi } = await import('./from-xapi.js')
    for (const record of readXe(text))
      yield { host: snapshotOfXapi(record, { name, release }), line: record.line }
  } else {
    const { snapshotOfDump } = await import('./from-dump.js')
    yield { host: snapshotOfDump(text, { name, release }), line }
  }
}

async function hostsOfJson(
  text: string,
  name: string,
  release: string | undefined,
): Promise<HostSnapshot[]> {
  const value = parsed(text)
  if (value === undefined || typeof value !== 'object' || value === null)
    return [parseHostSnapshot(text, 'The text')]
  const format = 'format' in value ? value.format : undefined
  if (format === 'xenlevel/hosts' && 'hosts' in value && Array.isArray(value.hosts))
    return value.hosts.map((host) => parseHostSnapshot(host, 'The host'))
  if (format === 'xenlevel/host-snapshot') return [parseHostSnapshot(value, 'The document')]
  const xapi = xapiRecordOf(value)
  if (xapi !== undefined) {
    const { snapshotOfXapi } = await import('./from-xapi.js')
    return [snapshotOfXapi(xapi, { name, release })]
  }
  if (typeof format === 'string')
    throw new CommandError({
      code: 'NOT_A_HOST',
      message: `A document of format "${format}" is no host.`,
    })
  if ('leaves' in value || 'cpus' in value) {
    const said = 'name' in value && typeof value.name === 'string' ? value.name : name
    const { snapshotOfDump } = await import('./from-dump.js')
    return [snapshotOfDump(text, { name: said, release })]
  }
  return [parseHostSnapshot(value, 'The object')]
}

/** A host on which no Xen runs, on the one that is asked about. */
function onXen(host: HostSnapshot, release: string | undefined): HostSnapshot {
  if (host.xen !== null || release === undefined) return host
  const { raw } = host.featuresets
  const hvm = raw === undefined || raw.has('VMX') || raw.has('SVM')
  return { ...host, xen: { release, hvm, hap: hvm } }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Where in the file an error is: its own line within the piece, where it says one. */
function lineOf(error: unknown, { line }: Piece): number {
  const path = error instanceof Error && 'path' in error ? String(error.path) : ''
  const inside = /^line (\d+)/.exec(path)?.[1]
  return inside === undefined ? line : line + Number(inside) - 1
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNREADABLE'
}

function sameName(
  { host, file, line }: ReadHost,
  before: { readonly file: string; readonly line: number },
): Problem {
  return {
    file,
    line,
    code: 'SAME_NAME',
    message: `another host is named "${host.name}" already (${before.file}:${before.line}): it is left out. Give each host a name of its own.`,
  }
}

/** A host in one line, as NDJSON has it. */
export function hostLine(host: HostSnapshot): string {
  return JSON.stringify(JSON.parse(formatHostSnapshot(host)))
}
