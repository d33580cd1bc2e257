/** An image that got another policy on its way into xl: what became of its guest, and what was said before. */
import { comparePolicies, parseCpuPolicy } from '@xenlevel/core'
import type { Verdict } from './guests.js'

/** What is said of an image before Xen sees it. */
interface Judged {
  readonly admitted: boolean
  readonly refusals: readonly string[]
  readonly policy: unknown
}

/** What dom0 wrote down. */
export interface Rewritten {
  /** Bytes of the image. */
  readonly bytes: number
  /** The image as xl saved it. */
  readonly asItIs: Judged
  /** With a policy of which the host has all. */
  readonly levelled: Judged
  /** With one that its Xen refuses. */
  readonly tooWide: Judged
  /** What xl said against the levelled one; null if it was restored. */
  readonly refused: string | null
  /** The policy of the restored guest. */
  readonly restored?: unknown
  /** What xl said against the other; null if it was restored. */
  readonly refusedTooWide: string | null
  /** How long both took. */
  readonly seconds: number
}

/** Holds what Xen made of the rewritten images against what was said before. */
export function judgeRewritten(found: Rewritten): Verdict[] {
  const { asItIs, levelled, tooWide, refused, refusedTooWide } = found
  return [
    {
      name: 'an image is not admitted as it is',
      wrong: asItIs.admitted ? 'admitImage admits it' : null,
    },
    {
      name: 'it is with the policy that rewritePolicy gives it',
      wrong: levelled.admitted ? null : 'admitImage does not admit it',
    },
    { name: 'xl restores it', wrong: refused },
    { name: 'its guest has that policy and no other', wrong: differences(found) },
    {
      name: 'a policy that admitImage says Xen refuses is refused by Xen',
      wrong:
        tooWide.refusals.length === 0
          ? 'admitImage does not say so'
          : refusedTooWide === null
            ? 'xl restores it'
            : /Failed to set CPUID policy: leaf 80000000,/.test(refusedTooWide)
              ? null
              : `for another reason: ${refusedTooWide}`,
    },
  ]
}

function differences({ levelled, restored }: Rewritten): string | null {
  if (restored === undefined) return 'there is no such guest'
  const before = parseCpuPolicy(levelled.policy, 'the rewritten policy')
  const after = parseCpuPolicy(restored, "the restored guest's policy")
  const found = comparePolicies(before, after)
  return found.length === 0 ? null : found.map(({ message }) => message).join(' ')
}
