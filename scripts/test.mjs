// Runs the whole suite and says in one line what it did not check. Plain JavaScript: it prints before and after vitest.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const results = join(root, 'node_modules', '.cache', 'xenlevel-tests.json')
mkdirSync(dirname(results), { recursive: true })
rmSync(results, { force: true })

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const run = spawnSync(
  process.execPath,
  [
    vitest,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
)

const { numPassedTests, numFailedTests, numFailedTestSuites, testResults } = JSON.parse(
  readFileSync(results, 'utf8'),
)
const skipped = testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .filter(({ status }) => status !== 'passed' && status !== 'failed')
if (skipped.length > 0) {
  process.stdout.write(
    `Not checked, because XENLEVEL_CORPUS does not name a folder of recorded answers: ${skipped.map(({ title }) => title.replace('recorded: ', '')).join('; ')}.\n`,
  )
}
process.stdout.write(
  `${numPassedTests} passed, ${numFailedTests} failed, ${skipped.length} skipped\n`,
)
// A file that cannot even be loaded fails without a failed test in it.
process.exit(
  run.status === 0 && numFailedTests === 0 && numFailedTestSuites === 0 && numPassedTests > 0
    ? 0
    : 1,
)
