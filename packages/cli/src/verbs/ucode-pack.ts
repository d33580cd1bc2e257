/** `xenlevel ucode pack`: microcode in the file that Xen or Linux loads it from. */
import {
  type AmdUpdate,
  buildEarlyCpio,
  encodeAmdContainer,
  encodeAmdContainers,
  encodeIntel,
  encodeIntelDat,
  type IntelUpdate,
  replaceEarlyCpio,
} from '@xenlevel/microcode'
import { CommandError, UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { readWhole } from '../inputs/binary.js'
import { count, bytes as sizeText } from '../output/text.js'
import { readCpu } from '../ucode/cpu.js'
import { listMicrocode, type ReadMicrocode } from '../ucode/read-files.js'
import { defineVerb } from '../verb.js'
import { outputOption } from './output-option.js'

const FORMS = ['cpio', 'mini-cpio', 'intel', 'intel-dat', 'amd'] as const

/** The verb. */
export const ucodePack = defineVerb({
  name: 'ucode pack',
  operands: 'FILE…',
  summary: 'microcode as an early archive or a file, alone or in front of an initrd',
  description: [
    'Packs the updates of all files: as an archive that Xen (ucode=scan) and Linux find in front of an initrd, byte for byte as iucode_tool writes it, or as a file of Intel updates or an AMD container. Files that are damaged are not packed.',
    'With --initrd the microcode in front of an initrd is put in or replaced, and every other byte stays.',
  ],
  options: {
    form: {
      type: 'string',
      value: 'FORM',
      choices: FORMS,
      help: 'what is written; cpio by default',
    },
    initrd: {
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'in front of this initrd, which stays as it is: the result is written to --output',
    },
    cpu: {
      type: 'string',
      value: 'SIGNATURE',
      multiple: true,
      help: 'only updates for this CPU: 0x306f2 or 06-3f-02',
    },
    output: outputOption('where to; standard output, if it is no terminal, by default'),
  },
  examples: [
    {
      command: 'xenlevel ucode pack -o early.cpio /lib/firmware/intel-ucode',
      does: 'an archive of all that is installed',
    },
    {
      command:
        'xenlevel ucode pack --cpu 06-3f-02 --initrd initrd.img -o initrd.new /lib/firmware/intel-ucode',
      does: 'one CPU’s update in an initrd',
    },
  ],
  async run({ io, values, operands, print }) {
    if (values.output === undefined && (io.stdout.isTTY || values.json === true))
      throw new UsageError(
        'What is packed is binary: name a file with --output, or give it to a pipe.',
        'ucode pack',
      )
    const { files, problems } = await listMicrocode(operands, io, {
      verb: 'ucode pack',
      tell: (problem) => print.problem(problem),
    })
    if (problems.length > 0)
      throw new CommandError({
        code: 'NOT_ALL_READ',
        message: 'Nothing was written, since not everything could be read.',
      })
    const wanted = (values.cpu ?? []).map((text) => readCpu(text, 'ucode pack').signature)
    const parts = partsOf(files, wanted)
    const form = values.form ?? 'cpio'
    const content =
      values.initrd === undefined
        ? contentOf(form, parts)
        : await inFront(
            values.initrd,
            parts,
            async (path) => await readWhole(io.files.chunks(path), 2 ** 31),
          )
    if (values.output === undefined) print.raw(content)
    else await io.files.write(values.output, content)
    if (values.json === true)
      print.document({
        format: 'xenlevel/microcode-pack',
        version: 1,
        ok: true,
        output: values.output,
        form: values.initrd === undefined ? form : 'initrd',
        size: content.length,
        intel: parts.intel.length,
        amd: parts.amd.length,
      })
    else if (values.output !== undefined)
      print.note(
        `${values.output}: ${sizeText(content.length)} with ${count(parts.intel.length, 'update')} for Intel and ${count(parts.amd.length, 'patch', 'patches')} for AMD CPUs.`,
      )
    return EXIT.yes
  },
})

interface Parts {
  readonly intel: readonly IntelUpdate[]
  readonly amd: readonly AmdUpdate[]
  /** The containers as they came, where nothing is left out. */
  readonly containers: Uint8Array | null
}

function partsOf(files: readonly ReadMicrocode[], wanted: readonly number[]): Parts {
  const isWanted = (update: IntelUpdate | AmdUpdate) =>
    wanted.length === 0 || update.signatures.some(({ signature }) => wanted.includes(signature))
  const updates = files.flatMap(({ file }) => file.updates).filter(isWanted)
  if (updates.length === 0)
    throw new CommandError({
      code: 'NOTHING_TO_WRITE',
      message: 'There is no update for such a CPU in these files.',
    })
  const amd = updates.filter((update): update is AmdUpdate => update.vendor === 'AMD')
  const whole =
    wanted.length === 0 &&
    files.every(
      ({ file }) =>
        file.updates.every(({ vendor }) => vendor === 'Intel') || file.containers.length > 0,
    )
  const containers =
    amd.length > 0 && whole
      ? joined(
          files.flatMap(({ file }) =>
            file.containers.length > 0 ? [encodeAmdContainers(file)] : [],
          ),
        )
      : null
  return {
    intel: updates.filter((update): update is IntelUpdate => update.vendor === 'Intel'),
    amd,
    containers,
  }
}

function amdBytes({ amd, containers }: Parts): Uint8Array | undefined {
  if (amd.length === 0) return undefined
  return containers ?? encodeAmdContainer({ patches: amd })
}

function contentOf(form: (typeof FORMS)[number], parts: Parts): Uint8Array | string {
  const intel = parts.intel.length === 0 ? undefined : encodeIntel(parts.intel)
  const amd = amdBytes(parts)
  switch (form) {
    case 'cpio':
    case 'mini-cpio':
      return buildEarlyCpio({
        ...(intel === undefined ? {} : { intel }),
        ...(amd === undefined ? {} : { amd }),
        form: form === 'cpio' ? 'normal' : 'mini',
      })
    case 'intel':
      return intel ?? noneFor('Intel')
    case 'intel-dat':
      return intel === undefined ? noneFor('Intel') : encodeIntelDat(parts.intel)
    case 'amd':
      return amd ?? noneFor('AMD')
  }
}

function noneFor(vendor: string): never {
  throw new CommandError({
    code: 'NOTHING_TO_WRITE',
    message: `There is no microcode for ${vendor} CPUs in these files.`,
  })
}

async function inFront(
  path: string,
  parts: Parts,
  read: (path: string) => Promise<Uint8Array | null>,
): Promise<Uint8Array> {
  const initrd = await read(path)
  if (initrd === null)
    throw new CommandError({
      code: 'TOO_LONG',
      message: `${path} has more than 2 GiB, which is too long for an initrd.`,
    })
  const amd = amdBytes(parts)
  return replaceEarlyCpio(initrd, {
    ...(parts.intel.length === 0 ? {} : { intel: encodeIntel(parts.intel) }),
    ...(amd === undefined ? {} : { amd }),
  })
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}
