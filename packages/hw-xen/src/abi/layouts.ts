/**
 * Where things are in the structs of Xen's control hypercalls, by the names of Xen's headers (xen/include/public/sysctl.h, domctl.h,
 * platform.h, arch-x86/xen.h). x86, little-endian. Compared with what the headers of twelve releases compile to.
 */
import { XenlevelError } from '@xenlevel/cpuid'
import type { InterfaceVersions } from './versions.js'

/** A number for every version, or the version from which each holds, oldest first; before the first there is no such thing. */
type ByVersion = number | readonly (readonly [from: number, value: number])[]

type Table = Readonly<Record<string, ByVersion>>

/** Sizes and offsets in bytes: `xen_sysctl` is a size, `xen_sysctl.u` an offset. */
export const LAYOUTS = {
  sysctl: {
    xen_sysctl: 136,
    'xen_sysctl.u': 8,
    // 4.17 put the capabilities of Arm, which x86 leaves zero, before the page counts.
    xen_sysctl_physinfo: [
      [0x12, 104],
      [0x15, 112],
    ],
    'xen_sysctl_physinfo.threads_per_core': 0,
    'xen_sysctl_physinfo.cores_per_socket': 4,
    'xen_sysctl_physinfo.nr_cpus': 8,
    'xen_sysctl_physinfo.max_cpu_id': 12,
    'xen_sysctl_physinfo.nr_nodes': 16,
    'xen_sysctl_physinfo.cpu_khz': 24,
    'xen_sysctl_physinfo.capabilities': 28,
    'xen_sysctl_physinfo.arch_capabilities': [[0x15, 32]],
    'xen_sysctl_physinfo.total_pages': [
      [0x12, 32],
      [0x15, 40],
    ],
    'xen_sysctl_physinfo.free_pages': [
      [0x12, 40],
      [0x15, 48],
    ],
    'xen_sysctl_physinfo.hw_cap': [
      [0x12, 72],
      [0x15, 80],
    ],
    xen_sysctl_cpu_featureset: 16,
    'xen_sysctl_cpu_featureset.index': 0,
    'xen_sysctl_cpu_featureset.nr_features': 4,
    'xen_sysctl_cpu_featureset.features': 8,
    xen_sysctl_cpu_levelling_caps: 4,
    'xen_sysctl_cpu_levelling_caps.caps': 0,
    xen_sysctl_cpu_policy: 32,
    'xen_sysctl_cpu_policy.index': 0,
    'xen_sysctl_cpu_policy.nr_leaves': 4,
    'xen_sysctl_cpu_policy.nr_msrs': 8,
    'xen_sysctl_cpu_policy._rsvd': 12,
    'xen_sysctl_cpu_policy.leaves': 16,
    'xen_sysctl_cpu_policy.msrs': 24,
  },
  domctl: {
    xen_domctl: 144,
    'xen_domctl.domain': 8,
    'xen_domctl.u': 16,
    xen_domctl_cpu_policy: 40,
    'xen_domctl_cpu_policy.nr_leaves': 0,
    'xen_domctl_cpu_policy.nr_msrs': 4,
    'xen_domctl_cpu_policy.leaves': 8,
    'xen_domctl_cpu_policy.msrs': 16,
    'xen_domctl_cpu_policy.err_leaf': 24,
    'xen_domctl_cpu_policy.err_subleaf': 28,
    'xen_domctl_cpu_policy.err_msr': 32,
    // Every release that could not do without another field put it before the arch part, which moved: 4.15 vmtrace, 4.16 grant options,
    // 4.17 cpupool, 4.19 altp2m.
    xen_domctl_createdomain: [
      [0x12, 48],
      [0x13, 56],
      [0x14, 60],
      [0x15, 64],
      [0x17, 68],
    ],
    'xen_domctl_createdomain.ssidref': 0,
    'xen_domctl_createdomain.handle': 4,
    'xen_domctl_createdomain.flags': 20,
    'xen_domctl_createdomain.max_vcpus': 28,
    'xen_domctl_createdomain.max_evtchn_port': 32,
    'xen_domctl_createdomain.max_grant_frames': 36,
    'xen_domctl_createdomain.max_maptrack_frames': 40,
    'xen_domctl_createdomain.grant_opts': [[0x14, 44]],
    'xen_domctl_createdomain.altp2m': [[0x17, 48]],
    'xen_domctl_createdomain.vmtrace_size': [
      [0x13, 44],
      [0x14, 48],
      [0x17, 52],
    ],
    'xen_domctl_createdomain.cpupool_id': [
      [0x15, 52],
      [0x17, 56],
    ],
    'xen_domctl_createdomain.arch': [
      [0x12, 44],
      [0x13, 48],
      [0x14, 52],
      [0x15, 56],
      [0x17, 60],
    ],
    'xen_domctl_createdomain.arch.emulation_flags': [
      [0x12, 44],
      [0x13, 48],
      [0x14, 52],
      [0x15, 56],
      [0x17, 60],
    ],
    xen_domctl_getdomaininfo: [
      [0x12, 104],
      [0x14, 112],
    ],
  },
  platform: {
    xen_platform_op: 136,
    'xen_platform_op.u': 8,
    xenpf_microcode_update: 16,
    'xenpf_microcode_update.data': 0,
    'xenpf_microcode_update.length': 8,
    xenpf_pcpu_version: 32,
    'xenpf_pcpu_version.xen_cpuid': 0,
    'xenpf_pcpu_version.max_present': 4,
    'xenpf_pcpu_version.vendor_id': 8,
    'xenpf_pcpu_version.family': 20,
    'xenpf_pcpu_version.model': 24,
    'xenpf_pcpu_version.stepping': 28,
    xenpf_ucode_revision: 16,
    'xenpf_ucode_revision.cpu': 0,
    'xenpf_ucode_revision.signature': 4,
    'xenpf_ucode_revision.pf': 8,
    'xenpf_ucode_revision.revision': 12,
    xenpf_microcode_update2: 16,
    'xenpf_microcode_update2.flags': 0,
    'xenpf_microcode_update2.length': 4,
    'xenpf_microcode_update2.data': 8,
  },
} as const satisfies Record<'sysctl' | 'domctl' | 'platform', Table>

