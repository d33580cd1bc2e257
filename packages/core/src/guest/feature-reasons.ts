/** Reasons that are features: what the guest has seen and will not find. */
import {
  describeWordSource,
  type FeatureName,
  type Featureset,
  type FeatureTable,
} from '@xenlevel/cpuid'
import { compatibilityMask, compatibilityReason } from '../xen/compatibility-bits.js'
import type { Reason, UncountedBit } from './reasons.js'
import type { Encounter } from './receiver.js'

/** What is missing, and what of it counts. */
export interface MissingFeatures {
  /** A reason for each bit that counts, by bit. */
  readonly reasons: Reason[]
  /** The others. */
  readonly uncounted: UncountedBit[]
}

/** Sets between which features go missing. */
export interface SeenAndGiven {
  /** What the guest has seen. */
  readonly seen: Featureset
  /** What every Xen leaves of that, as the rest contradicts it; {@link SeenAndGiven.seen} itself where only features are known. */
  readonly coherent: () => Featureset
  /** What it will find. */
  readonly given: Featureset
  /** What the host gives to guests of its kind at most. */
  readonly max: () => Featureset
}

/** A reason for every feature that goes missing. */
export function missingFeatures(sets: SeenAndGiven, encounter: Encounter): MissingFeatures {
  const { table, vendor, policies } = encounter
  const missing = sets.seen.andNot(sets.given)
  if (missing.isEmpty) return { reasons: [], uncounted: [] }
  const ignored = compatibilityMask(vendor, table, policies === null ? 'featuresets' : 'policies')
  return {
    reasons: missing
      .andNot(ignored)
      .bits()
      .map((bit) => featureReason(bit, sets, encounter)),
    uncounted: missing
      .and(ignored)
      .bits()
      .map((bit) => uncounted(bit, table)),
  }
}

function uncounted(bit: number, table: FeatureTable): UncountedBit {
  const feature = table.feature(bit)?.name
  const reason = compatibilityReason(feature)
  return { bit, reason, ...(feature === undefined ? {} : { feature }) }
}

/** Bits that describe the FPU state that every guest gets as the hardware has it (recalculate_cpuid_policy, xen/arch/x86/cpu-policy.c). */
const FPU_BEHAVIOUR: readonly FeatureName[] = ['FDP_EXCP_ONLY', 'NO_FPU_SEL']

function featureReason(bit: number, sets: SeenAndGiven, encounter: Encounter): Reason {
  const { table, guestName, host, unknownWords } = encounter
  const name = table.feature(bit)?.name
  const about = { host, bit, ...(name === undefined ? {} : { feature: name }) }
  const what = describeBit(bit, table)
  if (unknownWords.includes(bit >>> 5))
    return {
      code: 'word-unknown',
      grade: 'lost',
      message: `${guestName} has seen ${what}, and the snapshot of ${host} does not say whether it has that: take it again on the host.`,
      ...about,
    }
  if (name === undefined)
    return {
      code: 'bit-missing',
      grade: 'lost',
      message: `${guestName} has seen ${what}, which ${host} cannot offer.`,
      ...about,
    }
  if (FPU_BEHAVIOUR.includes(name)) return fpuReason(name, false, encounter)
  if (sets.max().has(bit) && !sets.coherent().has(bit))
    return {
      code: 'contradiction',
      // Every Xen has dropped it, that of the sender too: the guest cannot have used it.
      grade: 'degraded',
      message: `The policy of ${guestName} contradicts itself: it has ${what} ${withoutWhat(name, sets, table)}, which that needs, and Xen drops it.`,
      ...about,
    }
  return {
    code: 'feature-missing',
    grade: 'lost',
    message: `${guestName} has seen ${what}, ${whyMissing(name, bit, sets, encounter)}.`,
    ...about,
  }
}

function withoutWhat(
  name: FeatureName,
  { seen, coherent }: SeenAndGiven,
  table: FeatureTable,
): string {
  const needs = table.requirements(name)
  const absent = needs.filter((needed) => !seen.has(needed, table))
  const dropped = needs.filter((needed) => !coherent().has(needed, table))
  const first = absent.length > 0 ? absent : dropped
  return first.length === 0 ? 'without leaf 0xd' : `without ${first.join(', ')}`
}

function whyMissing(
  name: FeatureName,
  bit: number,
  { given, max }: SeenAndGiven,
  { table, host, guest }: Encounter,
): string {
  if (!max().has(bit)) return `which ${host} cannot offer`
  const gone = table.requirements(name).filter((needed) => !given.has(needed, table))
  return gone.length > 0
    ? `which needs ${gone.join(', ')}, absent on ${host}`
    : `which Xen takes from this ${guest.kind.toUpperCase()} guest on ${host}`
}

/** A change of what the guest sees of the FPU; nothing can level it. */
function fpuReason(
  feature: FeatureName,
  gained: boolean,
  { table, guestName, host }: Encounter,
): Reason {
  const bit = table.feature(feature)?.bit
  return {
    code: 'fpu-behaviour',
    grade: gained ? 'degraded' : 'cosmetic',
    message: gained
      ? `${guestName} has run without ${feature} and ${host} has it, so some fields of saved x87 state are no longer written: software that reads them, as emulators of old systems do, fails.`
      : `${guestName} has run with ${feature} and ${host} is without it: x87 state says more than it expects, which does no harm.`,
    host,
    feature,
    ...(bit === undefined ? {} : { bit }),
  }
}

/** The bits of {@link FPU_BEHAVIOUR} that the guest gains. */
export function fpuGained({ seen, given }: SeenAndGiven, encounter: Encounter): Reason[] {
  const { table } = encounter
  return FPU_BEHAVIOUR.filter((name) => given.has(name, table) && !seen.has(name, table)).map(
    (name) => fpuReason(name, true, encounter),
  )
}

/** A bit by name and register. */
export function describeBit(bit: number, table: FeatureTable): string {
  const feature = table.feature(bit)
  const word = table.words[bit >>> 5]
  const place =
    word === undefined
      ? `featureset bit ${bit}, beyond the words of Xen ${table.release}`
      : `${describeWordSource(word.source)} bit ${bit & 31}`
  return feature === undefined ? `the unnamed ${place}` : `${feature.name} (${place})`
}
