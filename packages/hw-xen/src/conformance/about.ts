/** Who is running, what the machine has, and what is lacking. */
import {
  HypercallError,
  type Hypervisor,
  HypervisorLacksError,
  levellingCapsOfSysctl,
  type OptionalCall,
  publicLevellingCaps,
} from '@xenlevel/core'
import { demand, demandErrno, demandError, demandRejection, demandSame } from './expect.js'
import { ConformanceError, type Guarantee } from './types.js'

const OPTIONAL: readonly OptionalCall[] = [
  'featureset pvMax',
  'featureset hvmMax',
  'levellingCaps',
  'microcodeRevision',
  'updateMicrocode force',
]

/** A number that no CPU has: Xen is never built for more than 16383. */
const NO_CPU = 0xffff

const isWord = (value: number) => Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff

/** Calls that an update is forced with; bytes that no CPU takes. */
const NO_MICROCODE = 64

function call(xen: Hypervisor, which: Exclude<OptionalCall, 'updateMicrocode force'>): unknown {
  switch (which) {
    case 'featureset pvMax':
      return xen.featureset('pvMax')
    case 'featureset hvmMax':
      return xen.featureset('hvmMax')
    case 'levellingCaps':
      return xen.levellingCaps()
    case 'microcodeRevision':
      return xen.microcodeRevision(0)
  }
}

