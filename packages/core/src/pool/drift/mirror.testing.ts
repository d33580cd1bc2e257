/** For tests: a drift without its sentences, and as it looks from the other side. */
import type {
  AffectedGuest,
  DriftCause,
  FactChange,
  FeatureChange,
  FieldChange,
  SnapshotDrift,
} from './types.js'

type Told<Change> = Omit<Change, 'message' | 'explanations'> & {
  readonly explanations: readonly (readonly string[])[]
}

/** A drift as far as it is the same for everyone who tells it. */
export interface PlainDrift extends Pick<SnapshotDrift, 'same' | 'level'> {
  readonly facts: readonly Told<FactChange>[]
  readonly features: readonly Told<FeatureChange>[]
  readonly fields: readonly Told<FieldChange>[]
  readonly causes: readonly Omit<DriftCause, 'evidence'>[]
  readonly guests: readonly (Omit<AffectedGuest, 'reasons'> & {
    readonly reasons: readonly (readonly (string | undefined)[])[]
  })[]
}

/** What has to be the same in both directions, in the words of one of them. */
export function mirrored(drift: SnapshotDrift): unknown {
  const turn = { gained: 'lost', lost: 'gained' } as const
  const fit = { 'no-longer': 'again', again: 'no-longer', 'as-before': 'as-before' } as const
  const turned = ({ lost, gained }: { lost: unknown; gained: unknown }) => ({
    lost: gained,
    gained: lost,
  })
  return {
    ...plain(drift),
    facts: plain(drift).facts.map(({ before, after, ...rest }) => ({
      ...rest,
      before: after,
      after: before,
    })),
    features: plain(drift).features.map(({ change, ...rest }) => ({
      ...rest,
      change: turn[change],
    })),
    fields: plain(drift).fields.map(({ a, b, ...rest }) => ({ ...rest, a: b, b: a })),
    guests: plain(drift).guests.map(({ fits, nextBoot, ...rest }) => ({
      ...rest,
      fits: fit[fits],
      nextBoot: turned(nextBoot),
    })),
    level:
      drift.level === null
        ? null
        : {
            ...drift.level,
            pv: { default: turned(drift.level.pv.default), max: turned(drift.level.pv.max) },
            hvm: { default: turned(drift.level.hvm.default), max: turned(drift.level.hvm.max) },
            physAddrBits: swapped(drift.level.physAddrBits),
            release: swapped(drift.level.release),
          },
  }
}

function swapped<Value>(pair: { before: Value; after: Value } | null): unknown {
  return pair === null ? null : { before: pair.after, after: pair.before }
}

/** A drift without sentences, which tell it in one direction. */
export function plain(drift: SnapshotDrift): PlainDrift {
  const causes = (each: SnapshotDrift['features'][number]['explanations']) =>
    each.map(({ cause, certainty }) => [cause, certainty])
  return {
    same: drift.same,
    facts: drift.facts.map(({ explanations, ...fact }) => ({
      ...fact,
      explanations: causes(explanations),
    })),
    features: drift.features.map(({ message: _, explanations, ...rest }) => ({
      ...rest,
      explanations: causes(explanations),
    })),
    fields: drift.fields.map(({ message: _, explanations, ...rest }) => ({
      ...rest,
      explanations: causes(explanations),
    })),
    causes: drift.causes.map(({ evidence: _, ...cause }) => cause),
    guests: drift.guests.map(({ guest, fits, reasons, nextBoot }) => ({
      guest,
      fits,
      reasons: reasons.map(({ code, feature }) => [code, feature]),
      nextBoot,
    })),
    level: drift.level,
  }
}

/** Features in the order of a drift: what happened, to which, and what it is put down to. */
export const explained = (drift: SnapshotDrift) =>
  drift.features.map(({ feature, bit, change, explanations }) => [
    change,
    feature ?? bit,
    ...explanations.map(({ cause, certainty }) => `${certainty} ${cause}`),
  ])
