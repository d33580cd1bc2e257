/** `xenlevel completion`: what a shell needs to complete the command line. */
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { type CompletedVerb, SHELLS, type Shell, scriptFor } from '../output/completion.js'
import { COMMON_OPTIONS, defineVerb } from '../verb.js'

/** The verb. */
export const completion = defineVerb({
  name: 'completion',
  operands: 'bash|zsh|fish',
  summary: 'a script that makes a shell complete verbs and options',
  description: ['Writes the script for bash, zsh or fish to standard output.'],
  options: {},
  examples: [
    {
      command: 'xenlevel completion bash > /etc/bash_completion.d/xenlevel',
      does: 'bash, for everybody',
    },
    { command: 'xenlevel completion zsh > ~/.zfunc/_xenlevel', does: 'zsh' },
    {
      command: 'xenlevel completion fish > ~/.config/fish/completions/xenlevel.fish',
      does: 'fish',
    },
  ],
  async run({ values, operands, print }) {
    const [shell, ...rest] = operands
    if (shell === undefined || rest.length > 0 || !isShell(shell))
      throw new UsageError(`Name a shell: ${SHELLS.join(', ')}.`, 'completion')
    const { VERBS } = await import('./table.js')
    const verbs: CompletedVerb[] = []
    for (const row of VERBS) {
      const { options } = await row.load()
      verbs.push({
        name: row.name,
        summary: row.summary,
        options: { ...options, ...COMMON_OPTIONS },
      })
    }
    const script = scriptFor(shell, verbs)
    if (values.json === true)
      print.document({ format: 'xenlevel/completion', version: 1, ok: true, shell, script })
    else print.raw(script)
    return EXIT.yes
  },
})

function isShell(text: string): text is Shell {
  return SHELLS.some((shell) => shell === text)
}
