/** libvirt's `<cpu>` for a Xen guest, from what is wanted. */
import { isHvmKind } from '../../guest/kind.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { releaseFeatures } from '../../policy/features.js'
import { aimAt } from './aim.js'
import { type Emission, emissionOf } from './emission.js'
import { planFeatures } from './feature-plan.js'
import { configured, type EmitOptions } from './forward.js'
import {
  type LibvirtCpu,
  type LibvirtCpuFeature,
  type LibvirtToXlOptions,
  libvirtToXl,
} from './libvirt-to-xl.js'
import { type LibvirtNaming, libvirtXlNames } from './libvirt-xl-names.js'
import { featureChoices } from './libxl-plan.js'
import type { WantedCpu } from './target.js'

/** Options of {@link toLibvirtXml}. */
export interface LibvirtXmlOptions extends EmitOptions {
  /**
   * Whose names are written: `libvirt`, those of its CPU map alone (the default); `libxl`, also libxl's own where libvirt has none that
   * arrives, because the driver hands on names that it does not know.
   */
  readonly naming?: LibvirtNaming
  /** `nested_hvm` of the driver's libxl.conf; false by default. */
  readonly nestedHvm?: boolean
}

/** What to write into a guest's XML. */
export interface LibvirtXml extends Emission {
  /** The `<cpu>` element. */
  readonly xml: string
  /** The same as data. */
  readonly cpu: LibvirtCpu
  /** What libvirt's libxl driver makes of it: items of libxl's `cpuid=`. */
  readonly items: readonly string[]
}

/**
 * The `<cpu mode='host-passthrough'>` with the fewest features that gives an HVM or PVH guest under libvirt's libxl driver what is wanted.
 *
 * The driver translates each feature to an item of libxl's `cpuid=`, so the same holds as for {@link toXlConfig}, but that there are fewer
 * names and no numbers: what cannot be said is in `differences`, and by name in `findings`. PV guests get nothing of it. An HVM guest has
 * PAE only with `<pae/>` among the domain's `<features>`; `pae: false` says that it is not there.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table; {@link @xenlevel/cpuid!XenlevelError} with code
 * `CONFIG_RELEASE` for one before 4.13.
 */
export function toLibvirtXml(wanted: WantedCpu, options: LibvirtXmlOptions): LibvirtXml {
  const { domain } = options
  const { target, trial, nearest, features } = aimAt(wanted, options)
  const driver = driverOf(options)
  const names = libvirtXlNames(driver.release, driver.nestedFeature, options.naming ?? 'libvirt')
  const plan = planFeatures(trial, nearest, features, (place) => names.get(place)?.mask ?? 0)
  const chosen = featureChoices(plan, names).map(
    ({ name, on }): LibvirtCpuFeature => ({ name, policy: on ? 'require' : 'disable' }),
  )
  const cpu: LibvirtCpu = {
    mode: 'host-passthrough',
    features: isHvmKind(domain.kind) ? [...nestedFeatures(options, driver), ...chosen] : [],
  }
  const { items, nestedVirt, findings } = libvirtToXl(cpu, driver)
  const result = configured(
    { ...options, domain: { ...domain, nestedVirt } },
    { cpuid: items, language: 'libxl' },
  )
  const emission = emissionOf(
    target,
    result,
    isHvmKind(domain.kind) ? "libvirt's names" : 'The XML of a PV guest',
  )
  return {
    xml: libvirtCpuXml(cpu),
    cpu,
    items,
    ...emission,
    findings: [...findings, ...emission.findings],
  }
}

/** A `<cpu>` as XML. */
export function libvirtCpuXml({ mode, features }: LibvirtCpu): string {
  if (features.length === 0) return `<cpu mode='${mode}'/>`
  const lines = features.map(
    ({ name, policy }) => `  <feature policy='${policy}' name='${escapeXml(name)}'/>`,
  )
  return [`<cpu mode='${mode}'>`, ...lines, '</cpu>'].join('\n')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
}

function escapeXml(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => ENTITIES[character] ?? character)
}

function driverOf({ host, domain, release, nestedHvm }: LibvirtXmlOptions): LibvirtToXlOptions {
  const features = releaseFeatures(host.release)
  const has = CpuPolicy.peek(host.host)
  const nestedFeature = features.policyHas(has, 'VMX')
    ? 'vmx'
    : features.policyHas(has, 'SVM')
      ? 'svm'
      : undefined
  return {
    kind: domain.kind,
    release: release ?? host.release,
    ...(nestedFeature === undefined ? {} : { nestedFeature }),
    ...(nestedHvm === undefined ? {} : { nestedHvm }),
  }
}

/** What turns nested virtualisation on or off, where libxl.conf does not already say so. */
function nestedFeatures(
  { domain }: LibvirtXmlOptions,
  { nestedFeature, nestedHvm = false }: LibvirtToXlOptions,
): LibvirtCpuFeature[] {
  const wanted = domain.nestedVirt ?? false
  if (nestedFeature === undefined || wanted === nestedHvm) return []
  return [{ name: nestedFeature, policy: wanted ? 'require' : 'disable' }]
}
