/** A running Xen, through privcmd. */
import { hostname } from 'node:os'
import {
  type CpuPolicy,
  type FeaturesetKind,
  type HostPolicies,
  type HostSnapshot,
  type Hypervisor,
  HypervisorClosedError,
  HypervisorLacksError,
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
import { knownReleases, nearestRelease } from '@xenlevel/cpuid'
import { OPERATIONS, type OperationName } from './abi/operations.js'
import { ArenaError } from './arena.js'
import { type MicrocodeSource, readCpus, tryCpuMicrocode } from './calls/cpus.js'
import { createProbeDomain, destroyProbeDomain } from './calls/domain.js'
import { writeDomainPolicy } from './calls/domain-policy.js'
import { readFeatureset, tryLevellingCaps } from './calls/featureset.js'
import { loadMicrocode, type UpdateWay } from './calls/microcode.js'
import { readPhysinfo } from './calls/physinfo.js'
import { readDomainPolicy, readPolicy } from './calls/policy.js'
import { readVersion } from './calls/version.js'
import { answered, type Device, type HypercallDoor, refusal } from './hypercall.js'
import { readDom0Microcode } from './xen-dom0-msr.js'
import { readPolicies, readSnapshot } from './xen-snapshot.js'

/** The first number that no domain has (xen/include/public/xen.h, DOMID_FIRST_RESERVED). */
const FIRST_RESERVED_DOMAIN = 0x7ff0

/** What is found when a Xen is opened. */
export interface OpenedXen {
  /** The open device. */
  readonly device: Device
  /** The way to it, speaking its versions. */
  readonly door: HypercallDoor
  /** Its release. */
  readonly release: string
  /** The calls that it lacks. */
  readonly lacks: readonly OptionalCall[]
  /** Whether it tells its levelling capabilities itself. */
  readonly tellsLevellingCaps: boolean
}

/** A running Xen. {@link openXen} makes one. */
export class Xen implements Hypervisor {
  readonly release: string
  readonly lacks: readonly OptionalCall[]
  readonly #device: Device
  readonly #door: HypercallDoor
  readonly #tellsLevellingCaps: boolean
  /** The release whose tables fit: a Xen that is newer than all of them is read by the newest. */
  readonly #tables: string
  #closed = false
  #updates = 0

  /** @internal */
  constructor({ device, door, release, lacks, tellsLevellingCaps }: OpenedXen) {
    this.release = release
    this.lacks = Object.freeze([...lacks])
    this.#device = device
    this.#door = door
    this.#tellsLevellingCaps = tellsLevellingCaps
    this.#tables = nearestRelease(release) ?? knownReleases().at(-1) ?? release
  }

  version(): HypervisorVersion {
    return readVersion(this.#open('version'))
  }

  featureset(which: FeaturesetKind) {
    const door = this.#open('featureset')
    if (which === 'pvMax' || which === 'hvmMax') this.#has(`featureset ${which}`)
    return readFeatureset(door, which)
  }

  policy(which: PolicyKind): CpuPolicy {
    return readPolicy(this.#open('policy'), which, { release: this.#tables })
  }

  policies(): HostPolicies {
    return readPolicies(this.#open('policies'), this.#tables)
  }

  levellingCaps(): LevellingCaps {
    const door = this.#open('levellingCaps')
    const raw = readPolicy(door, 'raw', { release: this.#tables })
    if (!this.#tellsLevellingCaps) return levellingCaps(raw, this.#tables)
    const bits = answered(OPERATIONS.levellingCaps.name, tryLevellingCaps(door))
    return levellingCapsOfSysctl(bits, raw, this.#tables)
  }

  physinfo(): PhysicalInfo {
    return readPhysinfo(this.#open('physinfo'))
  }

  cpus(): readonly PhysicalCpu[] {
    return this.#cpus(this.#open('cpus'))
  }

  microcodeRevision(cpu: number): number {
    const door = this.#open('microcodeRevision')
    this.#has('microcodeRevision')
    const { name } = OPERATIONS.microcodeRevision
    if (!isNumber(cpu, 0xffff_ffff)) throw refusal(name, 'ENOENT', { cpu })
    const microcode = tryCpuMicrocode(door, cpu)
    return typeof microcode === 'number' ? answered(name, microcode, { cpu }) : microcode.revision
  }

  createDomain({ kind, hap, nestedVirt = false }: ProbeDomain): number {
    const door = this.#open('createDomain')
    const paging = hap ?? (kind !== 'pv' && readPhysinfo(door).hap)
    return createProbeDomain(door, { kind, hap: paging, nestedVirt }, this.release)
  }

  destroyDomain(domid: number): void {
    const door = this.#open('destroyDomain')
    destroyProbeDomain(door, domainNumber(OPERATIONS.destroyDomain.name, domid))
  }

  domainPolicy(domid: number): PolicyRecords {
    const door = this.#open('domainPolicy')
    return readDomainPolicy(door, domainNumber(OPERATIONS.domainPolicy.name, domid))
  }

  setDomainPolicy(
    domid: number,
    update: Parameters<Hypervisor['setDomainPolicy']>[1],
  ): SetPolicyAnswer {
    const door = this.#open('setDomainPolicy')
    return writeDomainPolicy(door, domainNumber(OPERATIONS.setDomainPolicy.name, domid), update)
  }

  async updateMicrocode(
    bytes: Uint8Array,
    { force = false }: UpdateMicrocodeOptions = {},
  ): Promise<MicrocodeAnswer> {
    const door = this.#open('updateMicrocode')
    if (force) this.#has('updateMicrocode force')
    const old = this.lacks.includes('updateMicrocode force')
    const way: UpdateWay = old ? 'update' : force ? 'update2 force' : 'update2'
    const apart = openApart(door, bytes.length)
    this.#updates++
    try {
      const errno = await loadMicrocode(apart, bytes, way)
      return { errno, cpus: this.#cpus(door) }
    } finally {
      apart.close()
      this.#updates--
      this.#releaseIfDone()
    }
  }

  snapshot({ name = hostname() }: { readonly name?: string } = {}): HostSnapshot {
    const door = this.#open('snapshot')
    const { release, lacks } = this
    const microcode = (raw: CpuPolicy) => this.#microcodeSource(raw.vendor)
    return readSnapshot(door, { release, tables: this.#tables, lacks, microcode }, name)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#releaseIfDone()
  }

  /** An update that is on its way needs the device and the arena until its end. */
  #releaseIfDone(): void {
    if (!this.#closed || this.#updates > 0) return
    this.#door.close()
    this.#device.libc.close(this.#device.fd)
  }

  #open(call: keyof Hypervisor): HypercallDoor {
    if (this.#closed) throw new HypervisorClosedError(call)
    return this.#door
  }

  #has(call: OptionalCall): void {
    if (!this.lacks.includes(call)) return
    throw new HypervisorLacksError({
      code: 'HYPERVISOR_LACKS',
      message: `Xen ${this.release} does not have "${call}": look into \`lacks\` before calling it.`,
      details: { call, release: this.release },
    })
  }

  #cpus(door: HypercallDoor): PhysicalCpu[] {
    return readCpus(door, (vendor) => this.#microcodeSource(vendor))
  }

  #microcodeSource(vendor: PhysicalCpu['vendor']): MicrocodeSource {
    if (!this.lacks.includes('microcodeRevision')) return 'xen'
    return readDom0Microcode(this.#device.libc, vendor)
  }
}

/** Memory for a whole file. */
function openApart(door: HypercallDoor, bytes: number): HypercallDoor {
  try {
    return door.apart(bytes)
  } catch (error) {
    if (!(error instanceof ArenaError)) throw error
    throw refusal(OPERATIONS.microcodeUpdate.name, error.errno, { bytes })
  }
}

/** A domain's number, if it is one: what does not fit its 16 bits would be another domain's. */
function domainNumber(operation: OperationName, domid: number): number {
  if (isNumber(domid, FIRST_RESERVED_DOMAIN - 1)) return domid
  throw refusal(operation, 'ESRCH', { domid })
}

function isNumber(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most
}
