/**
 * xapi's own featureset arithmetic (xen-api, ocaml/libs/cpuid/cpuid.ml), for those who must foresee what xapi will do.
 *
 * It differs from {@link @xenlevel/cpuid!Featureset}'s in two ways, and each function is named after xapi for it: sets are cut off where
 * they are longer than asked for, and the empty set stands for "nothing said yet", so it is the identity of the intersection and by
 * that a superset of everything.
 */
import { Featureset } from '@xenlevel/cpuid'

/** As many words as asked for: zeros are added, and what is too long is cut off, features and all. */
export function xapiZeroExtend(featureset: Featureset, words: number): Featureset {
  return xapiExtend(featureset, Featureset.fromWords(new Array<number>(words).fill(0)))
}

/** As many words as the tail's set has: the first set's, then the tail's; a first set that is longer is cut off, features and all. */
export function xapiExtend(featureset: Featureset, tail: Featureset): Featureset {
  return Featureset.fromWords(tail.words.map((word, index) => featureset.words[index] ?? word))
}

/** What both have, as long as the longer one; the empty set changes nothing. */
export function xapiIntersect(a: Featureset, b: Featureset): Featureset {
  if (a.words.length === 0) return b
  if (b.words.length === 0) return a
  return a.and(b)
}

/** True if both have the same features; the shorter one is extended with zeros. */
export function xapiIsEqual(a: Featureset, b: Featureset): boolean {
  return a.equals(b)
}

/** True if intersecting with `b` leaves `a` as it is. By that every set is a subset of the empty one, and not the other way round. */
export function xapiIsSubset(a: Featureset, b: Featureset): boolean {
  return xapiIsEqual(xapiIntersect(a, b), a)
}

/** True if `a` is a subset of `b` and not equal to it. */
export function xapiIsStrictSubset(a: Featureset, b: Featureset): boolean {
  return xapiIsSubset(a, b) && !xapiIsEqual(a, b)
}

/** Options of {@link xapiUpgradeFeatures}. */
export interface XapiUpgradeOptions {
  /** The rule of releases before 2022 (xen-api before f2a2b925a2), which kept guests of XenServer 6.5 and older movable. */
  readonly historic?: boolean
}

/**
 * What xapi takes a guest's featureset for on a host: as long as the host's, by zeros or by cutting off.
 *
 * By the historic rule a set of up to four words is one of the masks of XenServer 5.6 to 6.5, which did not say what else the guest
 * saw, so it is extended with all that the host has. The words are taken in the order given: xenopsd had put masks into Xen's order
 * before ({@link swapXapiMaskOrder}).
 */
export function xapiUpgradeFeatures(
  guest: Featureset,
  host: Featureset,
  options: XapiUpgradeOptions = {},
): Featureset {
  const mask = options.historic === true && guest.words.length <= 4
  return mask ? xapiExtend(guest, host) : xapiZeroExtend(guest, host.words.length)
}
