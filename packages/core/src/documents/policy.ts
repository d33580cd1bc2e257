/** A CPU policy as a document: every register that is not zero, also beyond the policy's own limits. JSON, version 1. */

import { ParseError } from '@xenlevel/cpuid'
import * as z from 'zod'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { storedLeaves } from '../policy/layout.js'
import {
  PolicyBuilder,
  releaseComplaint,
  writableWords,
  writtenMsrs,
} from '../policy/text-registers.js'
import { readDocument } from './read-document.js'
import { registerText } from './text-forms.js'

/** A 64-bit MSR as `'0x000000000a000c04'`: 0x and sixteen digits. */
const msrText = /* @__PURE__ */ z.codec(
  /* @__PURE__ */ z
    .string()
    .regex(
      /^0x[0-9a-fA-F]{16}$/,
      'Expected 0x and sixteen hexadecimal digits, such as "0x000000000a000c04".',
    ),
  /* @__PURE__ */ z.bigint(),
  {
    decode: (text) => BigInt(text),
    encode: (value) => `0x${value.toString(16).padStart(16, '0')}`,
  },
)

const leafSchema = /* @__PURE__ */ z.strictObject({
  /** The leaf. */
  leaf: registerText,
  /** Its sub-leaf; null for a leaf without sub-leaves. */
  subleaf: /* @__PURE__ */ z.nullable(/* @__PURE__ */ z.int().min(0).max(62)),
  /** What CPUID leaves in eax. */
  eax: registerText,
  /** What CPUID leaves in ebx. */
  ebx: registerText,
  /** What CPUID leaves in ecx. */
  ecx: registerText,
  /** What CPUID leaves in edx. */
  edx: registerText,
})

const limitSchema = /* @__PURE__ */ z.int().min(0).max(0xff)

const documentSchema = /* @__PURE__ */ z.strictObject({
  /** What kind of document this is. */
  format: /* @__PURE__ */ z.literal('xenlevel/cpu-policy'),
  /** Which form of it. */
  version: /* @__PURE__ */ z.literal(1),
  /** The release in whose words and extent the policy is, such as `'4.17.7'`. */
  release: /* @__PURE__ */ z.string(),
  /** The leaves that are not zero; in any order, each once. */
  leaves: /* @__PURE__ */ z.array(leafSchema).max(200),
  /** The MSRs that are not zero; in any order, each once. */
  msrs: /* @__PURE__ */ z
    .array(
      /* @__PURE__ */ z.strictObject({
        /** Its number. */
        index: registerText,
        /** Its value. */
        value: msrText,
      }),
    )
    .max(16),
  /** How many of Xen's own leaves the guest sees, in the ranges from 0x4000_0000 and from 0x4000_0100; 0: as many as Xen likes. */
  hypervisorLimits: /* @__PURE__ */ z.tuple([limitSchema, limitSchema]),
})

/** The rules of the CPU policy document: `z.decode` reads it, `z.encode` writes it. */
export const cpuPolicySchema = /* @__PURE__ */ z.codec(
  documentSchema,
  /* @__PURE__ */ z.custom<CpuPolicy>((value) => value instanceof CpuPolicy),
  {
    decode: ({ release, leaves, msrs, hypervisorLimits }, context) => {
      const complain = (message: string | null, ...path: (string | number)[]) => {
        if (message !== null) context.issues.push({ code: 'custom', message, path, input: release })
      }
      complain(releaseComplaint(release), 'release')
      if (context.issues.length > 0) return z.NEVER
      const builder = new PolicyBuilder(release)
      leaves.forEach(({ leaf, subleaf, eax, ebx, ecx, edx }, place) => {
        // The limits have a field of their own; a document that could say them twice could contradict itself.
        const limit = leaf === 0x4000_0000 || leaf === 0x4000_0100
        complain(
          limit
            ? 'The limits of Xen\'s own leaves are written in "hypervisorLimits".'
            : builder.putLeaf(leaf, subleaf, [eax, ebx, ecx, edx]),
          'leaves',
          place,
        )
      })
      msrs.forEach(({ index, value }, place) => {
        complain(builder.putMsr(index, value), 'msrs', place)
      })
      hypervisorLimits.forEach((limit, range) => {
        complain(
          builder.putLeaf(0x4000_0000 + range * 0x100, null, [limit, 0, 0, 0]),
          'hypervisorLimits',
          range,
        )
      })
      return context.issues.length > 0 ? z.NEVER : builder.build()
    },
    encode: (policy): z.output<typeof documentSchema> => {
      const words = writableWords(policy)
      const [first, second] = policy.hypervisorLimits
      const leaves = storedLeaves().map(({ leaf, subleaf, at }) => {
        const [eax = 0, ebx = 0, ecx = 0, edx = 0] = words.subarray(at, at + 4)
        return { leaf, subleaf, eax, ebx, ecx, edx }
      })
      return {
        format: 'xenlevel/cpu-policy',
        version: 1,
        release: policy.release,
        leaves: leaves.filter(({ eax, ebx, ecx, edx }) => (eax | ebx | ecx | edx) !== 0),
        msrs: writtenMsrs(words),
        hypervisorLimits: [first, second],
      }
    },
  },
)

/** The document of a CPU policy, as JSON has it. */
export type CpuPolicyDocument = z.input<typeof cpuPolicySchema>

/** A text that is no CPU policy document. Code `POLICY_INVALID`; `path` is the first wrong field, `details.issues` has all. */
export class PolicyDocumentError extends ParseError {}

/**
 * Reads a CPU policy document.
 *
 * @param input - the JSON text, or what `JSON.parse` made of it.
 * @param source - how the error should call the document: a file name, a guest.
 * @throws {@link PolicyDocumentError} naming every field that is wrong: also a leaf, MSR or register that policies of that release do not
 * have, and one that is there twice.
 */
export function parseCpuPolicy(input: unknown, source = 'The document'): CpuPolicy {
  return readDocument(
    cpuPolicySchema,
    input,
    { source, what: 'CPU policy' },
    (complaint) => new PolicyDocumentError({ code: 'POLICY_INVALID', ...complaint }),
  )
}

/**
 * The JSON text of a CPU policy, as {@link parseCpuPolicy} reads it.
 *
 * @throws {@link @xenlevel/cpuid!XenlevelError} with code `POLICY_NOT_OF_RELEASE` if the policy holds what policies of its release do
 * not have, or its release is not known.
 */
export function formatCpuPolicy(policy: CpuPolicy): string {
  return `${JSON.stringify(z.encode(cpuPolicySchema, policy), null, 2)}\n`
}
