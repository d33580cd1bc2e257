/**
 * Loads microcode on a host that runs: what is foreseen, the load itself, and whether every CPU has it. The Xen is simulated.
 *
 *     node scripts/run.mjs examples/update-microcode.ts
 */
import type { Hypervisor } from '@xenlevel/core'
import { SimulatedXen } from '@xenlevel/hw-xen/simulated'
import { type LateLoadHost, predictOutcome } from '@xenlevel/microcode'
import { madeUpdate } from './made-update.js'
import { columns, count } from './print.js'
import { storyHost } from './story.js'

const REVISION = 0x200_7006
const OLD = 0x200_6e05
const file = madeUpdate({ signature: 0x5_0654, platforms: 0xb7, revision: REVISION })

const raw = storyHost('skylake').policies?.raw
if (raw === undefined) throw new Error('the snapshot has no raw policy')
/** The second socket was not updated last time, and one core is offline. */
const xen: Hypervisor = new SimulatedXen({
  name: 'skylake-1',
  release: '4.20.3',
  raw,
  platformId: 7,
  topology: { sockets: 2, cores: 2, threads: 2, offline: [6, 7] },
  microcodeRevision: [OLD, OLD, OLD, OLD, 0x65, 0x65, 0x65, 0x65],
})

/** The host as a prediction wants it. What Xen does not tell of a CPU that is offline is taken from the first. */
function hostOf(hypervisor: Hypervisor): LateLoadHost {
  const cpus = hypervisor.cpus()
  return {
    xen: hypervisor.release,
    threadsPerCore: hypervisor.physinfo().threadsPerCore,
    cpus: cpus.map(({ online, platformId, microcodeRevision }) => ({
      vendor: 'Intel',
      signature: cpus[0]?.signature ?? 0,
      platformId: platformId ?? cpus[0]?.platformId ?? 0,
      revision: microcodeRevision ?? 0,
      online,
    })),
  }
}

function printCpus(): void {
  const rows = xen.cpus().map(({ id, online, microcodeRevision: revision }) => {
    const text = revision === null ? 'not told' : `0x${revision.toString(16)}`
    return [id, online ? 'yes' : 'no', text]
  })
  console.log(columns([['CPU', 'online', 'microcode'], ...rows]))
}

console.log(`1. ${xen.snapshot().name} runs Xen ${xen.release}\n`)
printCpus()

console.log(`\n2. What loading 0x${REVISION.toString(16)} will come to\n`)
const foreseen = predictOutcome(hostOf(xen), file)
console.log(
  `  Xen will answer ${foreseen.errno}, and ${count(foreseen.updated, 'core')} will load it.`,
)
for (const { message } of foreseen.traps) console.log(`  Mind: ${message}`)

console.log('\n3. The load\n')
const { errno } = await xen.updateMicrocode(file)
console.log(`  Xen answers ${errno}${errno === foreseen.errno ? ', as foreseen' : ''}.\n`)
printCpus()
const behind = xen.cpus().filter((cpu) => cpu.online && cpu.microcodeRevision !== REVISION)
console.log(
  `\n  Of the CPUs that run, ${behind.length === 0 ? 'none is' : behind.length} left behind.`,
)

const again = await xen.updateMicrocode(file)
console.log(`  The same file once more: ${again.errno}, which tools count as success.`)
xen.close()
