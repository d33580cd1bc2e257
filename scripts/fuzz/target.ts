/** What a fuzz target is: how inputs are made, what they are fed to, and what must hold. */
import { isDeepStrictEqual } from 'node:util'
import { ParseError, XenlevelError } from '@xenlevel/cpuid'
import type * as z from 'zod'
import type { Random } from '../../packages/cpuid/src/random.testing.js'

/** An error that the library throws on purpose, as an answer. */
export interface Refusal {
  /** Its code. */
  readonly refused: string
  /** Its sentence. */
  readonly message: string
}

/**
 * Asks the library: an answer, or a refusal with one of the target's codes. Everything else that is thrown is a fault. `length` is how
 * long the input is, where the place of an error must lie inside it.
 */
type Ask = <Answer>(call: () => Answer, length?: number) => Answer | Refusal

/** One row of the table of targets. */
export interface TargetRow<Input> {
  /** `family.name`. */
  readonly name: string
  /** How many of 10,000 inputs are its own, about. */
  readonly share: number
  /** What is fed to which functions. */
  readonly feeds: string
  /** What must hold. */
  readonly holds: string
  /** Codes of the errors that may be thrown. */
  readonly codes: readonly string[]
  /** The form of an input, for those that come from a file. */
  readonly input: z.ZodType<Input>
  /** Makes an input. */
  readonly make: (random: Random) => Input
  /** Feeds it and throws where something does not hold. What it returns must be the same for the same input. */
  readonly check: (input: Input, ask: Ask) => unknown
}

/** A target whose input has been forgotten, so that they fit one table. */
export interface Target extends Omit<TargetRow<unknown>, 'input' | 'make' | 'check'> {
  /** The input that a generator makes. */
  readonly inputOf: (random: Random) => unknown
  /** Feeds an input; throws where something does not hold. */
  readonly feed: (random: Random) => unknown
  /** Feeds an input twice, and holds the answers and the inputs against each other: `randoms` are generators of the same seeds. */
  readonly feedTwice: (randoms: () => Random) => Promise<void>
  /** Feeds an input that comes from a file, twice. */
  readonly replay: (input: unknown) => Promise<void>
}

/** A row as a target. */
export function defineTarget<Input>(row: TargetRow<Input>): Target {
  const { input: form, make, check, ...known } = row
  const ask = askFor(row.codes)
  const twice = async (inputs: () => Input) => {
    const [first, second] = [inputs(), inputs()]
    const [answer, again] = [await check(first, ask), await check(second, ask)]
    if (!isDeepStrictEqual(first, inputs())) throw new Error('the input was changed')
    if (!isDeepStrictEqual(answer, again)) throw new Error('the same input has two answers')
  }
  return {
    ...known,
    inputOf: make,
    feed: (random) => check(make(random), ask),
    feedTwice: (randoms) => twice(() => make(randoms())),
    replay: (input) => twice(() => form.parse(structuredClone(input))),
  }
}

function askFor(codes: readonly string[]): Ask {
  return (call, length) => {
    try {
      return call()
    } catch (error) {
      return refusalOf(error, codes, length)
    }
  }
}

/** The refusal that an error is, or the error itself, thrown on. */
export function refusalOf(error: unknown, codes: readonly string[], length = Infinity): Refusal {
  if (!(error instanceof XenlevelError) || !codes.includes(error.code)) throw error
  if (error.message === '') throw new Error(`${error.code} says nothing`)
  if (error instanceof ParseError && error.offset !== null) inside(error.offset, length, error.code)
  return { refused: error.code, message: error.message }
}

/** True for a refusal. */
export function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && 'refused' in answer
}

/** A place must be in the input or right behind it. */
export function inside(offset: number, length: number, what: string): void {
  if (!Number.isInteger(offset) || offset < 0 || offset > length)
    throw new Error(`${what} is at ${offset}, and the input has ${length}`)
}

/** Two answers that must be the same. */
export function same(what: string, one: unknown, other: unknown): void {
  if (!isDeepStrictEqual(one, other)) throw new Error(`${what} is not the same`)
}

/** A condition that must hold. */
export function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
