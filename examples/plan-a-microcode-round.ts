/**
 * A round of microcode over a pool: which host gets which update, while it runs, at its next boot or not at all, with every reason.
 *
 *     node scripts/run.mjs examples/plan-a-microcode-round.ts
 */
import { type PlanHost, planUpdate } from '@xenlevel/microcode'
import { madeUpdate } from './made-update.js'
import { columns } from './print.js'

const CASCADE_LAKE = 0x5_0657
const HASWELL = 0x3_06f2
const cascade = { signature: CASCADE_LAKE, revision: 0x500_3901, minRevision: 0x500_3000 }
const files = [
  { name: '06-55-07', bytes: madeUpdate(cascade) },
  { name: '06-3f-02', bytes: madeUpdate({ signature: HASWELL, revision: 0x49 }) },
]

/** The CPUs of a host, by the revision that each runs. */
const cpus = (signature: number, revisions: readonly number[]) =>
  revisions.map((revision) => ({ vendor: 'Intel' as const, signature, platformId: 0, revision }))

const hosts: PlanHost[] = [
  {
    name: 'cascade-1',
    xen: '4.20.3',
    cpus: cpus(CASCADE_LAKE, [0x500_3604, 0x500_3604]),
    guests: 12,
  },
  {
    name: 'cascade-2',
    xen: '4.17.7',
    cpus: cpus(CASCADE_LAKE, [0x500_3901, 0x500_3604]),
    guests: 3,
  },
  {
    name: 'haswell-1',
    xen: '4.20.3',
    cpus: cpus(HASWELL, [0x1f, 0x1f]),
    featuresInUse: ['RTM'],
    guests: 5,
  },
  { name: 'haswell-2', xen: '4.20.3', cpus: cpus(HASWELL, [0x49, 0x49]), guests: 0 },
]

/** What is to be done, for people. */
const ACTIONS = {
  nothing: 'nothing',
  late: 'load now, while guests run',
  early: 'load at the next boot',
  blocked: 'not yet',
}

const plan = planUpdate(hosts, files)
const rows = plan.hosts.map(({ host, action, fileName }) => [host, ACTIONS[action], fileName ?? ''])
console.log('The round:\n')
console.log(columns([['host', 'what to do', 'file'], ...rows]))
for (const { host, reasons } of plan.hosts) {
  console.log(`\n${host}`)
  for (const { severity, message } of reasons) console.log(`  ${severity}: ${message}`)
  if (reasons.length === 0) console.log('  nothing speaks against it')
}
