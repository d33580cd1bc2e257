/** A fleet in files, levelled by the library and by an engine that folds, each in a process of its own. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFleet } from '../examples/fleet-fold/make-fleet.js'

const root = new URL('../', import.meta.url)
const HOSTS = 1_000_000

interface Levelled {
  readonly hosts: number
  readonly seconds: number
  readonly megabytes: number
}

/** What both took for a million hosts. */
export async function fleetFiles(): Promise<{ ours: Levelled; engine: Levelled }> {
  const folder = mkdtempSync(join(tmpdir(), 'xenlevel-fleet-'))
  try {
    const files = await makeFleet(folder, HOSTS)
    const run = (who: 'library' | 'engine'): Levelled => {
      const levelled: Levelled = JSON.parse(
        execFileSync(process.execPath, ['scripts/run.mjs', 'bench/level-files.ts', who, ...files], {
          cwd: root,
          encoding: 'utf8',
        }),
      )
      if (levelled.hosts !== HOSTS) throw new Error(`${who} read ${levelled.hosts} hosts`)
      return levelled
    }
    return { ours: run('library'), engine: run('engine') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
