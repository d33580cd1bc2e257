/**
 * Structured fuzzing of the policy functions, for longer than a test run may take.
 *
 *     node scripts/run.mjs scripts/fuzz-policies.ts [RUNS]
 */
import { fuzzPolicies } from '../packages/core/src/policy/fuzz.testing.js'

const runs = Number(process.argv[2] ?? 1_000_000)
const start = process.hrtime.bigint()
const ran = fuzzPolicies(runs)
console.log(
  `${ran} inputs, ${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(0)} s, no fault`,
)
