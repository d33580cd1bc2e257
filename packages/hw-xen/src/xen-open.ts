/** Opening the running Xen: the device, memory, what it speaks and has; each thing that can be missing with its own error. */
import { HypercallError } from '@xenlevel/core'
import { errnoName } from './abi/errnos.js'
import { Abi } from './abi/layouts.js'
import { KNOWN_VERSIONS } from './abi/versions.js'
import { ArenaError } from './arena.js'
import { readVersionNumber, readVersionString, releaseOf } from './calls/version.js'
import { type Device, HypercallDoor } from './hypercall.js'
import { koffiLibc, type Libc } from './libc.js'
import { Xen } from './xen.js'
import { findLacks, negotiateVersions, tellsLevellingCaps } from './xen-negotiate.js'
import { XenUnavailableError, type XenUnavailableReason } from './xen-unavailable.js'

/** How a Xen is opened. */
export interface OpenXenOptions {
  /** The hypercall device; by default `/dev/xen/privcmd`, or `/proc/xen/privcmd` on older systems. */
  readonly device?: string
  /** The C library functions to reach it by; by default those of this process, through koffi. */
  readonly libc?: Libc
}

/** O_RDWR | O_CLOEXEC. */
const OPEN_FLAGS = 0o2000002

/** The device, and its old name. */
const DEVICES = ['/dev/xen/privcmd', '/proc/xen/privcmd']

/** What an errno of open(2) means; what is not here is the kernel's. */
const OPEN_FAILURES: Readonly<Partial<Record<string, XenUnavailableReason>>> = {
  ENOENT: 'device',
  ENOTDIR: 'device',
  ENXIO: 'device',
  ENODEV: 'device',
  EACCES: 'permission',
  EPERM: 'permission',
}

/**
 * Opens the Xen that this machine runs. Takes dom0, as root, and the package koffi.
 *
 * @throws {@link XenUnavailableError} that says what is missing, with what to do.
 * @throws {@link @xenlevel/core!HypercallError} if Xen refuses a call that every Xen has.
 */
export function openXen(options: OpenXenOptions = {}): Xen {
  const libc = options.libc ?? koffiLibc()
  const device = openDevice(libc, options.device === undefined ? DEVICES : [options.device])
  let door: HypercallDoor | undefined
  try {
    door = firstDoor(device)
    const release = askRelease(door)
    const speaking = door.speaking(negotiateVersions(door, release))
    return new Xen({
      device,
      door: speaking,
      release,
      lacks: findLacks(speaking),
      tellsLevellingCaps: tellsLevellingCaps(speaking),
    })
  } catch (error) {
    door?.close()
    libc.close(device.fd)
    throw error
  }
}

function openDevice(libc: Libc, paths: readonly string[]): Device {
  const failures: { path: string; errno: string; missing: XenUnavailableReason }[] = []
  for (const path of paths) {
    const fd = libc.open(path, OPEN_FLAGS)
    if (fd >= 0) return { libc, fd }
    const errno = errnoName(libc.errno())
    failures.push({ path, errno, missing: OPEN_FAILURES[errno] ?? 'kernel' })
  }
  // What is there but does not open says more than what is not there.
  const { path, errno, missing } = failures.find((failure) => failure.missing !== 'device') ??
    failures[0] ?? { path: 'none', errno: 'ENOENT', missing: 'device' }
  throw new XenUnavailableError(missing, { device: path, errno })
}

/** A door that does not know yet what this Xen speaks. */
function firstDoor(device: Device): HypercallDoor {
  const { sysctl, domctl } = KNOWN_VERSIONS
  try {
    return new HypercallDoor(device, new Abi({ sysctl: sysctl.newest, domctl: domctl.newest }))
  } catch (error) {
    if (error instanceof ArenaError) {
      throw new XenUnavailableError('memory', { errno: error.errno }, error)
    }
    throw error
  }
}

/** The first call that reaches Xen, or does not. */
function askRelease(door: HypercallDoor): string {
  try {
    return releaseOf(readVersionNumber(door), readVersionString(door, 'extraversion'))
  } catch (error) {
    if (!(error instanceof HypercallError)) throw error
    const missing = error.errno === 'EPERM' ? 'permission' : 'kernel'
    throw new XenUnavailableError(missing, { errno: error.errno }, error)
  }
}
