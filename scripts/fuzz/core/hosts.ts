/** Targets: pools of odd hosts, odd guests on them, and the processors that odd policies tell of. */
import {
  admitGuest,
  CpuPolicy,
  describeTopology,
  explainLevel,
  type HostSnapshot,
  levelPool,
  PolicyRecordError,
  parseHostSnapshot,
  partitionFleet,
  whatIf,
  withTopology,
} from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import * as z from 'zod'
import { pick, type Random } from '../../../packages/cpuid/src/random.testing.js'
import { leavesForm, msrsForm } from '../forms.js'
import {
  hostPolicies,
  hostTexts,
  oddLeaves,
  oddWord,
  oddWords,
  RELEASES,
  wholeHosts,
} from '../material.js'
import { defineTarget, isRefusal, must } from '../target.js'

const known = hostTexts.map((text) => parseHostSnapshot(text))
const VENDORS = ['Intel', 'AMD', 'Centaur', 'Hygon', 'Unknown'] as const
const SETS = ['raw', 'host', 'pvMax', 'pvDefault', 'hvmMax', 'hvmDefault'] as const

const oddHostForm = z.strictObject({
  name: z.string(),
  base: z.number(),
  vendor: z.enum(VENDORS),
  physAddrBits: z.number(),
  release: z.string().nullable(),
  hvm: z.boolean(),
  sets: z.array(z.strictObject({ name: z.enum(SETS), words: z.array(z.number()) })),
})
type OddHost = z.output<typeof oddHostForm>

function oddHost(random: Random): OddHost {
  return {
    name: pick(random, ['a', 'b', 'c', 'd', 'e', '__proto__', 'host 1', '😀']),
    base: random(known.length),
    vendor: random(3) > 0 ? 'Intel' : pick(random, VENDORS),
    physAddrBits: pick(random, [0, 36, 39, 46, 48, 52, 64]),
    release: random(4) === 0 ? null : pick(random, RELEASES),
    hvm: random(5) > 0,
    sets:
      random(3) > 0
        ? []
        : SETS.slice(0, 1 + random(SETS.length)).map((name) => ({
            name,
            words: oddWords(random, 24),
          })),
  }
}

function snapshotOf({
  name,
  base,
  vendor,
  physAddrBits,
  release,
  hvm,
  sets,
}: OddHost): HostSnapshot {
  const [first] = known
  const host = known[base % known.length] ?? first
  if (host === undefined) throw new Error('there are no recorded hosts')
  const own = sets.map(({ name: set, words }) => [set, Featureset.fromWords(words)] as const)
  return {
    ...host,
    name,
    cpu: { ...host.cpu, vendor, physAddrBits },
    xen: release === null ? null : { release, hvm, hap: hvm },
    featuresets: own.length === 0 ? host.featuresets : Object.fromEntries(own),
  }
}

/** Pools. */
export const pools = defineTarget({
  name: 'core.pools',
  share: 200,
  feeds:
    'hosts with odd featuresets, vendors, releases and names to levelPool, merge, explainLevel, whatIf and partitionFleet',
  holds:
    'one level, in whatever order the hosts come and however they are merged; a partition keeps every host once, and no more than its bound',
  codes: [
    ...[
      'POOL_EMPTY',
      'POOL_DUPLICATE_HOST',
      'POOL_COUNT',
      'POOL_HOST_UNKNOWN',
      'POOL_RELEASE_NEEDED',
    ],
    ...['POOL_MERGE'],
  ],
  input: z.strictObject({ hosts: z.array(oddHostForm), pools: z.number(), question: z.number() }),
  make: (random) => ({
    hosts: Array.from({ length: random(random(4) === 0 ? 5 : 3) }, () => oddHost(random)),
    pools: random(4),
    question: random(8),
  }),
  check: ({ hosts: odd, pools: count, question }, ask) => {
    const hosts = odd.map(snapshotOf)
    const level = ask(() => levelPool(hosts))
    if (isRefusal(level)) return level
    const text = JSON.stringify(level)
    const reversed = levelPool(hosts.toReversed())
    must(reversed.hvm.default.equals(level.hvm.default), 'another order is another HVM level')
    must(reversed.pv.max.equals(level.pv.max), 'another order is another PV level')
    must(level.hvm.default.isSubsetOf(level.hvm.default.or(level.hvm.max)), 'default is not in max')
    if (question > 3) return text
    if (question === 0) return [text, explainLevel(level)]
    if (question > 1) return [text, ask(() => summaryOf(hosts, question))]
    const split = ask(() => partitionFleet(hosts, { pools: count }))
    if (isRefusal(split)) return [text, split]
    const placed = split.pools.flatMap(({ hosts: names }) => names)
    must(placed.length + split.unplaced.length === hosts.length, 'a host is lost')
    must(split.score <= split.bound * (1 + 1e-9), 'the score is above its bound')
    return [text, placed, split.score, split.bound, split.exact]
  },
})

