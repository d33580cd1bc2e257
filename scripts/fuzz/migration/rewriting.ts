/** Target: images changed on their way. */
import {
  editLibvirtXml,
  editXlConfig,
  type NewPolicy,
  readHead,
  readImage,
  rewritePolicy,
  trimImage,
  upgradeImage,
} from '@xenlevel/migration'
import * as z from 'zod'
import { pick } from '../../../packages/cpuid/src/random.testing.js'
import { concat } from '../../../packages/migration/src/images.testing.js'
import { bytesForm, leavesForm } from '../forms.js'
import { hostPolicies, oddLeaves, RELEASES } from '../material.js'
import { defineTarget, inside, isRefusal, must, type Refusal, refusalOf, same } from '../target.js'
import { cutAt, cutsIn, oddImage } from './pieces.js'
import { IMAGE_CODES } from './reading.js'

const CODES = [
  ...IMAGE_CODES,
  ...['POLICY_DOES_NOT_FIT', 'V3_RECORD_IN_V2', 'NO_XL_CONFIG', 'NO_LIBVIRT_XML'],
  ...['POLICY_RECORDS', 'RECORDS_LENGTH'],
]
const CHANGES = ['policy', 'records', 'none', 'upgrade', 'trim', 'xl', 'libvirt'] as const

const form = z.strictObject({
  bytes: bytesForm,
  cuts: z.array(z.number()),
  change: z.enum(CHANGES),
  host: z.number(),
  leaves: leavesForm,
  release: z.string(),
})
type Input = z.output<typeof form>

const edited = (text: string) => text.replace('guest', 'another guest')

function transformOf({ change, host, leaves, release }: Input) {
  const policy = hostPolicies[host % hostPolicies.length]?.hvmDefault ?? null
  const policies: Readonly<Record<'policy' | 'records' | 'none' | 'upgrade', NewPolicy>> = {
    policy,
    records: { leaves, msrs: null },
    none: null,
    upgrade: policy,
  }
  switch (change) {
    case 'trim':
      return trimImage()
    case 'xl':
      return editXlConfig(edited)
    case 'libvirt':
      return editLibvirtXml(edited)
    case 'upgrade':
      return upgradeImage(policies.upgrade, { release })
    default:
      return rewritePolicy(policies[change], { release })
  }
}

interface Written {
  readonly bytes: Uint8Array
  readonly end: Refusal | null
}

async function through(input: Input, pieces: readonly Uint8Array[]): Promise<Written> {
  const transform = transformOf(input)
  const written: Uint8Array[] = []
  const read = async () => {
    for await (const piece of transform.readable) written.push(piece)
  }
  const write = async () => {
    const writer = transform.writable.getWriter()
    for (const piece of pieces) await writer.write(piece)
    await writer.close()
  }
  const [reading, writing] = await Promise.allSettled([read(), write()])
  const end =
    reading.status === 'rejected' ? refusalOf(reading.reason, CODES, input.bytes.length) : null
  must((end === null) === (writing.status === 'fulfilled'), 'one end fails, and the other does not')
  return { bytes: concat(written), end }
}

/** What was made is what was asked for. */
async function checkWritten(input: Input, { bytes }: Written): Promise<void> {
  if (input.change === 'trim') {
    for await (const event of readImage(bytes))
      must(event.name !== 'PAGE_DATA' || event.layer !== 'libxc', 'a page is left')
    return
  }
  const [before, after] = [await readHead(input.bytes), await readHead(bytes)]
  const rest = input.bytes.length - before.headEnd
  same('what follows the head', bytes.subarray(after.headEnd), input.bytes.subarray(before.headEnd))
  must(bytes.length - after.headEnd === rest, 'the rest has another length')
  if (input.change === 'xl' || input.change === 'libvirt')
    must(after.config === edited(before.config ?? ''), 'the configuration is another')
  else if (input.change === 'none') must(after.cpuPolicy === null, 'a policy is left')
  else must(after.policyRecords.length > 0, 'no policy is there')
}

/** Rewriting. */
export const rewrites = defineTarget({
  name: 'migration.rewrite',
  share: 200,
  feeds:
    'damaged images, in one piece and cut, to rewritePolicy, upgradeImage, trimImage, editXlConfig and editLibvirtXml',
  holds:
    'the output is the same however the bytes are cut; a refusal of the head comes before any byte; the new image has what was asked for, and the old one’s memory',
  codes: CODES,
  input: form,
  make: (random): Input => {
    const bytes = oddImage(random)
    return {
      bytes,
      cuts: cutsIn(random, bytes),
      change: pick(random, CHANGES),
      host: random(hostPolicies.length),
      leaves: oddLeaves(random),
      release: pick(random, RELEASES),
    }
  },
  check: async (input) => {
    const { bytes, cuts, change } = input
    const whole = await through(input, [bytes])
    const pieces = cutAt(bytes, cuts).filter(({ length }) => length > 0)
    same('the output for cut bytes', await through(input, pieces), whole)
    if (isRefusal(whole.end)) {
      if (change !== 'trim') must(whole.bytes.length === 0, 'a refused image was begun')
      inside(whole.bytes.length, bytes.length, 'what is left of a refused image')
    } else await checkWritten(input, whole)
    return whole
  },
})
