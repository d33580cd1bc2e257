/** The suite in vitest: one test a hypervisor, with all that fails in its message. */
import type { Hypervisor } from '@xenlevel/core'
import { expect, it } from 'vitest'
import { hypervisorConformance, runConformance } from './suite.js'
import type { ConformanceOptions } from './types.js'

/** What may be left open, by the beginnings of the reasons. */
export type Reasons = readonly string[]

/** A test that the hypervisor keeps the whole contract, and leaves nothing open but for these reasons. */
export function itConforms(
  name: string,
  make: () => Hypervisor,
  { open, ...options }: ConformanceOptions & { readonly open: Reasons },
): void {
  it(`${name} keeps the contract`, async () => {
    const { passed, failed, skipped } = await runConformance(make, options)
    expect(failed.map(({ name, error }) => `${name}: ${error.message}`)).toEqual([])
    const unexpected = skipped.filter(({ why }) => !open.some((reason) => why.startsWith(reason)))
    expect(unexpected).toEqual([])
    expect(passed + skipped.length).toBe(hypervisorConformance(make).length)
    expect(passed).toBeGreaterThan(skipped.length)
  })
}
