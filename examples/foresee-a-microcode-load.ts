/**
 * What loading a file of microcode will come to, before it is loaded: whether it is sound, which update is taken, what Xen will answer.
 *
 *     node scripts/run.mjs examples/foresee-a-microcode-load.ts
 */
import {
  encodeIntel,
  parseMicrocode,
  predictOutcome,
  selectUpdate,
  verifyMicrocode,
} from '@xenlevel/microcode'
import { madeUpdate } from './made-update.js'
import { columns } from './print.js'

const CASCADE_LAKE = 0x5_0657
const XEN = '4.20.3'
const hex = (number: number) => `0x${number.toString(16)}`

const file = encodeIntel([
  madeUpdate({ signature: 0x3_06f2, revision: 0x49 }),
  madeUpdate({ signature: CASCADE_LAKE, revision: 0x500_3901 }),
])
console.log('The file:')
for (const { signatures, revision, date } of parseMicrocode(file).updates) {
  const cpus = signatures.map(({ signature }) => hex(signature))
  console.log(`  for CPUs of signature ${cpus}: revision ${hex(revision)} of ${date}`)
}

for (const [what, bytes] of [
  ['whole', file],
  ['cut short', file.subarray(0, 3000)],
] as const) {
  const findings = verifyMicrocode(bytes, { rules: 'xen', release: XEN })
  console.log(`  ${what}, Xen ${XEN} finds ${findings.length === 0 ? 'no fault in it' : 'this:'}`)
  for (const { severity, message } of findings) console.log(`    ${severity}: ${message}`)
}

const cpu = (revision: number) =>
  ({ vendor: 'Intel', signature: CASCADE_LAKE, platformId: 0, revision }) as const
const { reason } = selectUpdate(file, cpu(0x500_3604), { consumer: 'xen', release: XEN })
console.log(`\nWhich update a CPU at 0x5003604 takes:\n  ${reason}`)

const [behind, current] = [cpu(0x500_3604), cpu(0x500_3901)]
for (const [what, cpus] of [
  ['Both CPUs are behind', [behind, behind]],
  ['Both CPUs have it', [current, current]],
  ['CPU 0 is behind, CPU 1 has it', [behind, current]],
  ['CPU 0 has it, CPU 1 is behind', [current, behind]],
] as const) {
  const { errno, traps, cpus: after } = predictOutcome({ xen: XEN, cpus }, file)
  console.log(`\n${what}: Xen will answer ${errno}`)
  console.log(columns(after.map(({ after }, id) => [`CPU ${id}`, `then runs ${hex(after ?? 0)}`])))
  for (const { message } of traps) console.log(`  Mind: ${message}`)
}
