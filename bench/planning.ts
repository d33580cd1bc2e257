/** What is timed of planning for a fleet. */
import { mobility, partitionFleet } from '@xenlevel/core'
import { fleetGuests, fleetHosts } from './fleet.js'
import type { Operation } from './operation.js'

const GUESTS = 10_000
const HOSTS = 500
const FLEET = 2_000
const POOLS = 4

/** The operations. */
export function planning(): readonly Operation[] {
  const hosts = fleetHosts({ hosts: HOSTS })
  const guests = fleetGuests(hosts, GUESTS)
  const fleet = fleetHosts({ hosts: FLEET, kinds: 200 })
  return [
    {
      name: `mobility of ${GUESTS} guests over ${HOSTS} hosts`,
      ours: () => {
        const matrix = mobility(guests, hosts)
        for (const guest of matrix.guests) matrix.hostsFor(guest)
        return matrix.stranded
      },
      limit: 1_000_000_000,
      batch: 1,
    },
    {
      name: `split ${FLEET} hosts into ${POOLS} pools`,
      ours: () => partitionFleet(fleet, { pools: POOLS }),
      limit: 2_000_000_000,
      batch: 1,
    },
  ]
}
