/** Where every writer of `cpuid=` items begins: what is wanted, and how near naming registers can come to it. */
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { type ReleaseFeatures, releaseFeatures } from '../../policy/features.js'
import { configured, type EmitOptions } from './forward.js'
import { type Target, targetOf, type WantedCpu } from './target.js'
import { Trial } from './trial.js'

/** What is wanted of one domain on one host. */
interface Aim {
  /** What it is to have. */
  readonly target: Target
  /** What comes of naming registers. */
  readonly trial: Trial
  /** The nearest that the domain can have, if any register may be named. Read only. */
  readonly nearest: Uint32Array
  /** The features of the host's release. */
  readonly features: ReleaseFeatures
}

/** What is wanted, as the domain is when nothing is configured. */
export function aimAt(wanted: WantedCpu, options: EmitOptions): Aim {
  const { host, domain } = options
  const base = configured(options).policy
  const target = targetOf(wanted, base, host, domain)
  const trial = new Trial(base, options)
  return {
    target,
    trial,
    nearest: trial.nearest(CpuPolicy.peek(target.policy)),
    features: releaseFeatures(host.release),
  }
}
