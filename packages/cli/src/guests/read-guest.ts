/** One guest out of whatever tells of its CPU: a domain image, a policy, a featureset, a level, the host it booted on. */
import {
  CpuPolicy,
  type FleetGuest,
  type GuestCpu,
  type GuestKind,
  type HostSnapshot,
  levelPool,
  parseCpuPolicy,
  parseHostSnapshot,
  parsePolicyText,
  parseXapiCpuFlags,
  policiesOfSnapshot,
  xapiCpuVendor,
} from '@xenlevel/core'
import { Featureset, locateJsonError, readCpuDump } from '@xenlevel/cpuid'
import type { ImageHead } from '@xenlevel/migration'
import * as z from 'zod'
import { CommandError, UsageError } from '../errors.js'
import { BINARY_ADVICE, binaryKindOf, peek, readWhole } from '../inputs/binary.js'
import { nameOfFile } from '../inputs/sources.js'
import type { Io } from '../io.js'
import { fleetGuestOf, guestSchema } from './document.js'

/** A guest. */
export interface ReadGuest {
  /** What messages call it. */
  readonly name: string
  /** What it was read from, in words. */
  readonly from: string
  /** Its CPU. */
  readonly cpu: GuestCpu
  /** The head of its image, where it was one. */
  readonly head?: ImageHead
}

/** What the input may not say. */
export interface GuestFacts {
  /** Its name; by default what the input says, or the name of the file. */
  readonly name: string | undefined
  /** Its kind; by default what the input says, or HVM. */
  readonly kind: GuestKind | undefined
}

/** The most bytes of a text that is read as a guest. */
const LIMIT = 16 * 1024 * 1024
/** Words as xapi and xen-cpuid write them. */
const FEATURESET = /^(?:0x)?[0-9a-f]{8}(?:[-:](?:0x)?[0-9a-f]{8})*$/i

/** @throws {@link CommandError} for what is no guest, and what its reader throws for a damaged one. */
export async function readGuest(
  operand: string,
  io: Pick<Io, 'files' | 'stdin' | 'signal'>,
  facts: GuestFacts,
): Promise<ReadGuest> {
  if (operand !== '-' && FEATURESET.test(operand) && (await io.files.kindOf(operand)) === null)
    return ofFeatureset(operand, 'a featureset', { ...facts, file: 'the guest' })
  const chunks = () => (operand === '-' ? io.stdin.chunks() : io.files.chunks(operand))
  const source = await peek({ name: operand, chunks })
  const named = { ...facts, file: operand === '-' ? 'the guest' : nameOfFile(operand) }
  const binary = binaryKindOf(source.first)
  if (binary === 'image') return await ofImage(source.chunks(), named, io.signal)
  if (binary !== null) {
    await source.close()
    throw notAGuest(operand, BINARY_ADVICE[binary])
  }
  const bytes = await readWhole(source.chunks(), LIMIT)
  if (bytes === null) throw notAGuest(operand, 'it is too long for a guest.')
  return ofText(new TextDecoder().decode(bytes), operand, named)
}

interface NamedFacts extends GuestFacts {
  /** What the file is called. */
  readonly file: string
}

async function ofImage(
  chunks: AsyncIterable<Uint8Array>,
  { name, kind, file }: NamedFacts,
  signal: AbortSignal,
): Promise<ReadGuest> {
  const { readHead } = await import('@xenlevel/migration')
  const head = await readHead(chunks, { signal })
  await head.remainder.close()
  const forms = head.layers.join(' around ')
  return {
    name: name ?? file,
    from: `an image of Xen ${head.xen.join('.')} (${forms})`,
    cpu: { name: name ?? file, kind: kind ?? head.guestKind },
    head,
  }
}

function ofText(text: string, operand: string, facts: NamedFacts): ReadGuest {
  const trimmed = text.trim()
  if (FEATURESET.test(trimmed)) return ofFeatureset(trimmed, 'a featureset', facts)
  if (trimmed.startsWith('{')) return ofJson(trimmed, operand, facts)
  if (trimmed.startsWith('xenlevel/cpu-policy'))
    return ofPolicy(parsePolicyText(trimmed), 'a policy', facts)
  const flags = /(?:^|[\s;])features: ?[0-9a-f]{8}/.test(trimmed) ? flagsOf(trimmed) : undefined
  if (flags !== undefined) return ofFlags(flags, facts)
  const dumped = readCpuDump(text).policies?.find(({ name }) => name.startsWith('Domain'))
  if (dumped !== undefined)
    return {
      name: facts.name ?? dumped.name,
      from: 'the policy that xen-cpuid shows of a domain',
      cpu: {
        name: facts.name ?? dumped.name,
        kind: facts.kind ?? 'hvm',
        records: { leaves: dumped.leaves, msrs: dumped.msrs },
      },
    }
  throw notAGuest(
    operand,
    'it is the dump of a CPU, and a guest sees what Xen makes of it: "xenlevel policy derive" shows that.',
  )
}

function flagsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(/[;\n]/).flatMap((pair) => {
      const [, key = '', value = ''] = /^\s*(vendor|features) *: ?(.*?)\s*$/.exec(pair) ?? []
      return key === '' ? [] : [[key, value]]
    }),
  )
}

function ofFeatureset(text: string, from: string, { name, kind, file }: NamedFacts): ReadGuest {
  const called = name ?? file
  return {
    name: called,
    from,
    cpu: { name: called, kind: kind ?? 'hvm', featureset: Featureset.parse(text) },
  }
}

function ofPolicy(policy: CpuPolicy, from: string, { name, kind, file }: NamedFacts): ReadGuest {
  const called = name ?? file
  return { name: called, from, cpu: { name: called, kind: kind ?? 'hvm', policy } }
}