/** The name of a size or an offset. */
export type Place =
  | keyof (typeof LAYOUTS)['sysctl']
  | keyof (typeof LAYOUTS)['domctl']
  | keyof (typeof LAYOUTS)['platform']

/** Sizes and offsets as they are in the versions that one Xen speaks. */
export class Abi {
  /** Those versions. */
  readonly versions: InterfaceVersions
  readonly #places = new Map<string, number>()

  constructor(versions: InterfaceVersions) {
    this.versions = versions
    this.#resolve(LAYOUTS.sysctl, versions.sysctl)
    this.#resolve(LAYOUTS.domctl, versions.domctl)
    this.#resolve(LAYOUTS.platform, 0)
  }

  #resolve(table: Table, version: number): void {
    for (const [name, rows] of Object.entries(table)) {
      const value = valueIn(rows, version)
      if (value !== undefined) this.#places.set(name, value)
    }
  }

  /** A size or an offset in bytes, where this Xen has it. */
  find(place: Place): number | undefined {
    return this.#places.get(place)
  }

  /**
   * A size or an offset in bytes.
   *
   * @throws {@link @xenlevel/cpuid!XenlevelError} with code `ABI_PLACE` for what these versions do not have.
   */
  at(place: Place): number {
    const value = this.#places.get(place)
    if (value !== undefined) return value
    throw new XenlevelError({
      code: 'ABI_PLACE',
      message: `Interface versions ${JSON.stringify(this.versions)} have no ${place}: ask find() for what only some have.`,
      details: { place, ...this.versions },
    })
  }
}

/** What holds in a version: the last row that is not newer. */
function valueIn(rows: ByVersion, version: number): number | undefined {
  if (typeof rows === 'number') return rows
  return rows.findLast(([from]) => from <= version)?.[1]
}
