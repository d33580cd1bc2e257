/** A policy out of whatever holds one: a document, its text, a snapshot, a dump, a domain image. */
import {
  type CpuPolicy,
  type HostPolicies,
  type HostSnapshot,
  parseCpuPolicy,
  parsePolicyText,
  policiesOfSnapshot,
} from '@xenlevel/core'
import { CommandError } from '../errors.js'
import { readHosts } from '../hosts/read-hosts.js'
import { binaryKindOf, peek, readWhole } from '../inputs/binary.js'
import type { Io } from '../io.js'

/** The policies of a host. */
export const WHICH = ['raw', 'host', 'pvMax', 'pvDefault', 'hvmMax', 'hvmDefault'] as const

/** One of them. */
type Which = (typeof WHICH)[number]

/** What is asked for. */
export interface PolicyQuestion {
  /** The verb, for messages. */
  readonly verb: string
  /** Which policy of a host; by default what guests get when nobody asks: HVM guests, or PV guests where it runs no others. */
  readonly which: Which | undefined
  /** The Xen of a host that does not say it. */
  readonly release: string | undefined
}

/** A policy, and what it is. */
export interface ReadPolicy {
  /** The policy. */
  readonly policy: CpuPolicy
  /** In words. */
  readonly from: string
}

const LIMIT = 16 * 1024 * 1024

/** @throws {@link CommandError} for what holds no policy. */
export async function readPolicy(
  operand: string,
  io: Pick<Io, 'files' | 'stdin' | 'signal'>,
  question: PolicyQuestion,
): Promise<ReadPolicy> {
  const chunks = () => (operand === '-' ? io.stdin.chunks() : io.files.chunks(operand))
  const source = await peek({ name: operand, chunks })
  if (binaryKindOf(source.first) === 'image')
    return await ofImage(operand, source.chunks(), io.signal)
  const bytes = await readWhole(source.chunks(), LIMIT)
  if (bytes === null) throw noPolicy(operand, 'it is too long.')
  const text = new TextDecoder().decode(bytes).trim()
  if (text.startsWith('xenlevel/cpu-policy'))
    return { policy: parsePolicyText(text), from: operand }
  if (
    text.startsWith('{') &&
    text.includes('"xenlevel/cpu-policy"') &&
    !text.includes('"xenlevel/host-snapshot"')
  )
    return { policy: parseCpuPolicy(text, operand), from: operand }
  const host = await oneHost(operand, bytes, question)
  const which = question.which ?? usual(host)
  return { policy: policyOfHost(host, which), from: `${which} of ${host.name}` }
}

/** The one host in an input. */
export async function readHost(
  operand: string,
  io: Pick<Io, 'files' | 'stdin'>,
  question: Omit<PolicyQuestion, 'which'>,
): Promise<HostSnapshot> {
  const hosts: HostSnapshot[] = []
  for await (const { host, problem } of readHosts([operand], io, question)) {
    if (problem !== undefined)
      throw new CommandError({ code: problem.code, message: `${problem.file}: ${problem.message}` })
    hosts.push(host)
  }
  const [only] = hosts
  if (only === undefined || hosts.length > 1)
    throw new CommandError({
      code: 'ONE_HOST',
      message: `${operand} holds ${hosts.length} hosts, and one is asked about here.`,
    })
  return only
}

/** All policies of a host. */
export function wholePolicies(host: HostSnapshot): HostPolicies {
  const policies = policiesOfSnapshot(host)?.policies
  if (policies !== undefined) return policies
  throw noPolicy(
    host.name,
    host.policies?.raw === undefined
      ? 'its snapshot has featuresets alone. Take it again with "xenlevel host capture", or import a whole dump.'
      : 'it does not say which Xen is meant: give --xen-release.',
  )
}

function usual({ policies, xen }: HostSnapshot): Which {
  const hvm = policies?.host === undefined ? xen?.hvm : policies.hvmDefault !== undefined
  return hvm === false ? 'pvDefault' : 'hvmDefault'
}

function policyOfHost(host: HostSnapshot, which: Which): CpuPolicy {
  const policy = which === 'raw' ? host.policies?.raw : wholePolicies(host)[which]
  if (policy === undefined || policy.featureset.isEmpty)
    throw noPolicy(
      host.name,
      which.startsWith('hvm') ? 'it runs no HVM guests.' : `its snapshot has no ${which} policy.`,
    )
  return policy
}

async function oneHost(
  operand: string,
  bytes: Uint8Array,
  question: Omit<PolicyQuestion, 'which'>,
): Promise<HostSnapshot> {
  async function* chunks() {
    yield bytes
  }
  const files = {
    kindOf: async () => 'file' as const,
    absolute: (path: string) => path,
    list: async () => [],
    chunks,
    write: async () => undefined,
  }
  return await readHost(operand, { files, stdin: { isTTY: false, chunks } }, question)
}

async function ofImage(
  operand: string,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<ReadPolicy> {
  const { readHead } = await import('@xenlevel/migration')
  const head = await readHead(chunks, { signal })
  await head.remainder.close()
  if (head.cpuPolicy === null)
    throw noPolicy(
      operand,
      head.policyError?.message ?? `its image has none, as those from before Xen 4.14 do not.`,
    )
  return { policy: head.cpuPolicy, from: `the image ${operand}` }
}

function noPolicy(operand: string, why: string): CommandError {
  return new CommandError({
    code: 'NO_POLICY',
    message: `There is no policy of ${operand}: ${why}`,
  })
}
