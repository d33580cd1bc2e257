/** Targets: featuresets as texts, numbers and records. */
import {
  cpuSignature,
  cpuVendor,
  decodeLeaves,
  decodeMsrs,
  encodeLeaves,
  encodeMsrs,
  encodeSignature,
  Featureset,
  featureTable,
  locateJsonError,
  parseWordsInto,
} from '@xenlevel/cpuid'
import * as z from 'zod'
import { pick } from '../../../packages/cpuid/src/random.testing.js'
import { bytesForm } from '../forms.js'
import { featureNames, oddWord } from '../material.js'
import { defineTarget, inside, isRefusal, must, same } from '../target.js'
import { damagedText } from '../texts.js'
import { DUMPS } from './dump-samples.js'

const SETS = [
  ...['', '0', '0x1', '1789c3f5', '1789c3f5-f6fa3223', '0X1789C3F5:F6FA3223', '0-0-0-0'],
  'bfebfbff-7ffefbff-2c100800-00000121-0000000f-d39ffffb-00000808-00000100',
  'bfebfbff:7ffefbff:2c100800:00000121:0000000f:d39ffffb:00000808:00000100',
]
const SET_WORDS = ['-', ':', '0x', 'ffffffff', '-1789c3f5', ':00000000', 'g', '123456789', '-0x']
const FEATURESET_SYNTAX = ['FEATURESET_SYNTAX']

/** Featuresets as texts. */
export const featuresets = defineTarget({
  name: 'cpuid.featureset',
  share: 900,
  feeds:
    'damaged texts of featuresets to Featureset.parse and parseWordsInto, what they make to the other forms',
  holds:
    'both readers agree; written in either form and as a bigint, it is read back; set operations keep their laws',
  codes: FEATURESET_SYNTAX,
  input: z.string(),
  make: (random) => damagedText(random, { samples: SETS, words: SET_WORDS }),
  check: (text, ask) => {
    const words = new Uint32Array(64)
    const set = ask(() => Featureset.parse(text), text.length)
    const count = ask(() => parseWordsInto(text, words), text.length)
    if (isRefusal(set)) {
      must(isRefusal(count), 'one reader takes what the other refuses')
      return set
    }
    if (!isRefusal(count)) same('what both read', [...words.subarray(0, count)], set.words)
    else must(set.words.length > words.length, 'one reader refuses what the other takes')
    for (const separator of ['-', ':'] as const)
      same('the text read back', Featureset.parse(set.toString(separator)), set)
    must(Featureset.fromBigInt(set.toBigInt()).equals(set), 'the bigint is another set')
    const table = featureTable()
    const named = Featureset.fromNames(set.names(table), table)
    must(named.isSubsetOf(set), 'its names are more than it')
    must(set.andNot(named).bits().length === set.unknownBits(table).length, 'bits are lost')
    must(set.xor(named).equals(set.andNot(named)), 'xor and andNot differ')
    return [set, named]
  },
})

/** Names of features. */
export const names = defineTarget({
  name: 'cpuid.names',
  share: 280,
  feeds:
    'damaged names of features, releases and Linux flags to Featureset.fromNames, featureTable and clearDependents',
  holds:
    'a set without what depends on something absent stays as it is, and is a part of what it was',
  codes: ['FEATURE_UNKNOWN', 'RELEASE_UNKNOWN'],
  input: z.strictObject({ names: z.array(z.string()), release: z.string() }),
  make: (random) => ({
    names: Array.from({ length: random(8) }, () =>
      random(6) === 0
        ? damagedText(random, {
            samples: [pick(random, featureNames)],
            words: ['-', '_', '__proto__'],
          })
        : pick(random, featureNames),
    ),
    release:
      random(8) === 0 ? damagedText(random, { samples: ['4.17.7'], words: ['4', '.'] }) : '4.17.7',
  }),
  check: ({ names, release }, ask) => {
    const table = ask(() => featureTable(release))
    if (isRefusal(table)) return table
    const set = ask(() => Featureset.fromNames(names, table))
    if (isRefusal(set)) return set
    const left = table.clearDependents(set)
    must(left.isSubsetOf(set), 'more is left than there was')
    must(table.clearDependents(left).equals(left), 'clearing twice is not clearing once')
    const gone = table.explainCleared(set).map(({ feature }) => feature)
    must(
      Featureset.fromNames(gone, table).equals(set.andNot(left)),
      'not what is gone is explained',
    )
    return [left, gone]
  },
})

/** Records of leaves and MSRs, signatures and vendors. */
export const records = defineTarget({
  name: 'cpuid.records',
  share: 600,
  feeds:
    'bytes to decodeLeaves and decodeMsrs, words to cpuSignature, encodeSignature and cpuVendor',
  holds:
    'what is decoded is encoded to the same bytes; a signature that is encoded says what was asked for',
  codes: ['RECORDS_LENGTH', 'SIGNATURE_RANGE'],
  input: z.strictObject({
    bytes: bytesForm,
    eax: z.number(),
    signature: z.strictObject({ family: z.number(), model: z.number(), stepping: z.number() }),
  }),
  make: (random) => ({
    bytes: Uint8Array.from({ length: random(2) === 0 ? random(6) * 24 : random(150) }, () =>
      random(3) === 0 ? 0xff : random(256),
    ),
    eax: oddWord(random),
    signature: { family: random(300), model: random(300), stepping: random(20) },
  }),
  check: ({ bytes, eax, signature }, ask) => {
    const leaves = ask(() => decodeLeaves(bytes), bytes.length)
    if (!isRefusal(leaves)) same('the leaves', encodeLeaves(leaves), bytes)
    const msrs = ask(() => decodeMsrs(bytes), bytes.length)
    if (!isRefusal(msrs)) same('the MSRs', encodeMsrs(msrs), bytes)
    const encoded = ask(() => encodeSignature(signature))
    if (!isRefusal(encoded)) same('the signature', cpuSignature(encoded), signature)
    return [leaves, msrs, encoded, cpuSignature(eax), cpuVendor(eax, eax, eax)]
  },
})

const JSONS = [
  '{"a":[1,2.5e-3,"x\\u00e9\\n",null,true,{}],"b":{"c":[]}}',
  '[[[[]]],-0,1E5,"\\"\\\\"]\n',
  ...DUMPS.filter((text) => text.startsWith('{')).map((text) => text.slice(0, 300)),
]

/** Where a text stops being JSON. */
export const jsonErrors = defineTarget({
  name: 'cpuid.json-error',
  share: 700,
  feeds: 'damaged JSON texts to locateJsonError',
  holds:
    'it finds nothing just where JSON.parse takes the text; the place is in it, and what stands before it can become JSON',
  codes: [],
  input: z.string(),
  make: (random) =>
    damagedText(random, {
      samples: JSONS,
      words: ['{', '}', '[', ']', ',', ':', '"', '1', 'null', '"a":1', '\\u'],
    }),
  check: (text) => {
    const place = locateJsonError(text)
    must((place === null) === isJson(text), 'JSON.parse is of another mind')
    if (place === null) return null
    const { offset, line, column } = place
    inside(offset, text.length, 'the error')
    const lines = text.slice(0, offset).split('\n')
    same('line and column', [line, column], [lines.length, (lines.at(-1)?.length ?? 0) + 1])
    return place
  },
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
