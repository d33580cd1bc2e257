/** Answers about guests, their policies and their default. */
import { cpuPolicySchema } from '@xenlevel/core'
import * as z from 'zod'
import { defaultSchema } from '../default/document.js'
import { answer, faultSchema, findingSchema, problems, wordsSchema } from './common.js'

/** One reason of an admission. */
export const reasonSchema = z.looseObject({
  code: z.string(),
  grade: z.literal(['refused', 'lost', 'degraded', 'cosmetic']),
  message: z.string(),
  host: z.string(),
  feature: z.string().optional(),
  bit: z.int().optional(),
})

/** `admit`. */
export const admission = answer('admission', {
  guest: z.strictObject({ name: z.string(), kind: z.string(), from: z.string() }),
  hosts: z.array(
    z.strictObject({
      host: z.string(),
      admitted: z.boolean(),
      reasons: z.array(reasonSchema),
      /** Bits that are missing and never count. */
      uncounted: z.array(
        z.strictObject({ bit: z.int(), feature: z.string().optional(), reason: z.string() }),
      ),
      /** Who said what the host takes. */
      evidence: z.literal(['said', 'estimated', 'unknown']),
      /** Whether everything was judged, or features alone. */
      judged: z.literal(['policy', 'featureset']),
      /** What Xen itself will answer. */
      xen: z.nullable(z.strictObject({ compatible: z.boolean(), error: z.nullable(faultSchema) })),
      /** What would make it yes. */
      advice: z.nullable(z.string()),
      /** The level at which it would be yes. */
      levelTo: z.nullable(
        z.strictObject({ featureset: wordsSchema, without: z.array(z.string()) }),
      ),
    }),
  ),
  ...problems,
})

/** `policy derive`. */
export const hostPolicies = answer('host-policies', {
  host: z.string(),
  release: z.string(),
  policies: z.partialRecord(
    z.literal(['raw', 'host', 'pvMax', 'pvDefault', 'hvmMax', 'hvmDefault']),
    cpuPolicySchema,
  ),
  /** What Xen changes of what the CPU says. */
  changes: z.array(
    z.strictObject({
      feature: z.string(),
      added: z.boolean(),
      reason: z.string(),
      source: z.string(),
    }),
  ),
  /** What was taken to be so. */
  assumptions: z.array(
    z.looseObject({
      feature: z.string().optional(),
      fact: z.string().optional(),
      assumed: z.boolean(),
      reason: z.string(),
    }),
  ),
  /** What is to be said of the command line. */
  findings: z.array(findingSchema),
})

/** `policy clamp`. */
export const policyClamp = answer('policy-clamp', {
  host: z.string(),
  release: z.string(),
  kind: z.string(),
  /** What Xen refuses; null if it takes the policy. */
  error: z.nullable(faultSchema),
  changes: z.array(
    z.looseObject({ step: z.string(), message: z.string(), before: z.number(), after: z.number() }),
  ),
  /** What the domain has then. */
  policy: cpuPolicySchema,
})

/** One thing in which two policies differ. */
export const differenceSchema = z.strictObject({
  kind: z.literal(['feature', 'field', 'register', 'msr']),
  name: z.string(),
  leaf: z.nullable(z.int()),
  subleaf: z.nullable(z.int()),
  register: z.nullable(z.literal(['eax', 'ebx', 'ecx', 'edx'])),
  msr: z.nullable(z.int()),
  a: z.union([z.number(), z.string()]),
  b: z.union([z.number(), z.string()]),
  message: z.string(),
})

/** `policy diff`. */
export const policyDiff = answer('policy-diff', {
  a: z.string(),
  b: z.string(),
  differences: z.array(differenceSchema),
})

const state = z.literal(['fresh', 'stale', 'unsure'])

/** `default set`. */
export const defaultSet = answer('default-answer', {
  file: z.string(),
  default: defaultSchema,
  findings: z.array(findingSchema),
  ...problems,
})

/** `default show`. */
export const defaultShow = answer('default-state', {
  file: z.string(),
  state,
  rebooted: z.nullable(z.boolean()),
  reasons: z.array(z.string()),
  default: defaultSchema,
})

/** `default apply`. */
export const defaultApply = answer('default-merge', {
  state,
  reasons: z.array(z.string()),
  kind: z.literal(['pv', 'hvm', 'pvh']),
  /** The setting as it is written now. */
  cpuid: z.string(),
  /** Where the configuration keeps its say. */
  conflicts: z.array(z.strictObject({ default: z.string(), own: z.string(), message: z.string() })),
  findings: z.array(findingSchema),
  /** The configuration. */
  text: z.string(),
})
