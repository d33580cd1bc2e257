/** Late loads held against what Xen's own core.c did, with a thread for each CPU. */
import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import type { LateLoadErrno } from './errors.js'
import { runLateLoad } from './run.js'
import type { LateLoadObstacle, LateLoadRun } from './types.js'

interface Recorded {
  id: string
  name: string
  config: {
    cores: number
    smt: number
    vendor: 1 | 2
    nmi: 0 | 1
    force: number
    oldr: number
    newr: number
    cache: number | null
    off: number
    mixed: number
    failcpu: number | null
    failerr: number
    hangcpu: number | null
    late_nmi?: number
    lost_nmi?: number
    ext_nmi?: number
    parse_mode?: number
    sm_busy?: number
  }
  result: {
    ret: string
    panic: boolean
    nrCores: number
    updated: number
    cpuOut: number
    callin: number
    watchdogBalance: number
    policyRefresh: 0 | 1
    cacheRev: string | null
    revs: string[]
    log: string[]
    wroteMsr: number[]
    wroteInNmi: number[]
    firstWriter: number | null
    enteredNmi: number[]
    loadReturnedEexist: number[]
    strayNmi: number[]
  }
}

const ERRNOS = new Map<number, LateLoadErrno>([
  [5, 'EIO'],
  [22, 'EINVAL'],
])

const bits = (mask: number) =>
  Array.from({ length: 32 }, (_, n) => n).filter((n) => (mask >>> n) & 1)

const some = (cpu: number | null | undefined) => (cpu === null || cpu === undefined ? [] : [cpu])

function obstacle({ parse_mode, sm_busy }: Recorded['config']): LateLoadObstacle | undefined {
  if (parse_mode === 2) return 'parse-error'
  return sm_busy === 1 ? 'stop-machine-busy' : undefined
}

function run({ config }: Recorded): LateLoadRun {
  const stopped = obstacle(config)
  return runLateLoad(
    {
      cores: config.cores,
      threadsPerCore: config.smt,
      vendor: config.vendor === 1 ? 'Intel' : 'AMD',
      offline: bits(config.off),
      alreadyNew: bits(config.mixed),
    },
    {
      nmi: config.nmi === 1,
      force: config.force,
      oldRevision: config.oldr,
      newRevision: config.newr,
      cachedRevision: config.cache,
      failing: some(config.failcpu).map((cpu) => ({
        cpu,
        errno: ERRNOS.get(config.failerr) ?? 'OK',
      })),
      hung: some(config.hangcpu),
      lateNmi: some(config.late_nmi),
      lostNmi: some(config.lost_nmi),
      externalNmi: some(config.ext_nmi),
      ...(stopped === undefined ? {} : { obstacle: stopped }),
    },
  )
}

const hex = (revision: number) => `0x${revision.toString(16)}`

describeRecorded('microcode/vectors/rendezvous.json', () => {
  const { scenarios } = readRecordedJson<{ scenarios: Recorded[] }>(
    'microcode/vectors/rendezvous.json',
  )

  it('has 88 scenarios', () => expect(scenarios).toHaveLength(88))

  it.each(scenarios)('$id $name', (recorded) => {
    const ours = run(recorded)
    expect({
      ret: ours.errno,
      panic: ours.panic,
      nrCores: ours.nrCores,
      updated: ours.updated,
      cpuOut: ours.cpuOut,
      callin: ours.callin,
      watchdogBalance: ours.watchdogBalance,
      policyRefresh: ours.policyRefresh ? 1 : 0,
      cacheRev: ours.cachedRevision === null ? null : hex(ours.cachedRevision),
      revs: ours.revisions.map(hex),
      // The recording leaves out the line breaks inside a message.
      log: ours.log.map((message) => message.replaceAll('\n', '')),
      wroteMsr: ours.wroteMsr,
      wroteInNmi: ours.wroteInNmi,
      // No matter of luck: in this release the others are let in only after the control CPU has written.
      firstWriter: ours.firstWriter,
      enteredNmi: ours.enteredNmi,
      loadReturnedEexist: ours.notNewer,
      strayNmi: ours.strayNmi,
    }).toEqual(recorded.result)
    expect(ours.evidence).toBe('recorded')
  })
})
