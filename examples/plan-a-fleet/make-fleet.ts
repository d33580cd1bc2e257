/** A fleet of 10,000 hosts as it grows over ten years: clusters of recorded CPUs that were bought together. The same in every run. */
import { readFileSync } from 'node:fs'
import { type FleetGuest, type HostSnapshot, levelPool } from '@xenlevel/core'
import { type CpuVendor, Featureset } from '@xenlevel/cpuid'

/** Hosts of one generation. */
export interface Generation {
  readonly vendor: CpuVendor
  readonly cpu: string
  /** Cores of a host. */
  readonly cores: number
  /** Width of physical addresses in bits. */
  readonly width: number
  /** The recorded CPU that its hosts are like. */
  readonly like: string
  /** The same with older microcode, which every fifth host has. */
  readonly stale?: string
  /** How many of its clusters run each of the releases. */
  readonly clusters: readonly [number, number, number]
}

/** A host, and what a planner knows of it. */
export interface FleetHost {
  readonly host: HostSnapshot
  readonly generation: Generation
  /** Whether it has old microcode. */
  readonly stale: boolean
}

const RELEASES = ['4.17.7', '4.19.6', '4.20.3'] as const
const SITES = ['ams', 'fra', 'nyc', 'sin'] as const
const CLUSTER = 20

const intel = { vendor: 'Intel', width: 46 } as const
const amd = { vendor: 'AMD', width: 48 } as const
const broadwell = { like: 'il-00406f1-broadwelle-02', stale: 'il-00406f1-broadwelle-4' } as const
const skylake = { like: 'il-0050654-skylakexeon-16', stale: 'il-0050654-skylakexeon-2' } as const

/** The generations of each vendor, the oldest first: 500 clusters. */
export const GENERATIONS: readonly Generation[] = [
  { ...intel, cpu: 'IvyBridge', cores: 24, clusters: [20, 0, 0], like: 'il-00306e4-ivybridgeep' },
  { ...intel, cpu: 'Haswell', cores: 36, clusters: [40, 20, 0], like: 'il-00306f2-haswellep-05' },
  { ...intel, cpu: 'Broadwell', cores: 36, clusters: [40, 30, 10], ...broadwell },
  { ...intel, cpu: 'Skylake', cores: 32, clusters: [30, 40, 20], ...skylake },
  {
    ...intel,
    cpu: 'Cascade',
    cores: 48,
    clusters: [10, 40, 20],
    like: 'il-0050657-cascadelakesp-2',
  },
  {
    ...intel,
    cpu: 'Sapphire',
    cores: 72,
    clusters: [0, 15, 25],
    like: 'il-00806f8-sapphirerapids-06',
  },
  {
    ...intel,
    cpu: 'Emerald',
    cores: 64,
    clusters: [0, 0, 20],
    like: 'il-00c06f2-emeraldrapids-02',
  },
  { ...amd, cpu: 'Rome', cores: 48, clusters: [20, 30, 0], like: 'il-0830f10-k17-rome-2' },
  { ...amd, cpu: 'Milan', cores: 128, clusters: [10, 20, 10], like: 'il-0a00f11-k19-milan-1' },
  {
    ...amd,
    cpu: 'Genoa',
    cores: 64,
    width: 52,
    clusters: [0, 10, 20],
    like: 'il-0a10f11-k19-genoa-02',
  },
]

/** The fleet: clusters of each generation one after another, at the sites in turn. */
export function makeFleet(): FleetHost[] {
  const raws = recordedCpus()
  const clusters = GENERATIONS.flatMap((generation) =>
    generation.clusters.flatMap((many, at) =>
      Array.from({ length: many }, () => ({ generation, release: RELEASES[at] ?? RELEASES[0] })),
    ),
  )
  return clusters.flatMap(({ generation, release }, cluster) =>
    Array.from({ length: CLUSTER }, (_, at): FleetHost => {
      const { vendor, cpu, width, like, stale = like } = generation
      const raw = raws.get(at % 5 === 4 ? stale : like)
      if (raw === undefined) throw new Error(`no CPU was recorded as ${like}`)
      const host: HostSnapshot = {
        format: 'xenlevel/host-snapshot',
        version: 1,
        name: `${SITES[cluster % SITES.length]}-c${pad(cluster + 1, 3)}-h${pad(at + 1, 2)}`,
        cpu: { vendor, brand: cpu, signature: 0, physAddrBits: width, microcodeRevision: null },
        xen: { release, hvm: true, hap: true },
        featuresets: { raw },
        unknownWords: [],
        notes: [],
      }
      return { host, generation, stale: raw !== raws.get(like) }
    }),
  )
}

/** Four guests on each host, started at the level of its cluster in the words of the oldest release. */
export function makeGuests(hosts: readonly HostSnapshot[]): FleetGuest[] {
  const clusters = Array.from({ length: hosts.length / CLUSTER }, (_, at) =>
    hosts.slice(at * CLUSTER, (at + 1) * CLUSTER),
  )
  return clusters.flatMap((cluster) => {
    const { hvm } = levelPool(cluster, { release: RELEASES[0] })
    return cluster.flatMap(({ name: host, cpu: { vendor } }) => {
      const guest = { kind: 'hvm', vendor, host, featureset: hvm.default } as const
      return [1, 2, 3, 4].map((number) => ({ ...guest, name: `${host}-vm${number}` }))
    })
  })
}

const pad = (number: number, digits: number) => String(number).padStart(digits, '0')

/** What recorded CPUs say of themselves. Intel's hide SYSCALL from 32-bit programs, which took some of the dumps. */
function recordedCpus(): Map<string, Featureset> {
  const { pools }: { pools: { hosts: string[]; featuresets: string[] }[] } = JSON.parse(
    readFileSync(new URL('../../fixtures/levelling/pools.json', import.meta.url), 'utf8'),
  )
  const syscall = Featureset.fromNames(['SYSCALL'])
  const sets = pools.flatMap(({ hosts, featuresets }) =>
    hosts.map((name, at) => [name, Featureset.parse(featuresets[at] ?? '').or(syscall)] as const),
  )
  return new Map(sets)
}
