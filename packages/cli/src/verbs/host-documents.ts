/** What the host verbs answer in JSON. */
import { formatHostSnapshot, type HostSnapshot } from '@xenlevel/core'
import type { Problem } from '../output/printer.js'

/** Snapshots in one document; every verb that reads hosts reads it. */
export function hostsDocument(
  hosts: readonly HostSnapshot[],
  problems: readonly Problem[],
): object {
  return {
    format: 'xenlevel/hosts',
    version: 1,
    ok: problems.length === 0,
    hosts: hosts.map((host): unknown => JSON.parse(formatHostSnapshot(host))),
    problems,
  }
}
