/** Runs Stryker, room after room, in a copy of the repository: it changes files where they lie. */
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { mustRun, ROOT } from '../consumers/shell.js'
import type { Room } from './rooms.js'

/** Writes `<room>.json` into `folder` for each room; what is kept there of the run before is not tried again where nothing changed. */
export async function mutate(rooms: readonly Room[], folder: string): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'xenlevel-mutations-'))
  try {
    await mustRun('git', ['clone', '--quiet', '--no-hardlinks', ROOT, copy], { cwd: ROOT })
    await mustRun('node', ['scripts/setup.mjs'], { cwd: copy, timeout: 600_000 })
    const built = new Set(rooms.flatMap((room) => room.built))
    for (const name of built) await build(copy, name)
    for (const room of rooms) {
      writeFileSync(join(copy, 'stryker.json'), JSON.stringify(settingsOf(room), null, 2))
      const kept = join(folder, `${room.name}.incremental.json`)
      rmSync(join(copy, 'incremental.json'), { force: true })
      if (existsSync(kept)) copyFileSync(kept, join(copy, 'incremental.json'))
      await runHere(copy, room)
      copyFileSync(join(copy, 'incremental.json'), kept)
      copyFileSync(join(copy, 'report.json'), join(folder, `${room.name}.json`))
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function build(copy: string, name: string) {
  const pnpm = join(copy, 'node_modules', '.bin', 'pnpm')
  return mustRun(pnpm, ['--filter', `./packages/${name}`, 'run', 'build'], {
    cwd: copy,
    timeout: 600_000,
  })
}

function settingsOf({ judges }: Room) {
  return {
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    packageManager: 'pnpm',
    mutate: judges,
    coverageAnalysis: 'perTest',
    // A table that is made at import is seen by every test at once; the recorded answers hold those.
    ignoreStatic: true,
    inPlace: true,
    incremental: true,
    incrementalFile: 'incremental.json',
    disableTypeChecks: false,
    // A third of each run waits: for a thread to start, for files.
    concurrency: availableParallelism() + 1,
    dryRunTimeoutMinutes: 15,
    timeoutMS: 8000,
    timeoutFactor: 1.5,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: 'report.json' },
    vitest: { configFile: 'scripts/mutation/vitest.config.ts', related: false },
  }
}

function runHere(copy: string, { name, tests, built }: Room): Promise<void> {
  const env = {
    ...process.env,
    XENLEVEL_MUTATION_TESTS: tests.join(' '),
    XENLEVEL_MUTATION_BUILT: built.join(' '),
    ...(process.env.XENLEVEL_CORPUS === undefined
      ? {}
      : { XENLEVEL_CORPUS: resolve(ROOT, process.env.XENLEVEL_CORPUS) }),
  }
  const child = spawn(join(copy, 'node_modules', '.bin', 'stryker'), ['run', 'stryker.json'], {
    cwd: copy,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', (status) => {
      if (status === 0) done()
      else failed(new Error(`Stryker ended with ${status} in the room ${name}`))
    })
  })
}
