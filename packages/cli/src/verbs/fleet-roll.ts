/** `xenlevel fleet roll`: a rolling update, host by host. */
import { type HostSnapshot, mobility } from '@xenlevel/core'
import { EXIT } from '../exit.js'
import { FLEET_OPTIONS, GUESTS_HELP, readFleet } from '../guests/read-fleet.js'
import { listHosts } from '../hosts/read-hosts.js'
import { columns, count } from '../output/text.js'
import { defineVerb } from '../verb.js'
import { moveRow, plainMove, showBlockers } from './fleet-evacuate.js'

/** The verb. */
export const fleetRoll = defineVerb({
  name: 'fleet roll',
  operands: 'HOST…',
  summary: 'in which order all hosts can be emptied and updated, and every move',
  description: [
    'Plans a rolling update: a host is emptied, updated, takes guests again, and then the next one. With --after what hosts will be once they are updated is reckoned with: what a new microcode or Xen takes away can keep guests from coming back.',
    GUESTS_HELP,
    'Exit status 1: there is no way, or none was found.',
  ],
  options: {
    ...FLEET_OPTIONS,
    host: { type: 'string', value: 'NAME', multiple: true, help: 'only this host; all by default' },
    after: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      completes: 'file',
      help: 'snapshots of hosts as they will be, by the names that they have',
    },
    order: {
      type: 'string',
      value: 'ORDER',
      choices: ['any', 'given'],
      help: 'any order that works (the default), or that of --host',
    },
    'older-xen': { type: 'boolean', help: 'guests may also go to hosts with an older Xen' },
  },
  examples: [
    {
      command: 'xenlevel fleet roll --guests guests.ndjson hosts/*.json',
      does: 'a round over a pool',
    },
    {
      command: 'xenlevel fleet roll --guests guests.ndjson --after new/ hosts/',
      does: 'with what the update will change',
    },
  ],
  async run({ io, values, operands, print }) {
    const fleet = await readFleet({ verb: 'fleet roll', operands, values }, io, print)
    const problems = [...fleet.problems]
    const after: Record<string, HostSnapshot> = {}
    if (values.after !== undefined) {
      const found = await listHosts(values.after, io, {
        verb: 'fleet roll',
        release: values['xen-release'],
        tell: (problem) => {
          problems.push(problem)
          print.problem(problem)
        },
      })
      for (const host of found.hosts) after[host.name] = host
    }
    const plan = mobility(fleet.guests, fleet.hosts, {
      capacity: fleet.capacity,
      olderXen: values['older-xen'] === true ? 'allow' : 'refuse',
    }).rollingUpdate(values.host, { after, order: values.order ?? 'any' })
    const ok = plan.ok && problems.length === 0
    if (values.json === true)
      print.document({
        format: 'xenlevel/rolling-update',
        version: 1,
        ok,
        exact: plan.exact,
        order: plan.order,
        steps: plan.steps.map(({ host, moves }) => ({ host, moves: moves.map(plainMove) })),
        blockers: plan.blockers,
        problems,
      })
    else {
      const moves = plan.steps.reduce((sum, step) => sum + step.moves.length, 0)
      print.lines(
        plan.ok
          ? `${print.style('green', 'yes')}  ${count(plan.order.length, 'host')} in turn, ${count(moves, 'move')}`
          : `${print.style('red', 'no')}   ${plan.exact ? 'there is no way to empty all hosts in turn' : 'no way was found to empty all hosts in turn'}`,
      )
      for (const [at, step] of plan.steps.entries())
        print.lines(
          `${String(at + 1).padStart(3)}. ${print.style('bold', step.host)}${step.moves.length === 0 ? ': nothing runs there' : ''}`,
          ...columns(step.moves.map(moveRow), '     '),
        )
      showBlockers(plan.blockers, print)
    }
    return ok ? EXIT.yes : EXIT.no
  },
})
