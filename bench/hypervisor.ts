/** What a hypercall costs beyond the ioctl itself, on a device that refuses every one: what Xen takes for it is not ours. */
import { Abi } from '../packages/hw-xen/src/abi/layouts.js'
import { OPERATIONS } from '../packages/hw-xen/src/abi/operations.js'
import { HypercallDoor } from '../packages/hw-xen/src/hypercall.js'
import { koffiLibc } from '../packages/hw-xen/src/libc.js'

const TURNS = 20_000

/** Nanoseconds of one call: the least over some rounds. */
function least(call: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 9; round++) {
    const start = process.hrtime.bigint()
    for (let turn = 0; turn < TURNS; turn++) call()
    best = Math.min(best, Number(process.hrtime.bigint() - start) / TURNS)
  }
  return best
}

/** A hypercall less a bare ioctl, in nanoseconds; null where there is no Linux on x86-64. */
export function hypercallOverhead(): number | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  const libc = koffiLibc()
  const fd = libc.open('/dev/zero', 0)
  const door = new HypercallDoor({ libc, fd }, new Abi({ sysctl: 0x15, domctl: 0x15 }))
  try {
    const bare = least(() => libc.ioctl(fd, 0x30_5000, 0n))
    const ours = least(() => {
      door.begin(OPERATIONS.physinfo)
      door.issue(OPERATIONS.physinfo)
    })
    return ours - bare
  } finally {
    door.close()
    libc.close(fd)
  }
}
