/** A guest as a document: what a toolstack knows of a running guest's CPU, so that it can be put before hosts. JSON, version 1. */
import { cpuPolicySchema, type FleetGuest, featuresetText } from '@xenlevel/core'
import * as z from 'zod'

/** Bytes: a number, or a text of digits where that would not be exact. */
const bytes = /* @__PURE__ */ z.union([
  /* @__PURE__ */ z.int().min(0),
  /* @__PURE__ */ z.string().regex(/^\d{1,20}$/, 'Expected a number of bytes.'),
])

/** The rules of the document. */
export const guestSchema = /* @__PURE__ */ z.strictObject({
  /** What kind of document this is. */
  format: /* @__PURE__ */ z.literal('xenlevel/guest'),
  /** Which form of it. */
  version: /* @__PURE__ */ z.literal(1),
  /** Its name, unique in the fleet. */
  name: /* @__PURE__ */ z.string().min(1),
  /** Its kind. */
  kind: /* @__PURE__ */ z.literal(['pv', 'pv32', 'hvm', 'pvh']),
  /** The host that it runs on. */
  host: /* @__PURE__ */ z.string().optional(),
  /** Its memory in bytes. */
  memory: bytes.optional(),
  /** The vendor that it has seen. */
  vendor: /* @__PURE__ */ z
    .literal(['Intel', 'AMD', 'Centaur', 'Shanghai', 'Hygon', 'Unknown'])
    .optional(),
  /** The features that it has seen. */
  featureset: featuresetText.optional(),
  /** The whole policy that it has. */
  policy: cpuPolicySchema.optional(),
  /** False for a guest that is to be started fresh. */
  running: /* @__PURE__ */ z.boolean().optional(),
})

/** A guest out of its document; undefined fields are left out. */
export function fleetGuestOf(document: z.output<typeof guestSchema>): FleetGuest {
  const { name, kind, host, memory, vendor, featureset, policy, running } = document
  return {
    ...{ name, kind },
    ...(host === undefined ? {} : { host }),
    ...(memory === undefined ? {} : { memory: BigInt(memory) }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(featureset === undefined ? {} : { featureset }),
    ...(policy === undefined ? {} : { policy }),
    ...(running === undefined ? {} : { running }),
  }
}
