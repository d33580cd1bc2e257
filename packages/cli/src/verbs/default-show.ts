/** `xenlevel default show`: the default, and whether it still holds. */
import { bootIdOf, thisHost } from '../default/boot.js'
import { defaultPath, formatDefault, readDefault } from '../default/document.js'
import { stateOf } from '../default/stale.js'
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { listed } from '../output/names.js'
import { columns, count, paragraph } from '../output/text.js'
import { defineVerb } from '../verb.js'

const STATES = {
  fresh: ['green', 'it holds'],
  stale: ['red', 'it is stale: set it again'],
  unsure: ['yellow', 'it may be stale'],
} as const

/** The verb. */
export const defaultShow = defineVerb({
  name: 'default show',
  operands: '',
  summary: 'the default for guests, and whether it still holds after a reboot',
  description: [
    'Shows the default and looks whether this host has been booted since it was set, and whether it still offers its guests what it did: firmware, microcode, Xen and its command line all may change that.',
    'Exit status 1: it is stale, or nobody knows.',
  ],
  options: {
    host: {
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'the snapshot of this host as it is now; asked of its Xen by default',
    },
    file: {
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'where it is kept; $XENLEVEL_DEFAULT or /etc/xen/xenlevel-default.json by default',
    },
  },
  examples: [{ command: 'xenlevel default show', does: 'after a reboot' }],
  async run({ io, values, operands, print }) {
    if (operands.length > 0)
      throw new UsageError('This verb takes no files but --file and --host.', 'default show')
    const path = defaultPath(values.file, io.env)
    const kept = await readDefault(path, io.files)
    const { host } = await thisHost(
      { file: values.host, verb: 'default show', release: undefined },
      io,
    )
    const state = stateOf(kept, { bootId: await bootIdOf(io), host })
    const ok = state.state === 'fresh'
    if (values.json === true)
      print.document({
        format: 'xenlevel/default-state',
        version: 1,
        ok,
        file: path,
        ...state,
        default: JSON.parse(formatDefault(kept)),
      })
    else {
      const [colour, word] = STATES[state.state]
      print.lines(
        `${print.style('bold', path)}: ${print.style(colour, word)}`,
        ...state.reasons.flatMap((reason) =>
          paragraph(reason, { indent: '  ', width: print.width }),
        ),
        ...columns([
          ['level of', listed(kept.hosts)],
          ['made for', `Xen ${kept.release}${kept.host === null ? '' : `, on ${kept.host.name}`}`],
        ]),
      )
      for (const kind of ['hvm', 'pv'] as const) {
        const guests = kept[kind]
        if (guests === null) continue
        print.lines(
          `  ${kind.toUpperCase()} guests: ${count(guests.featureset.names().length, 'feature')}${guests.proved ? '' : ', not proved'}`,
          `    cpuid="${['host', ...(guests.libxl ?? [])].join(',')}"`,
        )
      }
    }
    return ok ? EXIT.yes : EXIT.no
  },
})
