/**
 * Levels a pool of recorded hosts: what the level keeps, what each host costs, and who may move where.
 *
 *     node scripts/run.mjs examples/level-a-pool.ts
 */
import { readdirSync, readFileSync } from 'node:fs'
import { admitGuest, type HostSnapshot, levelPool, parseHostSnapshot } from '@xenlevel/core'
import type { FeatureName, Featureset } from '@xenlevel/cpuid'
import { columns, count, wrapped } from './print.js'

const folder = new URL('../fixtures/hosts/', import.meta.url)
const hosts = readdirSync(folder)
  .map((file) => parseHostSnapshot(readFileSync(new URL(file, folder), 'utf8'), file))
  .sort((a, b) => a.cpu.signature - b.cpu.signature || a.name.localeCompare(b.name))
const level = levelPool(hosts)
const losses = level.losses.filter(({ guests }) => guests.includes('hvm'))

/** What one host would offer its HVM guests if it stood alone. */
function alone(host: HostSnapshot): Featureset {
  return levelPool([host]).hvm.default
}

/** What the pool would gain if one host left it. */
function gainWithout(host: HostSnapshot): FeatureName[] {
  const rest = levelPool(hosts.filter((other) => other !== host))
  return rest.hvm.default.andNot(level.hvm.default).names()
}

/** May a guest that has these features move to a host? */
function printVerdict(question: string, featureset: Featureset, host: HostSnapshot): void {
  const guest = { name: 'web-1', kind: 'hvm', vendor: 'Intel', featureset } as const
  const { admitted, reasons } = admitGuest(guest, host)
  const [said, named] = [reasons.slice(0, 4), reasons.slice(4)]
  const no = `no: ${count(reasons.length, 'reason')}, among them`
  console.log(`\n${question}\n    ${admitted ? 'yes' : no}`)
  for (const { message } of said) console.log(`      ${message}`)
  if (named.length === 0) return
  console.log(`    and, by name:\n${wrapped(named.flatMap(({ feature }) => feature ?? []))}`)
}

console.log(
  `A pool of ${hosts.length} ${level.vendor} hosts, levelled by the feature table of Xen ${level.release}\n`,
)
const rows = hosts.map((host) => [
  host.name,
  host.cpu.brand.replaceAll(/\((R|TM)\)|CPU /g, ''),
  host.cpu.microcodeRevision === null ? 'unknown' : `0x${host.cpu.microcodeRevision.toString(16)}`,
  host.cpu.physAddrBits,
  alone(host).names().length,
])
console.log(columns([['host', 'CPU', 'microcode', 'address bits', 'features'], ...rows]))

const kept = level.hvm.default.names()
console.log(
  `\nEvery HVM guest can be promised ${count(kept.length, 'feature')} and ${level.physAddrBits} address bits:`,
)
console.log(wrapped(kept))

console.log(`\nThat leaves out ${count(losses.length, 'feature')}:`)
const lackers = [...new Set(losses.map(({ hosts }) => hosts.join(', ')))]
for (const names of lackers.sort((a, b) => a.length - b.length)) {
  const theirs = losses.filter(({ hosts }) => hosts.join(', ') === names)
  console.log(`    not on ${names}\n${wrapped(theirs.map(({ feature }) => feature))}`)
}

console.log('\nWhat the pool would gain without …')
for (const host of hosts) {
  const gain = gainWithout(host)
  console.log(`    ${host.name}: ${gain.length === 0 ? 'nothing' : count(gain.length, 'feature')}`)
  if (gain.length > 0) console.log(wrapped(gain))
}

const [weakest, strongest] = [hosts[0], hosts.at(-1)]
if (weakest !== undefined && strongest !== undefined) {
  const from = `May web-1, which booted on ${strongest.name}`
  printVerdict(`${from} at the pool’s level, move to ${weakest.name}?`, level.hvm.default, weakest)
  printVerdict(`${from} with all that offers, move to ${weakest.name}?`, alone(strongest), weakest)
}
for (const { message } of level.findings) console.log(`\nNote: ${message}`)
