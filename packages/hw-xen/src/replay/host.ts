/** What a recording says of its host, in the words of the contract. */
import type {
  CpuPolicy,
  FeaturesetKind,
  HypervisorVersion,
  OptionalCall,
  PhysicalCpu,
  PhysicalInfo,
  PolicyKind,
} from '@xenlevel/core'
import { encodeSignature } from '@xenlevel/cpuid'
import { lacking } from '../simulated/errors.js'
import {
  answered,
  featuresetOfText,
  policyOfText,
  type RecordedFeatureset,
  type RecordedPolicyName,
  type XenRecording,
} from './recording.js'

/** Names of featuresets: ours, and those of the recordings, which are Xen's. */
export const FEATURESETS: Readonly<Record<FeaturesetKind, RecordedFeatureset>> = {
  raw: 'raw',
  host: 'host',
  pvDefault: 'pv',
  hvmDefault: 'hvm',
  pvMax: 'pv_max',
  hvmMax: 'hvm_max',
}

/** The same for policies. */
export const POLICIES: Readonly<Record<PolicyKind, RecordedPolicyName>> = {
  raw: 'raw',
  host: 'host',
  pvMax: 'pv_max',
  hvmMax: 'hvm_max',
  pvDefault: 'pv_default',
  hvmDefault: 'hvm_default',
}

/** Bits of physinfo's capabilities (include/public/sysctl.h). */
const CAN = { hvm: 1 << 0, pv: 1 << 1, hap: 1 << 3 }

/** Who was running. */
export function versionOf({ xen, hypercalls }: XenRecording): HypervisorVersion {
  const [major = '', minor = ''] = hypercalls.version.split('.')
  return Object.freeze({
    major: Number(major),
    minor: Number(minor),
    extra: hypercalls.extraversion,
    release: xen,
    changeset: hypercalls.changeset,
    capabilities: hypercalls.capabilities,
    commandLine: hypercalls.commandline,
  })
}

/** The calls that were refused for every CPU, every index or every flag. */
export function lackedCalls({ hypercalls }: XenRecording): readonly OptionalCall[] {
  const { featuresets, ucode_revision: revisions, microcode_update2: flagged } = hypercalls
  const lost = [
    ['featureset pvMax', answered(featuresets.pv_max) === null],
    ['featureset hvmMax', answered(featuresets.hvm_max) === null],
    ['microcodeRevision', revisions.every((said) => answered(said) === null)],
    ['updateMicrocode force', errnoOf(flagged.flags1) === 'ENOSYS'],
  ] as const
  return Object.freeze(lost.filter(([, lacks]) => lacks).map(([call]) => call))
}

/** The machine. */
export function physinfoOf({ hypercalls }: XenRecording): PhysicalInfo {
  const { physinfo } = hypercalls
  const can = (bit: number) => (Number(physinfo.capabilities) & bit) !== 0
  return Object.freeze({
    threadsPerCore: physinfo.threads_per_core,
    coresPerSocket: physinfo.cores_per_socket,
    onlineCpus: physinfo.nr_cpus,
    maxCpuId: physinfo.max_cpu_id,
    nodes: physinfo.nr_nodes,
    totalPages: BigInt(physinfo.total_pages),
    freePages: BigInt(physinfo.free_pages),
    hvm: can(CAN.hvm),
    hap: can(CAN.hap),
    pv: can(CAN.pv),
    hwCap: Object.freeze([...featuresetOfText(physinfo.hw_cap).words]),
  })
}

/** The CPUs that were asked about and that there were. */
export function cpusOf(recording: XenRecording): readonly PhysicalCpu[] {
  const { physinfo, cpu_version: versions, ucode_revision: revisions } = recording.hypercalls
  const raw = policyOf(recording, 'raw')
  return Object.freeze(
    versions
      .filter(({ cpu }) => cpu <= physinfo.max_cpu_id)
      .map(({ cpu, vendor, family, model, stepping }) => {
        const told = revisions.map(answered).find((said) => said?.cpu === cpu)
        const flags = Number(told?.pf ?? 0)
        return Object.freeze({
          id: cpu,
          online: vendor !== '',
          vendor: raw.vendor,
          signature: encodeSignature({ family, model, stepping }),
          platformId: flags === 0 ? null : 31 - Math.clz32(flags),
          microcodeRevision: told === undefined || told === null ? null : Number(told.revision),
        })
      }),
  )
}

/** One policy. */
export function policyOf({ xen, hypercalls }: XenRecording, which: PolicyKind): CpuPolicy {
  return policyOfText(hypercalls.policies[POLICIES[which]], xen)
}

/** One featureset. */
export function featuresetOf({ xen, hypercalls }: XenRecording, which: FeaturesetKind) {
  const said = answered(hypercalls.featuresets[FEATURESETS[which]])
  if (said !== null) return featuresetOfText(said)
  throw lacking(which === 'hvmMax' ? 'featureset hvmMax' : 'featureset pvMax', xen)
}

function errnoOf(said: unknown): string | null {
  return typeof said === 'object' && said !== null && 'err' in said ? String(said.err) : null
}
