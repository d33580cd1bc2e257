/**
 * Times the operations that have a limit, each beside a peer in the same run, and prints one table. `bench/results.json` has the same as
 * data. Exits with 1 if an operation is over its limit, or over a multiple of it: on a shared machine a small excess is noise.
 *
 *     npm run bench
 *     npm run bench -- --tolerate 3
 */
import { renameSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Bench } from 'tinybench'
import { type Operation, operations } from './operations.js'

interface Row {
  operation: string
  ours: number
  peer: { name: string; time: number; ratio: number } | null
  limit: number
  ok: boolean
}

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

async function measure({ name, ours, peer, limit, batch }: Operation): Promise<Row> {
  const own = await time(ours, batch)
  const other = peer === undefined ? null : await time(peer.run, batch)
  return {
    operation: name,
    ours: own,
    peer:
      peer === undefined || other === null
        ? null
        : { name: peer.name, time: other, ratio: other / own },
    limit,
    ok: own <= limit,
  }
}

function duration(nanoseconds: number): string {
  if (nanoseconds < 1000) return `${nanoseconds.toFixed(0)} ns`
  return nanoseconds < 1e6
    ? `${(nanoseconds / 1000).toFixed(1)} µs`
    : `${(nanoseconds / 1e6).toFixed(2)} ms`
}

const rows: Row[] = []
for (const operation of operations()) rows.push(await measure(operation))

const table = [
  ['operation', 'ours', 'peer', 'ratio', 'limit', ''],
  ...rows.map((row) => [
    row.operation,
    duration(row.ours),
    row.peer === null ? '' : `${duration(row.peer.time)} (${row.peer.name})`,
    row.peer === null ? '' : `${row.peer.ratio.toFixed(1)}×`,
    duration(row.limit),
    row.ok ? '' : 'OVER',
  ]),
]
const widths =
  table[0]?.map((_, at) => Math.max(...table.map((cells) => cells[at]?.length ?? 0))) ?? []
for (const cells of table)
  console.log(
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )

const results = new URL('results.json', import.meta.url)
const text = `${JSON.stringify({ node: process.version, unit: 'ns', rows }, null, 2)}\n`
writeFileSync(new URL('results.json.new', import.meta.url), text)
renameSync(new URL('results.json.new', import.meta.url), results)
const { values } = parseArgs({ options: { tolerate: { type: 'string', default: '1' } } })
const tolerated = Number(values.tolerate)
process.exitCode = rows.every(({ ours, limit }) => ours <= limit * tolerated) ? 0 : 1
