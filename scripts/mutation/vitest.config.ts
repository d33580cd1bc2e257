/** Runs the tests of one room; read by Stryker in a copy of the repository. */
import { join, resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const listed = (name: string) => (process.env[name] ?? '').split(' ').filter((item) => item !== '')

/** Packages that are not changed and stand built in the copy: they are loaded many times faster. */
const built = listed('XENLEVEL_MUTATION_BUILT')
const plain = ['node', 'import', 'module', 'default']
const conditions = built.length > 0 ? plain : ['@xenlevel/source', ...plain]

/** Above this many names, finding the tests by name takes longer than running all of their files. */
const NAMES_WORTH_SEEKING = 40
const ANY_NAME = /(?:)/

/** Files by how long they take: most changes fall to the exact tests, and the first failure ends the run. */
const SLOWER =
  /recorded|vectors|mutations|admit-policies|pool\/(combine|read-level)|page-tally|pv-(frames|pages|vcpus)|cases/
const SLOWEST = /fuzz-recorded|select\.vectors|\/level\.test/

/** What code remembers from one test to the next counts as run by the first alone: that is to be the one that holds it. */
const HOLDS_WHAT_IS_REMEMBERED = /compatibility-bits/

function rankOf(file: string): number {
  if (HOLDS_WHAT_IS_REMEMBERED.test(file)) return 0
  if (SLOWEST.test(file)) return 3
  return SLOWER.test(file) ? 2 : 1
}

class QuickFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    for (const { project } of files) {
      const names = project.config.testNamePattern?.source.split('|').length ?? 0
      if (names > NAMES_WORTH_SEEKING) project.config.testNamePattern = ANY_NAME
    }
    return [...files].sort((a, b) => rankOf(a.moduleId) - rankOf(b.moduleId))
  }
}

/** Plain numbers, which no class keeps to itself. */
const FIGURES = /\/xen\/releases\.js$/

/** Helpers of a built package's own tests take that package built too: two copies of one class would not know each other. */
function helpersOfBuiltPackages(): Plugin {
  return {
    name: 'helpers-of-built-packages',
    enforce: 'pre',
    resolveId(source, importer = '') {
      if (!source.startsWith('.') || source.includes('.testing.')) return null
      const owner = /\/packages\/([^/]+)\/src\/.*\.testing\.ts$/.exec(importer)?.[1] ?? ''
      const sought = resolve(importer, '..', source)
      const inside = sought.includes(`/packages/${owner}/src/`)
      if (!built.includes(owner) || !inside || FIGURES.test(sought)) return null
      return join(process.cwd(), 'packages', owner, 'dist', 'index.js')
    },
  }
}

export default defineConfig({
  plugins: [helpersOfBuiltPackages()],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: listed('XENLEVEL_MUTATION_TESTS'),
    sequence: { sequencer: QuickFilesFirst },
    server: { deps: { external: [/packages\/[^/]+\/dist\//] } },
    // Stryker starts a new thread for each change; within it the tests may share their imports.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
