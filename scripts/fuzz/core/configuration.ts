/** Targets: what people write for xl, libxl and Xen's command line. */
import {
  applyConfig,
  derivePolicies,
  estimateHostFeatureset,
  formatXlCpuidJson,
  type ParsedXlCpuid,
  parseBootOptions,
  parseXlCpuid,
  parseXlCpuidJson,
  splitXlCpuid,
} from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import * as z from 'zod'
import { pick, type Random } from '../../../packages/cpuid/src/random.testing.js'
import { damagedJson, type Json, jsonSchema } from '../json.js'
import { featureNames, hostPolicies, oddWords, RELEASES, rawPolicies } from '../material.js'
import { defineTarget, inside, isRefusal, must, same } from '../target.js'
import { damagedText } from '../texts.js'

const lower = featureNames.filter((name) => name === name.toLowerCase()).slice(0, 60)
const LIBXL = [
  ...['avx=0', 'pae=1', 'stepping=3', 'maxleaf=0xd', 'family=15', 'htt=x', 'apicidsize=k', 'nc=s'],
  ...lower.map((name) => `${name}=0`),
]
const BITS = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
const XEND = [
  `0x1:ecx=${BITS},edx=${BITS}`,
  `7,0:ebx=${BITS.replace('x', '0')}`,
  `0x80000001:edx=${BITS.replaceAll('x', '1')}`,
  `13,1:eax=${BITS.replaceAll('x', 's')}`,
]
const WORDS = ['=', ',', ':', '=0', '=1', '=x', 'host', 'eax=', 'ecx=', BITS, '0x', 'avx', 'k', 's']

function items(random: Random, samples: readonly string[]): string[] {
  return Array.from({ length: random(5) }, () =>
    random(3) === 0 ? pick(random, samples) : damagedText(random, { samples, words: WORDS }),
  )
}

function checkParsed(
  { cpuid, msr, items: read, findings }: ParsedXlCpuid,
  given: readonly string[],
) {
  same('the number of items', read.length, given.length)
  let [item, column] = [0, 0]
  for (const finding of findings) {
    const { item: at = 0, column: place = 0, message } = finding
    must(message !== '', 'a finding says nothing')
    inside(at, given.length - 1, 'a finding')
    inside(place, given[at]?.length ?? 0, finding.code)
    must(at > item || (at === item && place >= column), 'findings are out of order')
    ;[item, column] = [at, place]
  }
  for (const registers of cpuid)
    for (const text of [registers.eax, registers.ebx, registers.ecx, registers.edx])
      must(text === undefined || Buffer.byteLength(text) === 32, 'a register has not 32 bytes')
  must(
    msr.every(({ policy }) => policy.length === 64),
    'an MSR has not 64 characters',
  )
}

/** The setting `cpuid` of xl, and items of libxl. */
export const xlCpuid = defineTarget({
  name: 'core.xl-cpuid',
  share: 500,
  feeds: 'damaged items of both languages to parseXlCpuid, and as one text or list to splitXlCpuid',
  holds:
    'an answer for each item; findings are in order of item and column, inside the items; what is asked of a register has its 32 characters',
  codes: [],
  input: z.strictObject({
    items: z.array(z.string()),
    language: z.enum(['libxl', 'xend']),
    release: z.string(),
  }),
  make: (random) => {
    const language = pick(random, ['libxl', 'xend'] as const)
    const mixed = random(8) === 0
    return {
      items: items(random, mixed ? [...LIBXL, ...XEND] : language === 'libxl' ? LIBXL : XEND),
      language,
      release: pick(random, RELEASES),
    }
  },
  check: ({ items: given, language, release }) => {
    const parsed = parseXlCpuid(given, { language, release })
    checkParsed(parsed, given)
    const text = given.join(',')
    const split = splitXlCpuid(language === 'libxl' ? `host,${text}` : given, { release })
    const free = splitXlCpuid(text, { release })
    for (const { offset, text: part } of [...split.items, ...free.items])
      inside(offset, part.length + text.length + 5, part)
    return [parsed, split, free]
  },
})

const JSONS: readonly Json[] = [
  {
    cpuid: [
      { leaf: 1, ecx: BITS, edx: BITS },
      { leaf: 7, subleaf: 0, ebx: BITS.replace('x', '0') },
      { leaf: 2147483649, edx: BITS },
    ],
    msr: [{ index: 266, policy: 'x'.repeat(64) }],
  },
  [
    { leaf: 1, subleaf: 4294967295, ecx: BITS },
    { leaf: -2147483647, edx: BITS },
  ],
]

