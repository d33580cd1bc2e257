/** Answers about hosts and features. */
import { hostSnapshotSchema, poolLevelSchema } from '@xenlevel/core'
import * as z from 'zod'
import { answer, findingSchema, problems, wordsSchema } from './common.js'
import { differenceSchema, reasonSchema } from './guests.js'

/** `host capture`, `host import`, `host show`. */
export const hosts = answer('hosts', { hosts: z.array(hostSnapshotSchema), ...problems })

/** `features`. */
export const features = answer('features', {
  /** Whose names and words. */
  release: z.string(),
  /** All of it as words. */
  featureset: wordsSchema,
  /** The named bits, ascending. */
  features: z.array(
    z.strictObject({
      name: z.string(),
      lowerName: z.string(),
      bit: z.int(),
      place: z.string(),
      attributes: z.string(),
    }),
  ),
  /** Bits to which the release gives no name. */
  unnamedBits: z.array(z.int()),
  /** The psABI level that it reaches. */
  psabi: z.nullable(z.literal(['x86-64-v1', 'x86-64-v2', 'x86-64-v3', 'x86-64-v4'])),
})

/** `level`. */
export const level = answer('level-answer', {
  level: poolLevelSchema,
  /** What was written, where --emit asked for it. */
  emitted: z
    .strictObject({
      language: z.literal(['xapi', 'xl', 'libvirt', 'qemu', 'json']),
      text: z.string(),
      byHost: z.record(z.string(), z.string()),
      proved: z.boolean(),
      findings: z.array(findingSchema),
    })
    .optional(),
  ...problems,
})

const names = z.array(z.string())
const explanations = z.array(
  z.strictObject({
    cause: z.string(),
    certainty: z.literal(['certain', 'likely', 'possible']),
    because: z.string(),
  }),
)
const fact = z.nullable(z.union([z.string(), z.number(), z.boolean()]))
const changes = z.strictObject({ lost: names, gained: names })
const levelChanges = z.strictObject({ default: changes, max: changes })
const sets = z.array(z.literal(['raw', 'host', 'pvDefault', 'pvMax', 'hvmDefault', 'hvmMax']))

/** `host diff`. */
export const hostDrift = answer('host-drift', {
  host: z.string(),
  same: z.boolean(),
  facts: z.array(z.strictObject({ fact: z.string(), before: fact, after: fact, explanations })),
  features: z.array(
    z.strictObject({
      feature: z.string().optional(),
      bit: z.nullable(z.int()),
      change: z.literal(['gained', 'lost']),
      sets,
      uncounted: z.string().optional(),
      explanations,
      message: z.string(),
    }),
  ),
  fields: z.array(z.strictObject({ ...differenceSchema.shape, sets, explanations })),
  /** What may have done it, the surest first. */
  causes: z.array(
    z.strictObject({
      cause: z.string(),
      certainty: z.literal(['certain', 'likely', 'possible']),
      evidence: names,
      features: names,
      fields: names,
    }),
  ),
  /** The guests that notice. */
  guests: z.array(
    z.strictObject({
      guest: z.string(),
      fits: z.literal(['no-longer', 'again', 'as-before']),
      reasons: z.array(reasonSchema),
      nextBoot: changes,
    }),
  ),
  /** What it does to the level of the pool. */
  level: z.nullable(
    z.strictObject({
      pv: levelChanges,
      hvm: levelChanges,
      physAddrBits: z.nullable(z.strictObject({ before: z.int(), after: z.int() })),
      release: z.nullable(z.strictObject({ before: z.string(), after: z.string() })),
    }),
  ),
  findings: z.array(findingSchema),
  ...problems,
})

const changedFeatures = z.array(
  z.strictObject({ feature: z.string(), guests: z.array(z.literal(['pv', 'hvm'])) }),
)

/** `explain`. */
export const levelExplanation = answer('level-explanation', {
  release: z.string(),
  hosts: names,
  count: z.int(),
  /** Each lost feature, the weightiest first. */
  losses: z.array(
    z.looseObject({
      feature: z.string(),
      hosts: names,
      count: z.int(),
      kind: z.literal(['absent', 'dependency', 'not-carried']),
      guests: z.array(z.literal(['pv', 'hvm'])),
      meaning: z.looseObject({
        group: z.string(),
        aspect: z.string(),
        weight: z.number(),
        losing: z.string(),
      }),
      /** Who has to leave for it to come back; null if no leaving helps. */
      departure: z.nullable(
        z.strictObject({
          hosts: names,
          count: z.int(),
          known: z.literal(['exact', 'at-least']),
          release: z.string(),
          comesBack: changedFeatures,
        }),
      ),
      message: z.string(),
    }),
  ),
  /** What is lost together, by what it is about. */
  weights: z.record(z.string(), z.number()),
  costs: z.array(
    z.strictObject({
      hosts: names,
      count: z.int(),
      features: changedFeatures,
      weights: z.record(z.string(), z.number()),
    }),
  ),
  told: z.array(
    z.strictObject({
      feature: z.string(),
      guests: z.array(z.literal(['pv', 'hvm'])),
      hosts: names,
      count: z.int(),
    }),
  ),
  psabi: z.strictObject({
    level: z.nullable(z.string()),
    missing: z.array(z.strictObject({ feature: z.string(), hosts: names, count: z.int() })),
  }),
  ...problems,
})

const meaning = z.looseObject({
  group: z.string(),
  aspect: z.string(),
  weight: z.number(),
  losing: z.string(),
})
const changed = {
  feature: z.string(),
  guests: z.array(z.literal(['pv', 'hvm'])),
  meaning,
  hosts: names,
  count: z.int(),
}
const levelNow = z.strictObject({
  release: z.string(),
  count: z.int(),
  hvm: wordsSchema,
  pv: wordsSchema,
})

/** `whatif`. */
export const levelChange = answer('level-change', {
  before: levelNow,
  after: levelNow,
  gains: z.array(
    z.strictObject({
      ...changed,
      kind: z.literal(['absent', 'dependency', 'not-carried', 'told']),
    }),
  ),
  losses: z.array(
    z.strictObject({
      ...changed,
      kind: z.literal(['absent', 'dependency', 'release', 'untold']),
      message: z.string(),
    }),
  ),
  /** What gains and losses weigh together, by what they are about. */
  gained: z.record(z.string(), z.number()),
  lost: z.record(z.string(), z.number()),
  guests: z.strictObject({
    losingMobility: z.array(
      z.strictObject({ guest: z.string(), features: names, hosts: names, count: z.int() }),
    ),
    toPowerCycle: z.array(
      z.strictObject({
        guest: z.string(),
        why: z.literal(['to-return', 'to-gain']),
        features: names,
      }),
    ),
    nowhere: names,
    toMove: z.array(
      z.strictObject({ guest: z.string(), from: z.string(), hosts: names, count: z.int() }),
    ),
    unknown: names,
  }),
  findings: z.array(findingSchema),
  ...problems,
})
