/** `xenlevel host show`: what a snapshot says, for people. */
import { type HostSnapshot, levelPool, psabiLevel } from '@xenlevel/core'
import { cpuSignature, type Featureset, featureTable, nearestRelease } from '@xenlevel/cpuid'
import { EXIT } from '../exit.js'
import { HOST_OPTIONS, HOSTS_HELP, listHosts } from '../hosts/read-hosts.js'
import { microcodeText } from '../output/names.js'
import type { Printer } from '../output/printer.js'
import { columns, count, hex, paragraph, wrapped } from '../output/text.js'
import { defineVerb } from '../verb.js'
import { hostsDocument } from './host-documents.js'

const SETS = ['raw', 'host', 'pvDefault', 'pvMax', 'hvmDefault', 'hvmMax'] as const

/** The verb. */
export const hostShow = defineVerb({
  name: 'host show',
  operands: '[HOST…]',
  summary: 'what a host is and what it offers its guests',
  description: [
    'Shows the CPU, the Xen and what guests get: by default on boot, with --set whichever set is asked for.',
    HOSTS_HELP,
  ],
  options: {
    ...HOST_OPTIONS,
    set: {
      type: 'string',
      value: 'SET',
      choices: SETS,
      help: 'the names in this featureset, rather than what an HVM guest gets by default',
    },
    brief: { type: 'boolean', short: 'b', help: 'without the names of features' },
  },
  examples: [
    { command: 'xenlevel host show hosts/haswell-1.json', does: 'one host' },
    {
      command: 'cpuid -r | xenlevel host show --xen-release 4.17 -',
      does: 'this CPU, as Xen 4.17 would offer it',
    },
  ],
  async run({ io, values, operands, print }) {
    const { hosts, problems } = await listHosts(operands, io, {
      verb: 'host show',
      release: values['xen-release'],
      tell: (problem) => print.problem(problem),
    })
    if (values.json === true) print.document(hostsDocument(hosts, problems))
    else {
      for (const [at, host] of hosts.entries()) {
        if (at > 0) print.lines('')
        show(host, print)
        if (values.brief !== true) showNames(host, values.set, print)
        showNotes(host, print)
      }
    }
    return problems.length === 0 ? EXIT.yes : EXIT.no
  },
})

function show(host: HostSnapshot, print: Printer): void {
  const { cpu, xen, featuresets } = host
  const { family, model, stepping } = cpuSignature(cpu.signature)
  const sets = SETS.flatMap((name) => {
    const set = featuresets[name]
    return set === undefined
      ? []
      : [[name, `${count(setNames(set, host).length, 'feature')}`, set.toString()]]
  })
  print.lines(
    print.style('bold', host.name),
    ...columns([
      ['CPU', cpu.brand === '' ? cpu.vendor : cpu.brand],
      [
        'signature',
        `${hex(cpu.signature, 8)} (family ${family}, model ${model}, stepping ${stepping})`,
      ],
      ['microcode', microcodeText(host)],
      ['addresses', `${cpu.physAddrBits} bits`],
      ['Xen', xen === null ? 'none' : xenLine(xen)],
      ['policies', Object.keys(host.policies ?? {}).join(', ') || 'none'],
    ]),
    ...columns(sets),
  )
}

function xenLine({ release, hvm, hap, pv }: NonNullable<HostSnapshot['xen']>): string {
  const guests = [
    ...(pv === false ? [] : ['PV']),
    ...(hvm ? [hap ? 'HVM with hardware-assisted paging' : 'HVM on shadow paging'] : []),
  ]
  return `${release}; runs ${guests.join(' and ') || 'no guests'}`
}

function showNames(host: HostSnapshot, set: (typeof SETS)[number] | undefined, print: Printer) {
  if (set !== undefined) {
    const featureset = host.featuresets[set]
    print.lines(
      ...(featureset === undefined
        ? [`  it does not say what is in ${set}`]
        : [`  in ${set}:`, ...wrapped(setNames(featureset, host), { width: print.width })]),
    )
    return
  }
  const { hvm, pv } = levelPool([host])
  const guests = hvm.hosts.length > 0 ? hvm : pv
  const kind = guests === hvm ? 'an HVM guest' : 'a PV guest'
  const names = setNames(guests.default, host)
  const { level } = psabiLevel(guests.default)
  print.lines(
    guests.hosts.length === 0
      ? '  what it offers its guests is not known'
      : `  ${kind} gets ${count(names.length, 'feature')} by default (${level ?? 'below x86-64-v1'}):`,
    ...wrapped(names, { width: print.width }),
  )
}

function setNames(set: Featureset, { xen }: HostSnapshot): string[] {
  const release = xen === null ? undefined : nearestRelease(xen.release)
  return set.names(featureTable(release))
}

function showNotes({ notes }: HostSnapshot, print: Printer): void {
  for (const note of notes) {
    const [first = '', ...rest] = paragraph(note, { width: print.width - 4 })
    print.lines(
      print.style('dim', `  * ${first}`),
      ...rest.map((line) => print.style('dim', `    ${line}`)),
    )
  }
}
