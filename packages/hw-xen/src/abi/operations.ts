/** The operations that are called, by number (xen/include/public/xen.h, version.h, sysctl.h, domctl.h, platform.h). */
import type { Place } from './layouts.js'
import { PLATFORM_VERSION } from './versions.js'

/** The hypercalls that have operations in a struct of their own. */
export type Interface = 'sysctl' | 'domctl' | 'platform'

/** One operation of one of them. */
export interface Operation {
  /** As errors call it: the hypercall and the operation's name in Xen's headers. */
  readonly name: OperationName
  /** The hypercall it belongs to. */
  readonly face: Interface
  /** Its number there. */
  readonly command: number
}

/** What all operations of a hypercall share. */
export interface InterfaceRow {
  /** The hypercall's number. */
  readonly hypercall: number
  /** Its struct, by the name of its size. */
  readonly struct: Place
  /** Where the operation's own part begins. */
  readonly union: Place
  /** Its version, where that never changed. */
  readonly version?: number
}

/** The hypercalls. Their structs begin with the operation's number and the interface version, 32 bits each. */
export const INTERFACES: Readonly<Record<Interface, InterfaceRow>> = {
  sysctl: { hypercall: 35, struct: 'xen_sysctl', union: 'xen_sysctl.u' },
  domctl: { hypercall: 36, struct: 'xen_domctl', union: 'xen_domctl.u' },
  platform: {
    hypercall: 7,
    struct: 'xen_platform_op',
    union: 'xen_platform_op.u',
    version: PLATFORM_VERSION,
  },
}

/** The number of the hypercall xen_version, which has no struct. */
export const XEN_VERSION = 17

/** Operations of xen_version; the strings with the bytes that each has (xen/include/public/version.h). */
export const XENVER = {
  version: { command: 0, name: 'xen_version version', bytes: 0 },
  extraversion: { command: 1, name: 'xen_version extraversion', bytes: 16 },
  capabilities: { command: 3, name: 'xen_version capabilities', bytes: 1024 },
  changeset: { command: 4, name: 'xen_version changeset', bytes: 64 },
  commandLine: { command: 9, name: 'xen_version commandline', bytes: 1024 },
} as const

/** The names of all operations. */
export type OperationName =
  | (typeof XENVER)[keyof typeof XENVER]['name']
  | `sysctl ${'physinfo' | 'get_cpu_levelling_caps' | 'get_cpu_featureset' | 'get_cpu_policy'}`
  | `domctl ${'createdomain' | 'destroydomain' | 'getdomaininfo' | 'get_cpu_policy' | 'set_cpu_policy'}`
  | `platform_op ${'microcode_update' | 'get_cpu_version' | 'get_ucode_revision' | 'microcode_update2'}`

/** The operations that are called. */
export const OPERATIONS = {
  physinfo: { name: 'sysctl physinfo', face: 'sysctl', command: 3 },
  levellingCaps: { name: 'sysctl get_cpu_levelling_caps', face: 'sysctl', command: 25 },
  featureset: { name: 'sysctl get_cpu_featureset', face: 'sysctl', command: 26 },
  systemPolicy: { name: 'sysctl get_cpu_policy', face: 'sysctl', command: 29 },
  createDomain: { name: 'domctl createdomain', face: 'domctl', command: 1 },
  destroyDomain: { name: 'domctl destroydomain', face: 'domctl', command: 2 },
  domainInfo: { name: 'domctl getdomaininfo', face: 'domctl', command: 5 },
  domainPolicy: { name: 'domctl get_cpu_policy', face: 'domctl', command: 82 },
  setDomainPolicy: { name: 'domctl set_cpu_policy', face: 'domctl', command: 83 },
  microcodeUpdate: { name: 'platform_op microcode_update', face: 'platform', command: 35 },
  cpuVersion: { name: 'platform_op get_cpu_version', face: 'platform', command: 48 },
  microcodeRevision: { name: 'platform_op get_ucode_revision', face: 'platform', command: 65 },
  microcodeUpdate2: { name: 'platform_op microcode_update2', face: 'platform', command: 66 },
} as const satisfies Record<string, Operation>
