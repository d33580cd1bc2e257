/** Runs inputs of a target by number, times each, and ends with the first fault. */
import { type Random, randomOf } from '../../packages/cpuid/src/random.testing.js'
import type { Target } from './target.js'

/** An input that takes longer, in milliseconds, is a fault. */
export const SLOW = 2000
/** Every so many inputs one is fed twice. */
const TWICE = 8

/** Inputs of a target that follow each other. */
export interface Span {
  readonly seed: number
  /** Number of the first one. */
  readonly first: number
  readonly count: number
}

/** An input that misbehaves, and how. */
export interface Fault {
  readonly target: string
  readonly seed: number
  readonly number: number
  /** The error, with where it was thrown. */
  readonly error: string
}

/** What came of a span. */
export interface SpanResult {
  /** Inputs that were run, the faulty one included. */
  readonly ran: number
  /** Time of all of them. */
  readonly milliseconds: number
  /** The longest time of one. */
  readonly slowest: number
  readonly fault: Fault | null
}

/** The generator that makes an input: named by seed, target and number. */
export function generatorOf(target: Pick<Target, 'name'>, seed: number, number: number): Random {
  return randomOf(seed, number, hashOf(target.name))
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193)
  return hash
}

/** Runs a span. `begin` is told the number of each input before it is made. */
export async function runSpan(
  target: Target,
  { seed, first, count }: Span,
  begin: (number: number) => void = () => undefined,
): Promise<SpanResult> {
  const start = performance.now()
  let [before, slowest] = [start, 0]
  for (let number = first; number < first + count; number++) {
    begin(number)
    const random = () => generatorOf(target, seed, number)
    try {
      if (number % TWICE === 0) await target.feedTwice(random)
      else {
        const answer = target.feed(random())
        if (answer instanceof Promise) await answer
      }
      const now = performance.now()
      const took = now - before
      before = now
      if (took > slowest) slowest = took
      if (took > SLOW) await refuseSlow(target, random)
    } catch (error) {
      const end = performance.now()
      const fault = { target: target.name, seed, number, error: textOf(error) }
      return { ran: number - first + 1, milliseconds: end - start, slowest, fault }
    }
  }
  return { ran: count, milliseconds: before - start, slowest, fault: null }
}

/** A machine that was busy elsewhere is no fault: the input has a second chance. */
async function refuseSlow(target: Target, random: () => Random): Promise<void> {
  const start = performance.now()
  await target.feed(random())
  const took = performance.now() - start
  if (took > SLOW) throw new Error(`the input takes ${Math.round(took)} ms`)
}

/** An error with its stack and its causes. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? String(error)
  return error.cause === undefined ? own : `${own}\nbecause of ${textOf(error.cause)}`
}
