/** Why a policy is not as it was asked for: found among what Xen changed. */
import type { FeatureName } from '@xenlevel/cpuid'
import type { ReleaseFeatures } from '../../policy/features.js'
import type { Change } from '../changes.js'
import type { ClampStep } from '../clamp-steps.js'
import { type RegisterPlace, wordOf } from './named-bits.js'

/** A reason and how it reads behind a name: "…: Xen's max policy for this kind of guest does not have it". */
interface WhyNot {
  /** The step of Xen's that did it; absent if it was none of those. */
  readonly step?: ClampStep
  /** The reason. */
  readonly text: string
  /** What would have been needed too. */
  readonly missing?: readonly FeatureName[]
}

const TEXT: Readonly<Record<ClampStep, string>> = {
  limits: 'this is beyond the leaves that the guest can have',
  'not-in-max': 'the max policy of this host for guests of this kind does not have it',
  'shadow-paging': 'it is not for guests on shadow paging',
  'no-nested-virtualisation': 'the domain was created without nested virtualisation',
  '32-bit-pv': 'it is not for 32-bit PV guests',
  'no-xstate-leaf': 'the policy ends before leaf 0xd',
  dependency: 'it needs what the guest does not have',
  'host-value': 'Xen always shows it as the host has it',
  'cache-line-size': "Xen always shows the max policy's",
  'address-width': 'the host, the domain and the paging modes of the guest limit it',
  xstate: 'Xen makes it anew from the features that the guest has',
  scrubbed: 'Xen clears it for all guests, or makes it anew for each',
  'cache-leaves': 'Xen clears sharing and reserved fields for all guests',
  'performance-counters': 'the vPMU is off for this domain',
  'svm-leaf': 'without SVM Xen empties the leaf',
  'page-1gb-leaf': 'without 1 GiB pages Xen empties the leaf',
}

/** What no step of Xen's accounts for is gone because its leaf is beyond the limits that were asked for. */
const OUT_OF_RANGE: WhyNot = { text: 'its leaf is beyond the last one that the guest is given' }

/** Why a feature is not as it was asked for. */
export function whyFeature(name: FeatureName, changes: readonly Change[]): WhyNot {
  const change = changes.findLast(({ feature }) => feature === name)
  if (change === undefined) return OUT_OF_RANGE
  const { step, missing } = change
  return missing === undefined
    ? { step, text: TEXT[step] }
    : { step, text: `it needs ${missing.join(', ')}, which the guest does not have`, missing }
}

/** Why a bit of a register that is no feature is not. */
export function whyBit(
  place: RegisterPlace,
  bit: number,
  changes: readonly Change[],
  features: ReleaseFeatures,
): WhyNot {
  const word = wordOf(place, features)
  const change = changes.findLast((one) =>
    one.bit === undefined
      ? !('msr' in place) &&
        one.leaf === place.leaf &&
        one.subleaf === place.subleaf &&
        one.register === place.register &&
        (((one.before ^ one.after) >>> bit) & 1) === 1
      : one.bit === word * 32 + bit,
  )
  return change === undefined ? OUT_OF_RANGE : { step: change.step, text: TEXT[change.step] }
}
