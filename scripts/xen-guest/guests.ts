/** Guests that were saved on one host and restored on another: what became of them, and what core had said. */
import {
  admitGuest,
  type CpuPolicy,
  comparePolicies,
  parseCpuPolicy,
  parseHostSnapshot,
} from '@xenlevel/core'

/** The guests: one as it comes, one at the level of both hosts. */
export const GUESTS = ['usual', 'levelled'] as const

/** What each guest had, as a policy document. */
type Guests = Readonly<Record<(typeof GUESTS)[number], unknown>>

/** One thing that is to hold; `wrong` is null if it does. */
export interface Verdict {
  /** What is to hold. */
  readonly name: string
  /** What does not. */
  readonly wrong: string | null
}

/** Holds what the restoring host made of the guests against what core says before. */
export function judgeGuests(saved: Guests, restored: Guests, host: unknown): Verdict[] {
  const there = parseHostSnapshot(host, 'the restoring host')
  const admissionOf = (policy: CpuPolicy) => admitGuest({ kind: 'pv', policy }, there)
  const pairOf = (name: (typeof GUESTS)[number]): Pair => ({
    before: parseCpuPolicy(saved[name], `${name} guest, saved`),
    after: parseCpuPolicy(restored[name], `${name} guest, restored`),
  })
  const [usual, levelled] = [pairOf('usual'), pairOf('levelled')]
  const lost = featuresLost(usual)
  const said = admissionOf(usual.before)
    .reasons.filter(({ grade }) => grade === 'lost')
    .map(({ feature }) => feature ?? 'no feature')
    .sort()
  const kept = comparePolicies(levelled.before, levelled.after)
  return [
    {
      name: 'a guest at the level of both hosts is admitted',
      wrong: admissionOf(levelled.before).admitted ? null : 'admitGuest does not admit it',
    },
    {
      name: 'its policy comes through save and restore unchanged',
      wrong: kept.length === 0 ? null : kept.map(({ message }) => message).join(' '),
    },
    {
      name: 'a guest that was not levelled is not admitted',
      wrong: admissionOf(usual.before).admitted ? 'admitGuest admits it' : null,
    },
    {
      name: `it loses ${lost.join(', ')}, as admitGuest says`,
      wrong:
        lost.length > 0 && lost.join() === said.join()
          ? null
          : `admitGuest says ${said.join(', ') || 'nothing'}`,
    },
  ]
}

interface Pair {
  readonly before: CpuPolicy
  readonly after: CpuPolicy
}

function featuresLost({ before, after }: Pair): string[] {
  return comparePolicies(before, after)
    .filter(({ kind, a, b }) => kind === 'feature' && a === 1 && b === 0)
    .map(({ name }) => name)
    .sort()
}
