/** The snapshot of a host from what xapi keeps of it: as JSON, or as `xe` prints it. */
import { type HostSnapshot, hostSnapshotFromXapi, parseXapiCpuInfo } from '@xenlevel/core'
import { CommandError } from '../errors.js'

/** A map of text to text. */
export type TextMap = Readonly<Record<string, string>>

/** What is known of a host of xapi. */
export interface XapiRecord {
  /** `cpu_info`. */
  readonly cpuInfo: TextMap
  /** `name_label`, where the input has it. */
  readonly name?: string
  /** The Xen release of `software_version`, where the input has it. */
  readonly release?: string
}

/** What the input may not say. */
export interface XapiFacts {
  /** The host's name. */
  readonly name: string
  /** Its Xen. */
  readonly release: string | undefined
}

/** Keys of which at least one is in every `cpu_info`. */
const KEYS = [
  'features_pv_host',
  'features_hvm_host',
  'features_pv',
  'features_hvm',
  'features',
  'physical_features',
]

/** The snapshot of a host that xapi knows. */
export function snapshotOfXapi(
  { cpuInfo, name, release }: XapiRecord,
  facts: XapiFacts,
): HostSnapshot {
  const known = facts.release ?? release
  const host = name ?? facts.name
  if (known === undefined)
    throw new CommandError({
      code: 'RELEASE_MISSING',
      message: `cpu_info does not say which Xen ${host} runs: give --xen-release, which "xe host-param-get param-name=software-version" shows as xen.`,
    })
  const info = parseXapiCpuInfo(cpuInfo, { source: host })
  return hostSnapshotFromXapi(host, info, { release: known })
}

/** Whether an object is a `cpu_info`, or a record of xapi with one in it; undefined if it is neither. */
export function xapiRecordOf(value: object): XapiRecord | undefined {
  const inside = field(value, 'cpu_info') ?? field(value, 'cpuInfo')
  if (typeof inside === 'object' && inside !== null && isCpuInfo(inside)) {
    const name = field(value, 'name_label') ?? field(value, 'name')
    const versions = field(value, 'software_version') ?? {}
    const release =
      typeof versions === 'object' && versions !== null
        ? (field(versions, 'xen_version') ?? field(versions, 'xen'))
        : undefined
    return {
      cpuInfo: textsOf(inside),
      ...(typeof name === 'string' && name !== '' ? { name } : {}),
      ...(typeof release === 'string' ? { release } : {}),
    }
  }
  return isCpuInfo(value) ? { cpuInfo: textsOf(value) } : undefined
}

function field(value: object, name: string): unknown {
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

function isCpuInfo(value: object): boolean {
  return KEYS.some((key) => typeof field(value, key) === 'string')
}

/** Numbers are text to xapi. */
function textsOf(value: object): TextMap {
  const entries = Object.entries(value).filter(([, text]) => text !== null)
  return Object.fromEntries(
    entries.map(([key, text]) => [key, typeof text === 'number' ? String(text) : text]),
  )
}

/** Whether a text is what `xe` prints of a host. */
export function looksLikeXe(text: string): boolean {
  return new RegExp(`(?:^|[\\s;:])(?:${KEYS.join('|')}) *: ?[0-9a-f]*`, 'm').test(text)
}

/** One host in what `xe` prints, and its first line. */
export interface XeRecord extends XapiRecord {
  /** From 1. */
  readonly line: number
}

/**
 * What `xe host-param-get param-name=cpu_info`, `xe host-param-list`, `xe host-list params=all` and `xe host-cpu-info` print: pairs
 * parted by semicolons or by lines, hosts parted by empty lines.
 */
export function readXe(text: string): XeRecord[] {
  const records: XeRecord[] = []
  let line = 1
  for (const block of text.split(/(\n[ \t\r]*(?:\n[ \t\r]*)+)/)) {
    const record = recordOf(block)
    if (record !== undefined) records.push({ ...record, line })
    line += block.split('\n').length - 1
  }
  return records
}

/** `name-label ( RW): host-1`, `cpu_info (MRO): vendor: GenuineIntel; …`, `   vendor: GenuineIntel`. */
const LINE = /^\s*([A-Za-z][\w-]*)(?: *\([ A-Z]{2,3}\))? *: ?(.*?)\s*$/

function recordOf(block: string): XapiRecord | undefined {
  const cpuInfo: Record<string, string> = {}
  let [name, release]: (string | undefined)[] = []
  for (const line of block.split('\n')) {
    const [, key = '', value = ''] = LINE.exec(line) ?? []
    if (key === 'name-label') name = value
    else if (key === 'software-version') {
      const versions = pairsOf(value)
      release = versions.xen_version ?? versions.xen
    } else if (key === 'cpu_info') Object.assign(cpuInfo, pairsOf(value))
    else if (value.includes('; ') && isCpuInfo(pairsOf(line.trim())))
      Object.assign(cpuInfo, pairsOf(line.trim()))
    else if (key !== '') cpuInfo[key] = value
  }
  if (!isCpuInfo(cpuInfo)) return undefined
  const kept = Object.entries(cpuInfo).filter(([key]) => !key.includes('-'))
  return {
    cpuInfo: Object.fromEntries(kept),
    ...(name === undefined || name === '' ? {} : { name }),
    ...(release === undefined ? {} : { release }),
  }
}

function pairsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(/; */).flatMap((pair) => {
      const [, key = '', value = ''] = /^([\w-]+) *: ?(.*)$/s.exec(pair) ?? []
      return key === '' ? [] : [[key, value.trim()]]
    }),
  )
}
