/** Targets: files of microcode, in every form, and Xen's option for them. */
import {
  type CpuIdentity,
  encodeIntelDat,
  parseMicrocode,
  parseUcodeOption,
  type SelectOptions,
  selectUpdate,
  selectUpdates,
  splitEarlyCpio,
} from '@xenlevel/microcode'
import * as z from 'zod'
import { pick } from '../../../packages/cpuid/src/random.testing.js'
import {
  checkMicrocode,
  checkMicrocodeFile,
  damagedMicrocode,
  microcodeInput,
  SOUND_MICROCODE,
} from '../../../packages/microcode/src/fuzz.testing.js'
import { bytesForm } from '../forms.js'
import { oddWord, RELEASE_TEXTS } from '../material.js'
import { defineTarget, inside, isRefusal, must, same } from '../target.js'
import { damagedText } from '../texts.js'

/** Files of all forms. */
export const files = defineTarget({
  name: 'microcode.files',
  share: 200,
  feeds:
    'damaged Intel files, AMD containers and archives to parseMicrocode, explainMicrocode, verifyMicrocode, replaceEarlyCpio, runIucode, runAmdUcodeInfo and runGnuCpio',
  holds:
    'updates lie where they say; what has no problem is written back as it was; who is stricter takes no more; what is put into an archive is found there',
  codes: [],
  input: z.strictObject({ bytes: bytesForm, shift: z.number(), choice: z.number() }),
  make: microcodeInput,
  check: checkMicrocode,
})

/** Archives. */
export const archives = defineTarget({
  name: 'microcode.cpio',
  share: 300,
  feeds: 'damaged early archives, and anything else, to splitEarlyCpio',
  holds:
    'members lie in the input, in order; what is behind the end does not change what is before it',
  codes: [],
  input: bytesForm,
  make: (random) => damagedMicrocode(random),
  check: (bytes) => {
    const found = splitEarlyCpio(bytes)
    inside(found.end, bytes.length, 'the end')
    for (const { offset, size, name } of found.members) {
      inside(offset, bytes.length, name)
      inside(offset + size, bytes.length, name)
    }
    for (const extent of [found.intel, found.amd])
      if (extent !== null) inside(extent.offset + extent.size, bytes.length, 'the microcode')
    return found
  },
})

const DAT = SOUND_MICROCODE.filter((bytes) => parseMicrocode(bytes).format === 'intel')
  .slice(0, 2)
  .map((bytes) => {
    const lines = encodeIntelDat([bytes.subarray(0, 1024)]).split('\n')
    return lines.join('\n')
  })
const DAT_WORDS = [
  '0x00000001,\t',
  '0x',
  ',',
  '\n',
  '/* ',
  ' */',
  '\tffffffff',
  '0x100000000,',
  '//',
]

/** Intel's text. */
export const texts = defineTarget({
  name: 'microcode.dat',
  share: 200,
  feeds: 'damaged texts of Intel (.dat) to parseMicrocode, recognised or told to be such',
  holds: 'updates lie where they say in what the text says; problems lie in the text',
  codes: ['MICROCODE_UNRECOGNISED'],
  input: z.string(),
  make: (random) => damagedText(random, { samples: DAT, words: DAT_WORDS }),
  check: (text, ask) => {
    const bytes = new TextEncoder().encode(text)
    const told = parseMicrocode(bytes, { format: 'intel-dat' })
    checkMicrocodeFile(told)
    const recognised = ask(() => parseMicrocode(bytes), bytes.length)
    if (!isRefusal(recognised)) checkMicrocodeFile(recognised)
    return [told.updates, told.problems, recognised]
  },
})

const OPTIONS = [
  ...['scan', 'scan=1', '1', '-1', 'nmi', 'no-nmi', 'nmi=false,scan', 'scan,nmi=no', '0x10', '010'],
  ...['digest-check=0', 'no-digest-check', 'allow-same', 'force', '2,nmi', '', '4294967297'],
]
const OPTION_WORDS = ['scan', 'nmi', ',', '=', 'no-', '=yes', '=off', '-', '1', 'digest-check', ' ']

