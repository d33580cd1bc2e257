/** The guests of a fleet, and the room on its hosts. */
import type { FleetGuest, HostCapacity, HostSnapshot } from '@xenlevel/core'
import * as z from 'zod'
import type { OptionTable } from '../args.js'
import { CommandError, messageOf } from '../errors.js'
import { HOST_OPTIONS, listHosts } from '../hosts/read-hosts.js'
import { binaryKindOf, peek, readWhole } from '../inputs/binary.js'
import { piecesOf } from '../inputs/pieces.js'
import { findSources, type Source } from '../inputs/sources.js'
import type { Io } from '../io.js'
import type { Printer, Problem } from '../output/printer.js'
import { readGuest, readGuestDocument } from './read-guest.js'

/** Options of the fleet verbs. */
export const FLEET_OPTIONS = {
  ...HOST_OPTIONS,
  guests: {
    type: 'string',
    value: 'FILE',
    multiple: true,
    completes: 'file',
    help: 'the guests that run: documents of the format xenlevel/guest, one a line or in an array, or anything else that "admit" takes as a guest',
  },
  room: {
    type: 'string',
    value: 'FILE',
    completes: 'file',
    help: 'a JSON object of the room on hosts, by name: { "host-1": { "freeMemory": 17179869184, "enabled": true } }',
  },
} as const satisfies OptionTable

/** What the help of those verbs says of guests. */
export const GUESTS_HELP =
  'A guest document has a name, a kind (hvm, pvh, pv, pv32), the host it runs on, its memory in bytes, and of its CPU the whole policy or the featureset that it has seen: {"format":"xenlevel/guest","version":1,"name":"web-1","kind":"hvm","host":"host-1","memory":4294967296,"featureset":"1fcbfbff-…"}.'

/** A fleet. */
export interface ReadFleet {
  /** The hosts. */
  readonly hosts: readonly HostSnapshot[]
  /** The guests. */
  readonly guests: readonly FleetGuest[]
  /** The room. */
  readonly capacity: Readonly<Record<string, HostCapacity>>
  /** What could not be read. */
  readonly problems: readonly Problem[]
}

/** What the command line says of a fleet. */
export interface FleetRequest {
  /** The verb, for messages. */
  readonly verb: string
  /** Where the hosts are. */
  readonly operands: readonly string[]
  /** The options. */
  readonly values: {
    readonly guests?: readonly string[]
    readonly room?: string
    readonly 'xen-release'?: string
  }
}

/** @throws {@link CommandError} if there is no host at all, or the room cannot be read. */
export async function readFleet(
  { verb, operands, values }: FleetRequest,
  io: Pick<Io, 'files' | 'stdin' | 'signal'>,
  print: Printer,
): Promise<ReadFleet> {
  const problems: Problem[] = []
  const tell = (problem: Problem) => {
    problems.push(problem)
    print.problem(problem)
  }
  const { hosts } = await listHosts(operands, io, { verb, release: values['xen-release'], tell })
  const guests = await readGuests(values.guests ?? [], io, { verb, tell })
  const capacity = values.room === undefined ? {} : await readRoom(values.room, io)
  return { hosts, guests, capacity, problems }
}

/** Guests of files. */
export async function readGuests(
  files: readonly string[],
  io: Pick<Io, 'files' | 'stdin' | 'signal'>,
  { verb, tell }: { readonly verb: string; readonly tell: (problem: Problem) => void },
): Promise<readonly FleetGuest[]> {
  const guests: FleetGuest[] = []
  if (files.length === 0) return guests
  for await (const { source, problem } of findSources(files, io, { verb, what: 'guests' })) {
    if (problem !== undefined) tell(problem)
    else
      for await (const found of guestsOf(source, io)) {
        if ('problem' in found) tell(found.problem)
        else guests.push(found.guest)
      }
  }
  return guests
}

type FoundGuest = { readonly guest: FleetGuest } | { readonly problem: Problem }

async function* guestsOf(
  source: Source,
  io: Pick<Io, 'files' | 'stdin' | 'signal'>,
): AsyncGenerator<FoundGuest> {
  const file = source.name
  const problem = (line: number | null, error: unknown): FoundGuest => ({
    problem: {
      file,
      line,
      code: error instanceof Error && 'code' in error ? String(error.code) : 'UNREADABLE',
      message: messageOf(error).replace(`${file}: `, ''),
    },
  })
  try {
    const peeked = await peek(source)
    const start = new TextDecoder().decode(peeked.first.subarray(0, 4096)).trimStart()
    if (binaryKindOf(peeked.first) !== null || !/^[[{]/.test(start)) {
      yield { guest: await otherGuest(file, peeked.chunks(), io) }
      return
    }
    for await (const { text, line } of piecesOf(peeked.chunks())) {
      try {
        const value: unknown = JSON.parse(text)
        const plain = typeof value === 'object' && value !== null && 'format' in value
        yield {
          guest:
            plain && value.format !== 'xenlevel/guest'
              ? await otherGuest(file, chunksOf(text), io)
              : readGuestDocument(value, 'The document'),
        }
      } catch (error) {
        yield problem(line, error)
      }
    }
  } catch (error) {
    yield problem(null, error)
  }
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}

/** A guest in another form than its document: it runs on no host that anyone would know. */
async function otherGuest(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  io: Pick<Io, 'files' | 'signal'>,
): Promise<FleetGuest> {
  const files = { ...io.files, chunks: () => chunks }
  const stdin = { isTTY: false, chunks: () => chunks }
  const { name, cpu, head } = await readGuest(
    file,
    { files, stdin, signal: io.signal },
    { name: undefined, kind: undefined },
  )
  if (head === undefined || head.cpuPolicy === null) return { ...cpu, name }
  return { ...cpu, name, policy: head.cpuPolicy }
}

const roomSchema = /* @__PURE__ */ z.record(
  /* @__PURE__ */ z.string(),
  /* @__PURE__ */ z.strictObject({
    freeMemory: /* @__PURE__ */ z.int().min(0).optional(),
    enabled: /* @__PURE__ */ z.boolean().optional(),
  }),
)

async function readRoom(
  path: string,
  io: Pick<Io, 'files' | 'stdin'>,
): Promise<Record<string, HostCapacity>> {
  const bytes = await readWhole(path === '-' ? io.stdin.chunks() : io.files.chunks(path), 2 ** 26)
  const wrong = (why: string) =>
    new CommandError({
      code: 'ROOM_INVALID',
      message: `${path} does not tell the room on hosts: ${why}`,
    })
  if (bytes === null) throw wrong('it is too long.')
  const value = parsed(new TextDecoder().decode(bytes))
  const result = roomSchema.safeParse(value)
  if (!result.success) {
    const [issue] = result.error.issues
    throw wrong(
      `at ${issue?.path.map(String).join('.') || 'its top'}: ${issue?.message ?? 'it is no JSON.'}`,
    )
  }
  return Object.fromEntries(
    Object.entries(result.data).map(([name, { freeMemory, enabled }]) => [
      name,
      {
        ...(freeMemory === undefined ? {} : { freeMemory: BigInt(freeMemory) }),
        ...(enabled === undefined ? {} : { enabled }),
      },
    ]),
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