/** libxl's JSON. */
export const libxlJson = defineTarget({
  name: 'core.libxl-json',
  share: 400,
  feeds: 'damaged JSON of libxl, parsed or as a text, to parseXlCpuidJson of any release',
  holds: 'what is read is written, with signed or unsigned numbers, and read back',
  codes: ['XL_CPUID_JSON'],
  input: z.strictObject({
    value: z.union([jsonSchema, z.string()]),
    release: z.string(),
    integers: z.enum(['unsigned', 'signed']),
  }),
  make: (random) => {
    const value = damagedJson(random, JSONS)
    return {
      value:
        random(4) > 0
          ? value
          : damagedText(random, {
              samples: [JSON.stringify(value)],
              words: ['{', '"leaf":', '1e3', ']'],
            }),
      release: pick(random, RELEASES),
      integers: pick(random, ['unsigned', 'signed'] as const),
    }
  },
  check: ({ value, release, integers }, ask) => {
    const read = ask(
      () => parseXlCpuidJson(value, { release }),
      typeof value === 'string' ? value.length : 0,
    )
    if (isRefusal(read)) return read
    const text = formatXlCpuidJson(read, { release, integers })
    const again = parseXlCpuidJson(text, { release })
    same('the text written again', formatXlCpuidJson(again, { release, integers }), text)
    return [read, text]
  },
})

/** What a configuration comes to. */
export const configurations = defineTarget({
  name: 'core.apply-config',
  share: 200,
  feeds: 'odd items, featuresets and options to applyConfig on hosts of every release',
  holds: 'an answer whatever is asked; the policy it leaves can be written and read',
  codes: [],
  input: z.strictObject({
    host: z.number(),
    kind: z.enum(['pv', 'pv32', 'hvm', 'pvh']),
    items: z.array(z.string()),
    language: z.enum(['libxl', 'xend']),
    featureset: z.array(z.number()),
    switches: z.array(z.boolean()),
  }),
  make: (random) => {
    const language = pick(random, ['libxl', 'xend'] as const)
    return {
      host: random(hostPolicies.length),
      kind: pick(random, ['pv', 'pv32', 'hvm', 'pvh'] as const),
      items: items(random, language === 'libxl' ? LIBXL : XEND),
      language,
      featureset: random(2) === 0 ? [] : oddWords(random, 22),
      switches: Array.from({ length: 5 }, () => random(2) === 0),
    }
  },
  check: ({ host: at, kind, items: cpuid, language, featureset, switches }) => {
    const host = hostPolicies[at % hostPolicies.length]
    if (host === undefined) return null
    const [restore = false, pae = true, itsc = false, nestedVirt = false, hap = true] = switches
    const result = applyConfig({
      ...{ host, domain: { kind, hap }, restore, pae, itsc, nestedVirt, cpuid, language },
      ...(featureset.length === 0 ? {} : { featureset: Featureset.fromWords(featureset) }),
    })
    const { ok, policy, calls, evidence } = result
    // Looking for what is not as it was asked for is the dear part of it.
    if (itsc) return [ok, policy.toRecords(), calls, evidence]
    const { findings } = result
    must(
      findings.every(({ message }) => message !== ''),
      'a finding says nothing',
    )
    return [ok, policy.toRecords(), findings, calls, evidence]
  },
})

const COMMAND_LINES = [
  'console=com1 com1=115200,8n1 dom0_mem=1536M,max:1536M loglvl=all smap=hvm cpuidle=0',
  'cpuid=no-avx2,rdrand,no-sse4.2 dom0-cpuid=no-avx512f spec-ctrl=no-pv,ibrs=0 tsx=0 vpmu=bts,arch',
  'cpuid_mask_cpu=fam_0f_rev_e no-hap hap=0 smep=0 xsave=no pku=off lapic="a b" -- quiet',
]
const OPTIONS = [
  ...['cpuid=', 'dom0-cpuid=', 'no-', 'tsx=', 'spec-ctrl=', 'vpmu=', 'smep=', 'hap', ',', '=', ' '],
  ...[
    'hvm',
    'off',
    'yes',
    'gds-mit=0',
    'bp-spec-reduce',
    'avx',
    'sse4.2',
    'rdrand',
    '"',
    "'",
    '--',
  ],
]

/** Xen's command line. */
export const bootOptions = defineTarget({
  name: 'core.boot-options',
  share: 250,
  feeds:
    'damaged command lines to parseBootOptions of any release; one in sixteen to estimateHostFeatureset and derivePolicies',
  holds: 'an answer whatever the line is; no feature is enabled and disabled',
  codes: [],
  input: z.strictObject({ line: z.string(), release: z.string(), derive: z.boolean() }),
  make: (random) => ({
    line: damagedText(random, { samples: COMMAND_LINES, words: OPTIONS }),
    release: pick(random, RELEASES),
    derive: random(16) === 0,
  }),
  check: ({ line: commandLine, release, derive }) => {
    const options = parseBootOptions(commandLine, release)
    for (const { enabled, disabled } of [options.cpuid, options.dom0Cpuid])
      must(!enabled.some((name) => disabled.includes(name)), 'a feature is both')
    for (const { message } of options.findings) must(message !== '', 'a finding says nothing')
    const [raw] = rawPolicies
    if (!derive || raw === undefined) return options
    const { featureset, facts, changes } = estimateHostFeatureset(raw, { release, commandLine })
    const { host } = derivePolicies(raw, { ...facts, release, hostFeatureset: featureset })
    return [options, featureset, changes, host.toRecords()]
  },
})
