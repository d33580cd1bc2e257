/** The last lines of every test run: in one what was not checked, in one the counts. */
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** What was skipped, files counted by folder: `14 files of levelling`. */
function inShort(names: readonly string[]): string {
  const items = new Set(names.flatMap((name) => name.replace('recorded: ', '').split(', ')))
  const folders = new Map<string, number>()
  const others: string[] = []
  for (const item of items) {
    const folder = /^([\w/-]+)\/[^/]+$/.exec(item)?.[1]
    if (folder === undefined) others.push(item)
    else folders.set(folder, (folders.get(folder) ?? 0) + 1)
  }
  const files = [...folders].map(
    ([folder, count]) => `${count} file${count === 1 ? '' : 's'} of ${folder}`,
  )
  return [...others.sort(), ...files.sort()].join('; ')
}

/** The vitest reporter. */
export function closingLines(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[]) {
      const tests = modules.flatMap((module): TestCase[] => [...module.children.allTests()])
      const inState = (state: 'passed' | 'failed' | 'skipped') =>
        tests.filter((test) => test.result().state === state)
      const skipped = inState('skipped')
      // A file that could not be read to its end has tests that nobody counted.
      const broken = modules.filter((module) => module.errors().length > 0)
      const failed = inState('failed').length + broken.length
      if (skipped.length > 0) {
        const why =
          process.env.XENLEVEL_CORPUS === undefined
            ? 'XENLEVEL_CORPUS does not name a folder of recorded answers'
            : 'the variable that names it is not set'
        process.stdout.write(
          `Not checked, because ${why}: ${inShort(skipped.map(({ name }) => name))}.\n`,
        )
      }
      process.stdout.write(
        `${inState('passed').length} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}\n`,
      )
    },
  }
}
