/** Names of hosts and features as people read them. */
import type { HostSnapshot } from '@xenlevel/core'
import { hex } from './text.js'

/** A CPU's brand without what every brand has. */
export function shortBrand(brand: string): string {
  return brand
    .replaceAll(/\((?:R|TM)\)|CPU |Processor/gi, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** The revision of a host's microcode. */
export function microcodeText({ cpu }: Pick<HostSnapshot, 'cpu'>): string {
  return cpu.microcodeRevision === null ? 'unknown' : hex(cpu.microcodeRevision)
}

/** The release of a host's Xen. */
export function xenText({ xen }: Pick<HostSnapshot, 'xen'>): string {
  return xen === null ? 'none' : xen.release
}

/** Names in a sentence, the first few of many. */
export function listed(names: readonly string[], most = 6): string {
  return listedOf({ hosts: names, count: names.length }, most)
}

/** The same of hosts of which only some are known by name. */
export function listedOf(
  { hosts, count }: { readonly hosts: readonly string[]; readonly count: number },
  most = 6,
): string {
  const shown = hosts.slice(0, most)
  return count === shown.length
    ? shown.join(', ')
    : `${shown.join(', ')} and ${count - shown.length} more`
}
