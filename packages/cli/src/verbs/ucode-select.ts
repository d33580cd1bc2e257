/** `xenlevel ucode select`: which update a CPU gets, or why it gets none. */
import { type CpuIdentity, type Selection, selectUpdate } from '@xenlevel/microcode'
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { wholeNumber } from '../guests/read-guest.js'
import { readHost } from '../guests/read-policy.js'
import { hex, paragraph } from '../output/text.js'
import { cpuOfHost, modelName, readCpu } from '../ucode/cpu.js'
import { listMicrocode } from '../ucode/read-files.js'
import { defineVerb } from '../verb.js'
import { outputOption } from './output-option.js'
import { updateDocument } from './ucode-list.js'

/** The verb. */
export const ucodeSelect = defineVerb({
  name: 'ucode select',
  operands: 'FILE…',
  summary: 'which update a CPU gets, or why it gets none',
  description: [
    'Chooses as Xen of a release does when it is given the files, or as Linux or iucode_tool do, and says what loading comes to: OK, or the errno with its reason.',
    'Exit status 0: there is an update to load; 1: there is none.',
  ],
  options: {
    cpu: {
      type: 'string',
      value: 'CPU',
      help: 'the CPU: its signature or the name that Intel’s files have, then platform id and running revision, as in 06-3f-02,platform=0,revision=0x44',
    },
    host: { type: 'string', value: 'FILE', completes: 'file', help: 'the CPU of this host' },
    'platform-id': {
      type: 'string',
      value: 'N',
      help: 'the platform id of that host, bits 52 to 50 of MSR 0x17',
    },
    consumer: {
      type: 'string',
      value: 'WHO',
      choices: ['xen', 'linux', 'linux-early', 'linux-late', 'iucode'],
      help: 'who chooses; xen by default',
    },
    release: { type: 'string', value: 'RELEASE', completes: 'release', help: 'which Xen' },
    force: { type: 'boolean', help: 'older and same revisions too, as xen-ucode --force' },
    'allow-same': { type: 'boolean', help: 'the same revision too' },
    'allow-downgrade': { type: 'boolean', help: 'an older revision too' },
    'no-digest-check': { type: 'boolean', help: 'AMD patches without a listed digest too' },
    output: outputOption('write the update itself to a file'),
  },
  examples: [
    {
      command: 'xenlevel ucode select --cpu 06-3f-02,revision=0x44 /lib/firmware/intel-ucode',
      does: 'the update for a Haswell',
    },
    {
      command: 'xenlevel ucode select --host host.json --release 4.17 microcode.bin',
      does: 'what Xen 4.17 takes on a host',
    },
  ],
  async run({ io, values, operands, print }) {
    if ((values.cpu === undefined) === (values.host === undefined))
      throw new UsageError('Say whose update is meant: --cpu or --host.', 'ucode select')
    const { files, problems } = await listMicrocode(operands, io, {
      verb: 'ucode select',
      tell: (problem) => print.problem(problem),
    })
    const parsed = files.map(({ file }) => file)
    const cpu =
      values.cpu === undefined
        ? cpuOfHost(
            await readHost(values.host ?? '', io, { verb: 'ucode select', release: undefined }),
            parsed,
            wholeNumber(values['platform-id'], 'platform-id', 'ucode select'),
          )
        : readCpu(values.cpu, 'ucode select', parsed)
    const selection = selectUpdate(parsed, cpu, {
      ...(values.consumer === undefined ? {} : { consumer: values.consumer }),
      ...(values.release === undefined ? {} : { release: values.release }),
      force: values.force === true,
      allowSame: values['allow-same'] === true,
      allowDowngrade: values['allow-downgrade'] === true,
      digestCheck: values['no-digest-check'] !== true,
    })
    const fileName = selection.file === null ? null : (files[selection.file]?.name ?? null)
    const answer = { cpu, selection, fileName }
    const ok = selection.errno === 'OK' && problems.length === 0
    if (values.output !== undefined && selection.update !== null && selection.errno === 'OK')
      await io.files.write(values.output, selection.update.bytes)
    if (values.json === true) print.document({ ...documentOf(answer), ok, problems })
    else print.lines(...linesOf(answer, print.width))
    return ok ? EXIT.yes : EXIT.no
  },
})

interface Answer {
  readonly cpu: CpuIdentity
  readonly selection: Selection
  readonly fileName: string | null
}

function documentOf({ cpu, selection, fileName }: Answer): object {
  const { update, errno, code, reason, revision, passedOver, lateLoad, consumer, evidence } =
    selection
  return {
    format: 'xenlevel/microcode-selection',
    version: 1,
    ok: errno === 'OK',
    cpu: {
      vendor: cpu.vendor,
      signature: hex(cpu.signature, 8),
      platformId: cpu.platformId,
      revision: hex(cpu.revision, 8),
    },
    ...{ consumer, evidence, errno, code, reason, lateLoad },
    file: fileName,
    update: update === null ? null : updateDocument(update),
    revision: hex(revision, 8),
    passedOver: passedOver.map((each) => ({ ...each, revision: hex(each.revision, 8) })),
  }
}

function linesOf({ cpu, selection, fileName }: Answer, width: number): string[] {
  const { update, errno, reason, consumer, passedOver, lateLoad } = selection
  const loaded = update !== null && errno === 'OK'
  return [
    `${modelName(cpu.signature)} (${hex(cpu.signature)}, platform ${cpu.platformId}, revision ${hex(cpu.revision)}), chosen as ${consumer}`,
    ...(loaded
      ? [
          `  ${hex(update.revision)} of ${update.date}, ${update.size} bytes at ${update.offset} of ${fileName}`,
        ]
      : []),
    ...paragraph(`${errno}: ${reason}`, { indent: '  ', width }),
    ...(loaded ? [`  loading it while the host runs is ${lateLoad.replaceAll('-', ' ')}`] : []),
    ...passedOver.map(({ revision, why }) => `  passed over: ${hex(revision)} (${why})`),
  ]
}
