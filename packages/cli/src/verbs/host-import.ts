/** `xenlevel host import`: snapshots from what other tools say of hosts. */
import { formatHostSnapshot, type HostSnapshot } from '@xenlevel/core'
import { CommandError, UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { HOST_OPTIONS, hostLine, listHosts } from '../hosts/read-hosts.js'
import { defineVerb } from '../verb.js'
import { hostsDocument } from './host-documents.js'
import { outputOption } from './output-option.js'

/** The verb. */
export const hostImport = defineVerb({
  name: 'host import',
  operands: '[FILE…]',
  summary: 'snapshots from CPUID dumps, xen-cpuid -p, or what xe prints',
  description: [
    'Makes host snapshots. Read are: dumps of cpuid -r, AIDA64, InstLatx64 and libcpuid, /proc/cpuinfo (which hides what the kernel does not use), xen-cpuid -p; cpu_info of xapi as JSON, as "xe host-param-get param-name=cpu_info" prints it, or within "xe host-param-list" and "xe host-list params=all"; host records of xapi in JSON.',
    'With --xen-release what that Xen makes of the CPU is foreseen wherever it is not said. What was corrected, and what the input cannot tell, is in the notes of each snapshot.',
  ],
  options: {
    ...HOST_OPTIONS,
    name: {
      type: 'string',
      value: 'NAME',
      help: 'the name of the host, where the input has one host; that of the file by default',
    },
    output: outputOption(),
    ndjson: { type: 'boolean', help: 'one host a line; so many hosts are always written' },
  },
  examples: [
    {
      command: 'cpuid -r | xenlevel host import --name web-1 --xen-release 4.17',
      does: 'this CPU under a Xen',
    },
    {
      command:
        'xe host-param-get uuid=$U param-name=cpu_info | xenlevel host import --name xcp-1 --xen-release 4.17.6',
      does: 'a host of XCP-ng',
    },
    {
      command: "xenlevel host import 'dumps/*.txt' -o hosts.ndjson",
      does: 'a folder of dumps, one host a line',
    },
  ],
  async run({ io, values, operands, print }) {
    const { hosts, problems } = await listHosts(operands, io, {
      verb: 'host import',
      release: values['xen-release'],
      tell: (problem) => print.problem(problem),
    })
    const named = values.name === undefined ? hosts : renamed(hosts, values.name)
    const text =
      values.json === true
        ? `${JSON.stringify(hostsDocument(named, problems), null, 2)}\n`
        : textOf(named, values.ndjson === true)
    if (values.output === undefined) print.raw(text)
    else await io.files.write(values.output, text)
    return problems.length === 0 ? EXIT.yes : EXIT.no
  },
})

function renamed(hosts: readonly HostSnapshot[], name: string): readonly HostSnapshot[] {
  const [only] = hosts
  if (only === undefined || hosts.length > 1)
    throw new UsageError(`--name names one host, and there are ${hosts.length}.`, 'host import')
  if (name === '')
    throw new CommandError({ code: 'NAME_EMPTY', message: 'A host needs a name: --name is empty.' })
  return [{ ...only, name }]
}

function textOf(hosts: readonly HostSnapshot[], lines: boolean): string {
  const [only] = hosts
  return only !== undefined && hosts.length === 1 && !lines
    ? formatHostSnapshot(only)
    : hosts.map((host) => `${hostLine(host)}\n`).join('')
}
