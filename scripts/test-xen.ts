/**
 * Boots a real Xen 4.17 under QEMU, once on an AMD and on Intel CPUs, and runs the packed project in its dom0: the suite of every
 * hypervisor, what the simulated Xen would have answered, and guests that are saved, rewritten and restored.
 *
 *   npm run test:xen                 all of it
 *   npm run test:xen -- --built      the packages are built already
 *   XENLEVEL_HW=1 npm run test:xen   the suite on the Xen that this machine itself runs on, in its dom0, without QEMU
 *
 * Debian's packages and what dom0 wrote last, a folder for each boot, are kept in ~/.cache/xenlevel-xen.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BootResult, boot, machineOf } from './xen-guest/boot.js'
import { compareWithTwin, type RealAnswers } from './xen-guest/compare.js'
import { installTools, unpackedParts } from './xen-guest/debian.js'
import { GUESTS, judgeGuests } from './xen-guest/guests.js'
import { baseArchive } from './xen-guest/initramfs.js'
import { copyPrograms, installProject } from './xen-guest/project.js'
import { judgeRewritten } from './xen-guest/rewritten.js'
import { HarnessError, run } from './xen-guest/shell.js'

/** What the suite came to in dom0, as written there. */
interface Conformance {
  readonly passed: number
  readonly failed: readonly { readonly name: string; readonly message: string }[]
  readonly skipped: readonly { readonly name: string; readonly why: string }[]
}

/** How long one boot may take: a multiple of what it takes where nothing else runs. */
const LIMIT_SECONDS = 400

const root = fileURLToPath(new URL('..', import.meta.url))
const guest = join(root, 'scripts/xen-guest')
const built = process.argv.includes('--built')
const counts = { passed: 0, failed: 0 }

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function pass(count: number): void {
  counts.passed += count
}

function fail(sentence: string): void {
  counts.failed++
  say(`  FAILED ${sentence}`)
}

function readJson<Shape>(path: string): Shape {
  const value: Shape = JSON.parse(readFileSync(path, 'utf8'))
  return value
}

/** The suite and the interview, as a folder holds them. */
async function judge(folder: string): Promise<void> {
  const suite = readJson<Conformance>(join(folder, 'conformance.json'))
  pass(suite.passed)
  for (const { name, message } of suite.failed) fail(`${name}: ${message}`)
  const reasons = new Map<string, number>()
  for (const { why } of suite.skipped) reasons.set(why, (reasons.get(why) ?? 0) + 1)
  const open = [...reasons].map(([why, count]) => `${count} because ${why}`).join(', ')
  say(
    `  suite: ${suite.passed} passed, ${suite.failed.length} failed, not tried: ${open || 'none'}`,
  )
  const { same, differences } = await compareWithTwin(
    readJson<RealAnswers>(join(folder, 'answers.json')),
  )
  pass(same)
  for (const sentence of differences) fail(sentence)
  say(`  simulated twin: ${same} answers alike, ${differences.length} not`)
}

function required({ status, output, seconds }: BootResult, cpu: string): void {
  say(`${cpu}: ${seconds.toFixed(1)} s`)
  if (status !== 0)
    throw new HarnessError(
      `what ran in dom0 on ${cpu} ended with ${status}:\n${output.trimEnd().split('\n').slice(-15).join('\n')}`,
    )
}

/** Everything that boots, one boot after the other. */
async function underQemu(work: string): Promise<void> {
  installTools()
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'xenlevel-xen')
  mkdirSync(cache, { recursive: true })
  const files = unpackedParts(cache)
  const base = baseArchive(files, cache, join(guest, 'init.sh'))
  const machine = machineOf(files, base, cache)
  const app = join(work, 'app')
  installProject(root, app, !built)
  copyPrograms(join(guest, 'dom0'), app)
  const start = async (cpu: string, steps: readonly string[], name = cpu): Promise<string> => {
    writeFileSync(join(app, 'steps'), `${steps.join('\n')}\n`)
    const out = join(cache, 'last', name)
    required(await boot(machine, { cpu, app, out, limit: LIMIT_SECONDS }), name)
    return out
  }
  const suite = 'conformance.js /out'
  await judge(await start('EPYC', [suite]))
  const haswell = await start('Haswell', [suite])
  await judge(haswell)
  const there = readJson<RealAnswers>(join(haswell, 'answers.json')).answers.snapshot
  writeFileSync(join(app, 'there.json'), JSON.stringify(there))
  copyFileSync(machine.kernel, join(app, 'vmlinux'))
  const skylake = await start('Skylake-Server', [suite, 'start-xl.sh', 'save.js there.json /out'])
  await judge(skylake)
  rmSync(join(app, 'vmlinux'))
  for (const name of GUESTS) {
    const saved = join(skylake, `${name}.save`)
    copyFileSync(saved, join(app, `${name}.save`))
    rmSync(saved)
  }
  const steps = ['start-xl.sh', 'restore.js . /out', 'rewrite.js . /out']
  const back = await start('Haswell', steps, 'Haswell, restoring')
  const verdicts = [
    ...judgeGuests(
      readJson(join(skylake, 'saved.json')),
      readJson(join(back, 'restored.json')),
      there,
    ),
    ...judgeRewritten(readJson(join(back, 'rewritten.json'))),
  ]
  for (const { name, wrong } of verdicts) {
    if (wrong === null) pass(1)
    else fail(`${name}: ${wrong}`)
  }
  say(`  guests: ${verdicts.map(({ name }) => name).join('; ')}`)
}

/** The same suite on the Xen that runs this machine: what is installed in a dom0 is run in it. */
async function onThisMachine(work: string): Promise<void> {
  const app = join(work, 'app')
  installProject(root, app, !built)
  copyPrograms(join(guest, 'dom0'), app)
  run(process.execPath, [join(app, 'conformance.js'), work], { cwd: app })
  say('this machine:')
  await judge(work)
}

const work = mkdtempSync(join(tmpdir(), 'xenlevel-test-xen-'))
const started = process.hrtime.bigint()
try {
  if (process.env.XENLEVEL_HW === '1') await onThisMachine(work)
  else await underQemu(work)
} catch (error) {
  if (!(error instanceof HarnessError)) throw error
  fail(error.message)
} finally {
  rmSync(work, { recursive: true, force: true })
}
say(`${(Number(process.hrtime.bigint() - started) / 1e9).toFixed(0)} s in all`)
say(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1
