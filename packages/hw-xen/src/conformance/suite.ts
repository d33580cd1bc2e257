/** The cases of the suite, and what runs them. */
import type { Hypervisor } from '@xenlevel/core'
import { ABOUT } from './about.js'
import { Bench } from './bench.js'
import { CLOSE } from './close.js'
import { DOMAINS } from './domains.js'
import { FRESH } from './fresh.js'
import { MICROCODE } from './microcode.js'
import { REFUSED } from './refusals.js'
import { SET_POLICY } from './set-policy.js'
import { SETS } from './sets.js'
import { SNAPSHOT } from './snapshot.js'
import {
  type ConformanceCase,
  ConformanceError,
  type ConformanceOptions,
  type ConformanceReport,
  type Guarantee,
} from './types.js'

/**
 * Everything that the contract of {@link @xenlevel/core!Hypervisor} promises, a case each, for any test framework:
 *
 * `for (const { name, run } of hypervisorConformance(make)) test(name, (t) => run((why) => t.skip(why)))`
 *
 * Cases make and destroy domains that are never started, and offer microcode that no CPU takes. They follow one another: not two at a time.
 *
 * @param make - opens the hypervisor, as often as it is called; each that it opens is closed again.
 */
export function hypervisorConformance(
  make: () => Hypervisor,
  options: ConformanceOptions = {},
): readonly ConformanceCase[] {
  return [ABOUT, SETS, SNAPSHOT, DOMAINS, SET_POLICY, REFUSED, MICROCODE, FRESH, CLOSE].flatMap(
    (guarantees) => guarantees.map((guarantee) => caseOf(guarantee, make, options)),
  )
}

/** Runs the whole suite, one case after the other. */
export async function runConformance(
  make: () => Hypervisor,
  options: ConformanceOptions = {},
): Promise<ConformanceReport> {
  let passed = 0
  const failed: { readonly name: string; readonly error: Error }[] = []
  const skipped: { readonly name: string; readonly why: string }[] = []
  for (const { name, run } of hypervisorConformance(make, options)) {
    let open: string | undefined
    try {
      await run((why) => {
        open = why
      })
      if (open === undefined) passed++
      else skipped.push({ name, why: open })
    } catch (error) {
      failed.push({ name, error: error instanceof Error ? error : new Error(String(error)) })
    }
  }
  return { passed, failed, skipped }
}

function caseOf(
  { name, check }: Guarantee,
  make: () => Hypervisor,
  options: ConformanceOptions,
): ConformanceCase {
  return {
    name,
    async run(skip = () => undefined) {
      const bench = new Bench(make, options)
      let why: string | null = null
      try {
        await check(bench)
      } catch (error) {
        why = bench.reasonToSkip(error)
        if (why === null) throw asConformanceError(error)
      } finally {
        bench.clear()
      }
      if (why !== null) skip(why)
    },
  }
}

/** What a call throws that should have answered is a broken promise too. */
function asConformanceError(error: unknown): ConformanceError {
  if (error instanceof ConformanceError) return error
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new ConformanceError(`It throws ${said}`, {}, error)
}
