/** For tests: what the recorded receivers were told and ran on. */
import type { CpuPolicy, HostPolicies } from '@xenlevel/core'
import { policyOfFile } from '../../../core/src/guest/recorded.testing.js'
import type { ImageJudgeOptions } from './options.js'

/** A host that offers one policy to all. */
export function hostWith(max: CpuPolicy, release = '4.23-dev'): HostPolicies {
  return {
    release,
    ...{ raw: max, host: max, pvMax: max, pvDefault: max, hvmMax: max, hvmDefault: max },
  }
}

/** Hosts of images that were recorded on another one than the rest; null where none of those that there are takes it. */
const HOSTS: Readonly<Record<string, string | null>> = {
  'libxc-v3-hvm-amd': 'host-amd.pol',
  // Its leaves go up to 0x80000021 on Intel, where all recorded hosts end at 0x80000008.
  'libxc-v3-hvm-120-leaves': null,
}

/** A recorded image, as far as it says what its receiver was. */
interface Received {
  readonly id: string
  readonly base?: string
  readonly guest: 'pv' | 'hvm'
  readonly remus: boolean
}

/** Gives what the receiver of an image knew. */
export function recordedReceiver(): (image: Received) => ImageJudgeOptions {
  const hosts = new Map<string, HostPolicies>()
  const hostOf = (file: string) => {
    const known = hosts.get(file) ?? hostWith(policyOfFile(`streams/admission/${file}`))
    hosts.set(file, known)
    return known
  }
  return ({ id, base = id, guest, remus }) => {
    const file = base in HOSTS ? HOSTS[base] : 'host-intel.pol'
    return {
      kind: guest,
      checkpointed: remus,
      vcpus: 2,
      ...(file === null || file === undefined ? {} : { host: hostOf(file) }),
    }
  }
}
