/** For tests: guests and hosts of the recorded migrations. */
import type { CpuidLeaf, MsrEntry } from '@xenlevel/cpuid'
import { readRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { leafOf, msrOf } from '../policy/recorded.testing.js'
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
      Record<
        'raw' | 'host' | 'pv_max' | 'pv_default' | 'hvm_max' | 'hvm_default',
        { readonly leaves: readonly string[]; readonly msrs: readonly string[] }
      >
    >
  }
}

/** The policies that a real Xen answered; `boot` is such as `4.17-debian-Haswell`. */
export function recordedHost(boot: string): HostPolicies {
  const { xen: release, hypercalls } = readRecordedJson<RecordedHost>(`xen/hosts/${boot}.json`)
  const policy = (which: keyof typeof hypercalls.policies) =>
    CpuPolicy.fromRecords(
      hypercalls.policies[which].leaves.map((text) => leafOf(text.replace(' -> ', ':'))),
      hypercalls.policies[which].msrs.map((text) => msrOf(text.replace(' -> ', ':0:'))),
      { release },
    )
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
