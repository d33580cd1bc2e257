/**
 * The host snapshot: what a toolstack remembers of one host, so that the pool can be judged while the host is away. A JSON document,
 * version 1.
 */
import { ParseError } from '@xenlevel/cpuid'
import * as z from 'zod'
import { cpuPolicySchema } from './policy.js'
import { readDocument } from './read-document.js'
import { featuresetText, registerText } from './text-forms.js'

const cpuSchema = /* @__PURE__ */ z.strictObject({
  /** The vendor as Xen tells it apart. */
  vendor: /* @__PURE__ */ z.literal(['Intel', 'AMD', 'Centaur', 'Shanghai', 'Hygon', 'Unknown']),
  /** The brand string, for people. */
  brand: /* @__PURE__ */ z.string(),
  /** Leaf 1's eax. */
  signature: registerText,
  /** Physical address width in bits. */
  physAddrBits: /* @__PURE__ */ z.int().min(32).max(64),
  /** Revision of the loaded microcode; null if it is not known. */
  microcodeRevision: /* @__PURE__ */ z.nullable(registerText),
})

const xenSchema = /* @__PURE__ */ z.strictObject({
  /** Release, such as `'4.17.7'`. */
  release: /* @__PURE__ */ z.string().regex(/^\d+\.\d+/, 'Expected a release such as "4.17.7".'),
  /** Its command line; not known if it is not there. */
  commandLine: /* @__PURE__ */ z.string().optional(),
  /** Whether PV guests can run; true if it is not said. */
  pv: /* @__PURE__ */ z.boolean().optional(),
  /** Whether 32-bit PV guests can run; as 64-bit ones if it is not said. */
  pv32: /* @__PURE__ */ z.boolean().optional(),
  /** Whether HVM guests can run. */
  hvm: /* @__PURE__ */ z.boolean(),
  /** Whether their paging is assisted by hardware. */
  hap: /* @__PURE__ */ z.boolean(),
})

const featuresetsSchema = /* @__PURE__ */ z
  .strictObject({
    /** What the CPU says. */
    raw: /* @__PURE__ */ featuresetText.optional(),
    /** What Xen itself uses. */
    host: /* @__PURE__ */ featuresetText.optional(),
    /** What PV guests get when nobody asks; xapi's features_pv_host. */
    pvDefault: /* @__PURE__ */ featuresetText.optional(),
    /** What PV guests may have at most; xapi's features_pv. */
    pvMax: /* @__PURE__ */ featuresetText.optional(),
    /** What HVM guests get when nobody asks; xapi's features_hvm_host. */
    hvmDefault: /* @__PURE__ */ featuresetText.optional(),
    /** What HVM guests may have at most; xapi's features_hvm. */
    hvmMax: /* @__PURE__ */ featuresetText.optional(),
  })
  .refine((sets) => (sets.pvDefault === undefined) === (sets.pvMax === undefined), {
    message: 'Expected "pvDefault" and "pvMax" together, or neither.',
  })
  .refine((sets) => sets.hvmDefault === undefined || sets.pvDefault !== undefined, {
    message: 'Expected "pvDefault" and "pvMax" beside "hvmDefault" and "hvmMax".',
  })
  .refine((sets) => (sets.hvmDefault === undefined) === (sets.hvmMax === undefined), {
    message: 'Expected "hvmDefault" and "hvmMax" together, or neither.',
  })

const policiesSchema = /* @__PURE__ */ z
  .strictObject({
    /** What the CPU says. */
    raw: /* @__PURE__ */ cpuPolicySchema.optional(),
    /** What Xen itself uses. */
    host: /* @__PURE__ */ cpuPolicySchema.optional(),
    /** What PV guests may have at most. */
    pvMax: /* @__PURE__ */ cpuPolicySchema.optional(),
    /** What PV guests get when nobody asks. */
    pvDefault: /* @__PURE__ */ cpuPolicySchema.optional(),
    /** What HVM guests may have at most. */
    hvmMax: /* @__PURE__ */ cpuPolicySchema.optional(),
    /** What HVM guests get when nobody asks. */
    hvmDefault: /* @__PURE__ */ cpuPolicySchema.optional(),
  })
  .refine(
    ({ host, pvMax, pvDefault }) =>
      (host === undefined) === (pvMax === undefined) &&
      (pvMax === undefined) === (pvDefault === undefined),
    { message: 'Expected "host", "pvMax" and "pvDefault" together, or none of them.' },
  )
  .refine(({ hvmMax, pvMax }) => hvmMax === undefined || pvMax !== undefined, {
    message: 'Expected "host", "pvMax" and "pvDefault" beside "hvmMax" and "hvmDefault".',
  })
  .refine(({ hvmMax, hvmDefault }) => (hvmMax === undefined) === (hvmDefault === undefined), {
    message: 'Expected "hvmMax" and "hvmDefault" together, or neither.',
  })

/** The rules of the host snapshot document: `z.decode` reads it, `z.encode` writes it. */
export const hostSnapshotSchema = /* @__PURE__ */ z.strictObject({
  /** What kind of document this is. */
  format: /* @__PURE__ */ z.literal('xenlevel/host-snapshot'),
  /** Which form of it. */
  version: /* @__PURE__ */ z.literal(1),
  /** The host's name, unique in its pool. */
  name: /* @__PURE__ */ z.string().min(1),
  /** Its processors, which are all alike. */
  cpu: cpuSchema,
  /** The Xen that runs on it; null if none does, as when the snapshot was made of a CPUID dump. */
  xen: /* @__PURE__ */ z.nullable(xenSchema),
  /**
   * Its featuresets, by name, in the words of its Xen release; `raw` in those of the hardware. None at all for a host that told
   * nothing, which then does not count for a level and takes no guest.
   */
  featuresets: featuresetsSchema,
  /**
   * Its whole policies, by name, as its Xen gives them. With `raw` alone, what Xen makes of it is foreseen; without any, what is no
   * feature (leaf limits, widths, xstate sizes) cannot be judged.
   */
  policies: /* @__PURE__ */ policiesSchema.optional(),
  /** Featureset words that are zero because the source did not show them. */
  unknownWords: /* @__PURE__ */ z.array(z.int().min(0)).default(() => []),
  /** Where it comes from and what was corrected, for people. */
  notes: /* @__PURE__ */ z.array(z.string()).default(() => []),
})

/** One host: featuresets as {@link @xenlevel/cpuid!Featureset}, registers as numbers. */
export type HostSnapshot = z.output<typeof hostSnapshotSchema>

/** A text that is no host snapshot. Code `SNAPSHOT_INVALID`; `path` is the first wrong field, `details.issues` has all. */
export class SnapshotError extends ParseError {}

/**
 * Reads a host snapshot.
 *
 * @param input - the JSON text, or what `JSON.parse` made of it.
 * @param source - how the error should call the document: a file name, a host.
 * @throws {@link SnapshotError} naming every field that is wrong.
 */
export function parseHostSnapshot(input: unknown, source = 'The document'): HostSnapshot {
  return readDocument(
    hostSnapshotSchema,
    input,
    { source, what: 'host snapshot' },
    (complaint) => new SnapshotError({ code: 'SNAPSHOT_INVALID', ...complaint }),
  )
}

/** The JSON text of a host snapshot, as {@link parseHostSnapshot} reads it. */
export function formatHostSnapshot(snapshot: HostSnapshot): string {
  return `${JSON.stringify(z.encode(hostSnapshotSchema, snapshot), null, 2)}\n`
}
