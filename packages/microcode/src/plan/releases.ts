/** Which Xen releases can load at run time by a rendezvous. */
import { nearestRelease, releaseHas } from '@xenlevel/cpuid'

/** The first with one. */
const RENDEZVOUS: readonly string[] = ['4.13.0']

/** Whether a Xen release loads at run time by a rendezvous that is known. */
export function hasRendezvous(xen: string): boolean {
  const release = nearestRelease(xen)
  return release !== undefined && releaseHas(release, RENDEZVOUS)
}
