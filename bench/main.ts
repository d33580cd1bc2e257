/**
 * Times the operations that have a limit, each beside a peer in the same run, and prints one table. `bench/results.json` has the same as
 * data. Exits with 1 if an operation is over its limit, or over a multiple of it: on a shared machine a small excess is noise.
 *
 *     npm run bench
 *     npm run bench -- --tolerate 3
 *     npm run bench -- --write          puts the table into README.md too
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Bench } from 'tinybench'
import { fleetFiles } from './fleet-files.js'
import { hypercallOverhead } from './hypervisor.js'
import { IMAGE_MEMORY, imageRows } from './images.js'
import { microcodeDirectory } from './microcode.js'
import type { Operation } from './operation.js'
import { CPU_LEAVES, operations } from './operations.js'
import { markdownOf, type Row, row, textOf } from './table.js'

const root = new URL('../', import.meta.url)
const MARKS = /<!-- \/?bench -->/

/** Nanoseconds of one call: the median over batches, so that the clock's own cost disappears. */
async function time(call: () => unknown, batch: number): Promise<number> {
  const bench = new Bench({ time: 400, warmupTime: 150 })
  bench.add('batch', () => {
    for (let turn = 0; turn < batch; turn++) call()
  })
  const [task] = await bench.run()
  const result = task?.result
  if (result === undefined || !('latency' in result))
    throw new Error('the benchmark gave no result')
  return (result.latency.p50 * 1e6) / batch
}

async function measure({ name, ours, peer, program, limit, batch }: Operation): Promise<Row> {
  const own = await time(ours, batch)
  const other =
    peer === undefined
      ? (program?.() ?? null)
      : { name: peer.name, nanoseconds: await time(peer.run, batch) }
  return {
    operation: name,
    ours: own,
    peer:
      other === null
        ? null
        : { name: other.name, time: other.nanoseconds, ratio: other.nanoseconds / own },
    limit,
    ok: own <= limit,
  }
}

/** The measurements that need a process of their own. */
async function processes(): Promise<Row[]> {
  const stream: { seconds: number; megabytes: number } = JSON.parse(
    execFileSync(process.execPath, ['scripts/run.mjs', 'bench/stream.ts'], {
      cwd: root,
      encoding: 'utf8',
    }),
  )
  const rows: Row[] = [
    row('level 1,000,000 hosts from a stream of text', stream.seconds * 1e9, 1e9),
    row('… and its peak memory', stream.megabytes, 200, 'MB'),
    ...(await fleetRows()),
  ]
  const overhead = hypercallOverhead()
  if (overhead !== null)
    rows.push(row('a hypercall, beyond the bare ioctl of koffi', overhead, 1000))
  const directory = microcodeDirectory()
  if (directory !== null) {
    const { ours, theirs } = directory
    const peer = { name: 'iucode_tool, and the start of Node', time: theirs, ratio: theirs / ours }
    rows.push({ ...row('verify a directory of microcode from disk', ours, theirs), peer })
  }
  rows.push(...images(), ...commandRows())
  return existsSync(new URL('packages/cpuid/dist/index.js', root))
    ? [...rows, row('import @xenlevel/cpuid, as built', importTime(), 5e6)]
    : rows
}

/** A million hosts in files: whole snapshots, each with four featuresets. */
async function fleetRows(): Promise<Row[]> {
  const { ours, engine } = await fleetFiles()
  const time = engine.seconds * 1e9
  const peer = { name: 'DuckDB', time, ratio: engine.seconds / ours.seconds }
  return [
    { ...row('level 1,000,000 hosts from files, one a line', ours.seconds * 1e9, 10e9), peer },
    row('… and its peak memory', ours.megabytes, 300, 'MB'),
  ]
}

/** Domain images: each judgement with the memory that its process had. */
function images(): Row[] {
  return imageRows(CPU_LEAVES).flatMap(({ name, nanoseconds, limit, megabytes, peer }) => [
    {
      ...row(name, nanoseconds, limit),
      peer: peer === null ? null : { ...peer, ratio: peer.time / nanoseconds },
    },
    row('… and its peak memory', megabytes, IMAGE_MEMORY, 'MB'),
  ])
}

/** The command, from its start to all of a short answer. */
function commandRows(): Row[] {
  const main = new URL('packages/cli/dist/main.mjs', root)
  if (!existsSync(main)) return []
  const hosts = ['haswell', 'skylake'].map((name) => `fixtures/story/${name}.json`)
  return [
    { name: 'xenlevel features AVX512F', words: ['features', 'AVX512F'] },
    { name: 'xenlevel level of two hosts', words: ['level', ...hosts] },
  ].map(({ name, words }) => row(name, startTime(fileURLToPath(main), words), 120e6))
}

/** Median of runs. */
function startTime(program: string, words: readonly string[]): number {
  const times = Array.from({ length: 9 }, () => {
    const start = process.hrtime.bigint()
    execFileSync(process.execPath, [program, ...words], { cwd: root })
    return Number(process.hrtime.bigint() - start)
  })
  return times.sort((a, b) => a - b)[4] ?? Number.POSITIVE_INFINITY
}

/** Median of fresh processes, because a module is imported once; Node's loader is started before the clock is. */
function importTime(): number {
  const code =
    "await import('./bench/nothing.js'); const start = process.hrtime.bigint(); await import('./packages/cpuid/dist/index.js'); console.log(Number(process.hrtime.bigint() - start))"
  const times = Array.from({ length: 9 }, () =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', code], {
        cwd: root,
        encoding: 'utf8',
      }),
    ),
  )
  return times.sort((a, b) => a - b)[4] ?? Number.POSITIVE_INFINITY
}

/** Replaces a file by a whole new one. */
function write(name: string, text: string): void {
  const fresh = new URL(`${name}.new`, root)
  writeFileSync(fresh, text)
  renameSync(fresh, new URL(name, root))
}

/** README.md with these rows between its two marks. */
function readmeWith(rows: readonly Row[]): string {
  const [head, , tail, ...more] = readFileSync(new URL('README.md', root), 'utf8').split(MARKS)
  if (head === undefined || tail === undefined || more.length > 0)
    throw new Error('README.md has no two marks of the bench; put them back around its table')
  return `${head}<!-- bench -->\n\n${markdownOf(rows)}\n\n<!-- /bench -->${tail}`
}

const rows: Row[] = []
for (const operation of operations()) rows.push(await measure(operation))
rows.push(...(await processes()))

console.log(textOf(rows))
write(
  'bench/results.json',
  `${JSON.stringify({ node: process.version, unit: 'ns', rows }, null, 2)}\n`,
)
const { values } = parseArgs({
  options: {
    tolerate: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
})
if (values.write) write('README.md', readmeWith(rows))
const tolerated = Number(values.tolerate)
process.exitCode = rows.every(({ ours, limit }) => ours <= limit * tolerated) ? 0 : 1
