/** What xenopsd writes about a VM before its memory, and the featureset in it. */
import { Featureset } from '@xenlevel/cpuid'
import { parseSexp, sexpField } from './sexp.js'

/** xenopsd's metadata of a VM. */
export interface XenopsMetadata {
  /** The s-expression as it stands in the image. */
  readonly text: string
  /** The VM's own s-expression, which is a string in the other; null if it is not there. */
  readonly vm: string | null
  /** `featureset` of its platform data: what the guest was given; null if there is none. */
  readonly featureset: Featureset | null
}

/** Reads the record; null if it is no s-expression, which xenopsd refuses. */
export function readXenopsMetadata(text: string): XenopsMetadata | null {
  const record = parseSexp(text)
  if (record === null) return null
  const vm = sexpField(record, 'vm_str')
  const known = typeof vm === 'string' ? parseSexp(vm) : null
  const featureset = known === null ? undefined : sexpField(known, 'featureset')
  return {
    text,
    vm: typeof vm === 'string' ? vm : null,
    featureset: typeof featureset === 'string' ? featuresetOf(featureset) : null,
  }
}

/** xapi's form alone; another text is no featureset, and xenopsd gives such a VM all that the host has. */
function featuresetOf(text: string): Featureset | null {
  return /^[0-9a-f]{1,8}(-[0-9a-f]{1,8})*$/i.test(text) ? Featureset.parse(text) : null
}
