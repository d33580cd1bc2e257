/** Targets: the command's arguments, the readers of what it is given, and whole runs of it. */
import * as z from 'zod'
import { type OptionTable, readArguments } from '../../../packages/cli/src/args.js'
import { readGuest } from '../../../packages/cli/src/guests/read-guest.js'
import { readPolicy } from '../../../packages/cli/src/guests/read-policy.js'
import { readHosts } from '../../../packages/cli/src/hosts/read-hosts.js'
import { piecesOf } from '../../../packages/cli/src/inputs/pieces.js'
import { findVerb, run } from '../../../packages/cli/src/run.js'
import { COMMON_OPTIONS, type Verb } from '../../../packages/cli/src/verb.js'
import { VERBS } from '../../../packages/cli/src/verbs/table.js'
import { pick, type Random } from '../../../packages/cpuid/src/random.testing.js'
import { bytesForm } from '../forms.js'
import { RELEASE_TEXTS } from '../material.js'
import { cutAt, cutsIn, sourceOf } from '../migration/pieces.js'
import { defineTarget, isRefusal, must, type Refusal, refusalOf, same } from '../target.js'
import { damagedText } from '../texts.js'
import { oddFile } from './inputs.js'
import { type Contents, worldOf } from './world.js'

const verbs: ReadonlyMap<string, Verb> = new Map(
  await Promise.all(VERBS.map(async ({ name, load }) => [name, await load()] as const)),
)
const NAMES = VERBS.map(({ name }) => name)
const OPERANDS = ['a', 'b', 'c', '-', '.', 'missing', '*', '1fcbfbff-f7fa3223', '']

/** Words that fit an option more often than not. */
function valueFor(random: Random, table: OptionTable, name: string): string {
  const row = table[name]
  if (row === undefined || row.type === 'boolean') return pick(random, OPERANDS)
  if (row.choices !== undefined && random(6) > 0) return pick(random, row.choices)
  if (row.completes === 'release') return pick(random, RELEASE_TEXTS)
  if (row.completes === 'feature') return pick(random, ['AVX512F', 'avx', 'sse4.2', 'x', ''])
  return pick(random, [
    ...OPERANDS,
    '1',
    '0',
    '4',
    '0x306f2',
    'hvm',
    'GenuineIntel',
    'name=1',
    'a:b',
  ])
}

function optionOf(random: Random, table: OptionTable): string[] {
  const name = pick(random, Object.keys(table))
  if (table[name]?.type === 'boolean') return [`--${name}`]
  const value = valueFor(random, table, name)
  return random(2) === 0 ? [`--${name}`, value] : [`--${name}=${value}`]
}

function commandLine(random: Random, among: readonly string[]): string[] {
  const name = pick(random, among)
  const table: OptionTable = { ...COMMON_OPTIONS, ...verbs.get(name)?.options }
  const words = Array.from({ length: random(5) }, () =>
    random(2) === 0 ? [pick(random, OPERANDS.slice(0, 4))] : optionOf(random, table),
  )
  return [...name.split(' '), ...words.flat()]
}

/** Command lines. */
export const commandLines = defineTarget({
  name: 'cli.arguments',
  share: 400,
  feeds: 'command lines of every verb, damaged, to findVerb and readArguments',
  holds:
    'a wrong one is a UsageError; what is read has the form that its option declares, and operands are words of the line',
  codes: ['USAGE'],
  input: z.array(z.string()),
  make: (random) =>
    commandLine(random, NAMES).flatMap((word) => {
      if (random(8) > 0) return [word]
      if (random(4) === 0) return []
      return [
        damagedText(random, { samples: [word], words: ['--', '-', '=', 'json', ' ', 'help'] }),
      ]
    }),
  check: (argv, ask) => {
    const found = ask(() => findVerb(argv))
    if (isRefusal(found)) return found
    const { row, rest } = found
    const table: OptionTable = { ...COMMON_OPTIONS, ...verbs.get(row.name)?.options }
    const read = ask(() => readArguments(rest, table, row.name))
    if (isRefusal(read)) return read
    for (const operand of read.operands) must(rest.includes(operand), `${operand} was not given`)
    for (const name of Object.keys(read.values))
      must(Object.hasOwn(table, name), `there is no ${name}`)
    return [row.name, read.values, read.operands]
  },
})

