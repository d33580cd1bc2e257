/** `xenlevel ucode verify`: whether those who read microcode would accept a file. */
import {
  explainMicrocode,
  type Finding,
  type MicrocodeRule,
  type Verdict,
  verifyMicrocode,
} from '@xenlevel/microcode'
import { EXIT } from '../exit.js'
import { columns, paragraph } from '../output/text.js'
import { listMicrocode } from '../ucode/read-files.js'
import { defineVerb } from '../verb.js'

const RULES = [
  'xen',
  'linux',
  'linux-early',
  'linux-late',
  'strict',
  'loose',
] as const satisfies readonly (MicrocodeRule | 'linux')[]

interface FileAnswer {
  readonly name: string
  readonly ok: boolean
  readonly verdicts: readonly Pick<Verdict, 'reader' | 'accepted' | 'updates' | 'evidence'>[]
  readonly findings: readonly Finding[]
}

/** The verb. */
export const ucodeVerify = defineVerb({
  name: 'ucode verify',
  operands: 'FILE…',
  summary: 'would Xen, Linux and iucode_tool accept these files',
  description: [
    'Judges files by the rules of those who read them, which differ: Xen of a release and the newest, Linux at boot and at run time, iucode_tool strict and loose. With --rules by one of them alone.',
    'Exit status 1: one of those asked refuses a file, or a part of it.',
  ],
  options: {
    rules: {
      type: 'string',
      value: 'RULES',
      choices: RULES,
      help: 'whose rules; strict and loose are those of iucode_tool',
    },
    release: { type: 'string', value: 'RELEASE', completes: 'release', help: 'which Xen' },
  },
  examples: [
    {
      command: 'xenlevel ucode verify /lib/firmware/intel-ucode/06-3f-02',
      does: 'all readers about a file',
    },
    {
      command: 'xenlevel ucode verify --rules xen --release 4.17 microcode.bin',
      does: 'Xen 4.17 alone, for a script',
    },
  ],
  async run({ io, values, operands, print }) {
    const { files, problems } = await listMicrocode(operands, io, {
      verb: 'ucode verify',
      tell: (problem) => print.problem(problem),
    })
    const release = values.release === undefined ? {} : { release: values.release }
    const answers = files.map(({ name, bytes }): FileAnswer => {
      if (values.rules !== undefined) {
        const findings = verifyMicrocode(bytes, { rules: values.rules, ...release })
        return { name, ok: isSound(findings), verdicts: [], findings }
      }
      const { verdicts } = explainMicrocode(bytes, release)
      const findings = verdicts.flatMap((verdict) => [...verdict.findings])
      return { name, ok: isSound(findings), verdicts, findings }
    })
    const ok = problems.length === 0 && answers.every((answer) => answer.ok)
    if (values.json === true)
      print.document({
        format: 'xenlevel/microcode-verification',
        version: 1,
        ok,
        files: answers.map(({ verdicts, ...rest }) => ({
          ...rest,
          verdicts: verdicts.map(({ reader, accepted, updates, evidence }) => ({
            ...{ reader, accepted, updates, evidence },
          })),
        })),
        problems,
      })
    else
      for (const { name, ok: sound, verdicts, findings } of answers) {
        print.lines(
          `${sound ? print.style('green', 'sound ') : print.style('red', 'faulty')}  ${print.style('bold', name)}`,
          ...columns(
            verdicts.map(({ reader, accepted, updates }) => [
              reader,
              accepted ? 'accepts' : 'refuses',
              `${updates} update${updates === 1 ? '' : 's'}`,
            ]),
            '        ',
          ),
        )
        const messages = new Set(findings.map(({ severity, message }) => `${severity}: ${message}`))
        for (const message of messages)
          print.lines(...paragraph(message, { indent: '        ', width: print.width }))
      }
    return ok ? EXIT.yes : EXIT.no
  },
})

function isSound(findings: readonly Finding[]): boolean {
  return findings.every(({ severity }) => severity !== 'error')
}
