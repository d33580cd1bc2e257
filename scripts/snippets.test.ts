import { expect, it } from 'vitest'
import { fencesOf, testsOf } from './snippets.js'

const markdown = `# Title

\`\`\`ts
import { a, b as c } from 'x'
import type { T } from 'x'

const sum: number = a + c // => 3
c // => { d: [1] }
\`\`\`

\`\`\`console
$ a // => 3
\`\`\`

\`\`\`ts
a()
\`\`\`
`

it('finds the TypeScript fences and their lines', () => {
  expect(fencesOf(markdown).map(({ line }) => line)).toEqual([3, 15])
})

it('makes each a test and each arrow an assertion', () => {
  const code = testsOf(fencesOf(markdown))
  expect(code).toContain("test('line 3', async () => {")
  expect(code).toContain("const { a, b: c } = await import('x')")
  expect(code).toContain('expect(sum).toEqual(3)')
  expect(code).toContain('expect(c).toEqual({ d: [1] })')
  expect(code).toContain("test('line 15', async () => {")
  expect(code).not.toContain('import type')
  expect(code.match(/expect\(/g)).toHaveLength(2)
})