function summaryOf(hosts: readonly HostSnapshot[], question: number): unknown {
  const [first, second] = hosts
  if (first === undefined) return null
  const asked = whatIf(hosts.slice(1).length > 0 ? hosts : [first])
  const change =
    question === 2
      ? asked.leave((second ?? first).name)
      : asked.replace(first.name, { ...(second ?? first), name: 'new' })
  return [JSON.stringify(change.after), change.gains.length, change.losses.length, change.guests]
}

const recordsForm = z.strictObject({ leaves: leavesForm, msrs: msrsForm })

function oddRecords(random: Random): z.output<typeof recordsForm> {
  return {
    leaves: oddLeaves(random),
    msrs:
      random(3) > 0
        ? []
        : [
            {
              index: pick(random, [0xce, 0x10a, 0x10b]),
              flags: random(8) === 0 ? 1 : 0,
              value: BigInt(oddWord(random)),
            },
          ],
  }
}

/** The policy of records, or what a refusal leaves. */
function policyOf({ leaves, msrs }: z.output<typeof recordsForm>, release: string): CpuPolicy {
  try {
    return CpuPolicy.fromRecords(leaves, msrs, { release })
  } catch (error) {
    if (error instanceof PolicyRecordError) return error.policy
    throw error
  }
}

/** Guests on hosts. */
export const admissions = defineTarget({
  name: 'core.admission',
  share: 200,
  feeds:
    'guests with odd records, policies or featuresets to admitGuest, on the policies and snapshots of hosts of every release',
  holds: 'every reason has a sentence; a guest is refused just where a reason refuses it',
  codes: [],
  input: z.strictObject({
    records: recordsForm,
    featureset: z.array(z.number()),
    as: z.enum(['records', 'policy', 'featureset', 'nothing']),
    kind: z.enum(['pv', 'pv32', 'hvm', 'pvh']),
    release: z.string(),
    host: z.number(),
  }),
  make: (random) => ({
    records: oddRecords(random),
    featureset: oddWords(random, 24),
    as: pick(random, ['records', 'records', 'policy', 'featureset', 'nothing'] as const),
    kind: pick(random, ['pv', 'pv32', 'hvm', 'pvh'] as const),
    release: pick(random, RELEASES),
    host: random(hostPolicies.length + wholeHosts.length + known.length),
  }),
  check: ({ records, featureset, as, kind, release, host: at }) => {
    const all = [...hostPolicies, ...wholeHosts, ...known]
    const host = all[at % all.length]
    if (host === undefined) return null
    const cpu = {
      records: { records },
      policy: { policy: policyOf(records, release) },
      featureset: { featureset: Featureset.fromWords(featureset) },
      nothing: {},
    }[as]
    const { admitted, reasons, judged, levelTo, advice, uncounted } = admitGuest(
      { name: 'guest', kind, ...cpu },
      host,
      { release },
    )
    must(
      reasons.every(({ message }) => message !== ''),
      'a reason says nothing',
    )
    const refused = reasons.some(({ grade }) => grade === 'refused' || grade === 'lost')
    must(admitted !== refused, 'the answer does not follow from the reasons')
    return [admitted, reasons, judged, levelTo?.featureset, advice, uncounted]
  },
})

/** Processors. */
export const topologies = defineTarget({
  name: 'core.topology',
  share: 200,
  feeds: 'odd policies to describeTopology, wanted shapes to withTopology',
  holds:
    'numbers of cores and threads are whole and positive; a policy that was built tells of the shape that was wanted',
  codes: ['TOPOLOGY_SHAPE', 'TOPOLOGY_LEAVES'],
  input: z.strictObject({
    records: recordsForm,
    release: z.string(),
    shape: z.strictObject({ sockets: z.number(), cores: z.number(), threads: z.number() }),
    apicIds: z.enum(['contiguous', 'xen']),
    kind: z.enum(['pv', 'pv32', 'hvm', 'pvh']),
  }),
  make: (random) => ({
    records: oddRecords(random),
    release: pick(random, RELEASES),
    shape: {
      sockets: pick(random, [1, 1, 1, 1, 2, 2, 4, 0, 255, 0.5]),
      cores: pick(random, [1, 1, 2, 2, 3, 4, 6, 8, 16, 48, 64, 0, 256, 65536, -1]),
      threads: pick(random, [1, 1, 1, 2, 2, 2, 3, 4, 0, 256]),
    },
    apicIds: pick(random, ['contiguous', 'xen'] as const),
    kind: pick(random, ['pv', 'hvm', 'pvh'] as const),
  }),
  check: ({ records, release, shape, apicIds, kind }, ask) => {
    const policy = policyOf(records, release)
    const told = describeTopology(policy, { apicIds })
    const { cores, threads, threadsPerPackage } = told
    must(
      [cores, threads, threadsPerPackage].every((number) => Number.isInteger(number) && number > 0),
      'a number that cannot be counted',
    )
    const built = ask(() => withTopology(policy, shape, { apicIds, kind, release }))
    if (isRefusal(built)) return [told, built]
    const again = describeTopology(built.policy, { apicIds })
    must(again.cores === shape.cores && again.threads === shape.threads, 'another shape was built')
    return [told, built.policy.toRecords(), built.findings, built.overwritten]
  },
})
