#!/usr/bin/env node
/** The program: this process as the world of one run. */
import { AtomicWriter } from './atomic-write.js'
import { EXIT } from './exit.js'
import { nodeIo } from './node-io.js'
import { run } from './run.js'

const writer = new AtomicWriter()
const interruption = new AbortController()

function interrupted(status: number): void {
  interruption.abort()
  writer.discard()
  process.exit(status)
}

process.once('SIGINT', () => interrupted(EXIT.interrupted))
// 128 and the number of the signal, as shells count.
process.once('SIGTERM', () => interrupted(143))
process.once('SIGHUP', () => interrupted(129))

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  writer.discard()
  // Whoever read has enough; that is no failure.
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.yes)
  const full =
    error.code === 'ENOSPC' ? 'no space is left where it goes' : `the system answers ${error.code}`
  process.stderr.write(`xenlevel: the answer could not be written: ${full}.\n`)
  process.exit(EXIT.failed)
})
process.stderr.on('error', () => undefined)

process.exitCode = await run(process.argv.slice(2), nodeIo(writer, interruption.signal))
