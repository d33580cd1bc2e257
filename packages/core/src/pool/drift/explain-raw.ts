/** Why a CPU says other features than it did. */
import { type FeatureName, featureTable } from '@xenlevel/cpuid'
import {
  explainSameModel,
  type FeatureOrigin,
  type SameModelDifference,
} from '../../xen/feature-origins.js'
import { type Circumstances, evidenceOf, surestFirst } from './circumstances.js'
import type { Side } from './sides.js'
import type { Certainty, DriftCauseName, Explanation } from './types.js'

/** Every bit of the raw featureset that both sides show and that is not the same, by bit. */
export function rawDifferences(
  before: Side,
  after: Side,
): ReadonlyMap<number, SameModelDifference> {
  const [a, b] = [before.sets.raw, after.sets.raw]
  if (a === undefined || b === undefined) return new Map()
  const cpu = ({ snapshot }: Side, featureset: typeof a) => ({
    name: snapshot.name,
    featureset,
    microcodeRevision: snapshot.cpu.microcodeRevision,
  })
  return new Map(
    explainSameModel(cpu(before, a), cpu(after, b))
      .filter(({ bit }) => [before, after].every(({ rawWords }) => rawWords(bit >>> 5)))
      .map((difference) => [difference.bit, difference]),
  )
}

interface SpecialRow {
  readonly features: readonly FeatureName[]
  readonly cause: DriftCauseName
  readonly certainty: Certainty
  readonly because: string
  readonly when: (known: Circumstances) => boolean
}

/** What shows how it was read, rather than what the CPU can do. */
const READ_OTHERWISE: readonly SpecialRow[] = [
  {
    // Intel SDM volume 2A, CPUID: "SYSCALL/SYSRET available in 64-bit mode".
    features: ['SYSCALL'],
    cause: 'software',
    certainty: 'likely',
    because: 'Intel shows SYSCALL to 64-bit programs alone, so one side was read by a 32-bit one',
    when: ({ before }) => before.snapshot.cpu.vendor === 'Intel',
  },
  {
    // Recorded: raw policies of 4.20.3 and 4.22.0 are without them, those of earlier releases have them.
    features: ['OSXSAVE', 'OSPKE'],
    cause: 'xen-release',
    certainty: 'likely',
    because: 'newer releases leave it out of the raw policy',
    when: ({ otherRelease }) => otherRelease,
  },
]

/** Explains a bit of the raw featureset. */
export function explainRaw(difference: SameModelDifference, known: Circumstances): Explanation[] {
  const explain = (cause: DriftCauseName, certainty: Certainty, because: string): Explanation => ({
    cause,
    certainty,
    because,
  })
  if (known.otherCpu) return [explain('cpu-replaced', 'certain', evidenceOf('cpu-replaced', known))]
  const { feature, origins } = difference
  const special = READ_OTHERWISE.filter(
    ({ features, when }) => feature !== undefined && features.includes(feature) && when(known),
  ).map(({ cause, certainty, because }) => explain(cause, certainty, because))
  if (special.length > 0) return surestFirst(special)
  const found = [
    ...origins.flatMap((origin, at) => explainOrigin(origin, at === 0, known)),
    ...(isInArchCapabilities(difference) ? explainArchCapabilities(known) : []),
  ]
  return found.length > 0
    ? surestFirst(found)
    : [explain('unknown', 'possible', evidenceOf('unknown', known))]
}

/** Bits of MSR 0x10a of which no more is known: where many of them differ, one of two values was read wrongly. */
function isInArchCapabilities({ bit, origins }: SameModelDifference): boolean {
  const source = featureTable().words[bit >>> 5]?.source
  const isMsr = source !== undefined && source !== null && 'msr' in source
  return isMsr && origins.every((origin) => origin === 'unknown' || origin === 'unnamed')
}

function explainArchCapabilities({ otherMicrocode }: Circumstances): Explanation[] {
  const because = 'MSR 0x10a gains bits with microcode, and dumps are known in which it was misread'
  const causes =
    otherMicrocode === false ? (['software'] as const) : (['microcode', 'software'] as const)
  return causes.map((cause) => ({ cause, certainty: 'possible', because }))
}

function explainOrigin(
  origin: FeatureOrigin,
  isFirst: boolean,
  known: Circumstances,
): Explanation[] {
  const { otherMicrocode, otherBrand } = known
  const because = (cause: DriftCauseName) => evidenceOf(cause, known)
  const certainty = isFirst ? 'likely' : 'possible'
  const product: readonly Explanation[] = otherBrand
    ? [{ cause: 'cpu-replaced', certainty, because: because('cpu-replaced') }]
    : []
  switch (origin) {
    case 'microcode':
      return [
        {
          cause: 'microcode',
          certainty: otherMicrocode === true ? certainty : 'possible',
          because: because('microcode'),
        },
        // What microcode decides comes with another board or product too, where its revision is not known.
        ...product.map((each): Explanation => ({ ...each, certainty: 'possible' })),
      ]
    case 'firmware':
      return [{ cause: 'firmware', certainty, because: because('firmware') }]
    case 'product':
      return [...product]
    case 'software':
      return [{ cause: 'software', certainty, because: because('software') }]
    case 'unread':
      return []
    case 'unnamed':
    case 'unknown':
      return [
        ...product.map((each): Explanation => ({ ...each, certainty: 'possible' })),
        ...(otherMicrocode === true
          ? [
              {
                cause: 'microcode',
                certainty: 'possible',
                because: because('microcode'),
              } satisfies Explanation,
            ]
          : []),
      ]
  }
}
