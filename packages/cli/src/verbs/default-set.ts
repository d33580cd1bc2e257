/** `xenlevel default set`: a default for all guests of this host. */
import {
  type Finding,
  type HostSnapshot,
  type PoolLevel,
  policiesOfSnapshot,
  toXlConfig,
} from '@xenlevel/core'
import { bootIdOf, thisHost } from '../default/boot.js'
import { defaultPath, formatDefault, type GuestDefault } from '../default/document.js'
import { distinct, type EmitRequest } from '../emit/emitted.js'
import { emitXl } from '../emit/xl.js'
import { EXIT } from '../exit.js'
import { HOST_OPTIONS, HOSTS_HELP } from '../hosts/read-hosts.js'
import { count } from '../output/text.js'
import { defineVerb } from '../verb.js'
import { levelInputs } from './level-inputs.js'
import { LEVEL_OPTIONS } from './level-options.js'

/** The verb. */
export const defaultSet = defineVerb({
  name: 'default set',
  operands: '[HOST…]',
  summary: 'keep the level of a pool as the default for all guests of this host',
  description: [
    'Levels hosts, or takes a level that was kept, and writes what gives guests that level on this host to one file, from which "xenlevel default apply" merges it into configurations on their way to xl. Configurations themselves are not touched.',
    HOSTS_HELP,
    'Exit status 1: something of the level cannot be given on this host, or a host could not be read.',
  ],
  options: {
    ...HOST_OPTIONS,
    host: {
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'the snapshot of this host; asked of its Xen by default',
    },
    file: {
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'where it is kept; $XENLEVEL_DEFAULT or /etc/xen/xenlevel-default.json by default',
    },
    ...LEVEL_OPTIONS,
  },
  examples: [
    { command: 'xenlevel default set pool-level.json', does: 'from a level that was kept' },
    { command: 'xenlevel default set hosts/*.json', does: 'from the hosts of the pool' },
  ],
  async run({ io, values, operands, print }) {
    const { method, release } = values
    const inputs = await levelInputs(operands, io, {
      verb: 'default set',
      release: values['xen-release'],
      options: {
        ...(method === undefined ? {} : { method }),
        ...(release === undefined ? {} : { release }),
      },
      tell: (problem) => print.problem(problem),
    })
    const own = await thisHost(
      { file: values.host, verb: 'default set', release: values['xen-release'] },
      io,
    )
    const made = makeDefault(inputs, own.host, await bootIdOf(io))
    const path = defaultPath(values.file, io.env)
    await io.files.write(path, formatDefault(made.kept))
    const ok =
      inputs.problems.length === 0 && made.findings.every(({ severity }) => severity !== 'error')
    if (values.json === true)
      print.document({
        format: 'xenlevel/default-answer',
        version: 1,
        ok,
        file: path,
        default: JSON.parse(formatDefault(made.kept)),
        findings: made.findings,
        problems: inputs.problems,
      })
    else {
      print.lines(
        `The default for guests is the level of ${count(inputs.level.count, 'host')}, kept in ${path}.`,
      )
      if (own.host === null)
        print.note(
          `Of this host nothing is known, so a reboot that changes it will not be noticed. ${own.why}`,
        )
      for (const { message } of made.findings) print.note(message)
    }
    return ok ? EXIT.yes : EXIT.no
  },
})

interface Made {
  readonly kept: GuestDefault
  readonly findings: readonly Finding[]
}

function makeDefault(
  { level, hosts }: { readonly level: PoolLevel; readonly hosts: readonly HostSnapshot[] },
  host: HostSnapshot | null,
  bootId: string | null,
): Made {
  const findings: Finding[] = []
  const guests = (kind: 'hvm' | 'pv'): GuestDefault['hvm'] => {
    const { default: featureset, hosts: counting } = level[kind]
    if (counting.length === 0) return null
    const policies = host === null ? undefined : policiesOfSnapshot(host)?.policies
    const runs = policies !== undefined && (kind === 'pv' || !policies.hvmMax.featureset.isEmpty)
    if (runs) {
      const options = { host: policies, domain: { kind } }
      const libxl = toXlConfig(featureset, { ...options, language: 'libxl' })
      const xend = toXlConfig(featureset, { ...options, language: 'xend' })
      findings.push(...libxl.findings)
      return { featureset, libxl: [...libxl.items], xend: [...xend.items], proved: libxl.exact }
    }
    if (host !== null && policies !== undefined) return null
    const request: EmitRequest = { level, hosts, kind, whole: false }
    const { text, findings: found } = emitXl(request)
    findings.push(...found)
    return { featureset, libxl: itemsOf(text), xend: null, proved: false }
  }
  const [hvm, pv] = [guests('hvm'), guests('pv')]
  return {
    kept: {
      format: 'xenlevel/default',
      version: 1,
      bootId,
      host,
      release: level.release,
      hosts: [...level.hosts],
      hvm,
      pv,
    },
    findings: distinct(findings),
  }
}

/** The items of a line for the whole pool; null where hosts need different ones. */
function itemsOf(text: string): string[] | null {
  const match = /^cpuid="host,?([^"]*)"\n$/.exec(text)
  return match === null ? null : (match[1] ?? '').split(',').filter((item) => item !== '')
}
