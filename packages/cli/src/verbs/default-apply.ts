/** `xenlevel default apply`: a configuration with the default in it, on its way to xl. */
import { bootIdOf, thisHost } from '../default/boot.js'
import { defaultPath, readDefault } from '../default/document.js'
import { mergeDefault } from '../default/merge.js'
import { stateOf } from '../default/stale.js'
import { CommandError, UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { readWhole } from '../inputs/binary.js'
import { defineVerb } from '../verb.js'
import { outputOption } from './output-option.js'

/** The verb. */
export const defaultApply = defineVerb({
  name: 'default apply',
  operands: '[CONFIG]',
  summary: 'an xl configuration with the default merged into its cpuid=',
  description: [
    'Writes a configuration of xl with the default put under its cpuid setting; the file itself is not changed. What the configuration says itself wins, and where it says otherwise than the default, that is told.',
    'Exit status 1: the configuration says otherwise somewhere, or the default is stale; the merged configuration is written all the same.',
  ],
  options: {
    file: {
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'where the default is kept; $XENLEVEL_DEFAULT or /etc/xen/xenlevel-default.json by default',
    },
    host: {
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'the snapshot of this host as it is now; asked of its Xen by default',
    },
    output: outputOption(),
  },
  examples: [
    {
      command: 'xenlevel default apply web-1.cfg | xl create /dev/stdin',
      does: 'start a guest with the default',
    },
    {
      command:
        'xenlevel default apply -o /run/xen/web-1.cfg web-1.cfg && xl create /run/xen/web-1.cfg',
      does: 'only if nothing is wrong',
    },
  ],
  async run({ io, values, operands, print }) {
    const [operand = '-', ...rest] = operands
    if (rest.length > 0) throw new UsageError('Name one configuration.', 'default apply')
    if (operands.length === 0 && io.stdin.isTTY)
      throw new UsageError('Name a configuration of xl, or give one by a pipe.', 'default apply')
    if (values.output !== undefined && values.output === operand)
      throw new UsageError(
        '--output is the configuration itself, which stays as it is: name another file.',
        'default apply',
      )
    const kept = await readDefault(defaultPath(values.file, io.env), io.files)
    const { host } = await thisHost(
      { file: values.host, verb: 'default apply', release: undefined },
      io,
    )
    const state = stateOf(kept, { bootId: await bootIdOf(io), host })
    const bytes = await readWhole(
      operand === '-' ? io.stdin.chunks() : io.files.chunks(operand),
      2 ** 24,
    )
    if (bytes === null)
      throw new CommandError({
        code: 'TOO_LONG',
        message: `${operand} has more than 16 MiB, which is too long for a configuration.`,
      })
    const merged = mergeDefault(new TextDecoder().decode(bytes), kept)
    const ok = merged.conflicts.length === 0 && state.state === 'fresh'
    if (values.output !== undefined) await io.files.write(values.output, merged.text)
    if (values.json === true)
      print.document({
        format: 'xenlevel/default-merge',
        version: 1,
        ok,
        state: state.state,
        reasons: state.reasons,
        kind: merged.kind,
        cpuid: merged.cpuid,
        conflicts: merged.conflicts,
        findings: merged.findings,
        text: merged.text,
      })
    else {
      if (values.output === undefined) print.raw(merged.text)
      if (state.state !== 'fresh')
        for (const reason of state.reasons)
          print.note(`the default ${state.state === 'stale' ? 'is' : 'may be'} stale: ${reason}`)
      for (const { message } of merged.conflicts) print.note(message)
      for (const { message } of merged.findings) print.note(message)
    }
    return ok ? EXIT.yes : EXIT.no
  },
})
