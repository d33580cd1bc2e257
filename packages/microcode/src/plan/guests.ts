/** The guests of a host, by what they use. */
import type { PlanHost } from './types.js'

/** Guests of which the same is known. */
export interface GuestGroup {
  /** The guest's name; null for guests that are only counted. */
  readonly name: string | null
  /** How many. */
  readonly count: number
  /** Features that they use. */
  readonly features: readonly string[]
}

/** The guests of a host: one by one where they have names. Those of which nothing is said use what their host uses. */
export function guestGroups({ guests = 0, featuresInUse = [] }: PlanHost): GuestGroup[] {
  if (typeof guests === 'number')
    return guests > 0 ? [{ name: null, count: guests, features: featuresInUse }] : []
  return guests.map(({ name, features = featuresInUse }) => ({ name, count: 1, features }))
}
