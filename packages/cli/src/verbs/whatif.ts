/** `xenlevel whatif`: hosts join, leave, are replaced or upgraded, and what that does. */
import {
  type HostUpgrade,
  type LevelChange,
  type RunningGuest,
  type WhatIf,
  whatIf,
} from '@xenlevel/core'
import { didYouMean } from '../did-you-mean.js'
import { CommandError, UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { FLEET_OPTIONS, GUESTS_HELP, readFleet } from '../guests/read-fleet.js'
import { readHost } from '../guests/read-policy.js'
import { HOST_OPTIONS, listHosts } from '../hosts/read-hosts.js'
import type { Io } from '../io.js'
import { listed, listedOf } from '../output/names.js'
import type { Printer, Problem } from '../output/printer.js'
import { count, paragraph } from '../output/text.js'
import { defineVerb } from '../verb.js'
import { LEVEL_OPTIONS } from './level-options.js'

/** The verb. */
export const whatif = defineVerb({
  name: 'whatif',
  operands: 'HOST…',
  summary: 'what a pool gains and loses if hosts join, leave, are replaced or upgraded',
  description: [
    'Takes the hosts of a pool, and one change: hosts that join (--join), hosts that leave (--leave), a host in the place of another (--replace), a host with another Xen, microcode or firmware (--upgrade). It tells what guests that start afterwards have more and less, what that means, and because of whom; with --guests also which running guests lose mobility, must move first, or must be power-cycled.',
    GUESTS_HELP,
    'Exit status 1: the level loses something, or a guest does.',
  ],
  options: {
    ...HOST_OPTIONS,
    guests: FLEET_OPTIONS.guests,
    join: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      completes: 'file',
      help: 'hosts that join',
    },
    leave: { type: 'string', value: 'NAME', multiple: true, help: 'a host that leaves' },
    replace: {
      type: 'string',
      value: 'NAME=FILE',
      help: 'a host, and the one that comes in its place',
    },
    upgrade: {
      type: 'string',
      value: 'NAME=WHAT',
      help: 'a host, and the Xen release that it gets, or a snapshot of it as it will be',
    },
    cmdline: {
      type: 'string',
      value: 'TEXT',
      help: 'the command line of the Xen that --upgrade names',
    },
    ...LEVEL_OPTIONS,
    release: { ...LEVEL_OPTIONS.release, help: 'make both levels for this release' },
  },
  examples: [
    {
      command: 'xenlevel whatif --leave haswell-1 hosts/*.json',
      does: 'what the oldest host keeps back',
    },
    {
      command: 'xenlevel whatif --join new.json --guests guests.ndjson hosts/',
      does: 'before a host joins',
    },
    {
      command: 'xenlevel whatif --upgrade haswell-1=4.20 hosts/*.json',
      does: 'another Xen on one host',
    },
  ],
  async run({ io, values, operands, print }) {
    const asked = [values.join, values.leave, values.replace, values.upgrade].filter(
      (value) => value !== undefined,
    )
    if (asked.length !== 1)
      throw new UsageError(
        'Ask about one change: --join, --leave, --replace or --upgrade.',
        'whatif',
      )
    const release = values['xen-release']
    const fleet = await readFleet({ verb: 'whatif', operands, values }, io, print)
    const problems = [...fleet.problems]
    const questions = whatIf(fleet.hosts, {
      guests: fleet.guests.map((guest): RunningGuest => guest),
      ...(values.method === undefined ? {} : { method: values.method }),
      ...(values.release === undefined ? {} : { release: values.release }),
    })
    const known = fleet.hosts.map(({ name }) => name)
    for (const name of namesIn(values)) {
      if (known.includes(name)) continue
      throw new CommandError({
        code: 'HOST_UNKNOWN',
        message: `No host of the pool is named "${name}".${didYouMean(name, known)}`,
      })
    }
    const tell = (problem: Problem) => {
      problems.push(problem)
      print.problem(problem)
    }
    const change = await changeOf({ questions, values, io, release, tell })
    const ok = problems.length === 0 && isHarmless(change)
    if (values.json === true) print.document(documentOf(change, problems, ok))
    else show(change, fleet.guests.length, print)
    return ok ? EXIT.yes : EXIT.no
  },
})

interface Asked {
  readonly join?: readonly string[]
  readonly leave?: readonly string[]
  readonly replace?: string
  readonly upgrade?: string
  readonly cmdline?: string
}

