/** Foreseen hypercalls held against real hypervisors, and against Xen's own code with a thread for each CPU. */
import { expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../fixtures/boots.js'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { makeAmdPatch } from '../amd/patches.testing.js'
import { encodeAmdContainer } from '../amd/write.js'
import { makeIntelUpdate } from '../intel/updates.testing.js'
import { put } from '../verify.testing.js'
import { predictOutcome } from './outcome.js'
import type { HostCpu, LateLoadHost, OutcomeOptions } from './types.js'

const SKYLAKE = 0x50654

const cpu = (revision: number, more: Partial<HostCpu> = {}): HostCpu => ({
  vendor: 'Intel',
  signature: SKYLAKE,
  platformId: 0,
  revision,
  ...more,
})

const host = (xen: string, cpus: readonly HostCpu[], more: Partial<LateLoadHost> = {}) => ({
  xen,
  cpus,
  ...more,
})

const update = (revision: number, more: Parameters<typeof makeIntelUpdate>[0] = {}) =>
  makeIntelUpdate({ signature: SKYLAKE, platformMask: 1, revision, ...more })

/** The files that were handed over: one update for an emulated CPU of revision 1. */
const FILES: Readonly<Record<string, Uint8Array>> = {
  match_newer: update(2),
  match_same: update(1),
  match_older: update(0),
  match_negative: update(0x8000_0001),
  other_sig: makeIntelUpdate({ signature: 0x306c3, platformMask: 1, revision: 2 }),
  other_pf: update(2, { platformMask: 2 }),
  bad_sum: put(update(2), [100, 1]),
}

const KIB4: Readonly<Record<string, Uint8Array>> = {
  garbage4k: new Uint8Array(4096).fill(0xa5),
  zero4k: new Uint8Array(4096),
  len4: new Uint8Array(4),
  len0: new Uint8Array(0),
  amd_magic_only: Uint8Array.of(0x44, 0x4d, 0x41, 0),
  null_ptr: new Uint8Array(4096),
}

describeRecorded(BOOTS.map(bootFile), () => {
  interface Host {
    xen: string
    qemuCpu: string
    hypercalls: {
      microcode_update: Record<string, { err: string } | number>
      microcode_update2: Record<string, { err: string } | number>
    }
    extra?: Record<string, string | number>
  }
  const hosts = BOOTS.map((boot) => readRecordedJson<Host>(bootFile(boot)))
  const said = (answer: { err: string } | string | number | undefined) =>
    typeof answer === 'object' ? answer.err : answer === 0 ? 'OK' : answer

  /** The emulated machine: one CPU, which takes no microcode. */
  const machine = ({ xen, qemuCpu }: Host): LateLoadHost => {
    const intel = !qemuCpu.startsWith('EPYC')
    return host(xen, [
      intel ? cpu(1) : { vendor: 'AMD', signature: 0x800f12, platformId: 0, revision: 0x0100_0065 },
    ])
  }

  const questions = hosts.flatMap((recorded) => {
    const asked: [string, Uint8Array, OutcomeOptions, string | number | undefined][] = []
    for (const [name, file] of Object.entries(FILES)) {
      const { extra } = recorded
      if (extra === undefined) continue
      const both = { hardware: 'ignores', call: 'microcode_update2' } as const
      asked.push(
        [`ucode_${name}`, file, { ...both, call: 'microcode_update' }, extra[`ucode_${name}`]],
        [`ucode2_${name}`, file, both, extra[`ucode2_${name}`]],
        [`force ${name}`, file, { ...both, force: true }, extra[`ucode2_force_${name}`]],
      )
    }
    const { microcode_update: old, microcode_update2: young } = recorded.hypercalls
    for (const [name, file] of Object.entries(KIB4)) {
      const obstacle = name === 'null_ptr' ? ({ obstacle: 'bad-buffer' } as const) : {}
      asked.push([name, file, { call: 'microcode_update', ...obstacle }, said(old[name])])
    }
    for (const force of [0, 1, 2]) {
      const file = KIB4.garbage4k ?? new Uint8Array()
      const flags = { call: 'microcode_update2', force } as const
      asked.push([`flags${force}`, file, flags, said(young[`flags${force}`])])
    }
    return asked.map(([name, file, options, answer]) => ({
      where: `${recorded.xen} ${recorded.qemuCpu}`,
      name,
      file,
      options,
      answer,
      recorded,
    }))
  })

  it('has 429 answers of 15 hypervisors', () => {
    expect(hosts).toHaveLength(15)
    expect(questions).toHaveLength(429)
    expect(questions.filter(({ answer }) => answer === undefined)).toEqual([])
  })

  it.each(questions)('$where: $name', ({ file, options, answer, recorded }) => {
    const outcome = predictOutcome(machine(recorded), file, options)
    expect(outcome.errno).toBe(said(answer))
    expect(outcome.evidence).toBe('recorded')
    expect(outcome.release).toBe(recorded.xen)
  })
})

describeRecorded('microcode/vectors/rendezvous.json', () => {
  interface Scenario {
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
      hangcpu: number | null
      late_nmi?: number
      lost_nmi?: number
      ext_nmi?: number
      parse_mode?: number
      sm_busy?: number
    }
    result: {
      ret: string
      updated: number
      nrCores: number
      policyRefresh: 0 | 1
      cacheRev: string | null
      revs: string[]
      log: string[]
      loadReturnedEexist: number[]
    }
  }
  const { scenarios } = readRecordedJson<{ scenarios: Scenario[] }>(
    'microcode/vectors/rendezvous.json',
  )
  // What fails on its way, NMIs that go astray: that is runLateLoad's.
  const plain = scenarios.filter(
    ({ config: { failcpu, hangcpu, late_nmi, lost_nmi, ext_nmi } }) =>
      failcpu === null &&
      hangcpu === null &&
      [late_nmi, lost_nmi, ext_nmi].every((one) => one === undefined),
  )

  const fileFor = ({ config }: Scenario) => {
    const revision = config.newr >>> 0
    const whole =
      config.vendor === 1
        ? update(revision)
        : encodeAmdContainer({
            patches: [makeAmdPatch({ patchId: revision, equivalenceId: 0x6012, size: 2048 })],
            equivalences: [{ signature: 0x600f12, equivalenceId: 0x6012 }],
          })
    return config.parse_mode === 2 ? whole.subarray(0, 40) : whole
  }

  it('has 88 scenarios, 60 of them without failing writes and stray NMIs', () => {
    expect(scenarios).toHaveLength(88)
    expect(plain).toHaveLength(60)
  })

  it.each(plain)('$id $name', (scenario) => {
    const { config, result } = scenario
    const cpus = Array.from({ length: config.cores * config.smt }, (_, number): HostCpu => {
      const revision = ((config.mixed >>> number) & 1) === 1 ? config.newr : config.oldr
      const online = ((config.off >>> number) & 1) === 0
      return config.vendor === 1
        ? cpu(revision >>> 0, { online })
        : {
            vendor: 'AMD',
            signature: 0x600f12,
            platformId: 0,
            revision: revision >>> 0,
            online,
          }
    })
    const outcome = predictOutcome(
      host('4.23-dev', cpus, {
        threadsPerCore: config.smt,
        cachedRevision: config.cache,
        nmi: config.nmi === 1,
      }),
      fileFor(scenario),
      {
        force: config.force,
        ...(config.sm_busy === 1 && { obstacle: 'stop-machine-busy' }),
      },
    )
    const known = (number: number) => Number(result.revs[number])
    const eexist = outcome.cpus.filter(({ load }) => load === 'EEXIST').map((one) => one.cpu)
    expect({
      ret: outcome.errno,
      updated: outcome.updated,
      policyRefresh: outcome.policyRefresh ? 1 : 0,
      cacheRev: outcome.cachedRevision === null ? null : `0x${outcome.cachedRevision.toString(16)}`,
      revs: outcome.cpus.filter(({ online }) => online).map(({ after }) => after),
    }).toEqual({
      ret: result.ret,
      updated: result.updated,
      policyRefresh: result.policyRefresh,
      cacheRev: result.cacheRev,
      revs: cpus.flatMap(({ online }, number) => (online ? [known(number)] : [])),
    })
    expect(outcome.evidence).toBe('recorded')
    // Of an aborted load those that did not get to load say nothing.
    if (outcome.updated > 0) expect(eexist).toEqual(result.loadReturnedEexist)
    if (config.parse_mode !== 2)
      expect(outcome.log.map((line) => line.replaceAll('\n', ''))).toEqual(result.log)
  })
})
