/** A hypervisor that answers from a recording, and only from it. */
import {
  type CpuPolicy,
  type FeaturesetKind,
  type HostPolicies,
  type HostSnapshot,
  type Hypervisor,
  HypervisorClosedError,
  type HypervisorVersion,
  type LevellingCaps,
  levellingCaps,
  levellingCapsOfSysctl,
  type MicrocodeAnswer,
  type OptionalCall,
  type PhysicalCpu,
  type PhysicalInfo,
  type PolicyKind,
  type PolicyRecords,
  type ProbeDomain,
  type SetPolicyAnswer,
  type UpdateMicrocodeOptions,
} from '@xenlevel/core'
import type { CpuidLeaf, Featureset, MsrEntry } from '@xenlevel/cpuid'
import { notRecorded, RecordedDomains } from './replay/domains.js'
import {
  cpusOf,
  featuresetOf,
  lackedCalls,
  physinfoOf,
  policyOf,
  versionOf,
} from './replay/host.js'
import { recordedUpdate } from './replay/microcode.js'
import { answered, isErrno, type XenRecording } from './replay/recording.js'
import { lacking, refusal } from './simulated/errors.js'
import { snapshotOf } from './simulated/snapshot.js'

/**
 * Answers what one boot of a real Xen answered. What was not asked then throws HypervisorLacksError, beyond what that Xen itself lacked
 * and {@link lacks} names.
 *
 * A domain can be made more than once, and is always the one that was recorded; of what it has after a set, the leaves that were read
 * again are known, and the others stay as they were.
 */
export class RecordedXen implements Hypervisor {
  readonly release: string
  readonly lacks: readonly OptionalCall[]
  readonly #recording: XenRecording
  readonly #domains: RecordedDomains
  #closed = false

  constructor(recording: XenRecording) {
    this.#recording = recording
    this.#domains = new RecordedDomains(recording)
    this.release = recording.xen
    this.lacks = lackedCalls(recording)
  }

  version(): HypervisorVersion {
    return versionOf(this.#open('version'))
  }

  featureset(which: FeaturesetKind): Featureset {
    return featuresetOf(this.#open('featureset'), which)
  }

  policy(which: PolicyKind): CpuPolicy {
    return policyOf(this.#open('policy'), which)
  }

  policies(): HostPolicies {
    const recording = this.#open('policies')
    const policy = (which: PolicyKind) => policyOf(recording, which)
    return {
      release: this.release,
      raw: policy('raw'),
      host: policy('host'),
      pvMax: policy('pvMax'),
      pvDefault: policy('pvDefault'),
      hvmMax: policy('hvmMax'),
      hvmDefault: policy('hvmDefault'),
    }
  }

  levellingCaps(): LevellingCaps {
    const { hypercalls } = this.#open('levellingCaps')
    const [said, raw] = [answered(hypercalls.levelling_caps), this.policy('raw')]
    return said === null
      ? levellingCaps(raw, this.release)
      : levellingCapsOfSysctl(Number(said), raw, this.release)
  }

  physinfo(): PhysicalInfo {
    return physinfoOf(this.#open('physinfo'))
  }

  cpus(): readonly PhysicalCpu[] {
    return cpusOf(this.#open('cpus'))
  }

  microcodeRevision(cpu: number): number {
    const { hypercalls } = this.#open('microcodeRevision')
    if (this.lacks.includes('microcodeRevision')) throw lacking('microcodeRevision', this.release)
    const known = hypercalls.ucode_revision.map(answered).find((said) => said?.cpu === cpu)
    if (known !== undefined && known !== null) return Number(known.revision)
    // The other CPU that was asked about was one that there was not.
    const [absent] = hypercalls.ucode_revision.filter(isErrno)
    throw refusal('platform_op get_ucode_revision', absent?.err ?? 'ENOENT', { cpu })
  }

  createDomain(domain: ProbeDomain): number {
    this.#open('createDomain')
    return this.#domains.create(domain)
  }

  destroyDomain(domid: number): void {
    this.#open('destroyDomain')
    this.#domains.destroy(domid)
  }

  domainPolicy(domid: number): PolicyRecords {
    this.#open('domainPolicy')
    return this.#domains.policy(domid)
  }

  setDomainPolicy(
    domid: number,
    update: { readonly leaves?: readonly CpuidLeaf[]; readonly msrs?: readonly MsrEntry[] },
  ): SetPolicyAnswer {
    this.#open('setDomainPolicy')
    return this.#domains.setPolicy(domid, update)
  }

  async updateMicrocode(
    bytes: Uint8Array,
    { force = false }: UpdateMicrocodeOptions = {},
  ): Promise<MicrocodeAnswer> {
    const recording = this.#open('updateMicrocode')
    if (force && this.lacks.includes('updateMicrocode force'))
      throw lacking('updateMicrocode force', this.release)
    const errno = recordedUpdate(recording, bytes, force)
    if (errno === null) throw notRecorded('such a microcode file', recording)
    return Object.freeze({ errno, cpus: cpusOf(recording) })
  }

  snapshot({ name = 'recorded' }: { readonly name?: string } = {}): HostSnapshot {
    this.#open('snapshot')
    return snapshotOf(this, name, 'Replayed from a recording.')
  }

  close(): void {
    this.#closed = true
  }

  #open(call: string): XenRecording {
    if (this.#closed) throw new HypervisorClosedError(call)
    return this.#recording
  }
}
