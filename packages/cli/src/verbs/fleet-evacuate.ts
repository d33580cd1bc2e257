/** `xenlevel fleet evacuate`: can this host be emptied, and how. */
import { type EvacuationBlocker, type Move, mobility } from '@xenlevel/core'
import { didYouMean } from '../did-you-mean.js'
import { CommandError, UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { FLEET_OPTIONS, GUESTS_HELP, readFleet } from '../guests/read-fleet.js'
import { listed } from '../output/names.js'
import type { Printer } from '../output/printer.js'
import { bytes, columns, count, paragraph } from '../output/text.js'
import { defineVerb } from '../verb.js'

/** The verb. */
export const fleetEvacuate = defineVerb({
  name: 'fleet evacuate',
  operands: 'HOST…',
  summary: 'can a host be emptied, and where does each guest go',
  description: [
    'Looks for a place for every guest of the host that --host names: by CPU, by Xen, by maintenance, and by memory where --room tells it. What stands in the way is told with its reasons.',
    GUESTS_HELP,
    'Exit status 1: it cannot be emptied.',
  ],
  options: {
    ...FLEET_OPTIONS,
    host: { type: 'string', value: 'NAME', help: 'the host to empty, by the name in its snapshot' },
    'older-xen': { type: 'boolean', help: 'guests may also go to hosts with an older Xen' },
  },
  examples: [
    {
      command: 'xenlevel fleet evacuate --host haswell-1 --guests guests.ndjson hosts/*.json',
      does: 'before maintenance',
    },
  ],
  async run({ io, values, operands, print }) {
    if (values.host === undefined)
      throw new UsageError('Say which host is to be emptied: --host NAME.', 'fleet evacuate')
    const fleet = await readFleet({ verb: 'fleet evacuate', operands, values }, io, print)
    const names = fleet.hosts.map(({ name }) => name)
    if (!names.includes(values.host))
      throw new CommandError({
        code: 'HOST_UNKNOWN',
        message: `No host is named "${values.host}".${didYouMean(values.host, names)}`,
      })
    const answer = mobility(fleet.guests, fleet.hosts, {
      capacity: fleet.capacity,
      olderXen: values['older-xen'] === true ? 'allow' : 'refuse',
    }).canEvacuate(values.host)
    const ok = answer.ok && fleet.problems.length === 0
    if (values.json === true)
      print.document({
        format: 'xenlevel/evacuation',
        version: 1,
        ok,
        host: answer.host,
        exact: answer.exact,
        moves: answer.moves.map(plainMove),
        blockers: answer.blockers,
        problems: fleet.problems,
      })
    else {
      const verdict = answer.ok
        ? `${print.style('green', 'yes')}  ${answer.host} can be emptied: ${count(answer.moves.length, 'guest')} to move`
        : `${print.style('red', 'no')}   ${answer.host} cannot be emptied${answer.exact ? '' : ', as far as was found'}`
      print.lines(verdict, ...columns(answer.moves.map(moveRow), '     '))
      showBlockers(answer.blockers, print)
    }
    return ok ? EXIT.yes : EXIT.no
  },
})

/** A move in JSON: memory as a text of digits, since it may be more than a number holds. */
export function plainMove({ guest, from, to, memory }: Move): object {
  return { guest, from, to, ...(memory === undefined ? {} : { memory: String(memory) }) }
}

/** A move in a row. */
export function moveRow({ guest, from, to, memory }: Move): string[] {
  return [guest, from, '->', to, memory === undefined ? '' : bytes(Number(memory))]
}

/** What stands in the way. */
export function showBlockers(blockers: readonly EvacuationBlocker[], print: Printer): void {
  for (const { message, obstacles } of blockers) {
    print.lines(...paragraph(message, { indent: '     ', width: print.width }))
    for (const { host, why, reasons } of obstacles) {
      const features = reasons.flatMap(({ feature }) => feature ?? [])
      const others = reasons.filter(({ feature }) => feature === undefined)
      const said =
        why === 'cpu'
          ? [
              ...(features.length === 0 ? [] : [`cannot offer ${listed(features, 8)}`]),
              ...others.map(({ message: text }) => text),
            ].join('; ')
          : {
              maintenance: 'is in maintenance',
              'older-xen': 'has an older Xen',
              memory: 'has no room for it',
            }[why]
      print.lines(...paragraph(`${host} ${said}`, { indent: '       ', width: print.width }))
    }
  }
}
