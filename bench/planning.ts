/** What is timed of planning for a fleet. */
import { mobility, partitionFleet, whatIf } from '@xenlevel/core'
import { fleetGuests, fleetHosts } from './fleet.js'
import type { Operation } from './operation.js'

const GUESTS = 10_000
const HOSTS = 500
const FLEET = 2_000
const POOLS = 4
const POOL = 1_000

/** The operations. */
export function planning(): readonly Operation[] {
  const hosts = fleetHosts({ hosts: HOSTS })
  const guests = fleetGuests(hosts, GUESTS)
  const fleet = fleetHosts({ hosts: FLEET, kinds: 200 })
  const pool = fleetHosts({ hosts: POOL + 1, kinds: 200 })
  const [joining, ...joined] = pool
  const asked = whatIf(joined)
  return [
    {
      name: `what if a host joins ${POOL} others`,
      ours: () => {
        if (joining === undefined) throw new Error('the fleet has a host')
        return asked.join(joining)
      },
      limit: 10_000_000,
      batch: 1,
    },
    {
      name: `what if a host leaves ${POOL}`,
      ours: () => asked.leave(joined[0]?.name ?? ''),
      limit: 10_000_000,
      batch: 1,
    },
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
