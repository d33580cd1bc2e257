/**
 * Mutation testing of the code that judges: Stryker changes it in thousands of places, one at a time, in a copy of the last commit, and the tests
 * ought to notice each. Takes two processors for two hours; after that, only what has changed since is tried.
 *
 *     npm run test:mutations                    all rooms
 *     npm run test:mutations -- cpuid core      these
 *     npm run test:mutations -- --reports DIR   counts reports that are there already
 *     … --anew                                  tries also what has not changed since the last run here
 *     … --write                                 writes docs/mutations.md too
 *
 * Exits with 1 if a room is below 85 %, if a change survived that has no reason in scripts/mutation/survivors, or if a reason there has no survivor.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from './consumers/shell.js'
import { pageOf, textOf } from './mutation/page.js'
import { percent, type Reason, type RoomScore, readReasons, scoreOf } from './mutation/report.js'
import { ROOMS, type Room } from './mutation/rooms.js'
import { mutate } from './mutation/stryker.js'
import { writeOrCheck } from './write-or-check.js'

/** Per cent of changes that must be noticed in each room. */
const WANTED = 85

function scoreFrom(folder: string, { name }: Room, reasons: readonly Reason[]): RoomScore {
  return scoreOf(name, readFileSync(join(folder, `${name}.json`), 'utf8'), reasons)
}

/** All reasons on record, whichever file they stand in. */
function allReasons(): readonly Reason[] {
  const folder = join(ROOT, 'scripts', 'mutation', 'survivors')
  return readdirSync(folder).flatMap((file) =>
    readReasons(readFileSync(join(folder, file), 'utf8')),
  )
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      reports: { type: 'string' },
      anew: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.filter((name) => ROOMS.every((room) => room.name !== name))
  if (unknown.length > 0) {
    const names = ROOMS.map(({ name }) => name).join(', ')
    console.error(`no such room: ${unknown.join(', ')}; there are ${names}`)
    return 2
  }
  const rooms = ROOMS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const folder = resolve(values.reports ?? join(ROOT, 'node_modules', '.cache', 'mutations'))
  mkdirSync(folder, { recursive: true })
  if (values.anew)
    for (const { name } of rooms) rmSync(join(folder, `${name}.incremental.json`), { force: true })
  if (values.reports === undefined) await mutate(rooms, folder)
  const reasons = allReasons()
  const scores = rooms.map((room) => scoreFrom(folder, room, reasons))
  console.log(textOf(scores))
  if (values.write) writeOrCheck(ROOT, { 'docs/mutations.md': pageOf(scores) }, '')
  const good = scores.every(
    (score) =>
      percent(score) >= WANTED &&
      score.stale.length === 0 &&
      score.survivors.every(({ reason }) => reason !== null),
  )
  return good ? 0 : 1
}

process.exitCode = await main()
