/** What is timed of planning for a fleet. */
import { levelPool } from '@xenlevel/core'
import { fleetHosts } from './fleet.js'
import type { Operation } from './operation.js'

/** The operations. */
export function planning(): readonly Operation[] {
  const hosts = fleetHosts({ hosts: 1000, vendors: ['Intel'] })
  return [
    {
      name: `level ${hosts.length} hosts with their losses`,
      ours: () => levelPool(hosts),
      limit: 200_000_000,
      batch: 1,
    },
  ]
}
