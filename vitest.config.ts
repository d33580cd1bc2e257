import { defineConfig } from 'vitest/config'
import { snippets } from './scripts/snippets.js'

const conditions = ['@xenlevel/source', 'node', 'import', 'module', 'default']

export default defineConfig({
  plugins: [snippets()],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
      'README.md',
      'docs/*.md',
      'packages/{cpuid,core}/README.md',
    ],
    setupFiles: ['scripts/fail-on-console.ts'],
    typecheck: { enabled: false },
  },
})
