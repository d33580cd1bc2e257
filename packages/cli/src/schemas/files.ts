/** Answers about microcode and domain images. */
import { cpuPolicySchema } from '@xenlevel/core'
import * as z from 'zod'
import { answer, findingSchema, hexSchema, problems, wordsSchema } from './common.js'
import { differenceSchema } from './guests.js'

const update = z.strictObject({
  vendor: z.literal(['Intel', 'AMD']),
  revision: hexSchema,
  date: z.string(),
  /** Bytes from the start of the file. */
  offset: z.int(),
  size: z.int(),
  signatures: z.array(
    z.strictObject({ signature: hexSchema, model: z.string(), platformMask: z.int() }),
  ),
  minRevision: hexSchema.optional(),
})

/** `ucode list`. */
export const microcodeList = answer('microcode-list', {
  files: z.array(
    z.strictObject({
      name: z.string(),
      format: z.literal(['intel', 'intel-dat', 'amd', 'early-cpio']),
      size: z.int(),
      updates: z.array(update),
      problems: z.array(findingSchema),
    }),
  ),
  ...problems,
})

/** `ucode verify`. */
export const microcodeVerification = answer('microcode-verification', {
  files: z.array(
    z.strictObject({
      name: z.string(),
      ok: z.boolean(),
      findings: z.array(findingSchema),
      verdicts: z.array(
        z.strictObject({
          reader: z.string(),
          accepted: z.boolean(),
          updates: z.int(),
          evidence: z.literal(['recorded', 'facts']),
        }),
      ),
    }),
  ),
  ...problems,
})

/** `ucode select`. */
export const microcodeSelection = answer('microcode-selection', {
  cpu: z.strictObject({
    vendor: z.literal(['Intel', 'AMD']),
    signature: hexSchema,
    platformId: z.int(),
    revision: hexSchema,
  }),
  consumer: z.string(),
  evidence: z.literal(['recorded', 'facts']),
  errno: z.string(),
  code: z.string(),
  reason: z.string(),
  lateLoad: z.literal(['declared-safe', 'declared-unsafe', 'not-declared']),
  file: z.nullable(z.string()),
  update: z.nullable(update),
  /** The revision that the CPU has afterwards. */
  revision: hexSchema,
  passedOver: z.array(z.strictObject({ offset: z.int(), revision: hexSchema, why: z.string() })),
  ...problems,
})

/** `ucode pack`. */
export const microcodePack = answer('microcode-pack', {
  output: z.string(),
  form: z.literal(['cpio', 'mini-cpio', 'intel', 'intel-dat', 'amd', 'initrd']),
  size: z.int(),
  /** How many updates there are in it for either. */
  intel: z.int(),
  amd: z.int(),
})

/** `ucode plan`. */
export const microcodePlan = answer('microcode-plan', {
  hosts: z.array(
    z.strictObject({
      host: z.string(),
      action: z.literal(['nothing', 'late', 'early', 'blocked']),
      file: z.nullable(z.string()),
      force: z.boolean(),
      update: z.nullable(update),
      reasons: z.array(
        z.looseObject({
          code: z.string(),
          severity: z.literal(['error', 'warning', 'info']),
          forbids: z.nullable(z.string()),
          message: z.string(),
        }),
      ),
      features: z.array(
        z.looseObject({
          id: z.string(),
          lost: z.array(z.string()),
          gained: z.array(z.string()),
          certain: z.boolean(),
        }),
      ),
    }),
  ),
  order: z.array(
    z.strictObject({
      host: z.string(),
      action: z.literal(['late', 'early']),
      moves: z.array(
        z.strictObject({
          guest: z.nullable(z.string()),
          count: z.int(),
          to: z.array(z.string()),
        }),
      ),
    }),
  ),
  ...problems,
})

/** `image head`. */
export const imageHead = answer('image-head', {
  file: z.string(),
  layers: z.array(z.string()),
  imageVersion: z.int(),
  xen: z.string(),
  kind: z.literal(['pv', 'pv32', 'hvm', 'pvh']),
  headEnd: z.int(),
  staticDataEnd: z.literal(['explicit', 'inferred']),
  missing: z.array(z.literal(['CPUID', 'MSR'])),
  invented: z.array(findingSchema),
  featureset: z.nullable(wordsSchema),
  policy: z.nullable(cpuPolicySchema),
  msrs: z.nullable(z.array(z.strictObject({ index: hexSchema, value: z.string() }))),
  policyError: z.nullable(z.string()),
  configLanguage: z.nullable(z.literal(['json', 'xl', 'xml'])),
})

/** `image records`, one a line. */
export const imageEvent = z.looseObject({
  format: z.literal('xenlevel/image-event'),
  version: z.literal(1),
  kind: z.literal(['header', 'record', 'end']),
  layer: z.literal(['xl', 'libvirt', 'libxl', 'xenopsd', 'libxc']),
  name: z.string(),
  offset: z.int(),
  length: z.int(),
  size: z.int(),
})

/** `image verify`. */
export const imageVerification = answer('image-verification', {
  images: z.array(
    z.strictObject({
      file: z.string(),
      ok: z.boolean(),
      verify: z.boolean(),
      restore: z.boolean(),
      findings: z.array(findingSchema),
      counts: z.record(z.string(), z.int()),
      layers: z.array(z.string()),
      imageVersion: z.nullable(z.int()),
      xen: z.nullable(z.string()),
      kind: z.nullable(z.literal(['pv', 'hvm'])),
      complete: z.boolean(),
      size: z.int(),
      trailing: z.int(),
      records: z.record(z.string(), z.int()),
      checkpoints: z.strictObject({ complete: z.int(), lastEnd: z.nullable(z.int()) }),
      unseen: z.array(z.string()),
    }),
  ),
  ...problems,
})

/** `image set-policy`. */
export const imageSetPolicy = answer('image-set-policy', {
  output: z.string(),
  bytes: z.int(),
  /** What is otherwise than in the policy that was there, with --for. */
  changes: z.array(differenceSchema),
})
