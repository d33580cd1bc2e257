/** `xenlevel host diff`: what changed on a host between two snapshots, why, and whom it concerns. */
import { compareSnapshots, type SnapshotDrift } from '@xenlevel/core'
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { FLEET_OPTIONS, readFleet } from '../guests/read-fleet.js'
import { readHost } from '../guests/read-policy.js'
import { HOST_OPTIONS, listHosts } from '../hosts/read-hosts.js'
import { listed } from '../output/names.js'
import type { Printer, Problem } from '../output/printer.js'
import { columns, count, hex, paragraph, wrapped } from '../output/text.js'
import { defineVerb } from '../verb.js'

/** The verb. */
export const hostDiff = defineVerb({
  name: 'host diff',
  operands: 'BEFORE AFTER',
  summary: 'what a reboot, firmware, microcode or Xen changed on a host, and why',
  description: [
    'Compares two snapshots of one host: features that came and went, limits and sizes, and what they are put down to as far as it can be told: another CPU, microcode, firmware, Xen or its command line, with how sure that is.',
    'With --guests the guests that notice are told, with --pool what it does to the level of the pool. Exit status 1: something changed.',
  ],
  options: {
    ...HOST_OPTIONS,
    guests: FLEET_OPTIONS.guests,
    pool: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      completes: 'file',
      help: 'the other hosts of its pool',
    },
    'cmdline-before': {
      type: 'string',
      value: 'TEXT',
      help: 'the command line that Xen had before',
    },
    'cmdline-after': { type: 'string', value: 'TEXT', help: 'the one that it has now' },
    features: { type: 'boolean', help: 'features alone' },
  },
  examples: [
    {
      command: 'xenlevel host capture | xenlevel host diff /var/lib/xenlevel/host.json -',
      does: 'what last night’s update changed here',
    },
    {
      command: 'xenlevel host diff --guests guests.ndjson --pool hosts/ before.json after.json',
      does: 'and whom it concerns',
    },
  ],
  async run({ io, values, operands, print }) {
    const [first, second, ...rest] = operands
    if (first === undefined || second === undefined || rest.length > 0)
      throw new UsageError('Name two snapshots: before, and after.', 'host diff')
    const question = { verb: 'host diff', release: values['xen-release'] }
    const before = await readHost(first, io, question)
    const after = await readHost(second, io, question)
    const problems: Problem[] = []
    const pool =
      values.pool === undefined
        ? undefined
        : await listHosts(values.pool, io, {
            ...question,
            tell: (problem) => {
              problems.push(problem)
              print.problem(problem)
            },
          })
    const fleet =
      values.guests === undefined
        ? undefined
        : await readFleet(
            { verb: 'host diff', operands: [second], values: { guests: values.guests } },
            io,
            print,
          )
    problems.push(...(fleet?.problems ?? []))
    const drift = compareSnapshots(before, after, {
      ...(fleet === undefined ? {} : { guests: fleet.guests }),
      ...(pool === undefined ? {} : { pool: pool.hosts }),
      commandLine: {
        ...(values['cmdline-before'] === undefined ? {} : { before: values['cmdline-before'] }),
        ...(values['cmdline-after'] === undefined ? {} : { after: values['cmdline-after'] }),
      },
    })
    const ok = drift.same && problems.length === 0
    if (values.json === true)
      print.document({ format: 'xenlevel/host-drift', version: 1, ok, ...drift, problems })
    else show(drift, values.features === true, print)
    return ok ? EXIT.yes : EXIT.no
  },
})

function show(drift: SnapshotDrift, featuresAlone: boolean, print: Printer): void {
  const { host, same, facts, features, fields, causes, guests, findings } = drift
  if (same) print.lines(`Nothing changed on ${host}.`)
  else
    print.lines(
      `${print.style('bold', host)}: ${count(features.length, 'feature')}, ${count(fields.length, 'field')} and ${count(facts.length, 'fact')} changed`,
    )
  for (const [change, title] of [
    ['lost', 'lost'],
    ['gained', 'gained'],
  ] as const) {
    const found = features.filter((feature) => feature.change === change)
    const sets = new Map<string, string[]>()
    for (const feature of found) {
      const key = feature.sets.join(', ')
      sets.set(key, [...(sets.get(key) ?? []), feature.feature ?? `<${feature.bit}>`])
    }
    for (const [key, names] of sets)
      print.lines(
        `  ${print.style(change === 'lost' ? 'red' : 'green', title)} in ${key}`,
        ...wrapped(names, { indent: '      ', width: print.width }),
      )
  }
  if (!featuresAlone) {
    const rows = facts.map(({ fact, before, after }) => [
      fact,
      factText(before),
      '->',
      factText(after),
    ])
    if (rows.length > 0) print.lines('', ...columns(rows))
    for (const { message } of fields)
      print.lines(...paragraph(message, { indent: '  ', width: print.width }))
  }
  if (causes.length > 0) print.lines('', 'put down to')
  for (const { cause, certainty, evidence, features: names, fields: others } of causes)
    print.lines(
      ...paragraph(
        `${certainty}: ${[cause, listed([...names, ...others], 8)].filter((text) => text !== '').join(': ')}`,
        {
          indent: '  ',
          width: print.width,
        },
      ),
      ...evidence.flatMap((text) => paragraph(text, { indent: '      ', width: print.width })),
    )
  showConsequences(drift, print)
  for (const { guest, fits, nextBoot } of guests)
    print.lines(
      ...paragraph(
        `${guest}: ${fits === 'no-longer' ? 'the host no longer admits it' : fits === 'again' ? 'the host admits it again' : 'may stay'}${nextBoot.lost.length === 0 ? '' : `; its next start is without ${listed(nextBoot.lost, 8)}`}${nextBoot.gained.length === 0 ? '' : `; its next start has ${listed(nextBoot.gained, 8)} more`}`,
        { indent: '  ', width: print.width },
      ),
    )
  for (const { severity, message } of findings)
    print.lines('', ...paragraph(`${severity}: ${message}`, { width: print.width }))
}

function factText(value: string | number | boolean | null): string {
  if (value === null) return 'not known'
  return typeof value === 'number' && value > 255 ? hex(value) : String(value)
}

function showConsequences({ level, guests }: SnapshotDrift, print: Printer): void {
  if (level !== null) {
    print.lines('', 'the level of the pool')
    for (const kind of ['hvm', 'pv'] as const) {
      const { lost, gained } = level[kind].default
      const said = [
        ...(lost.length === 0 ? [] : [`loses ${lost.join(', ')}`]),
        ...(gained.length === 0 ? [] : [`gains ${gained.join(', ')}`]),
      ]
      print.lines(
        ...paragraph(`${kind.toUpperCase()} ${said.join('; ') || 'is as it was'}`, {
          indent: '  ',
          width: print.width,
        }),
      )
    }
  }
  if (guests.length > 0) print.lines('', 'guests that notice')
}
