/** Target: Xen's header of feature bits. */
import { flattenFeatures, formatTableModule, parseFeatureHeader } from '@xenlevel/cpuid'
import * as z from 'zod'
import { pick, type Random } from '../../../packages/cpuid/src/random.testing.js'
import { RELEASES, recordedTexts } from '../material.js'
import { defineTarget, isRefusal, must } from '../target.js'
import { damagedText } from '../texts.js'

const WORDS = [
  ...[
    'XEN_CPUFEATURE(',
    '/*A',
    '/*!',
    '/*S  ',
    ' */',
    '32*32+31',
    '0*32+ 0',
    '/* ',
    ' word 1 */\n',
  ],
  ...[
    'XEN_CPUFEATURE(FPU,           0*32+ 0) /*A  Onboard FPU */\n',
    '\n',
    ' * ',
    '#define ',
    '),',
  ],
  '/* Intel-defined CPU features, CPUID level 0x00000007:1.edx, word 15 */\n',
]
const lines = recordedTexts('policy/headers').map((text) => text.split(/(?<=\n)/))

/** A piece of a header with its first word, so that it is not long. */
function excerpt(random: Random): string {
  const header = pick(random, lines)
  const from = random(header.length)
  const first = header.findIndex((line) => line.includes('word 0'))
  const until = first + 3 + random(8)
  return [...header.slice(first, until), ...header.slice(from, from + random(14))].join('')
}

/** Headers. */
export const headers = defineTarget({
  name: 'cpuid.header',
  share: 250,
  feeds:
    'damaged pieces of real headers to parseFeatureHeader by the rules of any release, what comes of it to flattenFeatures and formatTableModule',
  holds: 'line and column are in the text; every feature of a table is found by name and bit',
  codes: [
    ...[
      'HEADER_UNREADABLE',
      'HEADER_NUMBER',
      'HEADER_DUPLICATE',
      'HEADER_ALIASED',
      'HEADER_ATTRIBUTE',
    ],
    ...['HEADER_WORD_ORDER', 'HEADER_NO_FEATURES', 'HEADER_NO_WORDS', 'HEADER_BEYOND_WORDS'],
    ...[
      'FEATURE_DUPLICATE',
      'FEATURE_ALIASED',
      'FEATURE_RANGE',
      'FEATURE_ATTRIBUTE',
      'FEATURE_MISSING',
    ],
  ],
  input: z.strictObject({ text: z.string(), release: z.string() }),
  make: (random) => ({
    text: damagedText(random, { samples: [excerpt(random), excerpt(random)], words: WORDS }),
    release: pick(random, RELEASES),
  }),
  check: ({ text, release }, ask) => {
    const declared = ask(() => parseFeatureHeader(text, { release }), text.length)
    if (isRefusal(declared)) return declared
    const table = ask(() => flattenFeatures(declared, {}))
    if (isRefusal(table)) return [declared, table]
    for (const feature of table.features) {
      must(table.feature(feature.bit) === feature, `bit ${feature.bit} is another feature`)
      // Xen's script does not notice a second name that begins with a digit.
      if (/^\d/.test(feature.name)) continue
      must(table.feature(feature.name) === feature, `${feature.name} is another feature`)
    }
    const module = formatTableModule({
      declarations: declared,
      dependencies: {},
      release,
      source: 'a header',
    })
    return [declared, module]
  },
})
