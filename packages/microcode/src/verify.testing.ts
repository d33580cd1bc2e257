/** What every reader says of a file, in short, for tests. */
import { viewOf } from './bytes.js'
import type { MicrocodeVendor } from './types.js'
import { type VerifyOptions, verifyMicrocode } from './verify.js'

/** Several files' bytes one behind the other. */
export const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

/** The same bytes with words overwritten. */
export function put(
  bytes: Uint8Array,
  ...words: readonly (readonly [offset: number, word: number])[]
) {
  const changed = new Uint8Array(bytes)
  for (const [offset, word] of words) viewOf(changed).setUint32(offset, word, true)
  return changed
}

/** Who is asked. */
export const CONSUMERS = {
  'xen 4.17': { rules: 'xen', release: '4.17' },
  xen: { rules: 'xen' },
  'linux-early': { rules: 'linux-early' },
  'linux-late': { rules: 'linux-late' },
  strict: { rules: 'strict' },
  loose: { rules: 'loose' },
} as const satisfies Readonly<Record<string, VerifyOptions>>

/** The codes of each reader's findings, with `~` where something may still be loaded; readers without any are left out. */
export function answers(
  bytes: Uint8Array,
  vendor: MicrocodeVendor,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(CONSUMERS).flatMap(([name, options]) => {
      const findings = verifyMicrocode(bytes, { ...options, vendor })
      const codes = findings.map(({ code, severity }) => (severity === 'error' ? code : `~${code}`))
      return codes.length === 0 ? [] : [[name, codes.join(' ')]]
    }),
  )
}
