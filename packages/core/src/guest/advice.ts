/** What would make an admission yes. */
import type { FeatureName, Featureset } from '@xenlevel/cpuid'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import { compatibilityMask } from '../xen/compatibility-bits.js'
import type { Admission, AdmissionLevel, Reason } from './reasons.js'
import type { Encounter } from './receiver.js'

/** Reasons against which no level helps, with what does. */
const NO_LEVEL_HELPS: Partial<Record<Reason['code'], string>> = {
  'vendor-differs': 'choose a host of the same vendor',
  'host-without-hvm':
    'choose a host that has VMX or SVM, or switch it on in the firmware of this one',
  'host-without-pv': 'choose a host whose Xen runs PV guests',
  'host-without-pv32': 'choose a host whose Xen runs 32-bit PV guests',
  'featuresets-unknown': 'take the snapshot of the host again',
  'guest-unknown': 'say what CPU the guest has seen',
}

/** Advice for an admission that is no. */
export function adviceFor(
  reasons: readonly Reason[],
  seen: Featureset,
  found: { readonly policy: CpuPolicy | null; readonly featureset: Featureset | null },
  encounter: Encounter,
): Pick<Admission, 'advice' | 'levelTo'> {
  const { table, guestName, host } = encounter
  const helpless = reasons.find(({ code }) => NO_LEVEL_HELPS[code] !== undefined)
  if (helpless !== undefined)
    return {
      advice: `No level helps: ${NO_LEVEL_HELPS[helpless.code]}.`,
      levelTo: null,
    }
  const { featureset, policy } = found
  if (featureset === null)
    return { advice: `No level of ${guestName} is known that ${host} takes.`, levelTo: null }
  const without = seen.andNot(featureset).names(table)
  return {
    advice: `Start ${guestName} anew at the level ${featureset.toString()}${leavingOut(without)}, and ${host} takes it.`,
    levelTo: { featureset, policy, without } satisfies AdmissionLevel,
  }
}

/** What is left of the guest's features on the host, where only features are known. */
export function featuresetLevel(
  seen: Featureset,
  max: Featureset,
  encounter: Encounter,
): Featureset {
  const { table, vendor } = encounter
  return table.clearDependents(seen.and(max.or(compatibilityMask(vendor, table))))
}

function leavingOut(names: readonly FeatureName[]): string {
  return names.length === 0 ? '' : `, which leaves out ${names.join(', ')}`
}
