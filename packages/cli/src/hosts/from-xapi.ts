/** The snapshot of a host from what xapi keeps of it: as JSON, or as `xe` prints it. */
import { type HostSnapshot, hostSnapshotFromXapi, parseXapiCpuInfo } from '@xenlevel/core'
import { CommandError } from '../errors.js'
import { isCpuInfo, type XapiRecord } from './xapi-texts.js'

/** What the input may not say. */
export interface XapiFacts {
  /** The host's name. */
  readonly name: string
  /** Its Xen. */
  readonly release: string | undefined
}

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
