/**
 * What libvirt's libxl driver makes of a guest's `<cpu>` (libvirt 9 and later, src/libxl/libxl_conf.c, libxlMakeDomBuildInfo): items of
 * libxl's `cpuid=`, one a feature, and nested virtualisation.
 */

import { type GuestKind, isHvmKind } from '../../guest/kind.js'
import type { ConfigFinding } from '../../xen/configuration/finding.js'
import { parseXlCpuid } from '../../xen/configuration/parse.js'
import { WRITTEN_FOR_LIBXL } from '../libvirt-names-table.js'

/** What a guest is to do with a feature. */
export type LibvirtFeaturePolicy = 'force' | 'require' | 'optional' | 'disable' | 'forbid'

/** A `<feature>` of a `<cpu>`. */
export interface LibvirtCpuFeature {
  /** Its name: libvirt's, or any other, which the driver hands on as it is. */
  readonly name: string
  /** What the guest is to do with it. */
  readonly policy: LibvirtFeaturePolicy
}

/** A `<cpu>`. */
export interface LibvirtCpu {
  /** Its mode; of all modes the driver honours `host-passthrough` alone. */
  readonly mode: 'host-passthrough' | 'host-model' | 'custom' | 'maximum'
  /** Its features, in their order. */
  readonly features: readonly LibvirtCpuFeature[]
}

/** What the driver knows beside the `<cpu>`. */
export interface LibvirtToXlOptions {
  /** The kind of guest: of PV guests the driver reads no `<cpu>`. */
  readonly kind: GuestKind
  /** The release of the libxl under the driver. */
  readonly release: string
  /** `vmx` or `svm` if the host's CPU has it, which the driver then takes for a wish for nested virtualisation. */
  readonly nestedFeature?: 'vmx' | 'svm'
  /** `nested_hvm` of libxl.conf; false by default. */
  readonly nestedHvm?: boolean
}

/** What comes of a `<cpu>`. */
export interface LibvirtToXl {
  /** False if the driver refuses to start the guest. */
  readonly ok: boolean
  /** The items that it gives to libxl. */
  readonly items: readonly string[]
  /** Whether the guest is made with nested virtualisation. */
  readonly nestedVirt: boolean
  /** What is ignored or refused. */
  readonly findings: readonly ConfigFinding[]
}

/** The characters of an item for which the driver has room. */
const ROOM = 31

/** What the driver writes for each policy; nothing for `optional`. */
const VALUES: Readonly<Record<LibvirtFeaturePolicy, 0 | 1 | undefined>> = {
  force: 1,
  require: 1,
  optional: undefined,
  disable: 0,
  forbid: 0,
}

/** Translates a `<cpu>` as libvirt's libxl driver does, and says what it does not take. */
export function libvirtToXl(cpu: LibvirtCpu, options: LibvirtToXlOptions): LibvirtToXl {
  const ignored = whyIgnored(cpu, options)
  if (ignored !== null) return { ok: true, items: [], nestedVirt: false, findings: [ignored] }
  const { nestedFeature, nestedHvm = false, release } = options
  let nestedVirt = nestedHvm && nestedFeature !== undefined
  const items: string[] = []
  const names: string[] = []
  for (const { name, policy } of cpu.features) {
    const value = VALUES[policy]
    if (value === undefined) continue
    if (name === nestedFeature) nestedVirt = value === 1
    else {
      items.push(`${WRITTEN_FOR_LIBXL.get(name) ?? name}=${value}`.slice(0, ROOM))
      names.push(name)
    }
  }
  const findings = refusals(items, names, release)
  return { ok: findings.length === 0, items, nestedVirt, findings }
}

function refusals(
  items: readonly string[],
  names: readonly string[],
  release: string,
): ConfigFinding[] {
  const parsed = parseXlCpuid(items, { language: 'libxl', release })
  return parsed.items.flatMap(({ rc }, item): ConfigFinding[] =>
    rc === 0
      ? []
      : [
          {
            code: 'libvirt-feature-refused',
            severity: 'error',
            message: `libxl of Xen ${release} does not take ${JSON.stringify(items[item])}, so libvirt does not start the guest: unsupported cpu feature '${names[item]}'.`,
            item,
          },
        ],
  )
}

function whyIgnored(cpu: LibvirtCpu, { kind }: LibvirtToXlOptions): ConfigFinding | null {
  if (!isHvmKind(kind))
    return {
      code: 'libvirt-ignores-pv',
      severity: 'warning',
      message: "libvirt's libxl driver reads no <cpu> of PV guests: they get the host's default.",
    }
  if (cpu.mode === 'host-passthrough') return null
  return {
    code: 'libvirt-ignores-mode',
    severity: 'error',
    message: `libvirt's libxl driver ignores a <cpu> of mode ${cpu.mode}. Use host-passthrough, and name the features that differ from the host.`,
  }
}
