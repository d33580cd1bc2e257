/** The ways to load an update, and which of them can be gone on a host. */

import { selectRelease } from '../select/rules.js'
import { hasRendezvous } from './releases.js'
import type { PlanAction, PlanHost, PlanRoad } from './types.js'

/** All ways, with what is planned in mind. */
export function roadsOf(host: PlanHost, action: PlanAction): PlanRoad[] {
  const nothing = action === 'nothing' || action === 'blocked'
  return [bootRoad(host, nothing), hypercallRoad(host, action), sysfsRoad(host, action)]
}

function bootRoad({ xen }: PlanHost, nothing: boolean): PlanRoad {
  const how =
    xen === null
      ? 'Linux takes it from an early cpio archive in front of its initrd.'
      : 'Xen takes it from a module (ucode=N), or from an early cpio archive in front of the initrd (ucode=scan).'
  return { name: 'boot', applies: !nothing, why: nothing ? 'Nothing is to be loaded.' : how }
}

function hypercallRoad({ xen }: PlanHost, action: PlanAction): PlanRoad {
  const name = 'hypercall'
  if (xen === null) return { name, applies: false, why: 'There is no Xen to call.' }
  if (!hasRendezvous(xen))
    return {
      name,
      applies: false,
      why: `How Xen ${xen} loads at run time is not known to be safe.`,
    }
  if (action !== 'late') return { name, applies: false, why: notLate(action) }
  const call = selectRelease(xen).rules.hasFlags
    ? 'XENPF_microcode_update2 (operation 66)'
    : 'XENPF_microcode_update (operation 35); tools of 4.20 and later do not have it'
  return {
    name,
    applies: true,
    why: `The whole file is handed to Xen, which chooses from it for CPU 0: ${call}.`,
  }
}

function sysfsRoad({ xen }: PlanHost, action: PlanAction): PlanRoad {
  const name = 'sysfs'
  if (xen !== null) {
    const why =
      'Under Xen the kernel has no microcode loader: /sys/devices/system/cpu/microcode/reload is not there.'
    return { name, applies: false, why }
  }
  if (action !== 'late') return { name, applies: false, why: notLate(action) }
  return {
    name,
    applies: true,
    why: 'Linux loads the file of its CPU from /lib/firmware; since 5.19 only if CONFIG_MICROCODE_LATE_LOADING is set.',
  }
}

function notLate(action: PlanAction): string {
  if (action === 'early') return 'The update must wait for a boot.'
  return 'Nothing is to be loaded.'
}
