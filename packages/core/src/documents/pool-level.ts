/**
 * The pool level as a document: what a toolstack keeps of a level until it is made anew, and what machines that level parts of a fleet send
 * each other. JSON, version 1.
 */
import type { CpuVendor } from '@xenlevel/cpuid'
import * as z from 'zod'
import { cpuPolicySchema } from './policy.js'
import { featuresetText } from './text-forms.js'

const vendorSchema = /* @__PURE__ */ z.literal([
  'Intel',
  'AMD',
  'Centaur',
  'Shanghai',
  'Hygon',
  'Unknown',
] satisfies CpuVendor[])

const countSchema = /* @__PURE__ */ z.int().min(0)

const guestSchema = /* @__PURE__ */ z.strictObject({
  /** For boot. */
  default: featuresetText,
  /** For acceptance. */
  max: featuresetText,
  /** The hosts that count, or the first of them. */
  hosts: /* @__PURE__ */ z.array(z.string()),
  /** How many hosts count. */
  count: countSchema,
  /** For boot, whole: a policy that every host takes and leaves as it is; not there if none is known. */
  policy: /* @__PURE__ */ cpuPolicySchema.optional(),
})

const lossSchema = /* @__PURE__ */ z.strictObject({
  /** What is lost. */
  feature: /* @__PURE__ */ z.string().min(1),
  /** The hosts that lack it, or the first of them. */
  hosts: /* @__PURE__ */ z.array(z.string()),
  /** How many hosts lack it. */
  count: countSchema,
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

const tallyShape = {
  /** How many hosts. */
  count: countSchema,
  /** Their names in code unit order: all of them, or of fleets of more than 4,096 hosts the first 16. */
  hosts: /* @__PURE__ */ z.array(z.string().min(1)),
}

const tallySchema = /* @__PURE__ */ z.strictObject(tallyShape)

/** What all hosts have and what any has, in as many words; one featureset where that is the same. */
const spanSchema = /* @__PURE__ */ z.union([
  featuresetText,
  /* @__PURE__ */ z.strictObject({
    /** What all of them have. */
    all: featuresetText,
    /** What any of them has. */
    any: featuresetText,
  }),
])

const offerSchema = /* @__PURE__ */ z.strictObject({
  /** For boot. */
  default: spanSchema,
  /** For acceptance. */
  max: spanSchema,
  /** The bits of `default` that some have and others lack, ascending, and who. */
  mixed: /* @__PURE__ */ z
    .array(
      z.strictObject({
        /** The bit, in the words of `table`. */
        bit: countSchema,
        /** The hosts that do not offer it by default. */
        lacking: tallySchema,
        /** The hosts that do. */
        having: tallySchema,
      }),
    )
    .optional(),
})

const groupSchema = /* @__PURE__ */ z.strictObject({
  ...tallyShape,
  /** Vendor of their CPUs. */
  vendor: vendorSchema,
  /** Physical address width in bits. */
  physAddrBits: /* @__PURE__ */ z.int(),
  /** The release of their Xen, as they say it; null if none runs on them. */
  xen: /* @__PURE__ */ z.nullable(z.string()),
  /** The release whose table names their words; null where there is none, and they are taken for those of the level. */
  table: /* @__PURE__ */ z.nullable(z.string()),
  /** Whose word their featuresets are. */
  evidence: /* @__PURE__ */ z.literal(['said', 'estimated', 'unknown']),
  /** How many featureset words they report; null if they report none. */
  words: /* @__PURE__ */ z.nullable(countSchema),
  /** True if their snapshots leave words out. */
  wordsUnknown: /* @__PURE__ */ z.boolean(),
  /** Bits that they offer and their own release does not name. */
  unnamed: /* @__PURE__ */ z.array(countSchema).optional(),
  /** What they offer PV guests, in the words of `table`. */
  pv: /* @__PURE__ */ offerSchema.optional(),
  /** What they offer HVM guests, in the words of `table`. */
  hvm: /* @__PURE__ */ offerSchema.optional(),
  /** Raw words of hosts of which it is not yet known which Xen they are judged by. */
  pending: /* @__PURE__ */ z
    .strictObject({
      /** Their raw featureset, in the words of the hardware; empty if they told none. */
      raw: featuresetText,
      /** Whether HVM guests can run; null if it is not said. */
      hvm: /* @__PURE__ */ z.nullable(z.boolean()),
      /** Whether there is hardware-assisted paging; null if it is not said. */
      hap: /* @__PURE__ */ z.nullable(z.boolean()),
    })
    .optional(),
})

/** The rules of the pool level document: what `JSON.stringify` makes of a {@link PoolLevel}. */
export const poolLevelSchema = /* @__PURE__ */ z.strictObject({
  /** What kind of document this is. */
  format: /* @__PURE__ */ z.literal('xenlevel/pool-level'),
  /** Which form of it. */
  version: /* @__PURE__ */ z.literal(1),
  /** The release whose table was used. */
  release: /* @__PURE__ */ z.string(),
  /** Whether that was asked for, or is the oldest that any of the hosts runs. */
  releaseFrom: /* @__PURE__ */ z.literal(['asked', 'hosts']),
  /** How the sets were combined. */
  method: /* @__PURE__ */ z.literal(['xenserver', 'intersection']),
  /** The vendor of all hosts; null if they differ. */
  vendor: /* @__PURE__ */ z.nullable(vendorSchema),
  /** The narrowest physical address width, in bits. */
  physAddrBits: /* @__PURE__ */ z.int(),
  /** The hosts, or the first of them. */
  hosts: /* @__PURE__ */ z.array(z.string()).min(1),
  /** How many hosts there are. */
  count: countSchema,
  /** For PV guests. */
  pv: guestSchema,
  /** For HVM and PVH guests. */
  hvm: guestSchema,
  /** What the level costs. */
  losses: /* @__PURE__ */ z.array(lossSchema),
  /** What should be known about it. */
  findings: /* @__PURE__ */ z.array(findingSchema),
  /** The hosts by what they offer: all that is needed to merge the level with another. */
  groups: /* @__PURE__ */ z.array(groupSchema).min(1),
})

/** A pool level as it is kept: featuresets as {@link @xenlevel/cpuid!Featureset}. {@link parsePoolLevel} makes a level of it. */
export type PoolLevelDocument = z.output<typeof poolLevelSchema>
