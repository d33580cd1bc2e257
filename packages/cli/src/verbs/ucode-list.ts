/** `xenlevel ucode list`: what is in microcode files. */
import type { MicrocodeFile, MicrocodeUpdate } from '@xenlevel/microcode'
import { EXIT } from '../exit.js'
import type { Problem } from '../output/printer.js'
import { bytes, columns, count, hex } from '../output/text.js'
import { modelName } from '../ucode/cpu.js'
import { listMicrocode, type ReadMicrocode } from '../ucode/read-files.js'
import { defineVerb } from '../verb.js'

const FORMATS: Readonly<Record<MicrocodeFile['format'], string>> = {
  intel: 'Intel',
  'intel-dat': 'Intel, text',
  amd: 'AMD',
  'early-cpio': 'early archive',
}

/** The verb. */
export const ucodeList = defineVerb({
  name: 'ucode list',
  operands: 'FILE…',
  summary: 'the updates in microcode files',
  description: [
    'Lists updates: for which CPUs, platforms, revision, date, size. Files are recognised by what is in them: Intel’s, binary or .dat text, AMD containers and bare patches, initrds that begin with an early archive. In directories what is no microcode is passed over.',
    'Exit status 1: something in a file is damaged.',
  ],
  options: {
    cpu: {
      type: 'string',
      value: 'SIGNATURE',
      help: 'updates for this CPU alone: 0x306f2 or 06-3f-02',
    },
  },
  examples: [
    { command: 'xenlevel ucode list /lib/firmware/intel-ucode', does: 'what Debian installs' },
    { command: 'xenlevel ucode list /boot/initrd.img-$(uname -r)', does: 'what is loaded at boot' },
  ],
  async run({ io, values, operands, print }) {
    const list = await listMicrocode(operands, io, {
      verb: 'ucode list',
      tell: (problem) => print.problem(problem),
    })
    const wanted = values.cpu === undefined ? undefined : await readSignature(values.cpu)
    const isWanted = ({ signatures }: MicrocodeUpdate) =>
      wanted === undefined || signatures.some(({ signature }) => signature === wanted)
    const damaged = list.files.some(({ file }) =>
      file.problems.some(({ severity }) => severity === 'error'),
    )
    const ok = list.problems.length === 0 && !damaged
    if (values.json === true)
      print.document(documentOf(list.files, list.problems, { ok, isWanted }))
    else
      for (const [at, { name, bytes: content, file }] of list.files.entries()) {
        const updates = file.updates.filter(isWanted)
        if (wanted !== undefined && updates.length === 0) continue
        if (at > 0) print.lines('')
        print.lines(
          `${print.style('bold', name)}: ${FORMATS[file.format]}, ${bytes(content.length)}, ${count(updates.length, 'update')}`,
          ...columns(updates.map(rowOf)),
        )
        for (const { severity, message } of file.problems)
          print.lines(
            print.style(severity === 'error' ? 'red' : 'yellow', `  ${severity}: ${message}`),
          )
      }
    return ok ? EXIT.yes : EXIT.no
  },
})

async function readSignature(text: string): Promise<number> {
  const { readCpu } = await import('../ucode/cpu.js')
  return readCpu(text, 'ucode list').signature
}

function rowOf(update: MicrocodeUpdate): (string | number)[] {
  const models = [...new Set(update.signatures.map(({ signature }) => signature))]
  const masks = [...new Set(update.signatures.map(({ platformMask }) => platformMask))]
  const sound = update.vendor === 'AMD' || update.checksumOk ? '' : 'checksum is wrong'
  return [
    models.map((signature) => modelName(signature)).join(' ') || 'no CPU',
    models.map((signature) => hex(signature)).join(' '),
    update.vendor === 'AMD' ? '' : `platforms ${masks.map((mask) => hex(mask, 2)).join(' ')}`,
    hex(update.revision),
    update.date,
    update.size,
    [sound, ...('preProduction' in update && update.preProduction ? ['not for production'] : [])]
      .filter((text) => text !== '')
      .join(', '),
  ]
}

function documentOf(
  files: readonly ReadMicrocode[],
  problems: readonly Problem[],
  {
    ok,
    isWanted,
  }: { readonly ok: boolean; readonly isWanted: (update: MicrocodeUpdate) => boolean },
): object {
  return {
    format: 'xenlevel/microcode-list',
    version: 1,
    ok,
    files: files.map(({ name, bytes: content, file }) => ({
      name,
      format: file.format,
      size: content.length,
      updates: file.updates.filter(isWanted).map(updateDocument),
      problems: file.problems,
    })),
    problems,
  }
}

/** An update in JSON, without its bytes. */
export function updateDocument(update: MicrocodeUpdate): object {
  const { vendor, revision, date, offset, size, signatures, minRevision } = update
  return {
    ...{ vendor, revision: hex(revision, 8), date, offset, size },
    signatures: signatures.map(({ signature, platformMask }) => ({
      signature: hex(signature, 8),
      model: modelName(signature),
      platformMask,
    })),
    ...(minRevision === undefined ? {} : { minRevision: hex(minRevision, 8) }),
  }
}
