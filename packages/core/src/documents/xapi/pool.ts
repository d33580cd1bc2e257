/** What xapi stores as `pool.cpu_info` (xen-api, ocaml/xapi/create_misc.ml, create_pool_cpuinfo). */
import { Featureset } from '@xenlevel/cpuid'
import type { Finding } from '../../finding.js'
import { combineFeaturesets } from '../../pool/combine.js'
import { type XapiCpuInfo, xapiOffersHvm } from './cpu-info.js'
import { xapiIntersect } from './set-operations.js'

/**
 * Who does xapi's arithmetic. `own`: xapi itself, as on upstream Xen. `libxenguest`: the helpers that XenServer and XCP-ng add to that
 * library, which accumulate, clear dependents and never cut off. The same xapi gives different answers on the two.
 */
export type XapiArithmetic = 'own' | 'libxenguest'

/** A host of the pool. */
export interface XapiPoolMember {
  /** What findings call it. */
  readonly name: string
  /** What xapi keeps of it; of a host that is switched off, from its last boot. */
  readonly cpuInfo: XapiCpuInfo
  /** Whether `host.capabilities` has `hvm`; by default what its HVM featureset shows. */
  readonly hvm?: boolean
}

/** Options of {@link xapiPoolCpuInfo}. */
export interface XapiPoolOptions {
  /** `'own'` by default. */
  readonly arithmetic?: XapiArithmetic
  /** Whose table libxenguest combines by: the release of the coordinator's Xen. The newest by default. */
  readonly release?: string
}

/**
 * What xapi stores for a pool, in the order in which its database lists the hosts.
 *
 * Default sets are combined, of all hosts for PV, of those that can run HVM guests for HVM; counts are added up; the vendor is the last
 * host's, without a comparison. A host that lacks levelling keys is passed over with a warning in the log and a finding here. A single
 * host is stored as it is.
 *
 * {@link formatXapiCpuInfo} makes the map of it.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function xapiPoolCpuInfo(
  hosts: readonly XapiPoolMember[],
  options: XapiPoolOptions = {},
): XapiCpuInfo {
  const combine = (sets: readonly Featureset[]) =>
    options.arithmetic === 'libxenguest'
      ? combineInLibrary(sets, options.release)
      : combineHere(sets)
  const counting = hosts.filter((host) => hasLevellingKeys(host))
  const withHvm = counting.filter(canRunHvm)
  const sum = (field: 'cpuCount' | 'socketCount') =>
    counting.reduce((total, { cpuInfo }) => total + (cpuInfo[field] ?? 0), 0)
  const setsOf = (members: readonly XapiPoolMember[], field: 'pvDefault' | 'hvmDefault') =>
    combine(members.map(({ cpuInfo }) => cpuInfo.featuresets[field] ?? Featureset.empty))
  return Object.freeze({
    vendor: counting.at(-1)?.cpuInfo.vendor ?? '',
    modelName: null,
    family: null,
    model: null,
    stepping: null,
    cpuCount: sum('cpuCount'),
    socketCount: sum('socketCount'),
    featuresets: {
      pvDefault: setsOf(counting, 'pvDefault'),
      hvmDefault: setsOf(withHvm, 'hvmDefault'),
    },
    others: {},
    findings: Object.freeze(findFindings(hosts, counting)),
  })
}

function canRunHvm({ cpuInfo, hvm }: XapiPoolMember): boolean {
  return hvm ?? xapiOffersHvm(cpuInfo)
}

function hasLevellingKeys(host: XapiPoolMember): boolean {
  const { pvDefault, hvmDefault } = host.cpuInfo.featuresets
  return pvDefault !== undefined && (hvmDefault !== undefined || !canRunHvm(host))
}

function combineHere(sets: readonly Featureset[]): Featureset {
  return sets.reduce(xapiIntersect, Featureset.empty)
}

function combineInLibrary(sets: readonly Featureset[], release?: string): Featureset {
  const [only = Featureset.empty, ...more] = sets.filter(({ words }) => words.length > 0)
  // xapi starts from the first set, so what a single host says never reaches the library.
  if (more.length === 0) return only
  return combineFeaturesets([only, ...more], release === undefined ? {} : { release })
}

function findFindings(
  hosts: readonly XapiPoolMember[],
  counting: readonly XapiPoolMember[],
): Finding[] {
  const findings: Finding[] = []
  const add = (
    members: readonly XapiPoolMember[],
    finding: Pick<Finding, 'code' | 'severity'>,
    message: (names: string) => string,
  ) => {
    if (members.length === 0) return
    const names = members.map(({ name }) => name)
    findings.push({ ...finding, message: message(names.join(', ')), hosts: names })
  }
  add(
    hosts.filter((host) => !counting.includes(host)),
    { code: 'levelling-keys-missing', severity: 'error' },
    (names) => `xapi leaves these hosts out, for lack of levelling keys: ${names}.`,
  )
  add(
    counting.filter((host) => !canRunHvm(host)),
    { code: 'host-without-hvm', severity: 'warning' },
    (names) => `These hosts cannot run HVM guests and do not count for their level: ${names}.`,
  )
  const vendors = new Set(counting.map(({ cpuInfo }) => cpuInfo.vendor))
  add(
    vendors.size > 1 ? counting : [],
    { code: 'vendors-differ', severity: 'error' },
    () =>
      `The hosts are of different vendors (${[...vendors].join(', ')}); xapi stores the last one's, and no guest can move between them.`,
  )
  return findings
}