/** What readers may refuse with: whatever the library throws on purpose. */
const READER_CODES = [
  ...['USAGE', 'NO_HOSTS', 'NOT_A_GUEST', 'NO_POLICY', 'ONE_HOST', 'INPUT_TOO_LONG', 'ENOENT'],
]

const form = z.strictObject({ bytes: bytesForm, cuts: z.array(z.number()) })

async function piecesIn(pieces: readonly Uint8Array[]): Promise<unknown> {
  const read: unknown[] = []
  for await (const piece of piecesOf(sourceOf(pieces))) read.push(piece)
  return read
}

async function told(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    return refused(error)
  }
}

/** Any error of the library's own, with a sentence that ends. */
function refused(error: unknown): Refusal {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  must(/^[A-Z][A-Z0-9_]*$/.test(code), `an error without a code: ${String(error)}`)
  return refusalOf(error, [...READER_CODES, code])
}

/** Files that the command reads. */
export const documents = defineTarget({
  name: 'cli.documents',
  share: 200,
  feeds:
    'damaged files of all kinds to the readers of hosts, guests and policies, and cut to the splitter of texts',
  holds:
    'hosts that are read have different names; pieces are the same however the bytes are cut; every error has a code',
  codes: READER_CODES,
  input: form,
  make: (random) => {
    const bytes = oddFile(random)
    return { bytes, cuts: cutsIn(random, bytes) }
  },
  check: async ({ bytes, cuts }) => {
    same('the pieces of cut bytes', await piecesIn(cutAt(bytes, cuts)), await piecesIn([bytes]))
    const { io } = worldOf({ a: bytes })
    const question = { verb: 'host show', release: '4.17.7', which: undefined }
    const hosts = await told(async () => {
      const names: string[] = []
      const problems: string[] = []
      for await (const { host, problem } of readHosts(['a'], io, question)) {
        if (problem === undefined) names.push(host.name)
        else problems.push(problem.code)
      }
      must(new Set(names).size === names.length, 'two hosts have one name')
      return [names, problems]
    })
    const guest = await told(async () => {
      const { name, from } = await readGuest('a', io, { name: undefined, kind: undefined })
      return [name, from]
    })
    const policy = await told(async () => (await readPolicy('a', io, question)).from)
    return [hosts, guest, policy]
  },
})

/** Verbs that do no more than read, judge and write: those of a running host are left out. */
const PURE = NAMES.filter((name) => name !== 'host capture')

/** Whole runs. */
export const runs = defineTarget({
  name: 'cli.command',
  share: 50,
  feeds: 'command lines of every verb with damaged files, in memory, to the whole command',
  holds: 'an exit status that there is; no defect is reported; a failure is told; JSON is JSON',
  codes: [],
  input: z.strictObject({ argv: z.array(z.string()), files: z.record(z.string(), bytesForm) }),
  make: (random) => {
    const argv = commandLine(random, PURE)
    const files: Contents = Object.fromEntries(
      ['a', 'b', 'c', '-'].map((name) => [name, oddFile(random)]),
    )
    return { argv, files }
  },
  check: async ({ argv, files }) => {
    const { io, stdout, stderr } = worldOf(files)
    const status = await run(argv, io)
    must([0, 1, 2].includes(status), `the exit status is ${status}`)
    if (stderr.text.includes('This is a defect of xenlevel'))
      throw new Error(await defectOf(argv, files))
    must(status !== 2 || stderr.text !== '', 'it failed and says nothing')
    return [status, stdout.text.length, stderr.text]
  },
})

/** The same run again, with the stack. */
async function defectOf(argv: readonly string[], files: Contents): Promise<string> {
  const { io, stderr } = worldOf(files)
  await run(argv, { ...io, env: { XENLEVEL_TRACE: '1' } })
  return stderr.text
}