/** Guarantees about the host as a whole. */
export const ABOUT: readonly Guarantee[] = [
  {
    name: 'version() and release are one',
    check(bench) {
      const xen = bench.open()
      const { major, minor, extra, release, capabilities, changeset, commandLine } = xen.version()
      demandSame(xen.release, release, 'release')
      const [, point = '0'] = /^\.(\d+)/.exec(extra) ?? []
      const numbers = `${major}.${minor}`
      demand(
        release === `${numbers}.${point}` || release.startsWith(`${numbers}-`),
        `release is ${release}; major, minor and extra say ${numbers}${extra}.`,
      )
      demand(major >= 4 && Number.isInteger(minor), `There is no Xen ${numbers}.`)
      for (const [name, text] of Object.entries({ capabilities, changeset, commandLine })) {
        demand(typeof text === 'string', `${name} is no text.`)
        demand(!text.includes('\0'), `${name} holds the zero that ends Xen's text.`)
      }
    },
  },
  {
    name: 'capabilities of version() name the kinds of guest of physinfo()',
    check(bench) {
      const xen = bench.open()
      const { capabilities } = xen.version()
      const { pv, hvm } = xen.physinfo()
      demandSame(/(^| )xen-3\.0-x86_64/.test(capabilities), pv, 'PV by its capabilities')
      demandSame(/(^| )hvm-3\.0-/.test(capabilities), hvm, 'HVM by its capabilities')
    },
  },
  {
    name: 'physinfo() counts are possible',
    check(bench) {
      const info = bench.open().physinfo()
      const counts = [info.threadsPerCore, info.coresPerSocket, info.onlineCpus, info.nodes]
      demand(
        counts.every((count) => Number.isInteger(count) && count >= 1),
        `Threads, cores, CPUs and nodes are ${counts.join(', ')}; each is at least 1.`,
      )
      demand(
        info.maxCpuId >= info.onlineCpus - 1,
        `The highest CPU is ${info.maxCpuId}, but ${info.onlineCpus} are online.`,
      )
      demand(
        info.totalPages > 0n && info.freePages >= 0n && info.freePages <= info.totalPages,
        `${info.freePages} pages of ${info.totalPages} are free.`,
      )
      demand(info.hvm || !info.hap, 'Paging of HVM guests is assisted, but there are none.')
    },
  },
  {
    name: 'hwCap of physinfo() begins as the host featureset does',
    check(bench) {
      const xen = bench.open()
      const { hwCap } = xen.physinfo()
      const { words } = xen.featureset('host')
      demand(hwCap.length > 0 && hwCap.every(isWord), `hwCap is ${hwCap.join(', ')}.`)
      // The next word repeats leaf 1 on AMD's CPUs in one of the two alone.
      demandSame(hwCap.slice(0, 2), words.slice(0, 2), 'What hwCap begins with')
    },
  },
  {
    name: 'cpus() has every CPU from 0 to the highest, in order',
    check(bench) {
      const xen = bench.open()
      const cpus = xen.cpus()
      const { maxCpuId, onlineCpus } = xen.physinfo()
      const numbers = Array.from({ length: maxCpuId + 1 }, (_, number) => number)
      demandSame(
        cpus.map(({ id }) => id),
        numbers,
        'The numbers of cpus()',
      )
      demandSame(cpus.filter(({ online }) => online).length, onlineCpus, 'How many are online')
    },
  },
  {
    name: 'cpus() are of the vendor and signature of the raw policy',
    check(bench) {
      const xen = bench.open()
      const raw = xen.policy('raw')
      const first = xen.cpus().find(({ online }) => online)
      demand(first !== undefined, 'No CPU is online.')
      demandSame(first.vendor, raw.vendor, `The vendor of CPU ${first.id}`)
      demandSame(first.signature, raw.leaf(1).a, `The signature of CPU ${first.id}`)
      for (const { id, platformId } of xen.cpus()) {
        const known = platformId === null || (Number.isInteger(platformId) && platformId <= 7)
        demand(known && (platformId ?? 0) >= 0, `CPU ${id} has platform id ${platformId}.`)
      }
    },
  },
  {
    name: 'cpus() has the revisions that microcodeRevision() answers',
    check(bench) {
      const xen = bench.open()
      const lacks = xen.lacks.includes('microcodeRevision')
      for (const { id, online, microcodeRevision } of xen.cpus()) {
        if (lacks || !online) continue
        const revision = xen.microcodeRevision(id)
        demand(isWord(revision), `The revision of CPU ${id} is ${revision}, no unsigned word.`)
        demandSame(microcodeRevision, revision, `The revision of CPU ${id} in cpus()`)
      }
      if (lacks) return bench.skip('it lacks microcodeRevision')
    },
  },
  {
    name: 'microcodeRevision() of a CPU that there is not is ENOENT',
    check(bench) {
      const xen = bench.open()
      bench.needs(xen, 'microcodeRevision')
      demandErrno(() => xen.microcodeRevision(NO_CPU), ['ENOENT'], `microcodeRevision(${NO_CPU})`)
    },
  },
  {
    name: 'lacks has calls of the contract, each once',
    check(bench) {
      const { lacks } = bench.open()
      demand(
        lacks.every((name) => OPTIONAL.includes(name)) && new Set(lacks).size === lacks.length,
        `lacks is ${lacks.join(', ')}.`,
      )
    },
  },
  ...OPTIONAL.flatMap((which): Guarantee[] =>
    which === 'updateMicrocode force'
      ? []
      : [
          {
            name: `${which} is there unless lacks has it`,
            check(bench) {
              const xen = bench.open()
              if (xen.lacks.includes(which)) {
                demandError(() => call(xen, which), HypervisorLacksError, which)
                return
              }
              try {
                call(xen, which)
              } catch (error) {
                if (!(error instanceof HypervisorLacksError)) throw error
                throw new ConformanceError(
                  `${which} is lacking, but lacks does not have it.`,
                  {},
                  error,
                )
              }
            },
          },
        ],
  ),
  {
    name: 'updateMicrocode force is there unless lacks has it',
    async check(bench) {
      if (bench.options.microcode === false) return bench.skip('no microcode may be given to it')
      const xen = bench.open()
      const force = () => xen.updateMicrocode(new Uint8Array(NO_MICROCODE), { force: true })
      if (xen.lacks.includes('updateMicrocode force')) {
        await demandRejection(force, HypervisorLacksError, 'A forced update')
        return
      }
      try {
        const { errno } = await force()
        demand(errno !== 'OK' && errno !== 'ENOSYS', `A forced update of nothing is ${errno}.`)
      } catch (error) {
        const refused = error instanceof HypervisorLacksError || error instanceof HypercallError
        if (!refused) throw error
        throw new ConformanceError(
          `A forced update is thrown out (${error.message}); what Xen says to it is an answer.`,
          {},
          error,
        )
      }
    },
  },
  {
    name: 'levellingCaps() is of this release and of the raw policy',
    check(bench) {
      const xen = bench.open()
      bench.needs(xen, 'levellingCaps')
      const caps = xen.levellingCaps()
      demandSame(caps.release, xen.release, 'The release of levellingCaps()')
      demand(caps.raw.equals(xen.policy('raw')), 'levellingCaps() is of another raw policy.')
      const bits = publicLevellingCaps(caps)
      if (bits === null) return
      const read = levellingCapsOfSysctl(bits, caps.raw, caps.release)
      demandSame([...read.caps].sort(), [...caps.caps].sort(), 'What levellingCaps() has')
    },
  },
]
