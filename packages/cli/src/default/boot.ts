/** Which boot of which host this is. */
import type { HostSnapshot } from '@xenlevel/core'
import { XenlevelError } from '@xenlevel/cpuid'
import { readHost } from '../guests/read-policy.js'
import type { Io } from '../io.js'

const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/** The id of the running boot; null where the kernel does not tell one. */
export async function bootIdOf({ files }: Pick<Io, 'files'>): Promise<string | null> {
  if ((await files.kindOf(BOOT_ID)) === null) return null
  let text = ''
  for await (const chunk of files.chunks(BOOT_ID)) text += new TextDecoder().decode(chunk)
  return text.trim() === '' ? null : text.trim()
}

/** This host: as a file says it, as its Xen does, or not at all, with the reason. */
export type ThisHost =
  | { readonly host: HostSnapshot; readonly why?: never }
  | { readonly host: null; readonly why: string }

/** Finds out. */
export async function thisHost(
  {
    file,
    verb,
    release,
  }: {
    readonly file: string | undefined
    readonly verb: string
    readonly release: string | undefined
  },
  io: Io,
): Promise<ThisHost> {
  if (file !== undefined) return { host: await readHost(file, io, { verb, release }) }
  try {
    const xen = await io.openXen()
    try {
      return { host: xen.snapshot() }
    } finally {
      xen.close()
    }
  } catch (error) {
    if (error instanceof XenlevelError) return { host: null, why: error.message }
    throw error
  }
}
