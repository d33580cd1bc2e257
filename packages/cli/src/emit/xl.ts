/** A level as `cpuid=` of xl.cfg: one line that gives it on every host of the pool, or where there is none, one for each. */
import { applyConfig, type CpuPolicy, libxlNameOf, toXlConfig, type XlConfig } from '@xenlevel/core'
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
export function emitXl(request: EmitRequest): Emitted {
  const { known, unknown } = emitHosts(request)
  const wanted = wantedOf(request)
  if (unknown.length > 0 || known.length === 0) return fromNames(request, unknown)
  const domain = { kind: request.kind }
  const configs = known.map((host) => ({
    host,
    config: toXlConfig(wanted, { host: host.policies, domain }),
  }))
  const findings = distinct(configs.flatMap(({ config }) => [...config.findings]))
  const proved = configs.every(({ config }) => config.exact)
  const items = commonItems(configs.map(({ config }) => config))
  const holds = items !== undefined && configs.every((each) => gives(items, each, request.kind))
  const line = items === undefined ? '' : lineOf(items)
  if (holds) return { language: 'xl', text: `${line}\n`, byHost: {}, proved, findings }
  const byHost = Object.fromEntries(configs.map(({ host, config }) => [host.name, config.line]))
  const text = Object.entries(byHost)
    .map(([name, own]) => `# on ${name}\n${own}\n`)
    .join('')
  return { language: 'xl', text, byHost, proved, findings }
}

/** The line for items; of none too, so that what is pasted replaces an older line. */
function lineOf(items: readonly string[]): string {
  return `cpuid="${['host', ...items].join(',')}"`
}

/** What all hosts need; undefined where two need different things, or one needs xend's language. */
function commonItems(configs: readonly XlConfig[]): string[] | undefined {
  const values = new Map<string, string>()
  for (const { language, items } of configs) {
    if (language !== 'libxl') return undefined
    for (const item of items) {
      const at = item.indexOf('=')
      const [name, value] = [item.slice(0, at), item.slice(at + 1)]
      const before = values.get(name)
      if (before !== undefined && before !== value) return undefined
      values.set(name, value)
    }
  }
  return [...values].map(([name, value]) => `${name}=${value}`).sort()
}

/** Whether a domain gets the same from common items as from the host's own. */
function gives(
  cpuid: readonly string[],
  { host, config }: { readonly host: EmitHost; readonly config: XlConfig },
  kind: 'pv' | 'hvm',
): boolean {
  const { ok, policy } = applyConfig({
    host: host.policies,
    domain: { kind },
    cpuid,
    language: 'libxl',
  })
  return ok && same(policy, config.policy)
}

function same(a: CpuPolicy, b: CpuPolicy): boolean {
  return a.clearOutOfRange().equals(b.clearOutOfRange())
}

/** Without policies: every feature that any host would give beyond the level, taken away by name. */
function fromNames(request: EmitRequest, unknown: readonly string[]): Emitted {
  const items = featuresToTake(request).map((feature) => `${libxlNameOf(feature)}=0`)
  const findings = [unproved(unknown)]
  return { language: 'xl', text: `${lineOf(items)}\n`, byHost: {}, proved: false, findings }
}
