/** A level as libvirt's `<cpu>` for its libxl driver. */
import {
  applyConfig,
  type Finding,
  type LibvirtCpu,
  type LibvirtCpuFeature,
  type LibvirtXml,
  libvirtCpuXml,
  libvirtNameOf,
  libvirtToXl,
  toLibvirtXml,
} from '@xenlevel/core'
import {
  distinct,
  type EmitHost,
  type EmitRequest,
  type Emitted,
  emitHosts,
  featuresToTake,
  unproved,
  wantedOf,
} from './emitted.js'

/** Writes it. */
export function emitLibvirt(request: EmitRequest): Emitted {
  const { known, unknown } = emitHosts(request)
  const wanted = wantedOf(request)
  if (unknown.length > 0 || known.length === 0) return fromNames(request, unknown)
  const domain = { kind: request.kind }
  const written = known.map((host) => ({
    host,
    xml: toLibvirtXml(wanted, { host: host.policies, domain }),
  }))
  const findings = distinct(written.flatMap(({ xml }) => [...xml.findings]))
  const proved = written.every(({ xml }) => xml.exact)
  const cpu = commonCpu(written.map(({ xml }) => xml.cpu))
  if (cpu !== undefined && written.every((each) => gives(cpu, each, request.kind)))
    return { language: 'libvirt', text: `${libvirtCpuXml(cpu)}\n`, byHost: {}, proved, findings }
  const byHost = Object.fromEntries(written.map(({ host, xml }) => [host.name, xml.xml]))
  const text = Object.entries(byHost)
    .map(([name, own]) => `<!-- on ${name.replaceAll('--', '- -')} -->\n${own}\n`)
    .join('')
  return { language: 'libvirt', text, byHost, proved, findings }
}

function commonCpu(cpus: readonly LibvirtCpu[]): LibvirtCpu | undefined {
  const features = new Map<string, LibvirtCpuFeature>()
  for (const cpu of cpus) {
    for (const feature of cpu.features) {
      const before = features.get(feature.name)
      if (before !== undefined && before.policy !== feature.policy) return undefined
      features.set(feature.name, feature)
    }
  }
  return { mode: 'host-passthrough', features: [...features.values()] }
}

function gives(
  cpu: LibvirtCpu,
  { host, xml }: { readonly host: EmitHost; readonly xml: LibvirtXml },
  kind: 'pv' | 'hvm',
): boolean {
  const { release } = host.policies
  const { ok, items, nestedVirt } = libvirtToXl(cpu, { kind, release })
  if (!ok) return false
  const domain = { kind, nestedVirt }
  const applied = applyConfig({ host: host.policies, domain, cpuid: items, language: 'libxl' })
  return applied.ok && applied.policy.clearOutOfRange().equals(xml.policy.clearOutOfRange())
}

function fromNames(request: EmitRequest, unknown: readonly string[]): Emitted {
  const taken = featuresToTake(request).map((feature) => ({
    feature,
    name: libvirtNameOf(feature),
  }))
  const nameless = taken.filter(({ name }) => name === null).map(({ feature }) => feature)
  const features = taken.flatMap(({ name }): LibvirtCpuFeature[] =>
    name === null ? [] : [{ name, policy: 'disable' }],
  )
  const findings: Finding[] = [unproved(unknown)]
  if (nameless.length > 0)
    findings.push({
      code: 'feature-without-name',
      severity: 'error',
      message: `libvirt has no name for these features, and guests will see them where the host has them: ${nameless.join(', ')}.`,
    })
  const cpu: LibvirtCpu = { mode: 'host-passthrough', features }
  const driver = libvirtToXl(cpu, { kind: request.kind, release: request.level.release })
  return {
    language: 'libvirt',
    text: `${libvirtCpuXml(cpu)}\n`,
    byHost: {},
    proved: false,
    findings: distinct([...findings, ...driver.findings]),
  }
}
