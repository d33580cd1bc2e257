/** `xenlevel ucode plan`: a round of microcode over a pool. */
import { type HostSnapshot, levelPool } from '@xenlevel/core'
import { type HostPlan, type PlanHost, planUpdate, type UpdatePlan } from '@xenlevel/microcode'
import { messageOf, UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { wholeNumber } from '../guests/read-guest.js'
import { HOST_OPTIONS, listHosts } from '../hosts/read-hosts.js'
import type { Printer, Problem } from '../output/printer.js'
import { columns, hex, paragraph } from '../output/text.js'
import { cpuOfHost, modelName } from '../ucode/cpu.js'
import { listMicrocode } from '../ucode/read-files.js'
import { defineVerb } from '../verb.js'
import { updateDocument } from './ucode-list.js'

/** The verb. */
export const ucodePlan = defineVerb({
  name: 'ucode plan',
  operands: 'HOST…',
  summary: 'what to do with the microcode of each host, and in which order',
  description: [
    'For each host: nothing, an update while it runs (late), one at its next boot (early), or blocked, with every reason; and for what is done, in which order. What changes features that guests use is never planned late.',
    'Exit status 1: a host is blocked, or could not be judged.',
  ],
  options: {
    ...HOST_OPTIONS,
    microcode: {
      type: 'string',
      short: 'm',
      value: 'FILE',
      multiple: true,
      completes: 'file',
      help: 'microcode: a file or a directory',
    },
    late: {
      type: 'string',
      value: 'WHEN',
      choices: ['never', 'declared', 'unless-warned'],
      help: 'when updates may be loaded while a host runs: never, where they declare it safe, or wherever nothing is known against it (the default)',
    },
    'keep-feature': {
      type: 'string',
      value: 'NAME',
      multiple: true,
      completes: 'feature',
      help: 'a feature that no update may take',
    },
    force: { type: 'boolean', help: 'the force flag may be used' },
    'platform-id': {
      type: 'string',
      value: 'N',
      help: 'the platform id of these hosts, bits 52 to 50 of MSR 0x17',
    },
    brief: { type: 'boolean', short: 'b', help: 'without reasons' },
  },
  examples: [
    {
      command: 'xenlevel ucode plan -m /lib/firmware/intel-ucode hosts/*.json',
      does: 'a round over a pool',
    },
    { command: 'xenlevel ucode plan --late never -m new.bin hosts.ndjson', does: 'at boot alone' },
  ],
  async run({ io, values, operands, print }) {
    if (values.microcode === undefined)
      throw new UsageError('Say which microcode is to be loaded: --microcode FILE.', 'ucode plan')
    const tell = (problem: Problem) => print.problem(problem)
    const read = await listMicrocode(values.microcode, io, { verb: 'ucode plan', tell })
    const list = await listHosts(operands, io, {
      verb: 'ucode plan',
      release: values['xen-release'],
      tell,
    })
    const problems = [...read.problems, ...list.problems]
    const platformId = wholeNumber(values['platform-id'], 'platform-id', 'ucode plan')
    const files = read.files.map(({ file }) => file)
    const hosts: PlanHost[] = []
    for (const host of list.hosts) {
      try {
        const cpu = cpuOfHost(host, files, platformId)
        hosts.push({
          name: host.name,
          xen: host.xen?.release ?? null,
          cpus: [cpu],
          featuresInUse: inUse(host),
        })
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNREADABLE'
        const problem = { file: host.name, line: null, code, message: messageOf(error) }
        problems.push(problem)
        tell(problem)
      }
    }
    const plan = planUpdate(
      hosts,
      read.files.map(({ name, bytes }) => ({ name, bytes })),
      {
        ...(values.late === undefined ? {} : { late: values.late }),
        ...(values['keep-feature'] === undefined ? {} : { keepFeatures: values['keep-feature'] }),
        force: values.force === true,
      },
    )
    const ok = problems.length === 0 && plan.hosts.every(({ action }) => action !== 'blocked')
    if (values.json === true) print.document(documentOf(plan, problems, ok))
    else show(plan, values.brief === true, print)
    return ok ? EXIT.yes : EXIT.no
  },
})

/** What guests that boot here may be using. */
function inUse(host: HostSnapshot): readonly string[] {
  const { hvm, pv } = levelPool([host])
  return hvm.default.or(pv.default).names()
}

function show({ hosts, order }: UpdatePlan, brief: boolean, print: Printer): void {
  const rows = hosts.map(({ host, action, update, fileName, cpus }) => [
    host,
    cpus.map(({ model, signature }) => model || modelName(signature)).join(' '),
    cpus.flatMap(({ revisions }) => revisions.map((revision) => hex(revision))).join(' '),
    action,
    update === null ? '' : hex(update.revision),
    update === null ? '' : update.date,
    update === null ? '' : (fileName ?? ''),
  ])
  const [head = '', ...body] = columns([['host', 'CPU', 'runs', 'plan', 'to', 'of', 'in'], ...rows])
  print.lines(print.style('bold', head), ...body)
  if (!brief) for (const plan of hosts) showReasons(plan, print)
  if (order.length > 0)
    print.lines(
      '',
      'In this order:',
      ...order.map(
        ({ host, action }, at) =>
          `  ${at + 1}. ${host}: ${action === 'late' ? 'load it while it runs' : 'empty it and boot it anew'}`,
      ),
    )
}

function showReasons({ host, reasons }: HostPlan, print: Printer): void {
  if (reasons.length === 0) return
  print.lines('', print.style('bold', host))
  for (const { severity, message } of reasons)
    print.lines(...paragraph(`${severity}: ${message}`, { indent: '  ', width: print.width }))
}

function documentOf(
  { hosts, order }: UpdatePlan,
  problems: readonly Problem[],
  ok: boolean,
): object {
  return {
    format: 'xenlevel/microcode-plan',
    version: 1,
    ok,
    hosts: hosts.map(({ host, action, fileName, update, reasons, features, force }) => ({
      ...{ host, action, file: fileName, force },
      update: update === null ? null : updateDocument(update),
      reasons,
      features,
    })),
    order,
    problems,
  }
}
