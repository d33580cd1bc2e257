/** `xenlevel fleet mobility`: who can go where, and who must be started anew. */
import {
  levelPool,
  type MobilityMatrix,
  mobility,
  type PowerCycle,
  type StrandedGuest,
} from '@xenlevel/core'
import { EXIT } from '../exit.js'
import { FLEET_OPTIONS, GUESTS_HELP, readFleet } from '../guests/read-fleet.js'
import { listed } from '../output/names.js'
import type { Printer, Problem } from '../output/printer.js'
import { columns, count, paragraph } from '../output/text.js'
import { defineVerb } from '../verb.js'

/** The verb. */
export const fleetMobility = defineVerb({
  name: 'fleet mobility',
  operands: 'HOST…',
  summary: 'which guest can run on which host, who is stranded, who must be power-cycled',
  description: [
    'Puts all guests before all hosts. A guest that no other host takes is stranded; one that would be free at the level of the pool, or is without what the level has by now, is named with what a power cycle would change.',
    GUESTS_HELP,
    'Exit status 1: a guest is stranded.',
  ],
  options: {
    ...FLEET_OPTIONS,
    matrix: {
      type: 'boolean',
      help: 'the matrix too: a row for each guest; x runs here, + may go, . may not',
    },
  },
  examples: [
    {
      command: 'xenlevel fleet mobility --guests guests.ndjson hosts/*.json',
      does: 'the guests of a pool',
    },
    {
      command: 'xenlevel fleet mobility --guests /var/lib/xen/save hosts.ndjson',
      does: 'saved guests',
    },
  ],
  async run({ io, values, operands, print }) {
    const fleet = await readFleet({ verb: 'fleet mobility', operands, values }, io, print)
    const matrix = mobility(fleet.guests, fleet.hosts, { capacity: fleet.capacity })
    const cycles = matrix.powerCycle(levelPool(fleet.hosts))
    const { stranded } = matrix
    const ok = stranded.length === 0 && fleet.problems.length === 0
    const answer = { matrix, cycles, stranded, problems: fleet.problems, ok }
    if (values.json === true) print.document(documentOf(answer))
    else show(answer, values.matrix === true, print)
    return ok ? EXIT.yes : EXIT.no
  },
})

interface Answer {
  readonly matrix: MobilityMatrix
  readonly cycles: readonly PowerCycle[]
  readonly stranded: readonly StrandedGuest[]
  readonly problems: readonly Problem[]
  readonly ok: boolean
}

function documentOf({ matrix, cycles, stranded, problems, ok }: Answer): object {
  return {
    format: 'xenlevel/mobility',
    version: 1,
    ok,
    hosts: matrix.hosts,
    guests: matrix.guests.map((guest) => ({ guest, hosts: matrix.hostsFor(guest) })),
    stranded,
    powerCycle: cycles,
    findings: matrix.findings,
    problems,
  }
}

function show({ matrix, cycles, stranded }: Answer, rows: boolean, print: Printer): void {
  const { guests, hosts } = matrix
  const everywhere = guests.filter((guest) => matrix.hostsFor(guest).length === hosts.length).length
  print.lines(
    `${count(guests.length, 'guest')} before ${count(hosts.length, 'host')}: ${everywhere} can go everywhere, ${stranded.length} nowhere else`,
  )
  if (rows) print.lines('', ...matrixLines(matrix))
  if (stranded.length > 0) print.lines('', print.style('red', 'stranded'))
  for (const { guest, host, causes } of stranded) {
    const features = causes.flatMap(({ feature, code }) => feature ?? code)
    print.lines(
      ...paragraph(
        `${guest}${host === null ? '' : ` on ${host}`}: no other host has ${listed([...new Set(features)], 12)}`,
        { indent: '  ', width: print.width },
      ),
    )
  }
  if (cycles.length > 0) print.lines('', 'after a power cycle')
  for (const { message } of cycles)
    print.lines(...paragraph(message, { indent: '  ', width: print.width }))
  for (const { severity, message } of matrix.findings)
    print.lines('', ...paragraph(`${severity}: ${message}`, { width: print.width }))
}

function matrixLines(matrix: MobilityMatrix): string[] {
  const rows = matrix.guests.map((guest) => {
    const cells = matrix.hosts.map((host) => {
      const { admitted, runsHere } = matrix.verdict(guest, host)
      return runsHere ? 'x' : admitted ? '+' : '.'
    })
    return [guest, cells.join(' ')]
  })
  const width = Math.max(0, ...matrix.guests.map((guest) => guest.length)) + 4
  const heads = matrix.hosts.map((host, at) => `${' '.repeat(width)}${'| '.repeat(at)}${host}`)
  return [...heads, ...columns(rows)]
}
