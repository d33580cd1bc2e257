/** The policy records of an image, as the receiving Xen would judge them when the static part ends. */

import { RECORD_HEAD } from '../layers/framing.js'
import { X86_CPUID_POLICY, X86_MSR_POLICY } from '../records/types.js'
import type { Beginning } from '../walk.js'
import type { ImageVerdictName } from './codes.js'
import {
  entriesOf,
  hostFaults,
  POLICY_SIZES,
  type PolicyEntries,
  type PolicyFault,
  releaseFaults,
  repeatedEntries,
} from './policy-faults.js'
import { Beginnings, type Bench, type Reading } from './rules.js'

const MOST_REPLACED = 16

/** One record of a policy. */
interface PolicyBody {
  /** Bytes of an entry. */
  readonly size: number
  readonly offset: number
  readonly path: string
  readonly entries: PolicyEntries
}

/** The rules of the policy records of an image. */
export class PolicyRules {
  readonly #bench: Bench
  readonly #bodies = new Map<number, PolicyBody>()

  #replaced = 0

  constructor(bench: Bench) {
    this.#bench = bench
  }

  /** A record of the static part begins; null for one that is no policy. */
  read({ type = -1, offset, length }: Beginning): Reading | null {
    const size = POLICY_SIZES[type]
    if (size === undefined || length === 0 || length % size.entry !== 0) return null
    const shown = Math.min(length, size.most * size.entry)
    const look = ({ buffer, byteLength }: DataView) => {
      const { path } = this.#bench.cursor
      const bytes = new Uint8Array(buffer, 0, byteLength)
      const entries = entriesOf(type, bytes, length / size.entry)
      // Of those that are replaced only some are looked into: a thousand say no more.
      if (this.#replaced++ < MOST_REPLACED) this.#judge(this.#bodies.get(type), ['verify'])
      this.#bodies.set(type, { size: size.entry, offset, path, entries })
    }
    return { shown, reader: new Beginnings(shown, look) }
  }

  /** The static part ends: Xen takes the last record of each kind. */
  apply(kind: 'pv' | 'hvm' | null): void {
    for (const body of this.#bodies.values()) this.#judge(body, ['verify', 'restore'])
    this.#judgeForHost(kind)
    this.#bodies.clear()
  }

  /** The image ends without a static part: nothing was applied. */
  leave(): void {
    for (const body of this.#bodies.values()) this.#judge(body, ['verify'])
    this.#bodies.clear()
  }

  #judge(body: PolicyBody | undefined, verdicts: readonly ImageVerdictName[]): void {
    if (body === undefined) return
    const { offset, path, entries, size } = body
    const { options } = this.#bench
    const said = (faults: PolicyFault[]) => {
      for (const { index, ...fault } of faults)
        this.#bench.found({
          ...fault,
          path,
          offset: offset + RECORD_HEAD + (index === null ? 0 : index * size),
          rejects: fault.rejects.filter((verdict) => verdicts.includes(verdict)),
        })
    }
    said(releaseFaults(entries, options))
    said(repeatedEntries(entries))
  }

  #judgeForHost(kind: 'pv' | 'hvm' | null): void {
    const { host } = this.#bench.options
    const [cpuid, msr] = [this.#bodies.get(X86_CPUID_POLICY), this.#bodies.get(X86_MSR_POLICY)]
    const place = cpuid ?? msr
    if (host === undefined || kind === null || place === undefined) return
    const known = { leaves: cpuid?.entries.leaves ?? [], msrs: msr?.entries.msrs ?? [] }
    for (const message of hostFaults(known, this.#bench.options.kind ?? kind, host))
      this.#bench.found({
        code: 'POLICY_INCOMPATIBLE',
        message,
        offset: place.offset,
        path: place.path,
      })
  }
}
