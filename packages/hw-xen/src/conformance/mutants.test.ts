/** Every case of the suite notices a hypervisor that breaks its promise. */
import type { Hypervisor } from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../fixtures/recorded.js'
import { recordingOf, simulate } from '../simulated/recordings.testing.js'
import { type Mutant, mutate } from './mutant.testing.js'
import { MUTANTS } from './mutants.testing.js'
import { type MachineFault, oneMachine } from './one-machine.testing.js'
import { hypervisorConformance } from './suite.js'
import { type ConformanceCase, ConformanceError, type ConformanceOptions } from './types.js'

const HOSTS = {
  usual: '4.17-debian-EPYC',
  'without HVM': '4.20.3-Skylake-Server',
  'before 4.18': '4.17-debian-EPYC',
} as const
const NEWER = '4.20.3-EPYC'

const hostOf = ({ on }: Pick<Mutant, 'on'>) => (on === undefined ? NEWER : HOSTS[on])
/** The case fails, and not because the mutant itself is broken. */
async function expectNoticed({ run }: ConformanceCase): Promise<void> {
  const error: unknown = await run().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConformanceError)
  expect(String(error)).not.toMatch(/(Reference|Type|Syntax)Error/)
}

const caseOf = (name: string, make: () => Hypervisor, options: ConformanceOptions = {}) => {
  const found = hypervisorConformance(make, options).find((each) => each.name === name)
  if (found === undefined) throw new Error(`no case is called ${name}`)
  return found
}

/** The cases about several hypervisors of one machine, and what is wrong with it. */
const MACHINES: readonly (readonly [name: string, fault: MachineFault])[] = [
  [
    'a domain is there for another hypervisor too, and close() does not destroy it',
    { destroys: true },
  ],
  ['close() of one leaves another open', { closesAll: true }],
  ['one can be opened again after close()', { once: true }],
]
const COUNTING = 'snapshot() takes at most 20 calls of Xen'

describeRecorded(
  [...new Set([...Object.values(HOSTS), NEWER])].map((boot) => `xen/hosts/${boot}.json`),
  () => {
    describe.each(MUTANTS)('$name', (mutant) => {
      it.each(mutant.noticedBy)('is noticed by: %s', async (name) => {
        const make = () => {
          const xen = simulate(recordingOf(hostOf(mutant)))
          return mutate(xen, mutant.broken(xen))
        }
        await expectNoticed(caseOf(name, make))
      })
    })

    it.each(MACHINES)(
      '%s: holds on one machine, and is noticed where it does not',
      async (name, fault) => {
        const simulated = () => simulate(recordingOf(NEWER))
        const skipped: string[] = []
        await caseOf(name, oneMachine(simulated())).run((why) => skipped.push(why))
        expect(skipped).toEqual([])
        await expectNoticed(caseOf(name, oneMachine(simulated(), fault)))
      },
    )

    it.each([
      [0, false],
      [1, true],
      [20, true],
      [21, false],
    ])('a snapshot of %i calls', async (each, holds) => {
      let calls = 0
      const make = () => {
        const xen = simulate(recordingOf(NEWER))
        const snapshot: Hypervisor['snapshot'] = (options) => {
          calls += each
          return xen.snapshot(options)
        }
        return mutate(xen, { snapshot })
      }
      const run = caseOf(COUNTING, make, { calls: () => calls }).run()
      if (holds) await run
      else await expect(run).rejects.toBeInstanceOf(ConformanceError)
    })

    it('leaves no case without a mutant', () => {
      const noticing = new Set([
        ...MUTANTS.flatMap(({ noticedBy }) => noticedBy),
        ...MACHINES.map(([name]) => name),
        COUNTING,
      ])
      const cases = hypervisorConformance(() => simulate(recordingOf(NEWER)))
      expect(cases.map(({ name }) => name).filter((name) => !noticing.has(name))).toEqual([])
    })
  },
)
