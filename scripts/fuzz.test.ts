/** Inputs that were faults once stay mended; every target runs some inputs; and what the fuzzer tells of a fault can be seen again. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ParseError } from '@xenlevel/cpuid'
import { afterAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { runCampaign, tableOf } from './fuzz/campaign.js'
import { readFault, writeFault } from './fuzz/fault-file.js'
import { bytesForm } from './fuzz/forms.js'
import { type Fault, generatorOf, runSpan } from './fuzz/run.js'
import { defineTarget, type TargetRow } from './fuzz/target.js'
import { TARGETS } from './fuzz/targets.js'

const fixtures = fileURLToPath(new URL('../fixtures/fuzz', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'xenlevel-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('every input that was a fault once', () => {
  it.each(readdirSync(fixtures).filter((file) => file.endsWith('.json')))('%s', async (file) => {
    const { target: name, input, wrong } = readFault(join(fixtures, file))
    const target = TARGETS.find((known) => known.name === name)
    expect(wrong).toMatch(/\.$/)
    expect(target).toBeDefined()
    await target?.replay(input)
  })
})

describe('every target', () => {
  it('has a name of its own, in a family', () => {
    const names = TARGETS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const families = new Set(names.map((name) => name.split('.')[0]))
    expect(families).toEqual(new Set(['cpuid', 'core', 'microcode', 'migration', 'cli']))
  })

  it.each(TARGETS)('$name holds for some inputs', async (target) => {
    const { fault, ran } = await runSpan(target, { seed: 20_260, first: 0, count: 200 })
    expect(fault).toBeNull()
    expect(ran).toBe(200)
  })

  it.each(TARGETS)('$name takes its inputs from a file', async (target) => {
    const input = target.inputOf(generatorOf(target, 1, 5))
    const fault: Fault = { target: target.name, seed: 1, number: 5, error: '' }
    const read = readFault(writeFault(folder, fault, input))
    expect(read.input).toEqual(input)
    await target.replay(read.input)
  })
})

/** A target whose reader misbehaves as told. */
function broken(check: TargetRow<Uint8Array>['check']) {
  return defineTarget({
    name: 'test.broken',
    share: 1,
    feeds: 'bytes',
    holds: 'nothing',
    codes: ['KNOWN'],
    input: bytesForm,
    make: (random) => Uint8Array.of(random(256), random(256)),
    check,
  })
}

const failing = (code: string, offset: number) =>
  new ParseError({ code, message: 'It is wrong.', offset, path: 'here' })

describe('a fault is', () => {
  let calls = 0
  it.each<{ what: string; says: RegExp; check: TargetRow<Uint8Array>['check'] }>([
    {
      what: 'an error of the engine',
      says: /Invalid array length/,
      check: ([first = 0]) => new Array(first > 200 ? -1 : 0),
    },
    {
      what: 'a refusal with an unknown code',
      says: /It is wrong/,
      check: ([first = 0], ask) =>
        ask(() => {
          if (first > 200) throw failing('OTHER', 0)
        }),
    },
    {
      what: 'a refusal of a place outside the input',
      says: /KNOWN is at 3, and the input has 2/,
      check: ([first = 0], ask) =>
        ask(() => {
          if (first > 200) throw failing('KNOWN', 3)
        }, 2),
    },
    {
      what: 'a changed input',
      says: /the input was changed/,
      check: (bytes) => bytes.fill(0),
    },
    {
      what: 'another answer to the same input',
      says: /two answers/,
      check: () => calls++,
    },
    {
      what: 'a rejected promise',
      says: /too late/,
      check: async ([first = 0]) => {
        await Promise.resolve()
        if (first > 200) throw new Error('too late')
      },
    },
  ])('$what', async ({ says, check }) => {
    const target = broken(check)
    const { fault } = await runSpan(target, { seed: 1, first: 0, count: 200 })
    expect(fault?.error).toMatch(says)
    if (fault === null) throw new Error('there is no fault')
    const again = await runSpan(target, { seed: 1, first: fault.number, count: 1 })
    if (!/changed|answers/.test(fault.error)) expect(again.fault?.number).toBe(fault.number)
    const input = target.inputOf(generatorOf(target, 1, fault.number))
    const file = readFault(writeFault(folder, fault, input))
    await expect(target.replay(file.input)).rejects.toThrow(says)
  })

  it('not a refusal with a known code inside the input', async () => {
    const target = broken((_, ask) =>
      ask(() => {
        throw failing('KNOWN', 2)
      }, 2),
    )
    const { fault, ran } = await runSpan(target, { seed: 1, first: 0, count: 50 })
    expect({ fault, ran }).toEqual({ fault: null, ran: 50 })
  })
})

describe('a run', () => {
  const sound = { ...broken(() => 0), name: 'test.sound', share: 3 }
  const faulty = broken(([first = 0]) => {
    if (first > 250) throw new Error('no')
  })

  it('goes on with the other targets, and tells what it did', async () => {
    const faults: Fault[] = []
    const tallies = await runCampaign({
      targets: [faulty, sound],
      seed: 1,
      extent: { inputs: 4000 },
      run: async (name, span) => await runSpan(name === 'test.sound' ? sound : faulty, span),
      onFault: (fault) => faults.push(fault),
      onSpan: () => undefined,
    })
    expect(faults).toHaveLength(1)
    expect(tallies.map(({ inputs, faults: count }) => [inputs, count])).toEqual([
      [(faults[0]?.number ?? 0) + 1, 1],
      [3000, 0],
    ])
    expect(tableOf(tallies)).toMatch(/^\| test\.sound +\| +3,000 \| +0 \|/m)
  })

  it('has the same inputs for the same seed, and others for another', () => {
    const inputs = (seed: number) =>
      [0, 1, 2].map((number) => faulty.inputOf(generatorOf(faulty, seed, number)))
    expect(inputs(1)).toEqual(inputs(1))
    expect(inputs(1)).not.toEqual(inputs(2))
    expect(new Set(inputs(1).map((input) => z.string().parse(String(input)))).size).toBe(3)
  })
})
