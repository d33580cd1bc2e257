/** The CPUs of a simulated machine: which there are, and which of them Xen runs on. */
import { XenlevelError } from '@xenlevel/cpuid'
import type { SimulatedTopology } from './options.js'

/** A machine's CPUs. Core k has CPUs `k * threads` and on. */
export interface CpuPlaces {
  /** Sockets. */
  readonly sockets: number
  /** Cores of the machine. */
  readonly cores: number
  /** Threads of a core. */
  readonly threads: number
  /** CPUs, online and offline. */
  readonly count: number
  /** Those that are offline, by number, ascending. */
  readonly offline: readonly number[]
}

/** Xen's limit is 4095 by default and 16383 at most (arch/Kconfig); the rendezvous is known up to this. */
const MOST_CPUS = 4096

/** The CPUs of a topology. @throws XenlevelError `SIMULATED_TOPOLOGY` for one that cannot be. */
export function placesOf(topology: SimulatedTopology = {}): CpuPlaces {
  const { sockets = 1, cores = 1, threads = 1, offline = [] } = topology
  const count = sockets * cores * threads
  const natural = [sockets, cores, threads].every((one) => Number.isInteger(one) && one > 0)
  const known = offline.every((cpu) => Number.isInteger(cpu) && cpu > 0 && cpu < count)
  if (!natural || count > MOST_CPUS || !known) {
    throw new XenlevelError({
      code: 'SIMULATED_TOPOLOGY',
      message: `No machine has ${sockets} sockets of ${cores} cores of ${threads} threads with the CPUs ${offline.join(', ') || 'none'} offline: give whole numbers from 1 on, at most ${MOST_CPUS} CPUs, and leave CPU 0 online.`,
      details: { ...topology },
    })
  }
  return {
    sockets,
    cores: sockets * cores,
    threads,
    count,
    offline: [...new Set(offline)].sort((a, b) => a - b),
  }
}

/** The number of threads of CPU 0's core, and of cores of its socket, that Xen counts: those that are online. */
export function shapeAtZero({ sockets, cores, threads, offline }: CpuPlaces): {
  readonly threadsPerCore: number
  readonly coresPerSocket: number
} {
  const isOnline = (cpu: number) => !offline.includes(cpu)
  const perSocket = (cores / sockets) * threads
  const siblings = Array.from({ length: threads }, (_, cpu) => cpu).filter(isOnline).length
  const inSocket = Array.from({ length: perSocket }, (_, cpu) => cpu).filter(isOnline).length
  // common/sysctl.c divides the CPUs of the socket by those of the core.
  return { threadsPerCore: siblings, coresPerSocket: Math.floor(inSocket / siblings) }
}
