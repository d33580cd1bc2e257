/** Runs inputs of a target by number, times each, and ends with the first fault. */
import { type Random, randomOf } from '../../packages/cpuid/src/random.testing.js'
import type { Target } from './target.js'

/** An input that takes longer, in milliseconds, is a fault. */
const SLOW = 2000
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
  /** Time of the processor for all of them. */
  readonly milliseconds: number
  /** The longest time of one, when it ran again. */
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

/** Time of the processor in milliseconds: what others do on the machine does not count. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Runs a span. `begin` is told the number of each input before it is made. */
export async function runSpan(
  target: Target,
  { seed, first, count }: Span,
  begin: (number: number) => void = () => undefined,
): Promise<SpanResult> {
  const start = processorTime()
  let slowest = 0
  for (let number = first; number < first + count; number++) {
    begin(number)
    const random = () => generatorOf(target, seed, number)
    const before = performance.now()
    try {
      if (number % TWICE === 0) await target.feedTwice(random)
      else {
        const answer = target.feed(random())
        if (answer instanceof Promise) await answer
      }
      const took = performance.now() - before
      if (took <= slowest) continue
      slowest = Math.max(slowest, Math.min(took, await timeOf(target, random)))
      if (slowest > SLOW) throw new Error(`the input takes ${Math.round(slowest)} ms`)
    } catch (error) {
      const fault = { target: target.name, seed, number, error: textOf(error) }
      return { ran: number - first + 1, milliseconds: processorTime() - start, slowest, fault }
    }
  }
  return { ran: count, milliseconds: processorTime() - start, slowest, fault: null }
}

/**
 * The time that an input takes when it runs again: a machine that was busy elsewhere is no fault. The processor's own time is dear to ask
 * for, so that it is asked where it decides.
 */
async function timeOf(target: Target, random: () => Random): Promise<number> {
  const start = performance.now()
  await target.feed(random())
  const took = performance.now() - start
  if (took <= SLOW) return took
  const used = processorTime()
  await target.feed(random())
  return processorTime() - used
}

/** An error with its stack and its causes. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? String(error)
  return error.cause === undefined ? own : `${own}\nbecause of ${textOf(error.cause)}`
}
