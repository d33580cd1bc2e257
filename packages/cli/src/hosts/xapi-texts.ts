/** What xapi says of a host, recognised: in JSON, or as `xe` prints it. */

/** A map of text to text. */
type TextMap = Readonly<Record<string, string>>

/** What is known of a host of xapi. */
export interface XapiRecord {
  /** `cpu_info`. */
  readonly cpuInfo: TextMap
  /** `name_label`, where the input has it. */
  readonly name?: string
  /** The Xen release of `software_version`, where the input has it. */
  readonly release?: string
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

/** Whether it has a key that only a `cpu_info` has. */
export function isCpuInfo(value: object): boolean {
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
