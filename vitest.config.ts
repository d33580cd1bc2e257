import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { closingLines } from './scripts/closing-lines.js'
import { fencesOf, snippets } from './scripts/snippets.js'

const conditions = ['@xenlevel/source', 'node', 'import', 'module', 'default']

/** The Markdown files that have TypeScript snippets. */
function documents(): string[] {
  const root = fileURLToPath(new URL('.', import.meta.url))
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`)
  const guides = ['docs', 'docs/guides'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => `${folder}/${file}`),
  )
  return ['README.md', ...packages, ...guides].filter(
    (file) => fencesOf(readFileSync(join(root, file), 'utf8')).length > 0,
  )
}

export default defineConfig({
  plugins: [snippets()],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages/*/src,examples,scripts}/**/*.test.ts', ...documents()],
    // Machines that build are shared: a test that is slow there is not wrong.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ['scripts/fail-on-console.ts'],
    reporters: ['default', closingLines()],
  },
})
