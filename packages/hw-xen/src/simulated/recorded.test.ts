/** Every answer that was recorded from fifteen boots of real hypervisors, asked of a simulated one and of a replay. */
import { type Hypervisor, HypervisorLacksError, publicLevellingCaps } from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../fixtures/boots.js'
import { describeRecorded } from '../../../../fixtures/recorded.js'
import { leafText } from '../../../core/src/policy/recorded.testing.js'
import { FEATURESETS, POLICIES } from '../replay/host.js'
import {
  answered,
  featuresetOfText,
  isErrno,
  leafOfText,
  placeOf,
  type XenRecording,
} from '../replay/recording.js'
import { RecordedXen } from '../replay.js'
import {
  errnoOf,
  keysOf,
  NO_UPDATES,
  recordedText,
  recordingOf,
  SETS,
  simulate,
  textOf,
  UPDATES,
} from './recordings.testing.js'

const IMPLEMENTATIONS: readonly (readonly [
  name: string,
  make: (recording: XenRecording) => Hypervisor,
])[] = [
  ['simulated', simulate],
  ['replayed', (recording) => new RecordedXen(recording)],
]

const agreed = new Map<string, number>()

describe.each(IMPLEMENTATIONS)('%s', (kind, make) => {
  describe.each(BOOTS)('%s', (boot) => {
    describeRecorded(bootFile(boot), () => {
      const recording = recordingOf(boot)
      const { xen: release, hypercalls } = recording
      /** One answer that is what it was. */
      const same = (found: unknown, recorded: unknown, what: string) => {
        expect(found, what).toEqual(recorded)
        agreed.set(`${kind} ${boot}`, (agreed.get(`${kind} ${boot}`) ?? 0) + 1)
      }

      it('says who it is and what the machine has', () => {
        const xen = make(recording)
        const { major, minor, extra, ...version } = xen.version()
        same(`${major}.${minor}`, hypercalls.version, 'version')
        same(extra, hypercalls.extraversion, 'extraversion')
        same(version.capabilities, hypercalls.capabilities, 'capabilities')
        same(version.changeset, hypercalls.changeset, 'changeset')
        same(version.commandLine, hypercalls.commandline, 'commandline')
        expect([version.release, xen.release]).toEqual([release, release])
        const { physinfo } = hypercalls
        const info = xen.physinfo()
        same(info.threadsPerCore, physinfo.threads_per_core, 'threads_per_core')
        same(info.coresPerSocket, physinfo.cores_per_socket, 'cores_per_socket')
        same(info.onlineCpus, physinfo.nr_cpus, 'nr_cpus')
        same(info.maxCpuId, physinfo.max_cpu_id, 'max_cpu_id')
        same(info.nodes, physinfo.nr_nodes, 'nr_nodes')
        const bits = Number(physinfo.capabilities)
        const can = { hvm: (bits & 1) !== 0, pv: (bits & 2) !== 0, hap: (bits & 8) !== 0 }
        same({ hvm: info.hvm, pv: info.pv, hap: info.hap }, can, 'capabilities of physinfo')
        same(info.hwCap, featuresetOfText(physinfo.hw_cap).words, 'hw_cap')
      })

      it.each(keysOf(FEATURESETS))('featureset %s', (which) => {
        const said = hypercalls.featuresets[FEATURESETS[which]]
        const xen = make(recording)
        if (isErrno(said)) {
          same(
            errnoOf(() => xen.featureset(which)),
            'lacking',
            said.err,
          )
          expect(xen.lacks).toContain(`featureset ${which}`)
        } else same(xen.featureset(which).toString(':', said.split(':').length), said, which)
      })

      it.each(keysOf(POLICIES))('policy %s', (which) => {
        const xen = make(recording)
        const said = hypercalls.policies[POLICIES[which]]
        const { leaves, msrs } = xen.policy(which).toRecords()
        same(
          leaves.map(leafText),
          said.leaves.map((text) => leafText(leafOfText(text))),
          'leaves',
        )
        same(textOf({ leaves, msrs }), recordedText(said, release), which)
        same(
          textOf((xen.policies()[which] ?? xen.policy(which)).toRecords()),
          recordedText(said, release),
          'policies()',
        )
      })

      it('levelling caps', () => {
        const caps = make(recording).levellingCaps()
        const said = answered(hypercalls.levelling_caps)
        same(publicLevellingCaps(caps), said === null ? null : Number(said), 'caps')
        expect(caps.release).toBe(release)
      })

      it('CPUs and their microcode', () => {
        const xen = make(recording)
        const [version] = hypercalls.cpu_version
        const [first, other] = hypercalls.ucode_revision
        const [cpu] = xen.cpus()
        same(xen.cpus().length, hypercalls.physinfo.max_cpu_id + 1, 'CPUs')
        const { family, model, stepping } = xen.policy('raw').signature
        same([family, model, stepping], [version?.family, version?.model, version?.stepping], 'fms')
        same(cpu?.signature, xen.policy('raw').leaf(1).a, 'signature')
        const told = first === undefined ? null : answered(first)
        if (told === null) {
          same(
            errnoOf(() => xen.microcodeRevision(0)),
            'lacking',
            'revision',
          )
          same(
            errnoOf(() => xen.microcodeRevision(99)),
            'lacking',
            'revision of no CPU',
          )
          same([cpu?.microcodeRevision, cpu?.platformId], [null, null], 'untold')
        } else {
          same(xen.microcodeRevision(0), Number(told.revision), 'revision')
          same(cpu?.microcodeRevision, Number(told.revision), 'revision of cpus()')
          same(cpu?.platformId === null ? 0 : 1 << (cpu?.platformId ?? 0), Number(told.pf), 'pf')
          same(
            errnoOf(() => xen.microcodeRevision(99)),
            isErrno(other) ? other.err : 'OK',
            'no CPU',
          )
        }
      })

      it.each(['pv', 'hvm'] as const)('a %s domain', (type) => {
        const recorded = hypercalls.dom[type]
        const xen = make(recording)
        if (isErrno(recorded.create)) {
          same(
            errnoOf(() => xen.createDomain({ kind: type })),
            recorded.create.err,
            'create',
          )
          return
        }
        const domid = xen.createDomain({ kind: type })
        const { get, get_after: after, destroy } = recorded
        if (get === undefined || after === undefined) throw new Error('not recorded whole')
        const present = xen.domainPolicy(domid)
        same(textOf(present), recordedText(get, release), 'get')
        const leaf = (number: number) => {
          const { leaves } = xen.domainPolicy(domid)
          const found = leaves.find(({ leaf, subleaf }) => leaf === number && !subleaf)
          return found === undefined ? '' : leafText(found)
        }
        for (const name of keysOf(SETS)) {
          const said = recorded[name]
          if (said === undefined) throw new Error(`${name} was not recorded`)
          const answer = xen.setDomainPolicy(domid, SETS[name](present))
          const found = answer.ok
            ? { errno: 'OK', leaf: null, subleaf: null, msr: null }
            : answer.error
          same(
            found,
            {
              errno: isErrno(said.r) ? said.r.err : 'OK',
              leaf: placeOf(said.err_leaf),
              subleaf: placeOf(said.err_subleaf),
              msr: placeOf(said.err_msr),
            },
            name,
          )
          const text = (recordedLeaf: string) => leafText(leafOfText(recordedLeaf))
          if (name === 'set_same') same(textOf(xen.domainPolicy(domid)), textOf(present), 'same')
          if (name === 'set_cleared') {
            same(leaf(1), text(after.leaf1), 'get_after leaf 1')
            same(leaf(7), text(after.leaf7), 'get_after leaf 7')
          }
          if (name === 'set_over_max')
            same(leaf(7), text(recorded.get_after_over_max_leaf7 ?? ''), 'get_after_over_max')
        }
        same(
          errnoOf(() => xen.destroyDomain(domid)),
          isErrno(destroy) ? destroy.err : 'OK',
          'destroy',
        )
        expect(errnoOf(() => xen.domainPolicy(domid))).toBe('ESRCH')
      })

      it('ids, domain 0, and no domain', () => {
        const xen = make(recording)
        same(textOf(xen.domainPolicy(0)), recordedText(hypercalls.dom0_get, release), 'dom0')
        const none = hypercalls.domctl_nodom
        same(
          errnoOf(() => xen.domainPolicy(0x7fe1)),
          isErrno(none) ? none.err : 'OK',
          'no domain',
        )
        if (kind === 'replayed') return
        // In the order of the recording: each kind made with id 0, then with "any", the first of the two destroyed at once.
        for (const type of ['pv', 'hvm'] as const) {
          const { create_domid0: first, create: second } = hypercalls.dom[type]
          for (const said of [first, second]) {
            const made = answered(said)
            if (made === null) continue
            const domid = xen.createDomain({ kind: type })
            same(domid, made.domid, `id of ${type}`)
            xen.destroyDomain(domid)
          }
        }
      })

      it('microcode', async () => {
        const xen = make(recording)
        const before = xen.cpus()
        const { microcode_update: plain, microcode_update2: flagged } = hypercalls
        const errno = (said: unknown) => (isErrno(said) ? said.err : said === 0 ? 'OK' : said)
        const load = async (file: Uint8Array, force: boolean) => {
          try {
            const answer = await xen.updateMicrocode(file, { force })
            expect(answer.cpus).toEqual(before)
            return answer.errno
          } catch (error) {
            if (error instanceof HypervisorLacksError && force) return 'ENOSYS'
            throw error
          }
        }
        for (const [name, file] of Object.entries(NO_UPDATES))
          same(await load(file, false), errno(plain[name]), name)
        const garbage = NO_UPDATES.garbage4k ?? new Uint8Array()
        same(await load(garbage, true), errno(flagged.flags1), 'flags1')
        const { extra = {} } = recording
        if (!('sig' in extra)) return
        for (const [name, file] of Object.entries(UPDATES)) {
          same(await load(file, false), errno(extra[`ucode_${name}`]), `ucode_${name}`)
          const forced = errno(extra[`ucode2_force_${name}`])
          same(await load(file, true), forced, `ucode2_force_${name}`)
          // With the call of today, where there is one; older releases have the other alone.
          const young = errno(extra[`ucode2_${name}`])
          if (young !== 'ENOSYS') same(await load(file, false), young, `ucode2_${name}`)
        }
      })
    })
  })
})

