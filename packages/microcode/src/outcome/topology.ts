/** A host's CPUs put into the regular order that the model of a late load has: cores of equally many threads. */
import { XenlevelError } from '@xenlevel/cpuid'
import type { HostCpu, LateLoadHost } from './types.js'

/** Where the CPUs of a host are in the model. */
export interface ModelPlaces {
  /** Cores of the model. */
  readonly cores: number
  /** Threads of each; threads that a core does not have are offline in the model. */
  readonly threadsPerCore: number
  /** By the host's number: the number in the model. */
  readonly places: readonly number[]
  /** Numbers in the model that take no part. */
  readonly offline: readonly number[]
  /** By the host's number: the first CPU of its core that takes part, which writes for all of it on Intel; null if none does. */
  readonly leaders: readonly (number | null)[]
}

/** Whether a CPU takes part in a load. */
export function takesPart({ online = true, parked = false }: HostCpu): boolean {
  return online && !parked
}

/** Cores by their first CPU, threads in their order, so that the first of a core stays the first. */
export function placesOf({ cpus, threadsPerCore = 1 }: LateLoadHost): ModelPlaces {
  if (!cpus.some(takesPart)) {
    throw new XenlevelError({
      code: 'HOST_WITHOUT_CPUS',
      message: `None of the ${cpus.length} CPUs of the host is online: somebody has to make the call.`,
      details: { cpus: cpus.length },
    })
  }
  const cores = new Map<string, number[]>()
  for (const [cpu, { core }] of cpus.entries()) {
    const key = core === undefined ? `thread ${Math.floor(cpu / threadsPerCore)}` : `core ${core}`
    const members = cores.get(key) ?? []
    cores.set(key, members)
    members.push(cpu)
  }
  const threads = Math.max(...[...cores.values()].map((members) => members.length))
  const places = cpus.map(() => 0)
  const leaders: (number | null)[] = cpus.map(() => null)
  const offline: number[] = []
  for (const [index, members] of [...cores.values()].entries()) {
    const leader = members.find((cpu) => cpus.slice(cpu, cpu + 1).some(takesPart)) ?? null
    for (const cpu of members) leaders[cpu] = leader
    for (let thread = 0; thread < threads; thread++) {
      const [place, cpu] = [index * threads + thread, members[thread]]
      if (cpu !== undefined) places[cpu] = place
      const state = cpu === undefined ? undefined : cpus[cpu]
      if (state === undefined || !takesPart(state)) offline.push(place)
    }
  }
  return { cores: cores.size, threadsPerCore: threads, places, offline, leaders }
}
