/** The thread in which inputs run, so that one that never comes back can be ended from outside. */
import { parentPort, workerData } from 'node:worker_threads'
import { runSpan, type Span } from './run.js'
import { TARGETS } from './targets.js'

/** What the thread is asked to run. */
export interface Job extends Span {
  /** The name of a target. */
  readonly target: string
}

const port = parentPort
if (port === null) throw new Error('this file is the thread of scripts/fuzz.ts')

/** Where the number of the input that runs is left for those who watch. */
const place: unknown = workerData
if (!(place instanceof SharedArrayBuffer)) throw new Error('there is no place for numbers')
const watched = new Float64Array(place)

port.on('message', async (job: Job) => {
  const target = TARGETS.find(({ name }) => name === job.target)
  if (target === undefined) throw new Error(`there is no target ${job.target}`)
  const result = await runSpan(target, job, (number) => {
    watched[0] = number
  })
  port.postMessage(result)
})
