/** Many simulated hosts at once. */
import { XenlevelError } from '@xenlevel/cpuid'
import type { SimulatedXenOptions } from './options.js'

/** What a host of a pool has of its own. */
export type PoolHost = Partial<SimulatedXenOptions> & Pick<SimulatedXenOptions, 'raw'>

/** What hosts of a pool have in common. */
export type PoolCommon = Omit<Partial<SimulatedXenOptions>, 'name'> &
  Pick<SimulatedXenOptions, 'release'>

/** The options of each host; those without a name get one. @throws XenlevelError `SIMULATED_POOL` if two have one name. */
export function poolOptions(
  hosts: readonly PoolHost[],
  common: PoolCommon,
): (SimulatedXenOptions & { readonly name: string })[] {
  const named = hosts.map((host, index) => ({
    ...common,
    name: `host-${index + 1}`,
    ...host,
  }))
  const names = new Set<string>()
  for (const { name } of named) {
    if (names.has(name)) {
      throw new XenlevelError({
        code: 'SIMULATED_POOL',
        message: `Two hosts of the pool are called ${JSON.stringify(name)}: give each a name of its own.`,
        details: { name },
      })
    }
    names.add(name)
  }
  return named
}
