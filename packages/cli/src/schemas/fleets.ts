/** Answers about fleets. */
import * as z from 'zod'
import { answer, findingSchema, problems, wordsSchema } from './common.js'
import { reasonSchema } from './guests.js'

const names = z.array(z.string())
const psabi = z.nullable(z.literal(['x86-64-v1', 'x86-64-v2', 'x86-64-v3', 'x86-64-v4']))

/** `fleet mobility`. */
export const mobility = answer('mobility', {
  hosts: names,
  /** Each guest with the hosts that admit it. */
  guests: z.array(z.strictObject({ guest: z.string(), hosts: names })),
  /** Guests that no other host takes. */
  stranded: z.array(
    z.strictObject({
      guest: z.string(),
      host: z.nullable(z.string()),
      fitsHome: z.nullable(z.boolean()),
      causes: z.array(
        z.strictObject({
          code: z.string(),
          feature: z.string().optional(),
          bit: z.int().optional(),
          hosts: names,
        }),
      ),
    }),
  ),
  /** Guests that a start at the level would do good. */
  powerCycle: z.array(
    z.strictObject({
      guest: z.string(),
      to: z.array(z.literal(['move', 'gain'])),
      above: names,
      below: names,
      hosts: names,
      message: z.string(),
    }),
  ),
  findings: z.array(findingSchema),
  ...problems,
})

const move = z.strictObject({
  guest: z.string(),
  from: z.string(),
  to: z.string(),
  /** Bytes, as digits. */
  memory: z.string().optional(),
})

const blockerShape = {
  code: z.literal(['no-host', 'no-room', 'no-room-together', 'not-found']),
  guests: names,
  message: z.string(),
  obstacles: z.array(
    z.strictObject({
      host: z.string(),
      why: z.literal(['cpu', 'maintenance', 'older-xen', 'memory']),
      reasons: z.array(reasonSchema),
    }),
  ),
}

/** `fleet evacuate`. */
export const evacuation = answer('evacuation', {
  host: z.string(),
  /** False if no way was found and there may be one. */
  exact: z.boolean(),
  moves: z.array(move),
  blockers: z.array(z.strictObject(blockerShape)),
  ...problems,
})

/** `fleet roll`. */
export const rollingUpdate = answer('rolling-update', {
  exact: z.boolean(),
  order: names,
  steps: z.array(z.strictObject({ host: z.string(), moves: z.array(move) })),
  blockers: z.array(z.strictObject({ host: z.string(), ...blockerShape })),
  ...problems,
})

/** `fleet split`. */
export const fleetSplit = answer('fleet-split', {
  score: z.number(),
  onePool: z.number(),
  poolPerVendor: z.number(),
  alone: z.number(),
  gain: z.number(),
  /** No split has a higher score. */
  bound: z.number(),
  exact: z.boolean(),
  search: z.literal(['every-subset', 'branch-and-bound', 'local-search']),
  pools: z.array(
    z.strictObject({
      hosts: names,
      vendor: z.nullable(z.string()),
      capacity: z.number(),
      featureset: wordsSchema,
      features: z.int(),
      psabi,
      weight: z.number(),
      losses: z.array(z.strictObject({ host: z.string(), features: names, weight: z.number() })),
    }),
  ),
  unplaced: z.array(z.strictObject({ host: z.string(), reason: z.literal(['unknown', 'no-hvm']) })),
  ...problems,
})
