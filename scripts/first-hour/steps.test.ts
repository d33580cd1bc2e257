import { expect, it } from 'vitest'
import { stepsOf } from './steps.js'

const page = `# Page

## Begin

\`\`\`console
$ cat >notes.txt <<'END'
$ is a sign
END
$ ls
notes.txt
$ echo $?
0
\`\`\`

## Go on

\`\`\`console
npm install one
\`\`\`

\`\`\`ts first.ts
one()
\`\`\`

\`\`\`ts
one() // => 1
\`\`\`

\`\`\`sh
for typical in use; do not follow; done
\`\`\`
`

it('finds what a reader does, in its order', () => {
  expect(stepsOf(page)).toEqual([
    {
      kind: 'command',
      line: 6,
      text: "cat >notes.txt <<'END'\n$ is a sign\nEND",
      shown: [],
      mayFail: false,
    },
    { kind: 'command', line: 9, text: 'ls', shown: ['notes.txt'], mayFail: true },
    { kind: 'command', line: 11, text: 'echo $?', shown: ['0'], mayFail: false },
    { kind: 'command', line: 18, text: 'npm install one', mayFail: false },
    { kind: 'file', line: 21, name: 'first.ts', content: 'one()\n' },
    { kind: 'program', line: 25, code: 'one() // => 1\n' },
  ])
})

it('keeps to the sections that are asked for', () => {
  expect(stepsOf(page, ['Go on']).map(({ line }) => line)).toEqual([18, 21, 25])
})
