/** What a reboot, an update of microcode, firmware or Xen did to a host. */
import { featureTable } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { Finding } from '../../finding.js'
import { factChanges, featureChanges, fieldChanges } from './changes.js'
import { type Circumstances, circumstancesOf, evidenceOf, isSurer } from './circumstances.js'
import { affectedGuests, levelDrift, levelsOf } from './consequences.js'
import type { Knowledge } from './explain.js'
import { rawDifferences } from './explain-raw.js'
import { foresee } from './foresight.js'
import { HOST_SETS, type Side, sidesOf } from './sides.js'
import type {
  Certainty,
  DriftCause,
  DriftCauseName,
  DriftOptions,
  Explanation,
  SnapshotDrift,
} from './types.js'

/**
 * Compares two snapshots of one host.
 *
 * Causes are found by asking what would be if only the CPU, only Xen or only its command line had changed, as far as the snapshots hold
 * what that needs: raw policies best, raw featuresets else. What is not shown by both sides is no change but a finding.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release in the options without a table.
 */
export function compareSnapshots(
  before: HostSnapshot,
  after: HostSnapshot,
  options: DriftOptions = {},
): SnapshotDrift {
  const [a, b] = sidesOf(before, after, options)
  const known = circumstancesOf(a, b)
  const knowledge: Knowledge = { known, foresight: foresee(a, b), raw: rawDifferences(a, b) }
  const facts = factChanges(a, b, knowledge)
  const features = featureChanges(a, b, knowledge)
  const fields = fieldChanges(a, b, knowledge)
  const levels = levelsOf(a, b, options)
  return {
    host: after.name,
    same: facts.length + features.length + fields.length === 0,
    facts,
    features,
    fields,
    causes: causesOf(known, [
      ...facts.map(({ fact, explanations }) => ({ field: fact, explanations })),
      ...features.map(({ feature, bit, explanations }) => ({
        feature: feature ?? `<${bit}>`,
        explanations,
      })),
      ...fields.map(({ name, explanations }) => ({ field: name, explanations })),
    ]),
    guests: affectedGuests(a, b, options, levels),
    level: levels === null ? null : levelDrift(levels),
    findings: findingsOf(a, b),
  }
}

interface Explained {
  readonly feature?: string
  readonly field?: string
  readonly explanations: readonly Explanation[]
}

/** Causes that are known to have happened, whatever came of them. */
const HAPPENED: readonly (readonly [DriftCauseName, (known: Circumstances) => boolean])[] = [
  ['cpu-replaced', ({ otherCpu }) => otherCpu],
  ['microcode', ({ otherMicrocode }) => otherMicrocode === true],
  ['xen-release', ({ otherRelease }) => otherRelease],
  ['command-line', ({ otherCommandLine }) => otherCommandLine === true],
]

const ORDER: readonly Certainty[] = ['certain', 'likely', 'possible']

function causesOf(known: Circumstances, changes: readonly Explained[]): DriftCause[] {
  const causes = new Map<
    DriftCauseName,
    {
      certainty: Certainty | null
      evidence: Set<string>
      features: Set<string>
      fields: Set<string>
    }
  >()
  const causeOf = (cause: DriftCauseName) => {
    const present = causes.get(cause) ?? {
      certainty: null,
      evidence: new Set<string>(),
      features: new Set<string>(),
      fields: new Set<string>(),
    }
    causes.set(cause, present)
    return present
  }
  for (const [cause, happened] of HAPPENED)
    if (happened(known)) causeOf(cause).evidence.add(evidenceOf(cause, known))
  for (const { feature, field, explanations } of changes) {
    for (const { cause, certainty, because } of explanations) {
      const found = causeOf(cause)
      if (found.certainty === null || isSurer(certainty, found.certainty))
        found.certainty = certainty
      found.evidence.add(because)
      if (feature !== undefined) found.features.add(feature)
      if (field !== undefined) found.fields.add(field)
    }
  }
  return [...causes]
    .map(([cause, { certainty, evidence, features, fields }]) => ({
      cause,
      // It happened, and nothing is put down to it.
      certainty: certainty ?? ('certain' as const),
      evidence: [...evidence],
      features: [...features],
      fields: [...fields],
    }))
    .sort(
      (x, y) =>
        ORDER.indexOf(x.certainty) - ORDER.indexOf(y.certainty) || (x.cause < y.cause ? -1 : 1),
    )
}

function findingsOf(before: Side, after: Side): Finding[] {
  const host = after.snapshot.name
  const oneSided = HOST_SETS.filter(
    (set) => (before.sets[set] === undefined) !== (after.sets[set] === undefined),
  )
  const policies = HOST_SETS.filter(
    (set) => (before.policies[set] === undefined) !== (after.policies[set] === undefined),
  )
  const bothRaw = before.sets.raw !== undefined && after.sets.raw !== undefined
  const unread = bothRaw
    ? featureTable()
        .words.map(({ index }) => index)
        .filter((word) => !before.rawWords(word) || !after.rawWords(word))
    : []
  return [
    finding(
      oneSided,
      'sets-on-one-side',
      (list) =>
        `Only one of the snapshots of ${host} has these sets, which are not compared: ${list}.`,
    ),
    finding(
      policies,
      'policies-on-one-side',
      (list) =>
        `Only one of the snapshots of ${host} has these policies, which are not compared: ${list}.`,
    ),
    finding(
      unread,
      'words-unread',
      (list) =>
        `These words of the raw featureset of ${host} are not known on both sides and not compared: ${list}.`,
    ),
  ].flat()
}

function finding(
  about: readonly (string | number)[],
  code: string,
  message: (list: string) => string,
): Finding[] {
  return about.length === 0 ? [] : [{ code, severity: 'info', message: message(about.join(', ')) }]
}
