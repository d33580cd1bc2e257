/**
 * Levels hosts that lie in files, one a line: `library FILE…` by the library, `engine FILE…` by DuckDB with the library behind it. Prints
 * seconds and peak memory as JSON. A program of its own, so that its memory is its own.
 */
import { byEngine, byLibrary } from '../examples/fleet-fold/answers.js'

const [who, ...files] = process.argv.slice(2)
const start = process.hrtime.bigint()
const hosts =
  who === 'engine' ? (await byEngine(files)).level.hosts : (await byLibrary(files)).count
const seconds = Number(process.hrtime.bigint() - start) / 1e9
console.log(JSON.stringify({ hosts, seconds, megabytes: process.resourceUsage().maxRSS / 1024 }))
