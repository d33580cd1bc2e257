/** `xenlevel host capture`: the snapshot of this host, asked of its Xen. */
import { hostname } from 'node:os'
import { formatHostSnapshot } from '@xenlevel/core'
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { hostLine } from '../hosts/read-hosts.js'
import { defineVerb } from '../verb.js'
import { hostsDocument } from './host-documents.js'
import { outputOption } from './output-option.js'

/** The verb. */
export const hostCapture = defineVerb({
  name: 'host capture',
  operands: '',
  summary: 'the snapshot of this host, asked of its Xen',
  description: [
    'Asks the Xen that this machine runs for its featuresets and policies and writes them as a snapshot, which every other verb reads. Runs in dom0 as root and needs the npm package koffi beside the command; a Xen that cannot be reached is told with what is missing.',
    'Nothing of the host is changed. Of hosts that cannot be reached, "xenlevel host import" makes snapshots from what other tools print.',
  ],
  options: {
    name: { type: 'string', value: 'NAME', help: 'the name of the host; its host name by default' },
    output: outputOption(),
    ndjson: { type: 'boolean', help: 'in one line, to be collected from many hosts' },
  },
  examples: [
    { command: 'xenlevel host capture -o /var/lib/xenlevel/host.json', does: 'keep the snapshot' },
    {
      command:
        'for h in xen1 xen2; do ssh $h xenlevel host capture --ndjson; done | xenlevel level',
      does: 'level two hosts from afar',
    },
  ],
  async run({ io, values, operands, print }) {
    if (operands.length > 0)
      throw new UsageError(
        'This verb looks at this machine alone and takes no files.',
        'host capture',
      )
    const xen = await io.openXen()
    try {
      const host = xen.snapshot({ name: values.name ?? hostname() })
      const text =
        values.json === true
          ? `${JSON.stringify(hostsDocument([host], []), null, 2)}\n`
          : values.ndjson === true
            ? `${hostLine(host)}\n`
            : formatHostSnapshot(host)
      if (values.output === undefined) print.raw(text)
      else await io.files.write(values.output, text)
    } finally {
      xen.close()
    }
    return EXIT.yes
  },
})
