/** `xenlevel policy diff`: two policies, in names and fields. */
import { comparePolicies, type PolicyDifference } from '@xenlevel/core'
import { describeWordSource } from '@xenlevel/cpuid'
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { readPolicy, WHICH } from '../guests/read-policy.js'
import { HOST_OPTIONS } from '../hosts/read-hosts.js'
import { columns, count } from '../output/text.js'
import { defineVerb } from '../verb.js'

/** The verb. */
export const policyDiff = defineVerb({
  name: 'policy diff',
  operands: 'POLICY POLICY',
  summary: 'in what two policies differ, in names and fields',
  description: [
    'Compares two policies: documents, their text, those in domain images, or one of the policies of hosts (--which). Exit status 1: they differ.',
  ],
  options: {
    ...HOST_OPTIONS,
    which: {
      type: 'string',
      short: 'w',
      value: 'POLICY',
      choices: WHICH,
      help: 'which policy of a host; by default what HVM guests get, or PV guests where it runs no others',
    },
    features: { type: 'boolean', help: 'features alone' },
  },
  examples: [
    {
      command: 'xenlevel policy diff hosts/haswell-1.json hosts/skylake-1.json',
      does: 'what HVM guests get on two hosts',
    },
    {
      command: 'xenlevel policy diff --which raw before.txt after.txt --xen-release 4.17',
      does: 'what an update of firmware did',
    },
  ],
  async run({ io, values, operands, print }) {
    const [first, second, ...rest] = operands
    if (first === undefined || second === undefined || rest.length > 0)
      throw new UsageError('Name two policies.', 'policy diff')
    const question = {
      verb: 'policy diff',
      which: values.which,
      release: values['xen-release'],
    } as const
    const a = await readPolicy(first, io, question)
    const b = await readPolicy(second, io, question)
    const found = comparePolicies(a.policy, b.policy).filter(
      ({ kind }) => values.features !== true || kind === 'feature',
    )
    const ok = found.length === 0
    if (values.json === true)
      print.document({
        format: 'xenlevel/policy-diff',
        version: 1,
        ok,
        a: a.from,
        b: b.from,
        differences: found,
      })
    else
      print.lines(
        ok
          ? `${a.from} and ${b.from} are the same.`
          : `${a.from} and ${b.from} differ in ${count(found.length, 'thing')}:`,
        ...columns(found.map((each) => [each.name, placeOf(each), each.message])),
      )
    return ok ? EXIT.yes : EXIT.no
  },
})

function placeOf({ leaf, subleaf, register, msr }: PolicyDifference): string {
  if (msr !== null && (register === 'eax' || register === 'edx'))
    return describeWordSource({ msr, register })
  if (leaf !== null && register !== null) return describeWordSource({ leaf, subleaf, register })
  return leaf === null ? '' : `leaf 0x${leaf.toString(16)}`
}
