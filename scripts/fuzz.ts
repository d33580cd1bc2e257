/**
 * Fuzzing of everything that takes input, for as long as it is left running.
 *
 *     node scripts/run.mjs scripts/fuzz.ts [--inputs N | --minutes M] [--seed S] [--target NAME]... [--list] [--replay FILE]
 *
 * Seed, target and number name an input. A fault is written with its input to fuzz-faults/, its target is left alone, and the rest goes
 * on; the exit status is 1 then. docs/fuzzing.md says more.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundleThread } from './fuzz/bundle.js'
import { type Extent, progressOf, runCampaign, type Tally, tableOf } from './fuzz/campaign.js'
import { readFault, writeFault } from './fuzz/fault-file.js'
import { type Fault, generatorOf, textOf } from './fuzz/run.js'
import type { Target } from './fuzz/target.js'
import { TARGETS } from './fuzz/targets.js'
import { WatchedThread } from './fuzz/watched.js'

const FAULTS = fileURLToPath(new URL('../fuzz-faults', import.meta.url))
const USAGE =
  'usage: fuzz.ts [--inputs N | --minutes M] [--seed S] [--target NAME]... [--list] [--replay FILE]'
/** Seconds between two lines of progress. */
const EVERY = process.stderr.isTTY ? 10 : 60

const { values } = parseArgs({
  options: {
    inputs: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    target: { type: 'string', multiple: true },
    list: { type: 'boolean' },
    replay: { type: 'string' },
  },
})

function amount(text: string, option: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new Error(`--${option} is a number, and "${text}" is none.\n${USAGE}`)
}

/** A family or a target of it. */
function targetsOf(names: readonly string[] | undefined): readonly Target[] {
  if (names === undefined) return TARGETS
  return names.flatMap((asked) => {
    const found = TARGETS.filter(({ name }) => name === asked || name.startsWith(`${asked}.`))
    if (found.length === 0) throw new Error(`There is no target "${asked}"; --list shows them.`)
    return found
  })
}

function extentOf({ inputs, minutes }: typeof values): Extent {
  if (inputs !== undefined && minutes !== undefined)
    throw new Error(`Give --inputs or --minutes.\n${USAGE}`)
  if (minutes !== undefined) return { minutes: amount(minutes, 'minutes') }
  return { inputs: amount(inputs ?? '1e6', 'inputs') }
}

function list(): void {
  for (const { name, share, feeds, holds, codes } of TARGETS)
    console.log(
      [
        `${name} (${share} of 10,000)`,
        `  feeds ${feeds}`,
        `  holds: ${holds}`,
        `  may refuse with ${codes.join(', ') || 'nothing'}`,
      ].join('\n'),
    )
}

async function replay(path: string): Promise<void> {
  const { target: name, input } = readFault(path)
  const target = TARGETS.find((known) => known.name === name)
  if (target === undefined) throw new Error(`There is no target "${name}".`)
  try {
    await target.replay(input)
    console.log(`${name}: no fault`)
  } catch (error) {
    console.log(`${name}: ${textOf(error)}`)
    process.exitCode = 1
  }
}

/** Writes a fault down, and says how it is seen again. */
function tell(fault: Fault, targets: readonly Target[]): void {
  const target = targets.find(({ name }) => name === fault.target)
  const input = target?.inputOf(generatorOf(target, fault.seed, fault.number))
  const path = writeFault(FAULTS, fault, input)
  console.error(
    [
      `FAULT in ${fault.target}, input ${fault.number} of seed ${fault.seed}: ${fault.error}`,
      `  node scripts/run.mjs scripts/fuzz.ts --replay ${join('fuzz-faults', path.slice(FAULTS.length + 1))}`,
    ].join('\n'),
  )
}

async function fuzz(): Promise<void> {
  const extent = extentOf(values)
  const targets = targetsOf(values.target)
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : amount(values.seed, 'seed')
  console.error(`seed ${seed}, ${targets.length} targets`)
  const thread = new WatchedThread(await bundleThread())
  const start = performance.now()
  let shown = start
  const onSpan = (tallies: readonly Tally[], target: string) => {
    if (performance.now() - shown < EVERY * 1000) return
    shown = performance.now()
    console.error(progressOf(tallies, target, start))
  }
  const onFault = (fault: Fault) => tell(fault, targets)
  const run = thread.run.bind(thread)
  const tallies = await runCampaign({ targets, seed, extent, run, onFault, onSpan })
  await thread.end()
  console.log(tableOf(tallies))
  if (tallies.some(({ faults }) => faults > 0)) process.exitCode = 1
}

try {
  if (values.list === true) list()
  else if (values.replay !== undefined) await replay(values.replay)
  else await fuzz()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
