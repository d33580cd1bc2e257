/** `xenlevel level`: what a pool can promise its guests, and what that costs whom. */
import type { HostSnapshot, PoolLevel } from '@xenlevel/core'
import type { Emitted } from '../emit/emitted.js'
import { LANGUAGES } from '../emit/languages.js'
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { HOST_OPTIONS, HOSTS_HELP } from '../hosts/read-hosts.js'
import type { Printer, Problem } from '../output/printer.js'
import { defineVerb } from '../verb.js'
import { levelInputs } from './level-inputs.js'
import { outputOption } from './output-option.js'

/** The verb. */
export const level = defineVerb({
  name: 'level',
  operands: '[HOST…]',
  summary: 'what a pool can promise its guests, and what that costs',
  description: [
    'Finds the features that every guest can be promised wherever in the pool it runs, and says of each feature that some host has and the pool cannot promise which hosts are to blame.',
    HOSTS_HELP,
    'Levels that were kept (xenlevel level --emit json) may stand among the hosts: the answer is that of all hosts together.',
    'Exit status 1: a host could not be read, the hosts are of different vendors, or what was asked for with --emit cannot be said whole.',
  ],
  options: {
    ...HOST_OPTIONS,
    guest: {
      type: 'string',
      short: 'g',
      value: 'KIND',
      choices: ['hvm', 'pv'],
      help: 'the kind of guest that is shown or written; hvm (which PVH is too) by default, pv where no host runs those',
    },
    method: {
      type: 'string',
      value: 'METHOD',
      choices: ['xenserver', 'intersection'],
      help: 'how featuresets are combined: as XenServer and XCP-ng do with what depends on what and with warnings of hardware (the default), or bit by bit as upstream xapi does',
    },
    release: {
      type: 'string',
      value: 'RELEASE',
      completes: 'release',
      help: 'make the level for this release; by default for the oldest in the pool',
    },
    emit: {
      type: 'string',
      short: 'e',
      value: 'LANGUAGE',
      choices: LANGUAGES,
      help: 'write the level for a toolstack: the featureset of VM.platform, cpuid= of xl.cfg, the <cpu> of libvirt, -cpu of QEMU, or the level as a document',
    },
    whole: {
      type: 'boolean',
      help: 'write the whole policy, limits and sizes too, rather than the features alone; takes hosts whose policies are known',
    },
    html: {
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'write a report as one page that needs nothing else: hosts and features, who costs what, who may run where',
    },
    svg: {
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'write the same as one picture',
    },
    title: { type: 'string', value: 'TEXT', help: 'the heading of a report' },
    guests: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      completes: 'file',
      help: 'for a report: the guests that run, as for "fleet mobility"',
    },
    output: outputOption(),
  },
  examples: [
    { command: 'xenlevel level hosts/*.json', does: 'the level of a pool' },
    { command: 'xenlevel level --emit xl hosts/*.json', does: 'the line for every xl.cfg' },
    {
      command: 'xenlevel level --html pool.html --guests guests.ndjson hosts/*.json',
      does: 'a report for a browser',
    },
    {
      command:
        'xe vm-param-set uuid=$VM platform:featureset=$(xenlevel level --emit xapi hosts.ndjson)',
      does: 'a level for one VM under xapi',
    },
    {
      command: "xenlevel level --json - < fleet.ndjson | jq -r '.level.losses[].feature'",
      does: 'what a fleet loses, one host a line coming in',
    },
  ],
  async run({ io, values, operands, print }) {
    const { method, release } = values
    const reports = values.html !== undefined || values.svg !== undefined
    if (reports && (values.emit !== undefined || values.output !== undefined || values.json))
      throw new UsageError(
        'A report goes to the file that it names; ask for --emit, --output and --json apart from it.',
        'level',
      )
    const inputs = await levelInputs(operands, io, {
      verb: 'level',
      release: values['xen-release'],
      options: {
        ...(method === undefined ? {} : { method }),
        ...(release === undefined ? {} : { release }),
      },
      tell: (problem) => print.problem(problem),
    })
    const request = {
      ...inputs,
      kind: values.guest ?? usualKind(inputs.level),
      whole: values.whole === true,
    }
    if (reports)
      return (await import('./level-report.js')).writeReports({
        inputs,
        kind: request.kind,
        values,
        io,
        print,
      })
    const emitted =
      values.emit === undefined
        ? undefined
        : (await import('../emit/emit.js')).emit(values.emit, request)
    const answer: LevelAnswer = { ...inputs, emitted }
    const text =
      values.json === true ? `${JSON.stringify(documentOf(answer), null, 2)}\n` : emitted?.text
    if (values.output !== undefined && text !== undefined) await io.files.write(values.output, text)
    else if (text !== undefined) print.raw(text)
    else (await import('../output/level.js')).showLevel(inputs, request.kind, print)
    if (values.json !== true) tellFindings(answer, print)
    return isWell(answer) ? EXIT.yes : EXIT.no
  },
})

/** HVM, unless there are only hosts without. */
function usualKind({ hvm, pv }: PoolLevel): 'hvm' | 'pv' {
  return hvm.count === 0 && pv.count > 0 ? 'pv' : 'hvm'
}

interface LevelAnswer {
  readonly level: PoolLevel
  readonly hosts: readonly HostSnapshot[]
  readonly problems: readonly Problem[]
  readonly emitted: Emitted | undefined
}

function isWell({ level, problems, emitted }: LevelAnswer): boolean {
  const findings = [...level.findings, ...(emitted?.findings ?? [])]
  return problems.length === 0 && findings.every(({ severity }) => severity !== 'error')
}

function documentOf(answer: LevelAnswer): object {
  const { level, problems, emitted } = answer
  return {
    format: 'xenlevel/level-answer',
    version: 1,
    ok: isWell(answer),
    level,
    ...(emitted === undefined ? {} : { emitted }),
    problems,
  }
}

/** What should be known beside what was written. */
function tellFindings({ level, emitted }: LevelAnswer, print: Printer): void {
  if (emitted === undefined) return
  const grave = level.findings.filter(({ severity }) => severity === 'error')
  for (const { message } of [...grave, ...emitted.findings]) print.note(message)
}
