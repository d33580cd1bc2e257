/**
 * A round of microcode over a pool: which host gets which update, now, at its next boot or not at all, with every reason; and what Xen would
 * answer. The updates are made here and hold nothing: real ones come from their vendors.
 */
import { parseMicrocode, planUpdate, predictOutcome, verifyMicrocode } from '@xenlevel/microcode'
import { columns } from './print.js'

interface Made {
  readonly signature: number
  readonly revision: number
  /** The lowest revision from which it may be loaded while the host runs; 0 for none declared. */
  readonly minRevision: number
}

/** An update in Intel's form: a header, nothing, and a sum of zero. */
function madeUpdate({ signature, revision, minRevision }: Made): Uint8Array {
  const words = new Uint32Array(2048 / 4)
  const [date, loader, platforms, size] = [0x0812_2025, 1, 0xff, words.length * 4]
  words.set([1, revision, date, signature, 0, loader, platforms, size - 48, size, 0, minRevision])
  words[4] = -words.reduce((sum, word) => (sum + word) >>> 0, 0) >>> 0
  return new Uint8Array(words.buffer)
}

const CASCADE_LAKE = 0x5_0657
const HASWELL = 0x3_06f2
const files = [
  {
    name: '06-55-07',
    bytes: madeUpdate({ signature: CASCADE_LAKE, revision: 0x500_3901, minRevision: 0x500_3000 }),
  },
  { name: '06-3f-02', bytes: madeUpdate({ signature: HASWELL, revision: 0x49, minRevision: 0 }) },
]
for (const { name, bytes } of files) {
  const findings = verifyMicrocode(bytes, { rules: 'xen' })
  const [update] = parseMicrocode(bytes).updates
  console.log(
    `${name}: revision 0x${update?.revision.toString(16)} of ${update?.date}, ${findings.length === 0 ? 'sound' : 'damaged'}`,
  )
}

const cpus = (signature: number, revisions: readonly number[]) =>
  revisions.map((revision) => ({ vendor: 'Intel' as const, signature, platformId: 0, revision }))
const hosts = [
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

const plan = planUpdate(hosts, files)
console.log('\nThe round:')
console.log(
  columns(
    plan.hosts.map(({ host, action, fileName, outcome }) => [
      host,
      action,
      fileName ?? '',
      outcome === null ? '' : `the hypercall would answer ${outcome.errno}`,
    ]),
  ),
)
for (const { host, reasons } of plan.hosts) {
  console.log(`\n${host}`)
  for (const { severity, message } of reasons) console.log(`  ${severity}: ${message}`)
}

const [, mixed] = hosts
const [cascade] = files
if (mixed === undefined || cascade === undefined) throw new Error('there are four hosts')
const { errno, traps } = predictOutcome(mixed, cascade.bytes)
console.log(`\nLoaded on ${mixed.name} as it is, the file gives ${errno}:`)
for (const { message } of traps) console.log(`  ${message}`)
