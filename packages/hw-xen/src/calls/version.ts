/** Who is running: the operations of xen_version. */
import type { HypervisorVersion } from '@xenlevel/core'
import { XENVER } from '../abi/operations.js'
import { answered, type HypercallDoor } from '../hypercall.js'

/** Which of the strings. */
type VersionString = 'extraversion' | 'capabilities' | 'changeset' | 'commandLine'

/** A string that Xen tells of itself. */
export function readVersionString(door: HypercallDoor, which: VersionString): string {
  const { name, command, bytes } = XENVER[which]
  answered(name, door.askVersion(name, command, bytes))
  const text = door.take(bytes)
  const end = text.indexOf(0)
  return new TextDecoder().decode(end < 0 ? text : text.subarray(0, end))
}

/** Major and minor number. */
export function readVersionNumber(door: HypercallDoor): { major: number; minor: number } {
  const { name, command } = XENVER.version
  const number = answered(name, door.askVersion(name, command, 0))
  return { major: number >>> 16, minor: number & 0xffff }
}

/** The release that numbers and what follows them mean: `4`, `17` and `'.7-debian'` are `'4.17.7'`. */
export function releaseOf(
  { major, minor }: { major: number; minor: number },
  extra: string,
): string {
  return `${major}.${minor}${/^\.\d+/.exec(extra)?.[0] ?? ''}`
}

/** All that Xen tells of itself. */
export function readVersion(door: HypercallDoor): HypervisorVersion {
  const number = readVersionNumber(door)
  const extra = readVersionString(door, 'extraversion')
  return {
    ...number,
    extra,
    release: releaseOf(number, extra),
    changeset: readVersionString(door, 'changeset'),
    capabilities: readVersionString(door, 'capabilities'),
    commandLine: readVersionString(door, 'commandLine'),
  }
}
