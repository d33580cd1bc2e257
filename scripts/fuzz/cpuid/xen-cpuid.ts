/** Target: the command line of Xen's tool, and its text. */
import { Featureset, type XenCpuidHost, xenCpuidText } from '@xenlevel/cpuid'
import * as z from 'zod'
import { pick } from '../../../packages/cpuid/src/random.testing.js'
import { RELEASES, realLeaves } from '../material.js'
import { defineTarget, must } from '../target.js'
import { damagedText } from '../texts.js'

const ARGUMENTS = [
  ...['info', 'detail', '-i', '-d', '-v', '-h', '--help', '--info', '--detail', '--verbose', '-p'],
  ...['--policy', '--policy=1', '-p1', '-p', '0', '1', '--po', '--d', '--', '-', '-dv', '32767'],
  ...['1789c3f5', '1789c3f5:f6fa3223', 'bfebfbff-7ffefbff-2c100800', '0x7fffffffffffffff', ' 1'],
]
const policy = { leaves: realLeaves, msrs: [{ index: 0xce, flags: 0, value: 0x8000_0000n }] }
const sets = Featureset.parse('bfebfbff-7ffefbff-2c100800-00000121-0000000f-d39ffffb')
const HOST: XenCpuidHost = {
  featuresetWords: 22,
  featuresets: { raw: sets, host: sets, pvMax: null, hvmMax: sets, pvDefault: sets },
  maxLeaves: 120,
  maxMsrs: 2,
  policies: { raw: policy, host: policy, pvMax: null, hvmMax: policy },
  domains: { 1: policy },
}

/** The tool. */
export const xenCpuid = defineTarget({
  name: 'cpuid.xen-cpuid',
  share: 250,
  feeds:
    'damaged command lines to xenCpuidText, with a Xen and without one, as any release has the tool',
  holds: 'an exit status of 0 or 1, and something is said',
  codes: [],
  input: z.strictObject({ args: z.array(z.string()), release: z.string(), onXen: z.boolean() }),
  make: (random) => ({
    args: Array.from({ length: random(5) }, () =>
      random(2) === 0
        ? pick(random, ARGUMENTS)
        : damagedText(random, {
            samples: ARGUMENTS,
            words: ['-', '--', '=', ':', 'ffffffff', '0x'],
          }),
    ),
    release: pick(random, RELEASES),
    onXen: random(4) === 0,
  }),
  check: ({ args, release, onXen }) => {
    const output = xenCpuidText(args, onXen ? { release, host: HOST } : { release })
    must(output.rc === 0 || output.rc === 1, `the exit status is ${output.rc}`)
    must(output.stdout + output.stderr !== '', 'nothing is said')
    return output
  },
})
