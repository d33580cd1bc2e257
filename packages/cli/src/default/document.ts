/** The default for all guests of a host, kept in one place outside their configurations. A JSON document, version 1. */
import { featuresetText, hostSnapshotSchema } from '@xenlevel/core'
import * as z from 'zod'
import { CommandError } from '../errors.js'
import { readWhole } from '../inputs/binary.js'
import type { Io } from '../io.js'

const guestSchema = /* @__PURE__ */ z.strictObject({
  /** What guests of the kind are to have. */
  featureset: featuresetText,
  /** Items of libxl's `cpuid=` that give it on this host; null where that language cannot. */
  libxl: /* @__PURE__ */ z.nullable(/* @__PURE__ */ z.array(/* @__PURE__ */ z.string())),
  /** Items of xend's that do; null where they are not known. */
  xend: /* @__PURE__ */ z.nullable(/* @__PURE__ */ z.array(/* @__PURE__ */ z.string())),
  /** Whether they were followed through libxl and Xen. */
  proved: /* @__PURE__ */ z.boolean(),
})

/** The rules of the document. */
export const defaultSchema = /* @__PURE__ */ z.strictObject({
  /** What kind of document this is. */
  format: /* @__PURE__ */ z.literal('xenlevel/default'),
  /** Which form of it. */
  version: /* @__PURE__ */ z.literal(1),
  /** The boot of this host in which it was made (Linux, /proc/sys/kernel/random/boot_id); null if that is not known. */
  bootId: /* @__PURE__ */ z.nullable(/* @__PURE__ */ z.string()),
  /** This host as it was then; null if nothing is known of it. */
  host: /* @__PURE__ */ z.nullable(hostSnapshotSchema),
  /** The release of the level. */
  release: /* @__PURE__ */ z.string(),
  /** The hosts that the level is of. */
  hosts: /* @__PURE__ */ z.array(/* @__PURE__ */ z.string()),
  /** For HVM and PVH guests; null if none of the hosts runs them. */
  hvm: /* @__PURE__ */ z.nullable(guestSchema),
  /** For PV guests. */
  pv: /* @__PURE__ */ z.nullable(guestSchema),
})

/** The default, read. */
export type GuestDefault = z.output<typeof defaultSchema>

/** Where it is kept. */
const PLACE = '/etc/xen/xenlevel-default.json'

/** Where the default is: as the option says, as the environment does, or where it always is. */
export function defaultPath(option: string | undefined, env: Io['env']): string {
  return option ?? (env.XENLEVEL_DEFAULT || PLACE)
}

/** @throws {@link CommandError} for what is no default; the system's error where there is none. */
export async function readDefault(path: string, files: Io['files']): Promise<GuestDefault> {
  if ((await files.kindOf(path)) === null)
    throw new CommandError({
      code: 'NO_DEFAULT',
      message: `No default is set: there is no ${path}. "xenlevel default set HOST…" sets one.`,
    })
  const bytes = await readWhole(files.chunks(path), 2 ** 26)
  const result = defaultSchema.safeParse(
    parsed(new TextDecoder().decode(bytes ?? new Uint8Array())),
  )
  if (result.success) return result.data
  const issues = result.error.issues.map(
    ({ path: place, message }) => `at ${place.map(String).join('.') || 'its top'}: ${message}`,
  )
  throw new CommandError({
    code: 'DEFAULT_INVALID',
    message: `${path} is no default of this command: ${issues.slice(0, 3).join('; ')}`,
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Its text. */
export function formatDefault(kept: GuestDefault): string {
  return `${JSON.stringify(z.encode(defaultSchema, kept), null, 2)}\n`
}
