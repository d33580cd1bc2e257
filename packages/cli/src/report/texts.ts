/** The level as toolstacks write it: for all hosts where its words are enough, by host where what to write depends on the host. */
import {
  CpuPolicy,
  derivePolicies,
  type Emission,
  type HostPolicies,
  type HostSnapshot,
  type PoolLevel,
  toLibvirtXml,
  toQemuCpu,
  toXapiFeatureset,
  toXlConfig,
} from '@xenlevel/core'
import {
  type Featureset,
  featureTable,
  mapFeatureset,
  nearestRelease,
  XenlevelError,
} from '@xenlevel/cpuid'
import type { LevelText, ReportKind } from './types.js'

/** A level, and one host of each kind with its column. */
interface Texts {
  readonly level: PoolLevel
  readonly kind: ReportKind
  readonly hosts: readonly { readonly column: number; readonly host: HostSnapshot }[]
}

/** Every way in which the level can be written down. */
export function levelTexts(texts: Texts): LevelText[] {
  return [...xapiTexts(texts), ...hostTexts(texts), qemuText(texts)]
}

function xapiTexts({ level, kind }: Texts): LevelText[] {
  const { default: forBoot, max } = level[kind]
  return [
    {
      language: 'xapi: VM.platform, featureset',
      text: toXapiFeatureset(forBoot),
      columns: null,
      notes: ['What guests are started with.'],
    },
    {
      language: `xapi: Pool.cpu_info, features_${kind}`,
      text: toXapiFeatureset(max),
      columns: null,
      notes: ['What guests that arrive are held against. No guest can be started with it.'],
    },
  ]
}

function qemuText({ level, kind }: Texts): LevelText {
  const { argument, findings } = toQemuCpu(inWordsOf(level[kind].default, level.release))
  return {
    language: 'QEMU: -cpu',
    text: argument,
    columns: null,
    notes: findings.map(({ message }) => message),
  }
}

interface Language {
  readonly language: string
  readonly kinds: readonly ReportKind[]
  readonly write: (wanted: Featureset, host: HostPolicies, domain: Domain) => Written
}

interface Domain {
  readonly kind: ReportKind
  readonly hap: boolean
}

interface Written {
  readonly text: string
  readonly emission: Emission
}

const LANGUAGES: readonly Language[] = [
  {
    language: 'xl.cfg: cpuid',
    kinds: ['pv', 'hvm'],
    write: (wanted, host, domain) => {
      const emission = toXlConfig(wanted, { host, domain })
      return { text: emission.line, emission }
    },
  },
  {
    language: 'libvirt: <cpu>',
    kinds: ['hvm'],
    write: (wanted, host, domain) => {
      const emission = toLibvirtXml(wanted, { host, domain })
      return { text: emission.xml, emission }
    },
  },
]

function hostTexts({ level, kind, hosts }: Texts): LevelText[] {
  return LANGUAGES.filter(({ kinds }) => kinds.includes(kind)).flatMap(({ language, write }) => {
    const texts = new Map<string, LevelText & { readonly columns: number[] }>()
    for (const { column, host } of hosts) {
      const { text, notes } = textFor(host, (policies) =>
        write(inWordsOf(level[kind].default, level.release, policies.release), policies, {
          kind,
          hap: host.xen?.hap ?? true,
        }),
      )
      const key = JSON.stringify([text, notes])
      const same = texts.get(key)
      if (same === undefined) texts.set(key, { language, text, columns: [column], notes })
      else same.columns.push(column)
    }
    return [...texts.values()]
  })
}

function textFor(
  host: HostSnapshot,
  write: (policies: HostPolicies) => Written,
): Pick<LevelText, 'text' | 'notes'> {
  const policies = policiesOf(host)
  if (policies === null) return { text: '', notes: [WITHOUT_POLICIES] }
  try {
    const { text, emission } = write(policies)
    const notes = emission.findings
      .filter(({ severity }) => severity !== 'info')
      .map(({ message }) => message)
    return { text, notes: text === '' ? [NOTHING_TO_WRITE, ...notes] : notes }
  } catch (error) {
    if (error instanceof XenlevelError && error.code === 'CONFIG_RELEASE')
      return { text: '', notes: [error.message] }
    throw error
  }
}

const WITHOUT_POLICIES =
  'What to write depends on the policies of the host, and the snapshot does not hold them. Take it again on the host, under its Xen.'
const NOTHING_TO_WRITE = 'Nothing has to be written: guests get the level unasked.'

/** The policies of a host: as its Xen said them, or as they follow from what its CPU says; null if neither is known. */
function policiesOf({ policies = {}, featuresets, xen }: HostSnapshot): HostPolicies | null {
  if (xen === null || nearestRelease(xen.release) === undefined) return null
  const { release, hvm, hap } = xen
  const {
    raw,
    host,
    pvMax,
    pvDefault,
    hvmMax = CpuPolicy.empty,
    hvmDefault = CpuPolicy.empty,
  } = policies
  if (host !== undefined && pvMax !== undefined && pvDefault !== undefined) {
    const said = { release, host, pvMax, pvDefault, hvmMax, hvmDefault }
    return raw === undefined ? said : { ...said, raw }
  }
  if (raw === undefined) return null
  const hostFeatureset = featuresets.host
  const known = hostFeatureset === undefined ? {} : { hostFeatureset }
  return derivePolicies(raw, { release, hvm, hap, ...known })
}

/** A featureset in the words of another release. */
function inWordsOf(featureset: Featureset, from: string, to?: string): Featureset {
  const [source, target] = [featureTable(from), featureTable(to)]
  return source === target ? featureset : mapFeatureset(featureset, source, target).featureset
}
