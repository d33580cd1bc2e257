/** Inputs of the command: every kind of file that one of its verbs reads, damaged. */
import { formatCpuPolicy, formatPolicyText, levelPool, parseHostSnapshot } from '@xenlevel/core'
import { pick, type Random } from '../../../packages/cpuid/src/random.testing.js'
import { damagedMicrocode } from '../../../packages/microcode/src/fuzz.testing.js'
import { DUMPS } from '../cpuid/dump-samples.js'
import { damagedJson, type Json } from '../json.js'
import { hostPolicies, hostTexts, wholeHostTexts } from '../material.js'
import { oddHead, oddImage } from '../migration/pieces.js'
import { damagedText } from '../texts.js'

const XE = `uuid ( RO)      : 1
    name-label ( RW): host-1
    cpu_info (MRO): vendor: GenuineIntel; family: 6; model: 86; stepping: 3; features_pv: 1fc9cbf5-f6f83203; features_hvm: 1fcbfbff-f7fa3223; features_hvm_host: 1fcbfbff-f7fa3203; features_pv_host: 1fc9cbf5-f6d83203
    software-version (MRO): xen: 4.17.7; product_version: 8.3.0

    name-label ( RW): host-2
    features_hvm: 1fcbfbff-f7fa3223-2d93fbff
    vendor: GenuineIntel
`
const CPU_INFO = {
  name_label: 'host',
  software_version: { xen_version: '4.17.7' },
  cpu_info: {
    vendor: 'AuthenticAMD',
    features_pv_host: '178bf3ff-f6d83203',
    features_hvm_host: '178bfbff',
  },
}
const GUEST = {
  format: 'xenlevel/guest',
  version: 1,
  name: 'guest',
  kind: 'hvm',
  featureset: '1fcbfbff',
}
const bare = hostTexts.slice(0, 3).map((text) => parseHostSnapshot(text))
const [policy] = hostPolicies.map(({ hvmDefault }) => hvmDefault)

const TEXTS: readonly string[] = [
  ...DUMPS,
  ...hostTexts,
  ...wholeHostTexts.slice(0, 1),
  XE,
  hostTexts.map((text) => JSON.stringify(JSON.parse(text))).join('\n'),
  `[${hostTexts.slice(0, 2).join(',')}]`,
  ...(policy === undefined ? [] : [formatPolicyText(policy), formatCpuPolicy(policy)]),
  '1fcbfbff-f7fa3223-2d93fbff\n',
  'vendor: GenuineIntel; features: 1fcbfbff-f7fa3223-2d93fbff',
  'memory=2048\ncpuid="host,avx=0"\n# name = "guest"\ntype="hvm"\n',
]
const VALUES: readonly Json[] = [
  ...hostTexts.map((text): Json => JSON.parse(text)),
  JSON.parse(JSON.stringify(levelPool(bare))),
  CPU_INFO,
  GUEST,
  { guests: [GUEST], 'host-1': { cpus: 4, memory: '8GiB' } },
]
const WORDS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  '\n',
  '\n\n',
  '"',
  ': ',
  '; ',
  'name-label ( RW): ',
  '"name":',
]

/** A file. */
export function oddFile(random: Random): Uint8Array {
  const encoder = new TextEncoder()
  switch (random(10)) {
    case 0:
      return oddHead(random)
    case 1:
      return oddImage(random)
    case 2:
      return damagedMicrocode(random)
    case 3:
    case 4:
    case 5:
      return encoder.encode(JSON.stringify(damagedJson(random, VALUES)))
    case 6:
      return encoder.encode(pick(random, TEXTS))
    default:
      return encoder.encode(damagedText(random, { samples: TEXTS, words: WORDS }))
  }
}
