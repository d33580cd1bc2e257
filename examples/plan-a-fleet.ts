/**
 * Plans a fleet of 10,000 hosts: what one pool would lose, how to split it, what it gains as the oldest leave, and who can move where.
 *
 *     node scripts/run.mjs examples/plan-a-fleet.ts
 */
import { explainLevel, mobility, partitionFleet, psabiLevel, whatIf } from '@xenlevel/core'
import { GENERATIONS, makeFleet, makeGuests } from './plan-a-fleet/make-fleet.js'
import { columns, wrapped } from './print.js'

const fleet = makeFleet()
const hosts = fleet.map(({ host }) => host)
const known = new Map(fleet.map((one) => [one.host.name, one]))
const cpuOf = (name = '') => known.get(name)?.generation.cpu
const coresOf = ({ name = '' }) => known.get(name)?.generation.cores ?? 0
const countByCpu = (names: readonly string[]) =>
  GENERATIONS.map(({ cpu }) => ({ cpu, count: names.filter((name) => cpuOf(name) === cpu).length }))

console.log(`1. ${hosts.length} hosts in two pools, since no guest can move between vendors`)
for (const vendor of ['Intel', 'AMD']) {
  const own = hosts.filter(({ cpu }) => cpu.vendor === vendor)
  const { level, losses, weights, costs } = explainLevel(own)
  const kept = level.hvm.default
  console.log(`
  ${own.length} ${vendor}: ${kept.names().length} features are kept, which is ${psabiLevel(kept).level}
  ${losses.length} are lost, which weigh ${weights.speed} for speed and ${weights.security} for security`)
  for (const { hosts, count, weights } of costs.slice(0, 1))
    console.log(`  ${count} ${cpuOf(hosts[0])} alone cost ${weights.speed} of that speed`)
  const rungs = new Set(losses.map(({ departure }) => departure?.count ?? 0))
  for (const rung of [...rungs].sort((a, b) => a - b).slice(0, 4)) {
    const back = losses.filter(({ departure }) => departure?.count === rung)
    console.log(`  ${rung} hosts have to leave for`)
    console.log(wrapped(back.map(({ feature }) => feature)))
  }
}

console.log('\n2. What is kept of all that hosts offer alone, by weight of features and by cores\n')
const plans = [2, 3, 4, 5, 6].map((pools) => partitionFleet(hosts, { pools, capacity: coresOf }))
const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`
for (const { onePool, alone } of plans.slice(0, 1)) {
  console.log(`  ${percent(onePool, alone)} in one pool of all`)
}
for (const { pools, score, alone, exact } of plans) {
  const proof = exact ? 'and no split keeps more' : 'the most that was found'
  console.log(`  ${percent(score, alone)} in ${pools.length} pools, ${proof}`)
}
const five = plans[3]?.pools.map(({ hosts, capacity, psabi, features }) => {
  const members = countByCpu(hosts).filter(({ count }) => count > 0)
  return [capacity, features, psabi ?? '', ...members.map(({ cpu, count }) => `${count} ${cpu}`)]
})
console.log('\n  These five:')
console.log(columns([['cores', 'features', 'level', 'hosts'], ...(five ?? [])]))

console.log('\n3. What one pool of the Intel hosts gains, step by step')
const intel = fleet.filter(({ host }) => host.cpu.vendor === 'Intel')
const steps = {
  'IvyBridge retire': intel.filter(({ generation }) => generation.cpu === 'IvyBridge'),
  'with old microcode get the newer': intel.filter(({ stale }) => stale),
  'Haswell retire': intel.filter(({ generation }) => generation.cpu === 'Haswell'),
}
let staying = intel.map(({ host }) => host)
for (const [step, some] of Object.entries(steps)) {
  // With newer microcode they offer what others offer that stay: the level is as if they left.
  const leaving = new Set(some.map(({ host }) => host.name))
  const { after, gains, gained } = whatIf(staying).leave(...leaving)
  console.log(`\n  ${leaving.size} ${step}: ${psabiLevel(after.hvm.default).level}`)
  console.log(`  gains that weigh ${gained.speed} for speed, ${gained.security} for security`)
  console.log(wrapped(gains.map(({ feature }) => feature)))
  staying = staying.filter(({ name }) => !leaving.has(name))
}

const guests = makeGuests(hosts)
console.log(`\n4. ${guests.length} guests: on how many hosts may one run that was started on a …\n`)
const matrix = mobility(guests, hosts, { release: '4.17.7' })
const rows = GENERATIONS.map(({ cpu }) => {
  const { name = '' } = guests.find(({ host }) => cpuOf(host) === cpu) ?? {}
  return [cpu, ...countByCpu(matrix.hostsFor(name)).map(({ count }) => count)]
})
console.log(columns([['', ...GENERATIONS.map(({ cpu }) => cpu)], ...rows]))
