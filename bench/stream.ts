/**
 * A million hosts' featuresets as a stream of text, levelled as they come; prints seconds and peak memory as JSON. A program of its own, so
 * that its memory is its own.
 */
import { readFileSync } from 'node:fs'
import { FeaturesetCombiner } from '@xenlevel/core'

const HOSTS = 1_000_000
const CHUNK = 64 * 1024

const { pools }: { pools: { featuresets: string[] }[] } = JSON.parse(
  readFileSync(new URL('../fixtures/levelling/pools.json', import.meta.url), 'utf8'),
)
const texts = pools.flatMap(({ featuresets }) => featuresets)

/** One featureset a line, in chunks that break lines where they happen to, as from a file or a socket. */
function* chunks(): Generator<string> {
  let pending = ''
  for (let host = 0; host < HOSTS; host++) {
    pending += `${texts[host % texts.length]}\n`
    if (pending.length >= CHUNK) {
      yield pending.slice(0, CHUNK)
      pending = pending.slice(CHUNK)
    }
  }
  yield pending
}

/** The same stream twice, once without levelling, so that making it does not count. */
function run(line: (text: string) => void): number {
  const start = process.hrtime.bigint()
  let rest = ''
  for (const chunk of chunks()) {
    const text = rest + chunk
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      line(text.slice(from, end))
      from = end + 1
    }
    rest = text.slice(from)
  }
  return Number(process.hrtime.bigint() - start) / 1e9
}

let lines = 0
const making = run(() => {
  lines++
})
const combiner = new FeaturesetCombiner()
const whole = run((text) => combiner.addText(text))
const level = combiner.result()
if (lines !== HOSTS || combiner.count !== HOSTS || level.words.length !== 19)
  throw new Error('the stream was not read whole')
const megabytes = process.resourceUsage().maxRSS / 1024
console.log(JSON.stringify({ hosts: HOSTS, seconds: whole, making, megabytes }))
