/** Which features a level hides that a PV guest will see all the same, because the host can neither trap nor mask the answer. */
import { describeWordSource, type FeatureName, type Featureset } from '@xenlevel/cpuid'
import type { Finding } from '../finding.js'
import type { GuestKind } from '../guest/kind.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { releaseFeatures } from '../policy/features.js'
import { compatibilityMask } from './compatibility-bits.js'
import type { LevellingCaps } from './levelling-caps.js'
import { type LevellingCap, MASK_ROWS } from './levelling-caps-table.js'
import { MASKED_WORDS, SHOWN_ON_PURPOSE, uncooperativeView } from './uncooperative.js'

/** A feature that a level hides and a PV guest sees. */
export interface EnforcementFinding extends Finding {
  /**
   * `LEVEL_LEAKS`: the guest may use what it should not count on. `LEVEL_LEAKS_UNOFFERED`: Xen offers it to no PV guest, so that guests have
   * to cope with it anyway. `LEVEL_LEAKS_HARMLESS`: a bit that is no capability. `LEVEL_SHOWS_TOPOLOGY`: Xen lets it through on purpose.
   */
  readonly code:
    | 'LEVEL_LEAKS'
    | 'LEVEL_LEAKS_UNOFFERED'
    | 'LEVEL_LEAKS_HARMLESS'
    | 'LEVEL_SHOWS_TOPOLOGY'
  /** The feature. */
  readonly feature: FeatureName
  /** The register that shows it, such as `'7:0.ebx'`. */
  readonly register: string
  /** Any of these would hide it; the host has none. For a bit shown on purpose faulting alone. */
  readonly missing: readonly LevellingCap[]
}

/** Bits that follow CR4: no level decides about them. */
const DYNAMIC: readonly FeatureName[] = ['OSXSAVE', 'OSPKE']

/**
 * Names each feature that a level hides and that an uncooperative guest will see on a host ({@link uncooperativeView}); none for HVM and PVH
 * guests, whose CPUID instructions always trap, and none on a host with faulting.
 *
 * @param level - what guests are to have: a whole policy, or the featureset of one.
 * @param caps - of the host.
 * @param kind - the guests; PV by default.
 */
export function levelEnforcement(
  level: CpuPolicy | Featureset,
  caps: LevellingCaps,
  kind: GuestKind = 'pv',
): EnforcementFinding[] {
  if (kind === 'hvm' || kind === 'pvh') return []
  const features = releaseFeatures(caps.release)
  const { table } = features
  const policy = CpuPolicy.isPolicy(level) ? level : caps.raw.withFeatureset(level)
  const hidden = features.read(CpuPolicy.peek(policy))
  const seen = features.read(CpuPolicy.peek(uncooperativeView(policy, caps)))
  const offered = table.mask('pvMax')
  const harmless = compatibilityMask(caps.raw.vendor, table)
  const findings: EnforcementFinding[] = []
  for (const { name, word, bit } of table.features) {
    if (!features.has(seen, name) || features.has(hidden, name) || DYNAMIC.includes(name)) continue
    const missing = whatHides(caps, word)
    const onPurpose = SHOWN_ON_PURPOSE.includes(name) && caps.caps.some((cap) => masks(cap, word))
    const graded = onPurpose
      ? GRADES.topology
      : !offered.has(bit)
        ? GRADES.unoffered
        : harmless.has(bit)
          ? GRADES.harmless
          : GRADES.leak
    const register = describeWordSource(table.words[word]?.source ?? null)
    findings.push({
      code: graded.code,
      severity: graded.severity,
      message: `PV guests see ${name} in ${register} although the level hides it: ${graded.text(missing)}.`,
      feature: name,
      register,
      missing,
    })
  }
  return findings
}

const GRADES = {
  leak: {
    code: 'LEVEL_LEAKS',
    severity: 'warning',
    text: (missing: readonly LevellingCap[]) =>
      `this host lacks ${missing.join(' and ')}, so run HVM or PVH guests there, or none that probe features by themselves`,
  },
  unoffered: {
    code: 'LEVEL_LEAKS_UNOFFERED',
    severity: 'info',
    text: (missing: readonly LevellingCap[]) =>
      `this host lacks ${missing.join(' and ')}; Xen offers it to no PV guest`,
  },
  harmless: {
    code: 'LEVEL_LEAKS_HARMLESS',
    severity: 'info',
    text: () => 'it says nothing about what the guest can use',
  },
  topology: {
    code: 'LEVEL_SHOWS_TOPOLOGY',
    severity: 'info',
    text: () => 'Xen shows it, because leaves that cannot be masked need it',
  },
} as const

const masks = (cap: LevellingCap, word: number) => MASKED_WORDS[cap].includes(word)

/** What would hide the bits of a word on a CPU of this vendor. */
function whatHides({ raw, caps }: LevellingCaps, word: number): LevellingCap[] {
  const known = MASK_ROWS.filter(({ vendors }) => vendors.includes(raw.vendor))
    .flatMap((row) => row.masks.map(({ cap }) => cap))
    .filter((cap) => masks(cap, word) && !caps.includes(cap))
  return ['faulting', ...new Set(known)]
}
