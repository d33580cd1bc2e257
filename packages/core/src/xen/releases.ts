/**
 * What differs between Xen releases, one row a release from which something is different. Read from the oldest row down: a later
 * row replaces what it names.
 */
/** Where a row's answers come from: recorded from that Xen's own code, or read in its source. */
type Evidence = 'recorded' | 'facts'

interface ReleaseRow {
  /** Major and minor number of the first release it holds for. */
  readonly from: readonly [major: number, minor: number]
  /** Xen refuses a policy of another vendor (xen/arch/x86/lib/cpu-policy/policy.c, x86_cpu_policies_are_compatible). */
  readonly auditsVendor: boolean
  readonly evidence: Evidence
}

const ROWS: readonly ReleaseRow[] = [
  { from: [4, 7], auditsVendor: false, evidence: 'facts' },
  { from: [4, 22], auditsVendor: true, evidence: 'recorded' },
]

/** The row for a release such as `'4.17.7'`, `'4.22'` or `'4.23-dev'`; undefined for a text that is no release from 4.7 on. */
export function releaseRules(release: string): ReleaseRow | undefined {
  const match = /^(\d+)\.(\d+)(?:[.-].*)?$/.exec(release)
  if (match === null) return undefined
  const [major, minor] = [Number(match[1]), Number(match[2])]
  return ROWS.findLast(({ from }) => major > from[0] || (major === from[0] && minor >= from[1]))
}