function ofFlags(
  map: Readonly<Record<string, string>>,
  { name, kind, file }: NamedFacts,
): ReadGuest {
  const { vendor, featureset } = parseXapiCpuFlags(map)
  const seen = xapiCpuVendor(vendor)
  const called = name ?? file
  return {
    name: called,
    from: 'VM.last_boot_CPU_flags of xapi',
    cpu: {
      name: called,
      kind: kind ?? 'hvm',
      ...(seen === null ? {} : { vendor: seen }),
      ...(featureset === null ? {} : { featureset }),
    },
  }
}

function ofJson(text: string, operand: string, facts: NamedFacts): ReadGuest {
  const value = parseJson(text, operand)
  const format = fieldOf(value, 'format')
  if (format === 'xenlevel/cpu-policy')
    return ofPolicy(parseCpuPolicy(value, operand), 'a policy', facts)
  if (format === 'xenlevel/guest') return ofDocument(readGuestDocument(value, operand), facts)
  if (format === 'xenlevel/host-snapshot') return ofHost(parseHostSnapshot(value, operand), facts)
  if (format === 'xenlevel/pool-level') return ofLevel(value, operand, facts)
  if (format === 'xenlevel/level-answer') return ofLevel(fieldOf(value, 'level'), operand, facts)
  const [vendor, features] = [fieldOf(value, 'vendor'), fieldOf(value, 'features')]
  if (typeof features === 'string')
    return ofFlags({ features, ...(typeof vendor === 'string' ? { vendor } : {}) }, facts)
  throw notAGuest(operand, 'it is no JSON document that tells of a guest.')
}

function parseJson(text: string, operand: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const { line, column } = locateJsonError(text) ?? { line: 1, column: 1 }
    throw notAGuest(operand, `it stops being JSON at line ${line}, column ${column}.`)
  }
}

/** A guest's document, read. */
export function readGuestDocument(value: unknown, source: string): FleetGuest {
  const result = guestSchema.safeParse(value)
  if (result.success) return fleetGuestOf(result.data)
  const issues = result.error.issues.map(
    ({ path, message }) => `at ${path.map(String).join('.') || 'its top'}: ${message}`,
  )
  throw new CommandError({
    code: 'GUEST_INVALID',
    message: `${source} is no guest: ${issues.join('; ')}`,
  })
}

function ofDocument(guest: FleetGuest, { name, kind }: NamedFacts): ReadGuest {
  const called = name ?? guest.name
  return {
    name: called,
    from: 'a guest document',
    cpu: { ...guest, name: called, kind: kind ?? guest.kind },
  }
}

/** A guest that booted on a host when nobody asked for anything. */
function ofHost(host: HostSnapshot, facts: NamedFacts): ReadGuest {
  const kind = facts.kind ?? (host.xen?.hvm === false ? 'pv' : 'hvm')
  const name = facts.name ?? `a guest of ${host.name}`
  const policies = policiesOfSnapshot(host)?.policies
  const hvm = kind === 'hvm' || kind === 'pvh'
  const from = `what ${host.name} gives when nobody asks`
  const { vendor } = host.cpu
  if (policies !== undefined) {
    const policy = hvm ? policies.hvmDefault : policies.pvDefault
    if (!policy.equals(CpuPolicy.empty)) return { name, from, cpu: { name, kind, vendor, policy } }
  }
  const guests = levelPool([host])[hvm ? 'hvm' : 'pv']
  if (guests.hosts.length === 0)
    throw new CommandError({
      code: 'NO_SUCH_GUESTS',
      message: `${host.name} is not known to run such guests: give another --kind, or another host.`,
    })
  return { name, from, cpu: { name, kind, vendor, featureset: guests.default } }
}

const levelShape = /* @__PURE__ */ z.object({
  vendor: /* @__PURE__ */ z.string().nullable(),
  pv: /* @__PURE__ */ z.object({
    default: /* @__PURE__ */ z.string(),
    policy: z.unknown().optional(),
  }),
  hvm: /* @__PURE__ */ z.object({
    default: /* @__PURE__ */ z.string(),
    policy: z.unknown().optional(),
  }),
})

function ofLevel(value: unknown, operand: string, facts: NamedFacts): ReadGuest {
  const { data: level, error } = levelShape.safeParse(value)
  if (level === undefined) {
    const fields = error.issues.map(({ path }) => path.join('.') || 'its top')
    throw notAGuest(operand, `it is a pool level that lacks ${fields.join(', ')}.`)
  }
  const kind = facts.kind ?? 'hvm'
  const { default: text, policy } = kind === 'hvm' || kind === 'pvh' ? level.hvm : level.pv
  const name = facts.name ?? 'a guest at the level'
  const from = 'a pool level'
  return policy === undefined
    ? { name, from, cpu: { name, kind, featureset: Featureset.parse(text) } }
    : { name, from, cpu: { name, kind, policy: parseCpuPolicy(policy, 'The policy of the level') } }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined
}

function notAGuest(operand: string, why: string): CommandError {
  return new CommandError({ code: 'NOT_A_GUEST', message: `${operand} is no guest: ${why}` })
}

/** @throws {@link UsageError} for a number that is none. */
export function wholeNumber(
  text: string | undefined,
  option: string,
  verb: string,
): number | undefined {
  if (text === undefined) return undefined
  const value = /^(?:0x[0-9a-f]{1,12}|\d{1,15})$/i.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value))
    throw new UsageError(`--${option} wants a number; "${text}" is none.`, verb)
  return value
}
