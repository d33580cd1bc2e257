/** What should be known about a level: which hosts are special, and what follows from it. */
import type { Finding } from '../finding.js'
import type { CarriedGroup } from './groups/carried.js'
import type { Tally } from './groups/tally.js'
import type { LevelGroups } from './losses.js'

interface Rule {
  readonly code: string
  readonly severity: Finding['severity']
  /** The hosts it is about; none, and there is no finding. */
  readonly about: (groups: readonly CarriedGroup[]) => readonly CarriedGroup[]
  /** What to say of them. */
  readonly message: (hosts: string, groups: readonly CarriedGroup[], pool: LevelGroups) => string
}

const RULES: readonly Rule[] = [
  {
    code: 'vendors-differ',
    severity: 'error',
    about: (groups) =>
      new Set(groups.map(({ group }) => group.traits.vendor)).size > 1 ? groups : [],
    message: (_, groups, pool) =>
      `The hosts are of different vendors (${byText(groups, ({ group }) => group.traits.vendor, pool)}): no guest can move between vendors, whatever its features. Make one pool a vendor.`,
  },
  {
    code: 'featuresets-unknown',
    severity: 'warning',
    about: (groups) => groups.filter(({ group }) => group.traits.evidence === 'unknown'),
    message: (hosts) =>
      `Nothing is known of what these hosts offer, and they do not count for the level: ${hosts}. Take their snapshots again.`,
  },
  {
    code: 'offer-estimated',
    severity: 'info',
    about: (groups) => groups.filter(({ group }) => group.traits.evidence === 'estimated'),
    message: (hosts, groups, pool) =>
      `What these hosts offer is estimated from their raw featuresets and the static masks of ${xenOf(groups, pool)}: ${hosts}. A snapshot taken on a running host is exact.`,
  },
  {
    code: 'host-without-hvm',
    severity: 'warning',
    about: (groups) => speaking(groups).filter(({ hvm }) => hvm === null),
    message: (hosts) =>
      `These hosts cannot run HVM guests and do not count for their level: ${hosts}.`,
  },
  {
    code: 'words-unknown',
    severity: 'warning',
    about: (groups) => groups.filter(({ group }) => group.traits.wordsUnknown),
    message: (hosts) =>
      `The snapshots of these hosts do not show all featureset words, and the level has nothing of the words they leave out: ${hosts}. Take them again on the hosts.`,
  },
  {
    code: 'releases-differ',
    severity: 'info',
    about: (groups) =>
      new Set(speaking(groups).map(({ release }) => release)).size > 1 ? speaking(groups) : [],
    message: (_, groups, pool) =>
      `The hosts run different releases (${byText(groups, ({ group }) => group.traits.xen ?? 'none', pool)}); their featuresets are carried by name to the words of ${pool.table.release}.`,
  },
  {
    code: 'release-unknown',
    severity: 'warning',
    about: (groups) => groups.filter(({ release }) => release === undefined),
    message: (hosts, _, { table }) =>
      `There is no feature table for the Xen of these hosts, and their words are taken for those of ${table.release}: ${hosts}.`,
  },
  {
    code: 'lengths-differ',
    severity: 'info',
    about: (groups) => {
      const longest = new Map<string | null, number>()
      for (const { group } of groups) {
        const { xen, words } = group.traits
        longest.set(xen, Math.max(longest.get(xen) ?? 0, words ?? 0))
      }
      return groups.filter(({ group }) => {
        const { xen, words } = group.traits
        return words !== null && (longest.get(xen) ?? 0) > words
      })
    },
    message: (hosts) =>
      `These hosts report fewer featureset words than others of their release; the words they leave out count as zero: ${hosts}.`,
  },
  {
    code: 'bits-unnamed',
    severity: 'warning',
    about: (groups) => groups.filter(({ unnamed }) => unnamed.length > 0),
    message: (hosts, groups) =>
      `These hosts offer bits that their own release does not name, so nothing says where they belong in another: ${hosts} (bits ${numbers(groups.flatMap(({ unnamed }) => unnamed)).join(', ')}).`,
  },
]

/** The findings, in a fixed order. */
export function findFindings(pool: LevelGroups): Finding[] {
  const { groups } = pool
  return RULES.flatMap(({ code, severity, about, message }) => {
    const concerned = about(groups)
    if (concerned.length === 0) return []
    const tally = hostsOf(concerned, pool)
    const { hosts } = tally
    return [{ code, severity, hosts, message: message(tallyText(tally), concerned, pool) }]
  })
}

/** Names, and how many more there are. */
export function tallyText({ count, hosts }: Tally): string {
  const names = hosts.join(', ')
  return count > hosts.length ? `${names} and ${count - hosts.length} more` : names
}

function hostsOf(some: readonly CarriedGroup[], { groups, index }: LevelGroups): Tally {
  const concerned = new Set(some)
  return index.pick(Uint8Array.from(groups, (group) => (concerned.has(group) ? 1 : 0)))
}

/** The hosts by what is said of them, in alphabetical order of that. */
function byText(
  groups: readonly CarriedGroup[],
  say: (group: CarriedGroup) => string,
  pool: LevelGroups,
): string {
  return [...new Set(groups.map(say))]
    .sort()
    .map((text) => {
      const alike = groups.filter((group) => say(group) === text)
      return `${text}: ${tallyText(hostsOf(alike, pool))}`
    })
    .join('; ')
}

/** By which Xen hosts are judged. */
function xenOf(groups: readonly CarriedGroup[], { table }: LevelGroups): string {
  const [first, second] = new Set(groups.map(({ group }) => group.traits.xen === null))
  if (second !== undefined) return `their Xen, or of Xen ${table.release} where none runs`
  return first === true ? `Xen ${table.release}` : 'their Xen'
}

/** The groups that told anything. */
function speaking(groups: readonly CarriedGroup[]): CarriedGroup[] {
  return groups.filter(({ group }) => group.traits.evidence !== 'unknown')
}

function numbers(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}
