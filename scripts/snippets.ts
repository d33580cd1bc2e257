/**
 * Makes the TypeScript fences of Markdown files into tests: each fence is one, and `value // => expected` is an assertion. Imports
 * resolve as a user's would.
 */
import ts from 'typescript'
import type { Plugin } from 'vitest/config'

/** One TypeScript fence of a Markdown file. */
interface Fence {
  readonly line: number
  readonly code: string
}

function fencesOf(markdown: string): Fence[] {
  return [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: markdown.slice(0, match.index).split('\n').length,
    code: match[1] ?? '',
  }))
}

function testOf({ line, code }: Fence): string {
  const body = code
    .replace(
      /^import (type )?(\{[^}]*\}) from ('[^']+')$/gm,
      (_, type: string | undefined, names: string, from: string) =>
        type === undefined
          ? `const ${names.replaceAll(/\btype \w+,?/g, '').replaceAll(' as ', ': ')} = await import(${from})`
          : '',
    )
    .replace(/^(.*\S)\s+\/\/ => (.*)$/gm, (_, value: string, expected: string) =>
      value.startsWith('const ') || value.startsWith('let ')
        ? `${value}\nexpect(${/^\w+ (\w+)/.exec(value)?.[1] ?? ''}).toEqual(${expected})`
        : `expect(${value}).toEqual(${expected})`,
    )
  return `test('line ${line}', async () => {\n${body}\n})`
}

/** The vitest plugin. */
export function snippets(): Plugin {
  return {
    name: 'xenlevel:snippets',
    enforce: 'pre',
    transform(source, id) {
      if (!id.endsWith('.md')) return null
      const fences = fencesOf(source)
      const tests =
        fences.length === 0
          ? ["test.skip('has no TypeScript snippets', () => {})"]
          : fences.map(testOf)
      const code = `import { expect, test } from 'vitest'\n${tests.join('\n')}`
      const { outputText } = ts.transpileModule(code, {
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
      })
      return { code: outputText, map: null }
    },
  }
}
