/** A level for people. */
import { type HostSnapshot, type Loss, type PoolLevel, psabiLevel } from '@xenlevel/core'
import { type FeatureTable, featureTable } from '@xenlevel/cpuid'
import { listed, listedOf, microcodeText, shortBrand, xenText } from './names.js'
import type { Printer } from './printer.js'
import { columns, count, paragraph, wrapped } from './text.js'

/** So many hosts are listed. */
const LISTED = 40
const KINDS = { hvm: 'HVM', pv: 'PV' } as const

/** Shows it. */
export function showLevel(
  { level, hosts }: { readonly level: PoolLevel; readonly hosts: readonly HostSnapshot[] },
  kind: 'pv' | 'hvm',
  print: Printer,
): void {
  const table = featureTable(level.release)
  const losses = level.losses.filter(({ guests }) => guests.includes(kind))
  const whose =
    level.vendor === null
      ? 'hosts of different vendors'
      : `${level.vendor} ${level.count === 1 ? 'host' : 'hosts'}`
  print.lines(
    `${level.count} ${whose}, levelled for Xen ${level.release}${level.method === 'xenserver' ? '' : ', bit by bit'}`,
  )
  if (hosts.length > 0 && hosts.length <= LISTED) {
    const rows = hosts.map((host) => [
      host.name,
      shortBrand(host.cpu.brand) || host.cpu.vendor,
      xenText(host),
      microcodeText(host),
      host.cpu.physAddrBits,
      alone(host.name, losses),
    ])
    const head = ['host', 'CPU', 'Xen', 'microcode', 'bits', 'costs']
    const [first = '', ...rest] = columns([head, ...rows])
    print.lines('', print.style('bold', first), ...rest)
  }
  showKept(level, { kind, table }, print)
  showLosses(losses, level, print)
  for (const { severity, message } of level.findings) {
    const [first = '', ...rest] = paragraph(`${severity}: ${message}`, { width: print.width })
    const colour = severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'dim'
    print.lines('', print.style(colour, first), ...rest.map((line) => print.style(colour, line)))
  }
}

/** What only this host's absence would bring back. */
function alone(name: string, losses: readonly Loss[]): number {
  return losses.filter(
    ({ kind, hosts, count }) => kind === 'absent' && count === 1 && hosts[0] === name,
  ).length
}

function showKept(
  level: PoolLevel,
  { kind, table }: { readonly kind: 'pv' | 'hvm'; readonly table: FeatureTable },
  print: Printer,
): void {
  const guests = level[kind]
  if (guests.hosts.length === 0) {
    print.lines('', `No host is known to run ${KINDS[kind]} guests.`)
    return
  }
  const names = guests.default.names(table)
  const psabi = psabiLevel(guests.default, table)
  const reached = psabi.level ?? 'less than x86-64-v1'
  const next =
    psabi.missingForNext.length === 0
      ? ''
      : `; the next level would take ${listed(psabi.missingForNext, 4)}`
  print.lines(
    '',
    ...paragraph(
      `Every ${KINDS[kind]} guest can be promised ${count(names.length, 'feature')} and ${level.physAddrBits} address bits: ${reached}${next}.`,
      { width: print.width },
    ),
    ...wrapped(names, { width: print.width }),
  )
}

/** Titles of what is lost, by why. */
const TITLES: Readonly<Record<Loss['kind'], (hosts: string, release: string) => string>> = {
  absent: (hosts) => `not on ${hosts}`,
  dependency: (hosts) => `needs what is not on ${hosts}`,
  'not-carried': (hosts, release) => `unknown to Xen ${release}, from ${hosts}`,
}

function showLosses(losses: readonly Loss[], level: PoolLevel, print: Printer): void {
  if (losses.length === 0) {
    print.lines('', 'Nothing is lost: all hosts offer the same.')
    return
  }
  print.lines(
    '',
    `Not promised ${losses.length === 1 ? 'is' : 'are'} ${count(losses.length, 'feature')} that some hosts have:`,
  )
  const groups = new Map<string, Loss[]>()
  for (const loss of losses) {
    const key = JSON.stringify([loss.kind, loss.hosts, loss.count])
    groups.set(key, [...(groups.get(key) ?? []), loss])
  }
  const bySize = [...groups.values()].sort(([a], [b]) => (a?.count ?? 0) - (b?.count ?? 0))
  for (const group of bySize) {
    const [first] = group
    if (first === undefined) continue
    const title = TITLES[first.kind](listedOf(first), level.release)
    print.lines(
      `  ${title}`,
      ...wrapped(
        group.map(({ feature }) => feature),
        { indent: '      ', width: print.width },
      ),
    )
  }
}
