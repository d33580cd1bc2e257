/**
 * Levels a fleet that lies in files by an engine that knows nothing of CPUs: DuckDB folds, and the library finishes. With how many hosts:
 *
 *     node scripts/run.mjs examples/fleet-fold.ts 1000000
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { psabiLevel } from '@xenlevel/core'
import { byEngine, byLibrary, differences } from './fleet-fold/answers.js'
import { makeFleet } from './fleet-fold/make-fleet.js'
import { columns, count } from './print.js'

const hosts = Number(process.argv[2] ?? 20_000)
const folder = mkdtempSync(join(tmpdir(), 'fleet-fold-'))
try {
  const files = await makeFleet(folder, hosts)
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  console.log(
    `${count(hosts, 'host')} in ${count(files.length, 'file')}, one a line, ${(bytes / 1e6).toFixed(0)} MB\n`,
  )

  const engine = await byEngine(files)
  console.log('What DuckDB folds them to: the features that HVM guests are offered by default')
  const folds = engine.folds.map(({ release, hosts, physAddrBits, sets: { hvmDefault } }) => [
    release,
    hosts,
    physAddrBits,
    hvmDefault.all.bits().length,
    hvmDefault.any.bits().length,
  ])
  console.log(columns([['Xen', 'hosts', 'address bits', 'all have', 'some have'], ...folds]))

  const level = await byLibrary(files)
  const kept = level.hvm.default
  console.log(
    `\nFinished by the library, that is a level of ${count(kept.names().length, 'feature')} (${psabiLevel(kept).level}) for Xen ${level.release}.`,
  )
  console.log('What it costs least hosts to have back, as both counted them:')
  const rarest = [...engine.lacking].sort(
    (a, b) => a.hosts - b.hosts || (a.feature < b.feature ? -1 : 1),
  )
  const rows = rarest
    .slice(0, 8)
    .map(({ feature, hosts, names }) => [feature, hosts, names.slice(0, 3).join(', ')])
  console.log(columns([['feature', 'hosts without', 'the first of them'], ...rows]))

  const different = differences(level, engine)
  if (different.length > 0) throw new Error(`the answers differ in ${different.join(', ')}`)
  console.log(
    `\nThe library alone finds the same: four featuresets, the address width, and of ${count(engine.lacking.length, 'feature')} who lacks them.`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
