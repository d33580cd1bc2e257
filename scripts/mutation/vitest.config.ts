/** Runs the tests of one room; read by Stryker in a copy of the repository. */
import { defineConfig } from 'vitest/config'

const conditions = ['@xenlevel/source', 'node', 'import', 'module', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: (process.env.XENLEVEL_MUTATION_TESTS ?? '').split(' '),
    // Stryker starts a new thread for each change; within it the tests may share their imports.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
