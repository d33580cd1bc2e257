/** The suite on everything that speaks for a Xen here: the simulated one, recordings, and the binding on a recorded Xen. */
import { CpuPolicy, type Hypervisor } from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../fixtures/boots.js'
import { describeRecorded } from '../../../../fixtures/recorded.js'
import { FakeLibc } from '../fake-libc.testing.js'
import { FakeXen } from '../fake-xen.testing.js'
import { abiFile, readHost } from '../recorded.testing.js'
import { featuresetOfText, policyOfText } from '../replay/recording.js'
import { RecordedXen } from '../replay.js'
import { recordingOf, simulate } from '../simulated/recordings.testing.js'
import { SimulatedXen } from '../simulated/xen.js'
import { openXen } from '../xen-open.js'
import { hypervisorConformance, runConformance } from './suite.js'
import { itConforms } from './suite.testing.js'

const RELEASES = [
  ...['4.13.5', '4.14.6', '4.15.7', '4.16.7', '4.17.0', '4.17.7', '4.18.6', '4.19.6', '4.20.3'],
  ...['4.21.2', '4.22.0'],
]
const CPUS = ['EPYC', 'Skylake-Server', 'Haswell']

const LACKING = 'it lacks '
const NO_GUESTS = ['this machine runs ', 'this Xen makes no ']
const ALONE = 'each that is opened is a machine of its own'
const UNCOUNTED = 'its calls cannot be counted'
const UNTOLD = 'no such file is told from zeros'

describe.each(CPUS)('simulated %s', (cpu) => {
  describeRecorded(bootFile(`4.17-debian-${cpu}`), () => {
    const { xen, hypercalls } = recordingOf(`4.17-debian-${cpu}`)
    const host = hypercalls.featuresets.host
    if (typeof host !== 'string') throw new Error('the host featureset was not recorded')
    /** As that release would have read it: without leaves that it does not know. */
    const rawPolicy = (release: string) => {
      const words = policyOfText(hypercalls.policies.raw, xen).words()
      const { leaves, msrs } = CpuPolicy.fromWords(words, release).toRecords()
      return CpuPolicy.fromRecords(leaves, msrs, { release })
    }
    RELEASES.forEach((release, seed) => {
      const make = () =>
        new SimulatedXen({
          raw: rawPolicy(release),
          release,
          hostFeatureset: featuresetOfText(host),
          topology: { cores: 2, threads: 2, offline: [3] },
        })
      const open = [LACKING, ...NO_GUESTS, ALONE, UNCOUNTED, UNTOLD]
      itConforms(release, make, { open, seed, rounds: 3 })
    })
  })
})

describe.each(BOOTS)('%s', (boot) => {
  const release = boot.startsWith('4.17-debian') ? '4.17.7' : boot.slice(0, boot.indexOf('-'))
  const open = [LACKING, ...NO_GUESTS, ALONE, UNCOUNTED, UNTOLD]

  describeRecorded(bootFile(boot), () => {
    itConforms('simulated', () => simulate(recordingOf(boot)), { open, rounds: 2 })
    itConforms('replayed', () => new RecordedXen(recordingOf(boot)), {
      open: [...open, 'The recording of '],
      partial: true,
    })
  })

  describeRecorded([bootFile(boot), abiFile(release)], () => {
    const libcs = new WeakMap<Hypervisor, FakeLibc>()
    const make = () => {
      const libc = new FakeLibc(new FakeXen(readHost(boot)))
      const xen = openXen({ libc })
      libcs.set(xen, libc)
      return xen
    }
    it('the binding takes at most twenty hypercalls for a snapshot', async () => {
      const calls = (xen: Hypervisor) => libcs.get(xen)?.calls.length ?? 0
      const [counted] = hypervisorConformance(make, { calls }).filter(({ name }) =>
        name.startsWith('snapshot() takes at most'),
      )
      await counted?.run((why) => expect(why).toBe('counted'))
      expect(counted).toBeDefined()
    })
  })
})

it('has a name of its own for each case', () => {
  const make = () => {
    throw new Error('cases open nothing before they run')
  }
  const names = hypervisorConformance(make).map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBeGreaterThan(100)
})

it('reports a hypervisor that cannot be opened, case by case', async () => {
  const report = await runConformance(() => {
    throw new Error('no Xen here')
  })
  expect(report.passed).toBe(0)
  expect(report.skipped).toEqual([])
  expect(new Set(report.failed.map(({ error }) => error.message))).toEqual(
    new Set(['It throws Error: no Xen here']),
  )
})
