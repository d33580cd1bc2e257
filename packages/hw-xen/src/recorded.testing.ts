/** Recorded hypervisors for tests: what they answered, and what their headers compile to. */
import type { PolicyRecords } from '@xenlevel/core'
import type { CpuidLeaf, MsrEntry } from '@xenlevel/cpuid'
import { bootFile } from '../../../fixtures/boots.js'
import { readRecorded, readRecordedJson } from '../../../fixtures/recorded.js'

/** A call that failed. */
export interface RecordedFailure {
  err: string
  errno: number
}

/** Records as text: `leaf:subleaf -> eax:ebx:ecx:edx` and `msr -> value`. */
export interface RecordedPolicy {
  leaves: string[]
  msrs: string[]
}

/** What setting a policy came to. */
export interface RecordedSet {
  r: number | RecordedFailure
  err_leaf: string
  err_subleaf: string
  err_msr: string
}

/** Names of the sets that were tried with records that are known. */
export const REFUSED_SETS = [
  'set_bad_maxleaf',
  'set_unknown_leaf',
  'set_leaf7_nosub',
  'set_unknown_msr',
  'set_msr_flags',
  'set_too_many',
] as const

/** What a probe domain of one kind answered. */
interface RecordedDomain
  extends Partial<Record<(typeof REFUSED_SETS)[number] | 'set_same' | 'set_cleared', RecordedSet>> {
  create_domid0: { domid: number } | RecordedFailure
  create: { domid: number } | RecordedFailure
  get?: RecordedPolicy
  get_after?: { leaf1: string; leaf7: string }
  get_short?: RecordedFailure
  destroy?: number
}

/** One recorded hypervisor. */
export interface RecordedHost {
  xen: string
  build: string
  qemuCpu: string
  hypercalls: {
    version_raw: number
    extraversion: string
    capabilities: string
    changeset: string
    commandline: string
    sysctl_probe: Record<string, number | RecordedFailure>
    domctl_probe: Record<string, number | RecordedFailure>
    sysctl_version: string
    domctl_version: string
    featuresets: Record<string, string | RecordedFailure>
    featureset_nr: Record<string, number>
    featureset_short_buffer: RecordedFailure
    levelling_caps: string | RecordedFailure
    policies: Record<string, RecordedPolicy | RecordedFailure>
    policy_max: [leaves: number, msrs: number]
    physinfo: Record<string, string | number>
    platform_wrong_version: RecordedFailure
    cpu_version: {
      cpu: number
      max_present: number
      vendor: string
      family: number
      model: number
      stepping: number
    }[]
    ucode_revision: (
      | { cpu: number; signature: string; pf: string; revision: string }
      | RecordedFailure
    )[]
    microcode_update: Record<string, number | RecordedFailure>
    microcode_update2: Record<string, number | RecordedFailure>
    dom: { pv: RecordedDomain; hvm: RecordedDomain }
    dom0_get: RecordedPolicy
    domctl_nodom: RecordedFailure
    pit: Record<string, unknown>
  }
}

/** The releases whose headers were compiled. */
export const RECORDED_ABIS = [
  ...['4.13.5', '4.14.6', '4.15.7', '4.16.7', '4.17.0', '4.17.7', '4.18.6', '4.19.6', '4.20.3'],
  ...['4.21.2', '4.22.0', 'master'],
]

/** Where layouts are. */
export const abiFile = (release: string) => `xen/abi/${release}.txt`

/** A recording and the layouts of its release. */
export function readHost(boot: string): { host: RecordedHost; layouts: RecordedLayouts } {
  const host = readRecordedJson<RecordedHost>(bootFile(boot))
  return { host, layouts: readLayouts(host.xen) }
}

/** What the headers of a release compile to. */
export interface RecordedLayouts {
  versions: { sysctl: number; domctl: number; platform: number }
  /** Sizes of structs and offsets of members, by name. */
  places: Map<string, number>
  /** Lines of other forms. */
  others: string[]
}

/** Reads them. */
export function readLayouts(release: string): RecordedLayouts {
  const [first = '', ...lines] = readRecorded(abiFile(release)).trim().split('\n')
  const version = (name: string) => Number(new RegExp(`${name}_VER=(0x\\w+)`).exec(first)?.[1])
  const places = new Map<string, number>()
  const others: string[] = []
  for (const line of lines) {
    const [, name, offset, size] = /^(\w[\w.]+) +(?:off=(\d+) )?size=(\d+)$/.exec(line) ?? []
    if (name === undefined) others.push(line)
    else places.set(name, Number(offset ?? size))
  }
  return {
    versions: {
      sysctl: version('SYSCTL'),
      domctl: version('DOMCTL'),
      platform: version('XENPF'),
    },
    places,
    others,
  }
}

/** A leaf from its text. */
export function leafOfText(text: string): CpuidLeaf {
  const [leaf = 0, subleaf = 0, a = 0, b = 0, c = 0, d = 0] = text
    .replace(' -> ', ':')
    .split(':')
    .map((word) => Number.parseInt(word, 16))
  return { leaf, subleaf: subleaf === 0xffff_ffff ? null : subleaf, a, b, c, d }
}

/** An MSR from its text. */
function msrOfText(text: string): MsrEntry {
  const [index = '', value = ''] = text.split(' -> ')
  return { index: Number.parseInt(index, 16), flags: 0, value: BigInt(`0x${value}`) }
}

/** Records from their text. */
export function recordsOfText({ leaves, msrs }: RecordedPolicy): PolicyRecords {
  return { leaves: leaves.map(leafOfText), msrs: msrs.map(msrOfText) }
}

/** True for a call that failed. */
export function failed(answer: unknown): answer is RecordedFailure {
  return typeof answer === 'object' && answer !== null && 'errno' in answer
}
