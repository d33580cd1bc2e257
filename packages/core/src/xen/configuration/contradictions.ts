/** What contradicts itself in the policy that is asked for. */
import type { FeatureName } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import type { ApplyTrace } from './apply-trace.js'
import type { ConfigFinding } from './finding.js'
import type { ItemPlaces } from './item-places.js'
import { listText, type RegisterPlace } from './named-bits.js'
import { TEXT_REGISTERS } from './register-list.js'

/** Features that no guest should see together, or not without one another, though Xen lets them pass. */
const CONFLICTS: readonly {
  readonly has: FeatureName
  readonly not?: FeatureName
  readonly with?: FeatureName
  readonly why: string
}[] = [
  {
    has: 'RTM',
    with: 'RTM_ALWAYS_ABORT',
    why: 'RTM says that transactions work, RTM_ALWAYS_ABORT that every one aborts',
  },
  { has: 'HLE', not: 'RTM', why: 'a CPU without RTM has no HLE either' },
  {
    has: 'PSE36',
    not: 'PSE',
    why: 'PSE36 makes the large pages of PSE wider',
  },
]

/** Items against one another, and features of the result against one another. */
export function contradictions(trace: ApplyTrace, items: ItemPlaces | null): ConfigFinding[] {
  return [...betweenItems(trace, items), ...inResult(trace)]
}

interface Asked {
  readonly on: ReadonlyMap<FeatureName, RegisterPlace & { readonly bit: number }>
  readonly off: ReadonlySet<FeatureName>
}

/** A feature that is asked for while another that it needs is forbidden. */
function betweenItems(trace: ApplyTrace, items: ItemPlaces | null): ConfigFinding[] {
  const { on, off } = askedFeatures(trace)
  if (off.size === 0) return []
  const findings: ConfigFinding[] = []
  for (const [name, place] of on) {
    const needed = trace.features.table.requirements(name).filter((other) => off.has(other))
    if (needed.length === 0) continue
    const item = items?.ofBits(place, 1 << place.bit)
    findings.push({
      code: 'contradiction',
      severity: 'error',
      message: `${name} is asked for, and ${listText(needed)}, which it needs, ${needed.length === 1 ? 'is' : 'are'} forbidden: the guest gets neither.`,
      features: [name, ...needed],
      ...(item === undefined ? {} : { item }),
    })
  }
  return findings
}

function askedFeatures({ parsed, features }: ApplyTrace): Asked {
  const on = new Map<FeatureName, RegisterPlace & { readonly bit: number }>()
  const off = new Set<FeatureName>()
  for (const { word, bitInWord, name } of features.table.features) {
    const source = features.table.words[word]?.source ?? null
    if (source === null) continue
    const character =
      'msr' in source
        ? parsed.msr.find(({ index }) => index === source.msr)?.policy[
            (source.register === 'eax' ? 63 : 31) - bitInWord
          ]
        : parsed.cpuid.find(
            ({ leaf, subleaf }) => leaf === source.leaf && subleaf === source.subleaf,
          )?.[TEXT_REGISTERS.find((register) => register === source.register) ?? 'eax']?.[
            31 - bitInWord
          ]
    if (character === '1') on.set(name, { ...source, bit: bitInWord })
    else if (character === '0') off.add(name)
  }
  return { on, off }
}

/** Only what this configuration brought about: a host's own defaults are not its fault. */
function inResult({ policy, features, defaults, stages }: ApplyTrace): ConfigFinding[] {
  if (stages.length === 0) return []
  const words = CpuPolicy.peek(policy)
  return CONFLICTS.flatMap((conflict): ConfigFinding[] => {
    const { has, not, with: other, why } = conflict
    const holds = (of: Uint32Array) =>
      features.policyHas(of, has) &&
      (other === undefined || features.policyHas(of, other)) &&
      (not === undefined || !features.policyHas(of, not))
    if (!holds(words) || holds(defaults)) return []
    return [
      {
        code: 'contradiction',
        severity: 'warning',
        message: `The guest has ${has}${other === undefined ? ` and not ${not}` : ` and ${other}`}: ${why}. Xen lets it pass.`,
        features: [
          has,
          ...(other === undefined ? [] : [other]),
          ...(not === undefined ? [] : [not]),
        ],
      },
    ]
  })
}
