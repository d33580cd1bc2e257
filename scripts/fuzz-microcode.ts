/**
 * Structured fuzzing of everything that reads microcode, for longer than a test run may take.
 *
 *     node scripts/run.mjs scripts/fuzz-microcode.ts [RUNS [SEED]]
 */
import { fuzzMicrocode } from '../packages/microcode/src/fuzz.testing.js'

const runs = Number(process.argv[2] ?? 1_000_000)
const seed = Number(process.argv[3] ?? 1)
const start = process.hrtime.bigint()
const ran = fuzzMicrocode(runs, seed)
console.log(
  `${ran} inputs, ${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(0)} s, no fault`,
)
