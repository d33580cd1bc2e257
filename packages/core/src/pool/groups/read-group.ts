/** Groups from documents, which anyone may have written. */
import { type Featureset, featureTable, nearestRelease } from '@xenlevel/cpuid'
import type { PoolLevelDocument } from '../../documents/pool-level.js'
import type { GroupOffer, LevelKind, OfferGroup, Span } from './host-group.js'
import { compareNames, namesKept, type Tally } from './tally.js'

/** What is wrong in a document. */
export interface GroupComplaint {
  /** The field. */
  readonly path: string
  readonly problem: string
}

type GroupDocument = PoolLevelDocument['groups'][number]
type OfferDocument = NonNullable<GroupDocument[LevelKind]>

/** The group that a document describes, one of a pool of `count` hosts; or what is wrong with it. */
export function groupOfDocument(
  document: GroupDocument,
  count: number,
): OfferGroup | GroupComplaint {
  const { vendor, physAddrBits, xen, table, evidence, words, wordsUnknown, unnamed } = document
  const complaint =
    tallyProblem(document, 'hosts', count) ??
    tableProblem(document) ??
    offerProblem(document, 'pv', count) ??
    offerProblem(document, 'hvm', count)
  if (complaint !== undefined) return complaint
  const known = document.pv !== undefined
  if (known !== (evidence !== 'unknown' && document.pending === undefined))
    return { path: 'evidence', problem: 'it does not go with what the hosts offer' }
  return {
    traits: {
      ...{ vendor, physAddrBits, xen, table, evidence, words, wordsUnknown },
      unnamed: unnamed ?? [],
    },
    hosts: { count: document.count, hosts: document.hosts },
    pv: offerOf(document.pv),
    hvm: offerOf(document.hvm),
    pending: document.pending ?? null,
  }
}

function tableProblem({ xen, table, pending }: GroupDocument): GroupComplaint | undefined {
  if (table !== (xen === null ? null : (nearestRelease(xen) ?? null)))
    return { path: 'table', problem: `the words of Xen ${xen} are not those of ${table}` }
  if (table !== null && pending !== undefined)
    return { path: 'pending', problem: 'it is known by which Xen these hosts are judged' }
  if (table !== null) featureTable(table)
  return undefined
}

function offerProblem(
  group: GroupDocument,
  kind: LevelKind,
  count: number,
): GroupComplaint | undefined {
  const offer = group[kind]
  if (offer === undefined) return undefined
  if (kind === 'hvm' && group.pv === undefined)
    return { path: kind, problem: 'hosts that offer HVM offer PV too' }
  return (
    spanProblem(offer.default, `${kind}.default`) ??
    spanProblem(offer.max, `${kind}.max`) ??
    mixedProblem(group, offer, { path: `${kind}.mixed`, count })
  )
}

function spanProblem(span: OfferDocument['max'], path: string): GroupComplaint | undefined {
  const { all, any } = spanOf(span)
  if (all.words.length !== any.words.length || !all.isSubsetOf(any))
    return { path, problem: 'what all have is not a part of what any has, in as many words' }
  if (all !== any && all.equals(any))
    return { path, problem: 'what all have is what any has; expected it once' }
  return undefined
}

function mixedProblem(
  group: GroupDocument,
  offer: OfferDocument,
  { path, count }: { readonly path: string; readonly count: number },
): GroupComplaint | undefined {
  const { all, any } = spanOf(offer.default)
  const mixed = offer.mixed ?? []
  if (mixed.map(({ bit }) => bit).join() !== any.andNot(all).bits().join())
    return { path, problem: 'it does not have the bits that some have and others lack' }
  for (const [index, { lacking, having }] of mixed.entries()) {
    const complaint =
      tallyProblem(lacking, `${path}.${index}.lacking.hosts`, count) ??
      tallyProblem(having, `${path}.${index}.having.hosts`, count)
    if (complaint !== undefined) return complaint
    if (lacking.count + having.count !== group.count)
      return { path: `${path}.${index}`, problem: 'these are not all hosts of the group' }
  }
  return undefined
}

function tallyProblem(
  { count, hosts }: Tally,
  path: string,
  pool: number,
): GroupComplaint | undefined {
  if (count < 1) return { path, problem: 'a group without hosts is none' }
  if (hosts.some((name, index) => index > 0 && compareNames(hosts[index - 1] ?? '', name) >= 0))
    return { path, problem: 'names are not in code unit order, each once' }
  const most = namesKept(pool)
  const complete = hosts.length === count && count <= most
  const first = most < pool && hosts.length > 0 && hosts.length <= Math.min(count, most)
  if (!complete && !first) return { path, problem: `${hosts.length} names of ${count} hosts` }
  return undefined
}

function offerOf(document: OfferDocument | undefined): GroupOffer | null {
  if (document === undefined) return null
  return {
    default: spanOf(document.default),
    max: spanOf(document.max),
    mixed: document.mixed ?? [],
  }
}

function spanOf(span: Featureset | Span): Span {
  return 'all' in span ? span : { all: span, any: span }
}
