/** The pool level as a document: what a toolstack keeps of a level until it is made anew. JSON, version 1. */
import type { CpuVendor } from '@xenlevel/cpuid'
import * as z from 'zod'
import { cpuPolicySchema } from './policy.js'
import { featuresetText } from './text-forms.js'

const guestSchema = /* @__PURE__ */ z.strictObject({
  /** For boot. */
  default: featuresetText,
  /** For acceptance. */
  max: featuresetText,
  /** The hosts that count. */
  hosts: /* @__PURE__ */ z.array(z.string()),
  /** For boot, whole: a policy that every host takes and leaves as it is; not there if none is known. */
  policy: /* @__PURE__ */ cpuPolicySchema.optional(),
})

const lossSchema = /* @__PURE__ */ z.strictObject({
  /** What is lost. */
  feature: /* @__PURE__ */ z.string().min(1),
  /** The hosts that lack it. */
  hosts: /* @__PURE__ */ z.array(z.string()),
  /** Why. */
  kind: /* @__PURE__ */ z.literal(['absent', 'dependency', 'not-carried']),
  /** The kinds of guest that lose it. */
  guests: /* @__PURE__ */ z.array(z.literal(['pv', 'hvm'])),
})

const findingSchema = /* @__PURE__ */ z.strictObject({
  /** Stable name of what was noticed. */
  code: /* @__PURE__ */ z.string().min(1),
  /** How bad it is. */
  severity: /* @__PURE__ */ z.literal(['error', 'warning', 'info']),
  /** One sentence for people. */
  message: /* @__PURE__ */ z.string(),
  /** The hosts it is about. */
  hosts: /* @__PURE__ */ z.array(z.string()).optional(),
})

/** The rules of the pool level document: what `JSON.stringify` makes of a {@link PoolLevel}. */
export const poolLevelSchema = /* @__PURE__ */ z.strictObject({
  /** What kind of document this is. */
  format: /* @__PURE__ */ z.literal('xenlevel/pool-level'),
  /** Which form of it. */
  version: /* @__PURE__ */ z.literal(1),
  /** The release whose table was used. */
  release: /* @__PURE__ */ z.string(),
  /** How the sets were combined. */
  method: /* @__PURE__ */ z.literal(['xenserver', 'intersection']),
  /** The vendor of all hosts; null if they differ. */
  vendor: /* @__PURE__ */ z.nullable(
    z.literal(['Intel', 'AMD', 'Centaur', 'Shanghai', 'Hygon', 'Unknown'] satisfies CpuVendor[]),
  ),
  /** The narrowest physical address width, in bits. */
  physAddrBits: /* @__PURE__ */ z.int(),
  /** The hosts. */
  hosts: /* @__PURE__ */ z.array(z.string()).min(1),
  /** For PV guests. */
  pv: guestSchema,
  /** For HVM and PVH guests. */
  hvm: guestSchema,
  /** What the level costs. */
  losses: /* @__PURE__ */ z.array(lossSchema),
  /** What should be known about it. */
  findings: /* @__PURE__ */ z.array(findingSchema),
})

/** A pool level as it is kept: featuresets as {@link @xenlevel/cpuid!Featureset}. */
export type PoolLevelDocument = z.output<typeof poolLevelSchema>
