/** `xenlevel fleet split`: the best pools of a mixed fleet. */
import { type FleetPartition, type FleetPool, partitionFleet } from '@xenlevel/core'
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { wholeNumber } from '../guests/read-guest.js'
import { HOST_OPTIONS, HOSTS_HELP, listHosts } from '../hosts/read-hosts.js'
import { listed } from '../output/names.js'
import type { Printer } from '../output/printer.js'
import { columns, count, paragraph, wrapped } from '../output/text.js'
import { defineVerb } from '../verb.js'

/** The verb. */
export const fleetSplit = defineVerb({
  name: 'fleet split',
  operands: 'HOST…',
  summary: 'the split of a mixed fleet into pools that keeps most features',
  description: [
    'Splits a fleet into at most so many pools, so that most is kept: the weight of each feature in the level of a pool, times the hosts in it. It says whether the split is proven to be the best, and else how far from it at most.',
    HOSTS_HELP,
  ],
  options: {
    ...HOST_OPTIONS,
    pools: { type: 'string', short: 'p', value: 'N', help: 'the most pools; 2 by default' },
    guest: {
      type: 'string',
      short: 'g',
      value: 'KIND',
      choices: ['hvm', 'pv'],
      help: 'whose level counts; hvm by default',
    },
    'mix-vendors': {
      type: 'boolean',
      help: 'hosts of different vendors may share a pool, although no guest can move between them',
    },
    weight: {
      type: 'string',
      value: 'NAME=W',
      multiple: true,
      help: 'what a feature is worth; 0 leaves it out of account',
    },
  },
  examples: [
    { command: 'xenlevel fleet split --pools 3 hosts.ndjson', does: 'three pools' },
    {
      command: 'xenlevel fleet split --pools 2 --weight AVX512F=20 hosts/*.json',
      does: 'where AVX-512 matters',
    },
  ],
  async run({ io, values, operands, print }) {
    const { hosts, problems } = await listHosts(operands, io, {
      verb: 'fleet split',
      release: values['xen-release'],
      tell: (problem) => print.problem(problem),
    })
    const partition = partitionFleet(hosts, {
      pools: wholeNumber(values.pools, 'pools', 'fleet split') ?? 2,
      kind: values.guest ?? 'hvm',
      vendors: values['mix-vendors'] === true ? 'together' : 'apart',
      weights: Object.fromEntries((values.weight ?? []).map(readWeight)),
    })
    const ok = problems.length === 0
    if (values.json === true)
      print.document({
        format: 'xenlevel/fleet-split',
        version: 1,
        ok,
        ...summaryOf(partition),
        pools: partition.pools.map(poolDocument),
        unplaced: partition.unplaced,
        problems,
      })
    else show(partition, print)
    return ok ? EXIT.yes : EXIT.no
  },
})

function readWeight(text: string): [string, number] {
  const match = /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(text)
  const [, name = '', weight = ''] = match ?? []
  if (match === null)
    throw new UsageError(
      `--weight wants NAME=WEIGHT, such as AVX512F=20; "${text}" is not that.`,
      'fleet split',
    )
  return [name.toUpperCase().replaceAll('-', '_'), Number(weight)]
}

function summaryOf(partition: FleetPartition) {
  const { score, onePool, poolPerVendor, alone, gain, bound, exact, search } = partition
  return { score, onePool, poolPerVendor, alone, gain, bound, exact, search }
}

function poolDocument({
  hosts,
  vendor,
  capacity,
  featureset,
  features,
  psabi,
  weight,
  losses,
}: FleetPool): object {
  return { hosts, vendor, capacity, featureset, features, psabi, weight, losses }
}

function show(partition: FleetPartition, print: Printer): void {
  const { pools, exact, search, score, bound, alone, onePool, unplaced } = partition
  const part = (value: number) => `${((100 * value) / alone).toFixed(1)} %`
  print.lines(
    ...paragraph(
      `${count(pools.length, 'pool')} keep ${part(score)} of what the hosts have alone; one pool would keep ${part(onePool)}. ${exact ? `Nothing is better (${search}).` : `The best there can be is ${part(bound)} (${search}).`}`,
      { width: print.width },
    ),
  )
  for (const [at, pool] of pools.entries()) {
    print.lines(
      '',
      print.style(
        'bold',
        `pool ${at + 1}: ${count(pool.hosts.length, 'host')}, ${count(pool.features, 'feature')}, ${pool.psabi ?? 'below x86-64-v1'}${pool.vendor === null ? '' : `, ${pool.vendor}`}`,
      ),
      ...wrapped([...pool.hosts], { indent: '  ', width: print.width }),
    )
    const costs = pool.losses.filter(({ features }) => features.length > 0)
    print.lines(
      ...columns(
        costs
          .slice(0, 12)
          .map(({ host, features }) => [host, 'loses', features.length, listed(features, 5)]),
        '    ',
      ),
    )
    if (costs.length > 12) print.lines(`    and ${costs.length - 12} more hosts lose some`)
  }
  for (const { host, reason } of unplaced)
    print.lines(
      `  ${host} is in no pool: ${reason === 'no-hvm' ? 'it cannot run HVM guests' : 'nothing is known of what it offers'}`,
    )
}
