/** xapi's `platform:featureset` of a VM, from what is wanted. */
import { COMMON_1D_FEATURES, Featureset } from '@xenlevel/cpuid'
import type { CpuPolicy } from '../../policy/cpu-policy.js'
import { toXapiFeatureset } from '../xapi/featureset.js'
import { type Emission, emissionOf } from './emission.js'
import { configured, type EmitOptions } from './forward.js'
import { targetOf, type WantedCpu } from './target.js'

/** Options of {@link toXapiPlatform}. */
export interface XapiPlatformOptions extends EmitOptions {
  /** Zero words after those of the release: 4 on XenServer and XCP-ng, whose Xen has room for them; none by default. */
  readonly spareWords?: number
}

/** What to write into VM.platform. */
export interface XapiPlatform extends Emission {
  /** The keys of the map. */
  readonly platform: {
    /** The featureset, in xapi's form. */
    readonly featureset: string
  }
}

/** Featureset word of 0x8000_0001.edx. */
const WORD_E1D = 2

/**
 * The `featureset` of VM.platform that gives a VM what is wanted, in as many words as the release has.
 *
 * Features alone can be said so: what else a policy has is the host's default, and of the MSR bits (words 16 and 17) libxc hands on none,
 * so they stay as the default has them (xc_cpuid_apply_policy). Both are in `differences`. Bits in words that the release does not have
 * are left out with a finding, because libxc would refuse to make the domain (EOPNOTSUPP).
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table; {@link @xenlevel/cpuid!XenlevelError} with code
 * `CONFIG_RELEASE` for one before 4.13.
 */
export function toXapiPlatform(wanted: WantedCpu, options: XapiPlatformOptions): XapiPlatform {
  const { host, domain, spareWords = 0 } = options
  const target = targetOf(wanted, configured(options).policy, host, domain)
  const featureset = featuresetOf(target.policy)
  const result = configured(options, { featureset })
  return {
    platform: {
      featureset: toXapiFeatureset(featureset, { words: featureset.words.length + spareWords }),
    },
    ...emissionOf(target, result, 'A featureset'),
  }
}

/** Without the copies of leaf 1's bits, which Xen makes itself. */
function featuresetOf({ featureset }: CpuPolicy): Featureset {
  return Featureset.fromWords(
    featureset.words.map((word, at) =>
      at === WORD_E1D ? (word & ~COMMON_1D_FEATURES) >>> 0 : word,
    ),
  )
}
