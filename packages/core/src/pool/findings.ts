/** What should be known about a level: which hosts are special, and what follows from it. */
import type { Finding } from '../finding.js'
import type { LevelMember } from './losses.js'

interface Rule {
  readonly code: string
  readonly severity: Finding['severity']
  /** The hosts it is about; none, and there is no finding. */
  readonly about: (member: LevelMember, members: readonly LevelMember[]) => boolean
  readonly message: (hosts: string, members: readonly LevelMember[], release: string) => string
}

const RULES: readonly Rule[] = [
  {
    code: 'vendors-differ',
    severity: 'error',
    about: (_, members) => new Set(members.map(({ host }) => host.cpu.vendor)).size > 1,
    message: (_, members) =>
      `The hosts are of different vendors (${members.map(({ host }) => `${host.name} ${host.cpu.vendor}`).join(', ')}): no guest can move between vendors, whatever its features. Make one pool a vendor.`,
  },
  {
    code: 'featuresets-unknown',
    severity: 'warning',
    about: ({ offered }) => offered.evidence === 'unknown',
    message: (hosts) =>
      `Nothing is known of what these hosts offer, and they do not count for the level: ${hosts}. Take their snapshots again.`,
  },
  {
    code: 'offer-estimated',
    severity: 'info',
    about: ({ offered }) => offered.evidence === 'estimated',
    message: (hosts, members, release) =>
      `What these hosts offer is estimated from their raw featuresets and the static masks of ${members.every(({ host }) => host.xen === null) ? `Xen ${release}` : 'their Xen'}: ${hosts}. A snapshot taken on a running host is exact.`,
  },
  {
    code: 'host-without-hvm',
    severity: 'warning',
    about: ({ offered }) => offered.hvm === null && offered.evidence !== 'unknown',
    message: (hosts) =>
      `These hosts cannot run HVM guests and do not count for their level: ${hosts}.`,
  },
  {
    code: 'words-unknown',
    severity: 'warning',
    about: ({ host }) => host.unknownWords.length > 0,
    message: (hosts) =>
      `The snapshots of these hosts do not show all featureset words, and the level has nothing of the words they leave out: ${hosts}. Take them again on the hosts.`,
  },
  {
    code: 'releases-differ',
    severity: 'info',
    about: ({ offered }, members) =>
      offered.evidence !== 'unknown' &&
      new Set(speaking(members).map((member) => member.offered.release)).size > 1,
    message: (_, members, release) =>
      `The hosts run different releases (${members.map(({ host }) => `${host.name} ${host.xen?.release ?? 'none'}`).join(', ')}); their featuresets are carried by name to the words of ${release}.`,
  },
  {
    code: 'release-unknown',
    severity: 'warning',
    about: ({ offered }) => offered.release === undefined,
    message: (hosts, _, release) =>
      `There is no feature table for the Xen of these hosts, and their words are taken for those of ${release}: ${hosts}.`,
  },
  {
    code: 'lengths-differ',
    severity: 'info',
    about: ({ host }, members) => {
      const own = lengthOf({ host })
      return (
        own !== undefined &&
        members.some((other) => (lengthOf(other) ?? own) > own && sameRelease(host, other.host))
      )
    },
    message: (hosts) =>
      `These hosts report fewer featureset words than others of their release; the words they leave out count as zero: ${hosts}.`,
  },
  {
    code: 'bits-unnamed',
    severity: 'warning',
    about: ({ offered }) => offered.unnamed.length > 0,
    message: (hosts, members) =>
      `These hosts offer bits that their own release does not name, so nothing says where they belong in another: ${hosts} (bits ${[...new Set(members.flatMap(({ offered }) => offered.unnamed))].join(', ')}).`,
  },
]

/** The findings, in a fixed order. */
export function findFindings(members: readonly LevelMember[], release: string): Finding[] {
  return RULES.flatMap(({ code, severity, about, message }) => {
    const hosts = members.filter((member) => about(member, members)).map(({ host }) => host.name)
    return hosts.length === 0
      ? []
      : [{ code, severity, hosts, message: message(hosts.join(', '), members, release) }]
  })
}

/** The members that told anything. */
function speaking(members: readonly LevelMember[]): LevelMember[] {
  return members.filter(({ offered }) => offered.evidence !== 'unknown')
}

function lengthOf({ host }: Pick<LevelMember, 'host'>): number | undefined {
  return (host.featuresets.pvDefault ?? host.featuresets.raw)?.words.length
}

function sameRelease(a: LevelMember['host'], b: LevelMember['host']): boolean {
  return a.xen?.release === b.xen?.release
}
