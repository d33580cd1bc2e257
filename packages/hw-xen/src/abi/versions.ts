/** The interface versions of Xen's control hypercalls: which of them this package has layouts for, and which it looks for. */

/** The two interfaces whose version changes with releases. */
export type VersionedInterface = 'sysctl' | 'domctl'

/** The versions that a Xen speaks. */
export interface InterfaceVersions {
  /** XEN_SYSCTL_INTERFACE_VERSION. */
  readonly sysctl: number
  /** XEN_DOMCTL_INTERFACE_VERSION. */
  readonly domctl: number
}

/** XENPF_INTERFACE_VERSION, the same in every release from 4.13 to 4.22 (xen/include/public/platform.h). */
export const PLATFORM_VERSION = 0x0300_0001

/** The versions that there are layouts for: 4.13 to 4.22 (xen/include/public/sysctl.h and domctl.h of each). */
export const KNOWN_VERSIONS: Readonly<
  Record<VersionedInterface, { readonly oldest: number; readonly newest: number }>
> = {
  sysctl: { oldest: 0x12, newest: 0x16 },
  domctl: { oldest: 0x12, newest: 0x18 },
}

/** How far beyond the known versions is looked, so that the error can name what a Xen speaks that is too old or too new. */
const MARGIN = 8

/** The versions to try on a Xen, the known ones first and from the newest. */
export function versionsToTry(face: VersionedInterface): number[] {
  const { oldest, newest } = KNOWN_VERSIONS[face]
  const count = newest - oldest + 1
  return [
    ...Array.from({ length: count }, (_, place) => newest - place),
    ...Array.from({ length: MARGIN }, (_, place) => newest + 1 + place),
    ...Array.from({ length: MARGIN }, (_, place) => oldest - 1 - place),
  ]
}

/** True if there are layouts for this version. */
export function hasLayouts(face: VersionedInterface, version: number): boolean {
  const { oldest, newest } = KNOWN_VERSIONS[face]
  return version >= oldest && version <= newest
}
