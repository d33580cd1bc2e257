/**
 * Makes the TypeScript fences of Markdown files into tests: each fence is one, and `value // => expected` is an assertion. Imports
 * resolve as a user's would.
 */
import ts from 'typescript'
import type { Plugin } from 'vitest/config'

/** One TypeScript fence of a Markdown file. */
interface Fence {
  /** Line of the file, from 1. */
  readonly line: number
  readonly code: string
}

/** The TypeScript fences of a Markdown text. */
export function fencesOf(markdown: string): Fence[] {
  return [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: markdown.slice(0, match.index).split('\n').length,
    code: match[1] ?? '',
  }))
}

/** Code in which `value // => answer` became what checks it. */
export function withAnswersChecked(
  code: string,
  check: (value: string, answer: string) => string,
): string {
  return code.replace(/^(.*\S)\s+\/\/ => (.*)$/gm, (_, value: string, answer: string) => {
    const declared = /^(?:const|let) (\w+)/.exec(value)?.[1]
    return declared === undefined ? check(value, answer) : `${value}\n${check(declared, answer)}`
  })
}

/** A test file with one test a fence. */
export function testsOf(fences: readonly Fence[]): string {
  const tests = fences.map(({ line, code }) => {
    const body = withAnswersChecked(code, (value, answer) => `expect(${value}).toEqual(${answer})`)
      .replace(/^import type .*$/gm, '')
      .replace(
        /^import (\{[^}]*\}) from ('[^']+')$/gm,
        (_, names: string, from: string) =>
          `const ${names.replaceAll(' as ', ': ')} = await import(${from})`,
      )
    return `test('line ${line}', async () => {\n${body}\n})`
  })
  const code = `import { expect, test } from 'vitest'\n${tests.join('\n')}`
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  return outputText
}

/** The vitest plugin. */
export function snippets(): Plugin {
  return {
    name: 'xenlevel:snippets',
    enforce: 'pre',
    transform: (source, id) =>
      id.endsWith('.md') ? { code: testsOf(fencesOf(source)), map: null } : null,
  }
}
