/**
 * Microcode for a host that runs: which update of a file is for it, what the load will come to, the load itself, and whether every CPU has
 * it. The host is a simulated Xen 4.20.3 of two sockets, the file is made here and is nobody's microcode.
 */
import { CpuPolicy, type Hypervisor } from '@xenlevel/core'
import { SimulatedXen } from '@xenlevel/hw-xen/simulated'
import {
  encodeIntel,
  type LateLoadHost,
  parseMicrocode,
  predictOutcome,
  selectUpdate,
  verifyMicrocode,
} from '@xenlevel/microcode'
import { columns, count } from './print.js'

const SKYLAKE_SP = 0x50654
const text = (revision: number | null) =>
  revision === null ? 'unknown' : `0x${revision.toString(16)}`

/** An update of 2 KiB in Intel's form: a header of twelve words, data, and a sum of zero over all (SDM volume 3, "Microcode update facilities"). */
function makeUpdate(signature: number, platformMask: number, revision: number): Uint8Array {
  const words = new Uint32Array(512)
  words.set([1, revision, 0x0708_2026, signature, 0, 1, platformMask, 2000, 2048])
  for (let at = 12; at < words.length; at++) words[at] = Math.imul(at, 0x9e37_79b9)
  words[4] = -words.reduce((sum, word) => (sum + word) | 0, 0)
  const bytes = new Uint8Array(2048)
  const view = new DataView(bytes.buffer)
  words.forEach((word, at) => {
    view.setUint32(4 * at, word, true)
  })
  return bytes
}

/** Leaves of a Skylake-SP, as far as loading microcode depends on them. */
const raw = CpuPolicy.fromRecords([
  { leaf: 0, subleaf: null, a: 0xd, b: 0x756e_6547, c: 0x6c65_746e, d: 0x4965_6e69 },
  { leaf: 1, subleaf: null, a: SKYLAKE_SP, b: 0, c: 0x0080_0000, d: 0x1789_fbff },
  { leaf: 0x8000_0000, subleaf: null, a: 0x8000_0008, b: 0, c: 0, d: 0 },
  { leaf: 0x8000_0001, subleaf: null, a: 0, b: 0, c: 0, d: 0x2810_0800 },
  { leaf: 0x8000_0008, subleaf: null, a: 0x302e, b: 0, c: 0, d: 0 },
])

/** The second socket was not updated last time, and one core is offline. */
const xen: Hypervisor = new SimulatedXen({
  name: 'skylake-1',
  release: '4.20.3',
  raw,
  platformId: 7,
  topology: { sockets: 2, cores: 2, threads: 2, offline: [6, 7] },
  microcodeRevision: [0x0200_6e05, 0x0200_6e05, 0x0200_6e05, 0x0200_6e05, 0x65, 0x65, 0x65, 0x65],
})

/** The host as a prediction wants it. What Xen does not tell of a CPU that is offline is taken from the first. */
function hostOf(hypervisor: Hypervisor): LateLoadHost {
  const cpus = hypervisor.cpus()
  const [first] = cpus
  return {
    xen: hypervisor.release,
    threadsPerCore: hypervisor.physinfo().threadsPerCore,
    cpus: cpus.map(({ online, platformId, microcodeRevision }) => ({
      vendor: 'Intel',
      signature: first?.signature ?? 0,
      platformId: platformId ?? first?.platformId ?? 0,
      revision: microcodeRevision ?? 0,
      online,
    })),
  }
}

const printCpus = () =>
  console.log(
    columns([
      ['CPU', 'online', 'microcode'],
      ...xen
        .cpus()
        .map(({ id, online, microcodeRevision }) => [
          id,
          online ? 'yes' : 'no',
          text(microcodeRevision),
        ]),
    ]),
  )

console.log(`skylake-1 runs Xen ${xen.release}:\n`)
printCpus()

console.log('\n1. The plan')
const file = encodeIntel([
  makeUpdate(0x306f2, 0x6f, 0x49),
  makeUpdate(SKYLAKE_SP, 0xb7, 0x0200_7006),
])
const { updates } = parseMicrocode(file)
const complaints = verifyMicrocode(file, { rules: 'xen', release: xen.release })
console.log(
  `   The file has ${count(updates.length, 'update')}; Xen has ${count(complaints.length, 'complaint')}.`,
)
const host = hostOf(xen)
const [cpu0] = host.cpus
if (cpu0 === undefined) throw new Error('the host has no CPU')
const choice = selectUpdate(file, cpu0, { consumer: 'xen', release: xen.release })
console.log(`   For CPU 0: ${choice.reason}`)

console.log('\n2. What the load will come to')
const foreseen = predictOutcome(host, file)
console.log(
  `   Xen will answer ${foreseen.errno}; ${count(foreseen.updated, 'load')} will succeed.`,
)
for (const { message } of foreseen.traps) console.log(`   Mind: ${message}`)

console.log('\n3. The load')
const answer = await xen.updateMicrocode(file)
console.log(
  `   Xen answers ${answer.errno}${answer.errno === foreseen.errno ? ', as foreseen' : ''}.`,
)

console.log('\n4. Every CPU, asked again\n')
printCpus()
const wanted = choice.update?.revision
const left = xen.cpus().filter((cpu) => cpu.online && cpu.microcodeRevision !== wanted)
console.log(
  left.length === 0
    ? `\nAll ${count(xen.physinfo().onlineCpus, 'CPU')} that are online run ${text(wanted ?? null)}.`
    : `\nNot updated: CPUs ${left.map(({ id }) => id).join(', ')}.`,
)
const unseen = xen.cpus().filter(({ online }) => !online)
if (unseen.length > 0)
  console.log(
    `CPUs ${unseen.map(({ id }) => id).join(' and ')} are offline: Xen gives them the update when they come up.`,
  )

const again = await xen.updateMicrocode(file)
console.log(`\nThe same file once more: ${again.errno}, which tools count as success.`)
xen.close()
