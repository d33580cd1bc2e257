/**
 * The snapshot of the host that this runs on: asked of its Xen where there is one that may be asked, and of a simulated one otherwise. It
 * says which.
 */
import { readFileSync } from 'node:fs'
import { CpuPolicy, formatHostSnapshot, type Hypervisor } from '@xenlevel/core'
import { openXen, XenUnavailableError } from '@xenlevel/hw-xen'
import { SimulatedXen } from '@xenlevel/hw-xen/simulated'
import { columns, count, wrapped } from './print.js'

const hex = (text = '') => Number.parseInt(text, 16)

/** Xen 4.20.3 on an EPYC: the CPU is a recorded one, what Xen makes of it is foreseen. */
function simulated(): SimulatedXen {
  const file = new URL('../fixtures/xen/hosts/4.20.3-EPYC.json', import.meta.url)
  const recording: {
    readonly hypercalls: { readonly policies: { readonly raw: { readonly leaves: string[] } } }
  } = JSON.parse(readFileSync(file, 'utf8'))
  const leaves = recording.hypercalls.policies.raw.leaves.map((text) => {
    const [leaf, subleaf, a, b, c, d] = text.replace(' -> ', ':').split(':')
    return {
      leaf: hex(leaf),
      subleaf: subleaf === 'ffffffff' ? null : hex(subleaf),
      ...{ a: hex(a), b: hex(b), c: hex(c), d: hex(d) },
    }
  })
  return new SimulatedXen({
    name: 'simulated-epyc',
    release: '4.20.3',
    raw: CpuPolicy.fromRecords(leaves, [], { release: '4.20.3' }),
    topology: { sockets: 1, cores: 4, threads: 2 },
    microcodeRevision: 0x0800_1250,
  })
}

/** The Xen below, or a simulated one, and why. */
function open(): { readonly xen: Hypervisor; readonly which: string } {
  try {
    return { xen: openXen(), which: 'the Xen that this runs on' }
  } catch (error) {
    if (!(error instanceof XenUnavailableError)) throw error
    return { xen: simulated(), which: `a simulated Xen. The real one: ${error.message}` }
  }
}

const { xen, which } = open()
console.log(`Asked of ${which}\n`)

const { capabilities, extra, major, minor } = xen.version()
const info = xen.physinfo()
const cpus = xen.cpus()
const revisions = new Set(cpus.map(({ microcodeRevision }) => microcodeRevision))
console.log(
  columns([
    ['Xen', `${major}.${minor}${extra}`],
    ['guests', capabilities.trim()],
    ['CPUs', `${info.onlineCpus} online, ${info.threadsPerCore} of a core`],
    [
      'microcode',
      [...revisions].map((one) => (one === null ? 'unknown' : `0x${one.toString(16)}`)).join(', '),
    ],
    ['assisted paging', info.hap ? 'yes' : 'no'],
    ['lacks', xen.lacks.length === 0 ? 'nothing' : xen.lacks.join(', ')],
  ]),
)

const snapshot = xen.snapshot()
const text = formatHostSnapshot(snapshot)
console.log(`\nThe snapshot of ${snapshot.name}: ${snapshot.cpu.brand || 'a CPU without a name'}`)
for (const [name, featureset] of Object.entries(snapshot.featuresets))
  console.log(`  ${name.padEnd(10)} ${count(featureset?.names().length ?? 0, 'feature')}`)

const { pvDefault, hvmDefault } = snapshot.featuresets
if (pvDefault !== undefined && hvmDefault !== undefined) {
  console.log('\nWhat an HVM guest gets here, and a PV guest does not:')
  console.log(wrapped(hvmDefault.andNot(pvDefault).names()))
}
console.log(`\nAs a document for levelPool() and admitGuest(): ${text.length} characters of JSON.`)
xen.close()
