/** For tests: guests and hosts of the recorded migrations. */
import { type CpuidLeaf, decodeLeaves, decodeMsrs, type MsrEntry } from '@xenlevel/cpuid'
import { bootFile } from '../../../../fixtures/boots.js'
import { readRecorded, readRecordedBytes, readRecordedJson } from '../../../../fixtures/recorded.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { bootPolicy, leafOf, msrOf, type RecordedPolicy } from '../policy/recorded.testing.js'
import type { HostPolicies } from '../xen/derive.js'

/** Records of a policy. */
export interface Records {
  readonly leaves: CpuidLeaf[]
  readonly msrs: MsrEntry[]
}

/** The policy records in the listing of a recorded stream. */
export function recordsOfListing(path: string): Records {
  const lines = readRecorded(path).split('\n')
  const leaves = lines.filter((line) => /^ +\w{8}:\w{8} -> /.test(line))
  const msrs = lines.filter((line) => /^ +\w{8} \w{8} -> /.test(line))
  return {
    leaves: leaves.map((line) => leafOf(line.trim().replace(' -> ', ':'))),
    msrs: msrs.map((line) => msrOf(line.trim().replace(' -> ', ':').replace(' ', ':'))),
  }
}

interface RecordedHost {
  readonly xen: string
  readonly hypercalls: {
    readonly policies: Readonly<
      Record<'raw' | 'host' | 'pv_max' | 'pv_default' | 'hvm_max' | 'hvm_default', RecordedPolicy>
    >
  }
}

/** The policies that a real Xen answered; `boot` is such as `4.17-debian-Haswell`. */
export function recordedHost(boot: string): HostPolicies {
  const { xen: release, hypercalls } = readRecordedJson<RecordedHost>(bootFile(boot))
  const policy = (which: keyof typeof hypercalls.policies) =>
    bootPolicy(hypercalls.policies[which], release)
  // Empty HVM policies are recorded as their four empty leaves.
  return {
    release,
    raw: policy('raw'),
    host: policy('host'),
    pvMax: policy('pv_max'),
    pvDefault: policy('pv_default'),
    hvmMax: policy('hvm_max'),
    hvmDefault: policy('hvm_default'),
  }
}

/** The policy in a recorded `*.pol`: two counts, then leaves and MSRs. */
export function policyOfFile(path: string): CpuPolicy {
  const bytes = readRecordedBytes(path)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const end = 8 + view.getUint32(0, true) * 24
  return CpuPolicy.fromRecords(
    decodeLeaves(bytes.subarray(8, end)),
    decodeMsrs(bytes.subarray(end, end + view.getUint32(4, true) * 16)),
  )
}
