/** What one Xen speaks and has, found once when it is opened: interface versions by trying, calls by probing. */
import type { OptionalCall } from '@xenlevel/core'
import { ERRNOS, errnoName, meansLacking } from './abi/errnos.js'
import { Abi } from './abi/layouts.js'
import { OPERATIONS } from './abi/operations.js'
import { hasLayouts, type VersionedInterface, versionsToTry } from './abi/versions.js'
import { tryCpuMicrocode } from './calls/cpus.js'
import { askFeaturesetWords, tryFeatureset, tryLevellingCaps } from './calls/featureset.js'
import { probeUpdate2 } from './calls/microcode.js'
import { answered, type HypercallDoor } from './hypercall.js'
import { XenUnavailableError } from './xen-unavailable.js'

/** A call that does nothing but tell whether the version is right. */
const HARMLESS = { sysctl: OPERATIONS.featureset, domctl: OPERATIONS.domainInfo } as const

/**
 * The layouts of this Xen.
 *
 * @throws {@link XenUnavailableError} if it speaks no version that is known, or refuses this domain.
 */
export function negotiateVersions(door: HypercallDoor, release: string): Abi {
  return new Abi({
    sysctl: findVersion(door, 'sysctl', release),
    domctl: findVersion(door, 'domctl', release),
  })
}

function findVersion(door: HypercallDoor, face: VersionedInterface, release: string): number {
  for (const version of versionsToTry(face)) {
    const speaking = door.speaking(new Abi({ ...door.abi.versions, [face]: version }))
    speaking.begin(HARMLESS[face])
    const result = speaking.issue(HARMLESS[face])
    if (result === -ERRNOS.EACCES) continue
    if (result === -ERRNOS.EPERM) throw new XenUnavailableError('not-dom0', { release })
    if (result < 0) {
      const errno = errnoName(-result)
      throw new XenUnavailableError('kernel', { release, operation: HARMLESS[face].name, errno })
    }
    if (hasLayouts(face, version)) return version
    throw new XenUnavailableError('interface-version', {
      release,
      [face]: `0x${version.toString(16)}`,
    })
  }
  throw new XenUnavailableError('interface-version', { release, [face]: 'none of those tried' })
}

/** The calls that this Xen lacks. A version says nothing of that: backports bring calls without changing it. */
export function findLacks(door: HypercallDoor): OptionalCall[] {
  const words = askFeaturesetWords(door)
  const microcode = tryCpuMicrocode(door, 0)
  const probes: readonly (readonly [OptionalCall, lacking: boolean])[] = [
    ['featureset pvMax', isNoIndex(tryFeatureset(door, 'pvMax', words))],
    ['featureset hvmMax', isNoIndex(tryFeatureset(door, 'hvmMax', words))],
    ['microcodeRevision', typeof microcode === 'number' && meansLacking(-microcode)],
    ['updateMicrocode force', meansLacking(-probeUpdate2(door))],
  ]
  return probes.filter(([, lacking]) => lacking).map(([call]) => call)
}

/** Whether Xen itself tells its levelling capabilities: up to 4.21. */
export function tellsLevellingCaps(door: HypercallDoor): boolean {
  const result = tryLevellingCaps(door)
  if (result < 0 && meansLacking(-result)) return false
  answered(OPERATIONS.levellingCaps.name, Math.min(result, 0))
  return true
}

function isNoIndex(result: number): boolean {
  return result === -ERRNOS.EINVAL
}
