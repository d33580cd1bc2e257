/** Targets: CPU policies from records, and as texts and documents. */
import {
  type CpuPolicy,
  comparePolicies,
  formatCpuPolicy,
  formatPolicyText,
  parseCpuPolicy,
  parsePolicyText,
} from '@xenlevel/core'
import * as z from 'zod'
import { checkPolicies, policyInput } from '../../../packages/core/src/policy/fuzz.testing.js'
import { leavesForm, msrsForm } from '../forms.js'
import { damagedJson, type Json, jsonSchema } from '../json.js'
import { hostPolicies } from '../material.js'
import { defineTarget, isRefusal, must, same } from '../target.js'
import { damagedText } from '../texts.js'

/** Records of leaves and MSRs. */
export const policies = defineTarget({
  name: 'core.policies',
  share: 200,
  feeds:
    'odd leaves and MSRs to CpuPolicy, derivePolicies, clampPolicy, initDomainPolicy, setDomainPolicy and xenCompatible of any release',
  holds:
    'a refusal leaves a policy; a clamp that changes something says so; clamping twice is clamping once',
  codes: [],
  input: z.strictObject({
    raw: leavesForm,
    leaves: leavesForm,
    msrs: msrsForm,
    domain: z.strictObject({
      kind: z.enum(['pv', 'pv32', 'hvm', 'pvh']),
      hap: z.boolean(),
      nestedVirt: z.boolean(),
      hardwareDomain: z.boolean(),
      maxPhysAddrBits: z.number(),
    }),
    release: z.string(),
    bits: z.array(z.number()),
  }),
  make: policyInput,
  check: checkPolicies,
})

const kept = hostPolicies.flatMap(({ host, hvmDefault }) => [host, hvmDefault])
/** Short ones, with what a reader must know: leaves without and with sub-leaves, MSRs. */
const TEXTS = kept.slice(0, 6).map((policy) => {
  const [head = '', ...lines] = formatPolicyText(policy).split('\n')
  const msr = lines.filter((line) => /^[0-9a-f]{8} -> /.test(line))
  return [head, ...lines.slice(0, 24), ...msr].join('\n')
})
const WORDS = [
  ...[
    'xenlevel/cpu-policy 1, Xen 4.17.7\n',
    'Xen ',
    ' -> ',
    ':',
    '# ',
    '\n',
    'ffffffff',
    '0000000d',
  ],
  ...[
    '00000007:00000000 -> 00000000:00000000:00000000:00000001\n',
    '0000010a -> 0000000000000001\n',
  ],
]

/** Policies as texts. */
export const policyTexts = defineTarget({
  name: 'core.policy-text',
  share: 200,
  feeds:
    'damaged texts of policies to parsePolicyText, what it makes to both writers and both readers',
  holds: 'written as text or document, a policy is read back',
  codes: ['POLICY_TEXT_INVALID'],
  input: z.string(),
  make: (random) => damagedText(random, { samples: TEXTS, words: WORDS }),
  check: (text, ask) => {
    const policy = ask(() => parsePolicyText(text), text.length)
    return isRefusal(policy) ? policy : checkWritten(policy)
  },
})

const DOCUMENTS = kept.slice(0, 4).map((policy): Json => {
  const whole: { leaves: Json[] } & Record<string, Json> = JSON.parse(formatCpuPolicy(policy))
  return { ...whole, leaves: whole.leaves.slice(0, 6) }
})

/** Policies as documents. */
export const policyDocuments = defineTarget({
  name: 'core.policy-json',
  share: 200,
  feeds: 'damaged documents of policies, parsed or as texts, to parseCpuPolicy',
  holds: 'written as text or document, a policy is read back',
  codes: ['POLICY_INVALID'],
  input: z.union([z.strictObject({ text: z.string() }), z.strictObject({ value: jsonSchema })]),
  make: (random) => {
    const value = damagedJson(random, DOCUMENTS)
    if (random(4) > 0) return { value }
    return {
      text: damagedText(random, { samples: [JSON.stringify(value)], words: ['{', '"', ','] }),
    }
  },
  check: (input, ask) => {
    const policy = ask(() => parseCpuPolicy('text' in input ? input.text : input.value))
    return isRefusal(policy) ? policy : checkWritten(policy)
  },
})

function checkWritten(policy: CpuPolicy): unknown {
  const [text, document] = [formatPolicyText(policy), formatCpuPolicy(policy)]
  must(parsePolicyText(text).equals(policy), 'the text read back is another policy')
  must(parseCpuPolicy(document).equals(policy), 'the document read back is another policy')
  same('the release', parsePolicyText(text).release, policy.release)
  must(comparePolicies(policy, policy).length === 0, 'a policy differs from itself')
  return [text, document]
}