/** `ucode=`. */
export const options = defineTarget({
  name: 'microcode.ucode-option',
  share: 600,
  feeds: 'damaged texts of ucode= to parseUcodeOption of any release',
  holds: 'findings are in the order of the text and inside it, and say the part that stands there',
  codes: ['UCODE_RELEASE_UNKNOWN'],
  input: z.strictObject({ text: z.string(), release: z.string(), efi: z.boolean() }),
  make: (random) => ({
    text: damagedText(random, { samples: OPTIONS, words: OPTION_WORDS }),
    release: pick(random, RELEASE_TEXTS),
    efi: random(4) === 0,
  }),
  check: ({ text, release, efi }, ask) => {
    const option = ask(() =>
      parseUcodeOption(text, release, efi ? { efiModule: 3, scanDefault: true } : {}),
    )
    if (isRefusal(option)) return option
    must(Number.isInteger(option.module), `the module is ${option.module}`)
    must(option.ok === (option.errno === 'OK'), 'ok and errno differ')
    let before = 0
    for (const { offset, part, code } of option.findings) {
      inside(offset + part.length, text.length, code)
      same(`the part of ${code}`, text.slice(offset, offset + part.length), part)
      must(offset >= before, 'findings are out of order')
      before = offset
    }
    return option
  },
})

const cpuForm = z.strictObject({
  vendor: z.enum(['Intel', 'AMD']),
  signature: z.number(),
  platformId: z.number(),
  revision: z.number(),
})
const optionsForm = z.strictObject({
  consumer: z.enum(['xen', 'linux', 'linux-early', 'linux-late', 'iucode']),
  release: z.string(),
  force: z.boolean(),
  allowSame: z.boolean(),
  allowDowngrade: z.boolean(),
  digestCheck: z.boolean(),
  scan: z.boolean(),
})
const SIGNATURES = [0x0009_0672, 0x000b_06f2, 0x0010_0f43, 0x0080_0f12, 0x0005_0654]

/** What a CPU gets. */
export const selections = defineTarget({
  name: 'microcode.select',
  share: 200,
  feeds:
    'damaged files, read and not read, to selectUpdate and selectUpdates of every consumer and release',
  holds:
    'an update only with a file it is from; the same for one CPU as for several; no sentence is empty',
  codes: ['LATE_LOAD_RELEASE', 'MICROCODE_UNRECOGNISED'],
  input: z.strictObject({ files: z.array(bytesForm), cpu: cpuForm, options: optionsForm }),
  make: (random) => ({
    files: Array.from({ length: random(3) }, () => damagedMicrocode(random)),
    cpu: {
      vendor: pick(random, ['Intel', 'AMD'] as const),
      signature: random(4) === 0 ? oddWord(random) : pick(random, SIGNATURES),
      platformId: random(8),
      revision: random(2) === 0 ? random(4) : oddWord(random),
    },
    options: {
      consumer: pick(random, ['xen', 'linux', 'linux-early', 'linux-late', 'iucode'] as const),
      release: pick(random, RELEASE_TEXTS),
      force: random(2) === 0,
      allowSame: random(2) === 0,
      allowDowngrade: random(2) === 0,
      digestCheck: random(2) === 0,
      scan: random(2) === 0,
    },
  }),
  check: ({ files: given, cpu, options: chosen }, ask) => {
    const identity: CpuIdentity = cpu
    const asked: SelectOptions = chosen
    const one = ask(() => selectUpdate(given, identity, asked))
    const several = ask(() => selectUpdates(given, [identity, identity], asked))
    if (isRefusal(one) || isRefusal(several)) {
      must(isRefusal(one) && isRefusal(several), 'one is refused, and the other is not')
      return [one, several]
    }
    must((one.update === null) === (one.file === null), 'an update without its file')
    must(one.reason !== '', 'no reason')
    same('the answer for one CPU', several[0], one)
    return one
  },
})
