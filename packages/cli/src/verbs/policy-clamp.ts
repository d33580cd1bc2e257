/** `xenlevel policy clamp`: what Xen makes of a policy that a toolstack chooses. */
import {
  clampPolicy,
  describeFault,
  formatCpuPolicy,
  formatPolicyText,
  initDomainPolicy,
  setDomainPolicy,
} from '@xenlevel/core'
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { readHost, readPolicy, wholePolicies } from '../guests/read-policy.js'
import { HOST_OPTIONS } from '../hosts/read-hosts.js'
import { columns, count } from '../output/text.js'
import { defineVerb } from '../verb.js'

/** The verb. */
export const policyClamp = defineVerb({
  name: 'policy clamp',
  operands: 'POLICY HOST',
  summary: 'what Xen makes of a policy, with every change it makes in silence',
  description: [
    'Gives a policy to a domain on a host, as a toolstack does with XEN_DOMCTL_set_cpu_policy, and tells what Xen refuses, and each feature and field that it changes without a word, with the step that does it.',
    'Exit status 1: Xen refuses the policy, or changes it.',
  ],
  options: {
    ...HOST_OPTIONS,
    kind: {
      type: 'string',
      short: 'k',
      value: 'KIND',
      choices: ['hvm', 'pvh', 'pv', 'pv32'],
      help: 'the kind of domain; hvm by default',
    },
    shadow: { type: 'boolean', help: 'the domain is made for shadow paging (hap=0)' },
    nested: { type: 'boolean', help: 'the domain is made with nested virtualisation' },
    write: { type: 'boolean', help: 'write the policy that the domain has then, as text' },
  },
  examples: [
    {
      command: 'xenlevel policy clamp wanted.policy hosts/haswell-1.json',
      does: 'what becomes of a policy',
    },
    {
      command: 'xenlevel policy clamp save.image host.json',
      does: 'what becomes of the policy in a domain image',
    },
  ],
  async run({ io, values, operands, print }) {
    const [wanted, where, ...rest] = operands
    if (wanted === undefined || where === undefined || rest.length > 0)
      throw new UsageError('Name the policy first, then one host.', 'policy clamp')
    const release = values['xen-release']
    const { policy, from } = await readPolicy(wanted, io, {
      ...{ verb: 'policy clamp', release, which: undefined },
    })
    const snapshot = await readHost(where, io, { verb: 'policy clamp', release })
    const host = wholePolicies(snapshot)
    const domain = {
      kind: values.kind ?? 'hvm',
      hap: values.shadow !== true,
      nestedVirt: values.nested === true,
    }
    const start = initDomainPolicy(host, domain).policy
    const set = setDomainPolicy(start, policy.toRecords(), host, domain)
    const fault = set.ok ? null : set.error
    const { policy: result, changes } = clampPolicy(policy, host, domain)
    const ok = fault === null && changes.length === 0
    if (values.json === true)
      print.document({
        format: 'xenlevel/policy-clamp',
        version: 1,
        ok,
        host: snapshot.name,
        release: host.release,
        kind: domain.kind,
        error: fault,
        changes,
        policy: JSON.parse(formatCpuPolicy(result)),
      })
    else if (values.write === true) print.raw(formatPolicyText(result))
    else {
      print.lines(
        `${from}, given to ${domain.kind.toUpperCase()} on ${snapshot.name} (Xen ${host.release})`,
      )
      if (fault !== null)
        print.lines(
          print.style('red', `Xen refuses it: ${describeFault(fault)}. Without that record:`),
        )
      print.lines(
        ...(changes.length === 0
          ? ['Xen leaves it as it is.']
          : [
              `Xen changes ${count(changes.length, 'thing')}:`,
              ...columns(changes.map(({ step, message }) => [step, message])),
            ]),
      )
    }
    return ok ? EXIT.yes : EXIT.no
  },
})
