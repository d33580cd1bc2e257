/** `xenlevel policy derive`: what a Xen makes of a CPU. */
import {
  type CpuPolicy,
  derivePolicies,
  estimateHostFeatureset,
  formatCpuPolicy,
  formatPolicyText,
  type HostEstimate,
  type HostPolicies,
} from '@xenlevel/core'
import { nearestRelease } from '@xenlevel/cpuid'
import { CommandError, UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { readHost, WHICH, wholePolicies } from '../guests/read-policy.js'
import { HOST_OPTIONS } from '../hosts/read-hosts.js'
import type { Printer } from '../output/printer.js'
import { columns, hex, paragraph } from '../output/text.js'
import { defineVerb } from '../verb.js'
import { outputOption } from './output-option.js'

/** The verb. */
export const policyDerive = defineVerb({
  name: 'policy derive',
  operands: 'HOST',
  summary: 'the policies that a Xen makes of a CPU: at most, and by default',
  description: [
    'Foresees the policies of a host from what its CPU says: what Xen itself uses, and what PV and HVM guests may have at most and get by default. HOST is a CPUID dump or a snapshot. Where neither the dump nor the command line tells, the usual is assumed, and every assumption is said.',
    'With --which the policy itself is written, as text or as a document that "policy clamp", "policy diff" and "admit" read.',
  ],
  options: {
    ...HOST_OPTIONS,
    cmdline: { type: 'string', value: 'TEXT', help: 'the command line that Xen boots with' },
    which: {
      type: 'string',
      short: 'w',
      value: 'POLICY',
      choices: WHICH,
      help: 'write this policy',
    },
    form: {
      type: 'string',
      value: 'FORM',
      choices: ['text', 'json'],
      help: 'how --which is written: text with the names of features, or a document; text by default',
    },
    output: outputOption(),
  },
  examples: [
    {
      command: 'cpuid -r | xenlevel policy derive --xen-release 4.17 -',
      does: 'this CPU under Xen 4.17',
    },
    {
      command: 'xenlevel policy derive --xen-release 4.17 --cmdline "spec-ctrl=no smt=0" dump.txt',
      does: 'with a command line',
    },
    {
      command: 'xenlevel policy derive --which hvmDefault -o guest.policy host.json',
      does: 'keep what an HVM guest gets',
    },
  ],
  async run({ io, values, operands, print }) {
    const [operand, ...rest] = operands
    if (operand === undefined || rest.length > 0)
      throw new UsageError('Name one host.', 'policy derive')
    const release = values['xen-release']
    const host = await readHost(operand, io, { verb: 'policy derive', release })
    const anew = release !== undefined || values.cmdline !== undefined
    const known = release ?? host.xen?.release
    if (known === undefined)
      throw new CommandError({
        code: 'RELEASE_MISSING',
        message: `${host.name} runs no Xen that it tells of: give --xen-release.`,
      })
    const raw = host.policies?.raw
    const said = host.policies?.host !== undefined && !anew
    const derived: Derived =
      raw === undefined || said
        ? { policies: wholePolicies(host), estimate: null }
        : derive(raw, known, values.cmdline)
    const answer = { ...derived, name: host.name }
    const which = values.which === undefined ? undefined : answer.policies[values.which]
    if (values.which !== undefined && which === undefined)
      throw new CommandError({
        code: 'NO_POLICY',
        message: `${host.name} has no ${values.which} policy.`,
      })
    const text =
      values.json === true
        ? `${JSON.stringify(documentOf(answer), null, 2)}\n`
        : which === undefined
          ? undefined
          : values.form === 'json'
            ? formatCpuPolicy(which)
            : formatPolicyText(which)
    if (text === undefined) show(answer, print)
    else if (values.output === undefined) print.raw(text)
    else await io.files.write(values.output, text)
    return EXIT.yes
  },
})

interface Derived {
  readonly policies: HostPolicies
  readonly estimate: HostEstimate | null
}

interface Answer extends Derived {
  readonly name: string
}

function derive(raw: CpuPolicy, release: string, commandLine: string | undefined): Derived {
  const exact = nearestRelease(release) ?? release
  const estimate = estimateHostFeatureset(raw, {
    release: exact,
    ...(commandLine === undefined ? {} : { commandLine }),
  })
  const policies = derivePolicies(raw, {
    ...estimate.facts,
    hostFeatureset: estimate.featureset,
    release: exact,
  })
  return { policies, estimate }
}

function documentOf({ name, policies, estimate }: Answer): object {
  const written = WHICH.flatMap((which) => {
    const policy = policies[which]
    return policy === undefined ? [] : [[which, JSON.parse(formatCpuPolicy(policy))]]
  })
  return {
    format: 'xenlevel/host-policies',
    version: 1,
    ok: true,
    host: name,
    release: policies.release,
    policies: Object.fromEntries(written),
    changes: estimate?.changes ?? [],
    assumptions: estimate?.assumptions ?? [],
    findings: estimate?.boot.findings ?? [],
  }
}

function show({ name, policies, estimate }: Answer, print: Printer): void {
  print.lines(`What Xen ${policies.release} makes of ${name}`, '')
  const rows = WHICH.flatMap((which) => {
    const policy = policies[which]
    if (policy === undefined) return []
    const { maxLeaf, maxExtendedLeaf, physAddrBits } = policy
    const count = policy.featureset.names().length
    return [[which, count, hex(maxLeaf), hex(maxExtendedLeaf), physAddrBits]]
  })
  const [head = '', ...body] = columns([
    ['policy', 'features', 'leaves to', 'extended to', 'address bits'],
    ...rows,
  ])
  print.lines(print.style('bold', head), ...body)
  if (estimate === null) return
  const section = (title: string, lines: readonly string[]) => {
    if (lines.length === 0) return
    print.lines('', title)
    for (const line of lines)
      print.lines(
        ...paragraph(line, { indent: '    ', width: print.width }).map((text, at) =>
          at === 0 ? `  * ${text.trimStart()}` : text,
        ),
      )
  }
  section('Xen changes of what the CPU says:', byReason(estimate))
  section(
    'Taken to be so, because nothing tells:',
    estimate.assumptions.map((assumption) =>
      'feature' in assumption
        ? `${assumption.feature} is taken to be ${assumption.assumed ? 'there' : 'absent'}: ${assumption.reason}.`
        : `${assumption.reason}${assumption.assumed ? '' : ': no'}.`,
    ),
  )
  section(
    'Of the command line:',
    estimate.boot.findings.map(({ message }) => message),
  )
}

/** Changes with one reason in one line. */
function byReason({ changes }: HostEstimate): string[] {
  const groups = new Map<
    string,
    { readonly verb: string; readonly names: string[]; readonly reason: string }
  >()
  for (const { feature, added, reason } of changes) {
    const group = groups.get(`${added} ${reason}`) ?? {
      verb: added ? 'adds' : 'drops',
      names: [],
      reason,
    }
    groups.set(`${added} ${reason}`, group)
    group.names.push(feature)
  }
  return [...groups.values()].map(
    ({ verb, names, reason }) => `it ${verb} ${names.join(', ')}: ${reason}`,
  )
}
