/** What a case demands, and how it says that it did not get it. */
import {
  CpuPolicy,
  comparePolicies,
  HypercallError,
  type PolicyRecords,
  type SetPolicyAnswer,
} from '@xenlevel/core'
import type { XenlevelError } from '@xenlevel/cpuid'
import { ConformanceError } from './types.js'

/** The case fails with this sentence unless it holds. */
export function demand(
  holds: boolean,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): asserts holds {
  if (!holds) throw new ConformanceError(message, details)
}

/** Two plain values are alike in everything. */
export function demandSame(found: unknown, wanted: unknown, what: string): void {
  const [is, should] = [textOf(found), textOf(wanted)]
  demand(is === should, `${what} is ${shortened(is)}; it should be ${shortened(should)}.`, {
    found: is,
    wanted: should,
  })
}

/** Two policies are alike; else their first differences are named. */
export function demandSamePolicy(found: CpuPolicy, wanted: CpuPolicy, what: string): void {
  if (found.equals(wanted)) return
  const differences = comparePolicies(found, wanted)
  const shown = differences.slice(0, 4).map(({ message }) => message)
  throw new ConformanceError(
    `${what} is not as it should be; in what it is (first) and what it should be (second), ${differences.length} things differ: ${shown.join(' ')}`,
    { differences },
  )
}

/** Records are those of a policy, in Xen's own order and extent. */
export function demandRecords(found: PolicyRecords, wanted: CpuPolicy, what: string): void {
  const should = wanted.toRecords()
  if (textOf(found) === textOf(should)) return
  const read = CpuPolicy.fromRecords(found.leaves, found.msrs, { release: wanted.release })
  demandSamePolicy(read, CpuPolicy.fromRecords(should.leaves, should.msrs, wanted), what)
  demandSame(found, should, `${what}, as records,`)
}

/** What setting a policy came to is what was foreseen. */
export function demandAnswer(
  found: SetPolicyAnswer,
  wanted: { readonly ok: boolean; readonly error?: unknown },
  what: string,
): void {
  const short = (answer: { readonly ok: boolean; readonly error?: unknown }) =>
    answer.ok ? { ok: true } : { ok: false, error: answer.error }
  demandSame(short(found), short(wanted), what)
}

/** The call throws an error of this class; answers it. */
export function demandError<Wanted extends XenlevelError>(
  call: () => unknown,
  wanted: abstract new (...args: never[]) => Wanted,
  what: string,
): Wanted {
  try {
    call()
  } catch (error) {
    return errorOf(error, wanted, what)
  }
  throw new ConformanceError(`${what} throws nothing; it should throw ${wanted.name}.`)
}

/** The promise is rejected, or the call throws, with an error of this class; answers it. */
export async function demandRejection<Wanted extends XenlevelError>(
  call: () => Promise<unknown>,
  wanted: abstract new (...args: never[]) => Wanted,
  what: string,
): Promise<Wanted> {
  try {
    await call()
  } catch (error) {
    return errorOf(error, wanted, what)
  }
  throw new ConformanceError(`${what} is answered; it should be refused with ${wanted.name}.`)
}

/** Xen refuses the call with one of these errnos, and the error says what an error should. */
export function demandErrno(call: () => unknown, errnos: readonly string[], what: string): void {
  const error = demandError(call, HypercallError, what)
  demand(
    errnos.includes(error.errno),
    `${what} is refused with ${error.errno}; it should be ${errnos.join(' or ')}.`,
  )
  demand(
    error.code === 'HYPERCALL' &&
      error.operation !== '' &&
      error.details.errno === error.errno &&
      error.details.operation === error.operation,
    `${what} is refused with an error whose code, operation and details do not belong together.`,
    { code: error.code, ...error.details },
  )
}

function errorOf<Wanted extends XenlevelError>(
  error: unknown,
  wanted: abstract new (...args: never[]) => Wanted,
  what: string,
): Wanted {
  if (error instanceof wanted) return error
  if (error instanceof ConformanceError) throw error
  const said = error instanceof Error ? `${error.name} (${error.message})` : String(error)
  throw new ConformanceError(`${what} throws ${said}; it should throw ${wanted.name}.`, {}, error)
}

/** Plain data as text, fields in one order: bigint with its n, policies and featuresets by what they hold. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`
    if (part instanceof CpuPolicy) return { release: part.release, words: [...part.words()] }
    if (part instanceof Uint8Array || part instanceof Uint32Array) return [...part]
    if (part !== null && typeof part === 'object' && !Array.isArray(part))
      return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
    return part
  })
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
