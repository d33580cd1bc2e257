/**
 * The snapshot of the host that this runs on: from its Xen where there is one that may be asked, and from a simulated one otherwise.
 *
 *     node scripts/run.mjs examples/snapshot-this-host.ts
 */
import { formatHostSnapshot, type Hypervisor } from '@xenlevel/core'
import { openXen, XenUnavailableError } from '@xenlevel/hw-xen'
import { SimulatedXen } from '@xenlevel/hw-xen/simulated'
import { columns, count, wrapped } from './print.js'
import { storyHost } from './story.js'

/** The Xen below, or a simulated one that has the CPU of a recorded host. */
function open(): Hypervisor {
  try {
    const xen = openXen()
    console.log('Asked of the Xen that this runs on\n')
    return xen
  } catch (error) {
    if (!(error instanceof XenUnavailableError)) throw error
    const raw = storyHost('skylake').policies?.raw
    if (raw === undefined) throw error
    console.log(`No Xen may be asked here. ${error.message}`)
    console.log('\nAsked of a simulated Xen instead\n')
    return new SimulatedXen({
      name: 'simulated-skylake',
      release: '4.20.3',
      raw,
      topology: { sockets: 1, cores: 4, threads: 2 },
      microcodeRevision: 0x0200_7006,
    })
  }
}

const xen = open()
const { major, minor, extra, capabilities } = xen.version()
const { onlineCpus, threadsPerCore, hap } = xen.physinfo()
const revisions = new Set(xen.cpus().map(({ microcodeRevision }) => microcodeRevision))
const microcode = [...revisions].map((one) => (one === null ? 'not told' : `0x${one.toString(16)}`))
console.log(
  columns([
    ['Xen', `${major}.${minor}${extra}`],
    ['guests', capabilities.trim()],
    ['CPUs online', `${onlineCpus}, ${threadsPerCore} of a core`],
    ['microcode', microcode.join(', ')],
    ['assisted paging', hap ? 'yes' : 'no'],
    ['calls it lacks', xen.lacks.length === 0 ? 'none' : xen.lacks.join(', ')],
  ]),
)

const snapshot = xen.snapshot()
console.log(`\nThe snapshot of ${snapshot.name}, ${snapshot.cpu.brand || 'a CPU without a name'}`)
for (const [name, featureset] of Object.entries(snapshot.featuresets)) {
  console.log(`  ${name.padEnd(10)} ${count(featureset?.names().length ?? 0, 'feature')}`)
}
const { pvDefault, pvMax } = snapshot.featuresets
if (pvDefault !== undefined && pvMax !== undefined) {
  console.log('\nWhat a PV guest may have here, and is not given unless somebody asks:')
  console.log(wrapped(pvMax.andNot(pvDefault).names()))
}

const text = formatHostSnapshot(snapshot)
console.log(`\nThe document that levelPool() and admitGuest() take, ${text.length} characters:`)
console.log(`${text.slice(0, 200)}…`)
xen.close()
