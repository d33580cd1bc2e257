/** Targets: everything that reads a dump of a CPU. */
import { type CpuDump, hostFeatureset, rawFeatureset, readCpuDump } from '@xenlevel/cpuid'
import * as z from 'zod'
import { readAida } from '../../../packages/cpuid/src/dump/aida.js'
import { readCpuidR } from '../../../packages/cpuid/src/dump/cpuid-r.js'
import { readJsonDump } from '../../../packages/cpuid/src/dump/json.js'
import { readLibcpuidRaw } from '../../../packages/cpuid/src/dump/libcpuid-raw.js'
import { readProcCpuinfo } from '../../../packages/cpuid/src/dump/proc-cpuinfo.js'
import { readXenCpuidP } from '../../../packages/cpuid/src/dump/xen-cpuid-p.js'
import { pick } from '../../../packages/cpuid/src/random.testing.js'
import { defineTarget, isRefusal, must } from '../target.js'
import { damagedText } from '../texts.js'
import { DUMP_WORDS, DUMPS } from './dump-samples.js'

const READERS = {
  aida: readAida,
  'cpuid-r': readCpuidR,
  json: readJsonDump,
  'libcpuid-raw': readLibcpuidRaw,
  'proc-cpuinfo': readProcCpuinfo,
  'xen-cpuid-p': readXenCpuidP,
} as const
const FORMATS = ['aida', 'cpuid-r', 'json', 'libcpuid-raw', 'proc-cpuinfo', 'xen-cpuid-p'] as const

/** Dumps, recognised and by each reader. */
export const dumps = defineTarget({
  name: 'cpuid.dumps',
  share: 300,
  feeds:
    'damaged dumps of all six formats to readCpuDump, hostFeatureset and rawFeatureset; to each reader, recognised or not',
  holds:
    'CPUs without end are not made of a short text; registers are 32-bit numbers; a dump that is read gives featuresets',
  codes: ['DUMP_SYNTAX'],
  input: z.strictObject({ text: z.string(), format: z.enum(FORMATS) }),
  make: (random) => ({
    text: damagedText(random, { samples: DUMPS, words: DUMP_WORDS }),
    format: pick(random, FORMATS),
  }),
  check: ({ text, format }, ask) => {
    const read = ask(() => READERS[format](text), text.length)
    const dump = ask(() => readCpuDump(text), text.length)
    if (isRefusal(dump)) return [read, dump]
    checkDump(dump, text)
    return [
      read,
      dump,
      hostFeatureset(dump),
      dump.cpus.slice(0, 2).map((cpu) => rawFeatureset(cpu)),
    ]
  },
})

function checkDump({ cpus, warnings }: CpuDump, text: string): void {
  must(cpus.length > 0, 'a dump without CPUs')
  must(cpus.length <= text.length, 'more CPUs than characters')
  must(new Set(cpus.map(({ id }) => id)).size === cpus.length, 'two CPUs have one number')
  must(
    warnings.every(({ message }) => message.endsWith('.')),
    'a warning is no sentence',
  )
  const isWord = (word: number) => Number.isInteger(word) && word >= 0 && word <= 0xffff_ffff
  for (const { leaves, msrs } of cpus) {
    must(leaves.length + msrs.length <= text.length, 'more leaves than characters')
    for (const { leaf, subleaf, a, b, c, d } of leaves)
      must([leaf, subleaf ?? 0, a, b, c, d].every(isWord), `leaf ${leaf} has a register of no word`)
    for (const { index, value } of msrs)
      must(isWord(index) && value >= 0n && value >> 64n === 0n, `MSR ${index} has ${value}`)
  }
}