function namesIn({ leave, replace, upgrade }: Asked): readonly string[] {
  if (leave !== undefined) return leave
  const pair = replace ?? upgrade
  return pair === undefined ? [] : [splitPair(pair)[0]]
}

function splitPair(text: string): [name: string, value: string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new UsageError(`"${text}" is not NAME=…: name the host, then what becomes of it.`, 'whatif')
}

interface ChangeRequest {
  readonly questions: WhatIf
  readonly values: Asked
  readonly io: Io
  readonly release: string | undefined
  readonly tell: (problem: Problem) => void
}

async function changeOf({
  questions,
  values,
  io,
  release,
  tell,
}: ChangeRequest): Promise<LevelChange> {
  const question = { verb: 'whatif', release }
  if (values.leave !== undefined) return questions.leave(...values.leave)
  if (values.join !== undefined)
    return questions.join(...(await listHosts(values.join, io, { ...question, tell })).hosts)
  if (values.replace !== undefined) {
    const [name, file] = splitPair(values.replace)
    return questions.replace(name, await readHost(file, io, question))
  }
  const [name, what] = splitPair(values.upgrade ?? '')
  const upgrade: HostUpgrade = /^\d+\.\d+(?:[.-]\w+)?$/.test(what)
    ? { release: what, ...(values.cmdline === undefined ? {} : { commandLine: values.cmdline }) }
    : { snapshot: await readHost(what, io, question) }
  return questions.upgrade(name, upgrade)
}

function isHarmless({ losses, guests }: LevelChange): boolean {
  return losses.length === 0 && guests.losingMobility.length === 0 && guests.nowhere.length === 0
}

function documentOf(change: LevelChange, problems: readonly Problem[], ok: boolean): object {
  const { before, after, gains, losses, gained, lost, guests, findings } = change
  const brief = ({ release, count: number, hvm, pv }: LevelChange['before']) => ({
    release,
    count: number,
    hvm: hvm.default,
    pv: pv.default,
  })
  return {
    format: 'xenlevel/level-change',
    version: 1,
    ok,
    before: brief(before),
    after: brief(after),
    ...{ gains, losses, gained, lost, guests, findings },
    problems,
  }
}

function show(change: LevelChange, guestCount: number, print: Printer): void {
  const { before, after, gains, losses, findings } = change
  print.lines(
    `From ${count(before.count, 'host')} to ${after.count}: ${gains.length === 0 ? 'nothing is gained' : `${count(gains.length, 'feature')} gained`}, ${losses.length === 0 ? 'nothing is lost' : `${count(losses.length, 'feature')} lost`}.`,
  )
  for (const { feature, meaning, message } of losses)
    print.lines(
      `  ${print.style('red', `lost ${feature}`)}  ${meaning.aspect}, ${meaning.group}, weight ${meaning.weight}`,
      ...paragraph(message, { indent: '      ', width: print.width }),
    )
  for (const gain of gains)
    print.lines(
      `  ${print.style('green', `gained ${gain.feature}`)}  ${gain.meaning.aspect}, ${gain.meaning.group}, weight ${gain.meaning.weight}${gain.count === 0 ? '' : `; kept back by ${listedOf(gain)}`}`,
    )
  if (guestCount > 0) showGuests(change, guestCount, print)
  for (const { severity, message } of findings)
    print.lines('', ...paragraph(`${severity}: ${message}`, { width: print.width }))
}

function showGuests({ guests }: LevelChange, guestCount: number, print: Printer): void {
  const say = (text: string) =>
    print.lines(...paragraph(text, { indent: '  ', width: print.width }))
  const { losingMobility, toPowerCycle, nowhere, toMove, unknown } = guests
  print.lines('', `Of ${count(guestCount, 'running guest')}:`)
  for (const { guest, features, hosts } of losingMobility)
    say(`${guest} can no longer run everywhere: ${listed(hosts)} lack ${listed(features, 8)}`)
  for (const guest of nowhere) say(`${guest} can run nowhere any more`)
  for (const { guest, from, hosts } of toMove)
    say(
      `${guest} has to leave ${from} first, for ${hosts.length === 0 ? 'no host that takes it' : listed(hosts)}`,
    )
  for (const { guest, why, features } of toPowerCycle)
    say(
      `${guest} has to be power-cycled ${why === 'to-return' ? 'to run everywhere again, without' : 'to use'} ${listed(features, 8)}`,
    )
  for (const guest of unknown) say(`of ${guest} no features are known`)
  if (
    losingMobility.length +
      nowhere.length +
      toMove.length +
      toPowerCycle.length +
      unknown.length ===
    0
  )
    say('none notices')
}