/** Answers compared in each boot: of the simulated Xen, and of the replay, which was made for no ids. */
const COUNTS: Readonly<Record<string, readonly [simulated: number, replayed: number]>> = {
  '4.13.5-EPYC': [101, 97],
  '4.13.5-Skylake-Server': [84, 82],
  '4.15.7-EPYC': [101, 97],
  '4.15.7-Skylake-Server': [84, 82],
  '4.17-debian-EPYC': [101, 97],
  '4.17-debian-Skylake-Server': [84, 82],
  '4.17.0-EPYC': [101, 97],
  '4.17.0-Skylake-Server': [84, 82],
  '4.18.6-EPYC': [102, 98],
  '4.18.6-Skylake-Server': [85, 83],
  '4.20.3-EPYC': [109, 105],
  '4.20.3-Skylake-Server': [92, 90],
  '4.22.0-EPYC': [107, 105],
  '4.22.0-Skylake-Server': [91, 90],
  '4.17-debian-Haswell': [70, 68],
}

it('compares as many answers as there are', () => {
  for (const [key, count] of agreed) {
    const [kind = '', boot = ''] = key.split(' ')
    expect(count, key).toBe(COUNTS[boot]?.[kind === 'simulated' ? 0 : 1])
  }
  expect(Object.keys(COUNTS).sort()).toEqual([...BOOTS].sort())
})
