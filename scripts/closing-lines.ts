/** The last lines of every test run: in one what was not checked, in one the counts. */
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** The vitest reporter. */
export function closingLines(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[]) {
      const tests = modules.flatMap((module): TestCase[] => [...module.children.allTests()])
      const inState = (state: 'passed' | 'failed' | 'skipped') =>
        tests.filter((test) => test.result().state === state)
      const skipped = inState('skipped')
      if (skipped.length > 0) {
        const names = skipped.map(({ name }) => name.replace('recorded: ', ''))
        process.stdout.write(
          `Not checked, because XENLEVEL_CORPUS does not name a folder of recorded answers: ${names.sort().join('; ')}.\n`,
        )
      }
      process.stdout.write(
        `${inState('passed').length} passed, ${inState('failed').length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}\n`,
      )
    },
  }
}
