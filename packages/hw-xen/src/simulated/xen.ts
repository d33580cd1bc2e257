/** A Xen that is not there: what a release would answer on a machine, with levers for tests. */
import {
  type CpuPolicy,
  type FeaturesetKind,
  type HostPolicies,
  type HostSnapshot,
  type Hypervisor,
  HypervisorClosedError,
  type HypervisorVersion,
  type LevellingCaps,
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
import { answerToRecords } from './domains.js'
import { lacking, refusal } from './errors.js'
import {
  type FailOptions,
  type FallibleCall,
  Levers,
  OPERATION_OF,
  type RecordedCall,
} from './levers.js'
import type { SimulatedXenOptions } from './options.js'
import { type PoolCommon, type PoolHost, poolOptions } from './pool.js'
import { copyOfRecords, heldPolicy, POLICY_KINDS, type Running, startXen } from './running.js'
import { snapshotOf } from './snapshot.js'
import { twinOptions } from './twin.js'

/** What a reboot can change. */
export type RebootOptions = Pick<SimulatedXenOptions, 'release' | 'commandLine'>

/**
 * A Xen release on a machine: its policies are derived by core, its microcode is loaded by the rendezvous model, its refusals are that
 * release's. Nothing is shared between two of them, so a program can have as many hosts as it likes.
 *
 * Beside the contract there are levers for tests: {@link fail}, {@link hang}, {@link startDomain}, {@link calls}, {@link reboot} and
 * {@link reset}. A machine on which a CPU hangs in a load panics, as it does under Xen: the load and every later call end in a
 * HypercallError with errno `PANIC` (or `HANG`) until {@link reboot} or {@link reset}.
 */
export class SimulatedXen implements Hypervisor {
  #options: SimulatedXenOptions
  readonly #built: SimulatedXenOptions
  #running: Running
  #levers = new Levers()
  #hung = new Set<number>()
  #closed = false

  /**
   * Boots a release on a machine.
   *
   * @throws UnknownReleaseError for a release without a table; XenlevelError `SIMULATED_RELEASE`, `SIMULATED_TOPOLOGY`,
   * `SIMULATED_REVISION` or `SIMULATED_PLATFORM` for what cannot be.
   */
  constructor(options: SimulatedXenOptions) {
    this.#built = Object.freeze({ ...options })
    this.#options = this.#built
    this.#running = startXen(this.#built)
  }

  /**
   * Many hosts at once, each in a line: what they have in common, and what each has of its own. Those without a name are called
   * `host-1` and on.
   *
   * @throws XenlevelError `SIMULATED_POOL` if two have one name.
   */
  static pool(hosts: readonly PoolHost[], common: PoolCommon): SimulatedXen[] {
    return poolOptions(hosts, common).map((options) => new SimulatedXen(options))
  }

  /**
   * A twin of a host of which there is a snapshot with its raw policy: what its Xen would answer, foreseen. A toolstack can be tried on it
   * before it is let at the host.
   *
   * @param more - what the snapshot does not hold, such as the topology, or what shall be otherwise.
   * @throws XenlevelError `SIMULATED_SNAPSHOT` for a snapshot without a Xen or a raw policy.
   */
  static like(snapshot: HostSnapshot, more: Partial<SimulatedXenOptions> = {}): SimulatedXen {
    return new SimulatedXen({ ...twinOptions(snapshot), ...more })
  }

  /** Name of the host. */
  get name(): string {
    return this.#options.name ?? 'simulated'
  }

  get release(): string {
    return this.#running.boot.version.release
  }

  get lacks(): readonly OptionalCall[] {
    return this.#running.boot.lacks
  }

  version(): HypervisorVersion {
    return this.#ask('version', [], ({ boot }) => boot.version)
  }

  featureset(which: FeaturesetKind): Featureset {
    return this.#ask('featureset', [which], ({ boot }) => {
      if (which === 'pvMax' || which === 'hvmMax') this.#need(`featureset ${which}`)
      return heldPolicy(boot, which).featureset
    })
  }

  policy(which: PolicyKind): CpuPolicy {
    return this.#ask('policy', [which], ({ given }) => given[which])
  }

  policies(): HostPolicies {
    return this.#ask('policies', [], ({ given }) => {
      // Each is asked for, as from a real one, so that what fails there fails here.
      for (const which of POLICY_KINDS) this.policy(which)
      return given
    })
  }

  levellingCaps(): LevellingCaps {
    return this.#ask('levellingCaps', [], ({ boot, given }) =>
      Object.freeze({ ...boot.caps, raw: given.raw }),
    )
  }

  physinfo(): PhysicalInfo {
    return this.#ask('physinfo', [], ({ boot, cpus }) =>
      Object.freeze({ ...cpus.shape, pv: true, hvm: boot.hvm, hap: boot.hap, hwCap: boot.hwCap }),
    )
  }

  cpus(): readonly PhysicalCpu[] {
    return this.#ask('cpus', [], ({ cpus }) => cpus.list())
  }

  microcodeRevision(cpu: number): number {
    return this.#ask('microcodeRevision', [cpu], ({ cpus }) => {
      this.#need('microcodeRevision')
      return cpus.revision(cpu)
    })
  }

  createDomain(domain: ProbeDomain): number {
    return this.#ask('createDomain', [{ ...domain }], ({ domains }) => domains.create(domain))
  }

  destroyDomain(domid: number): void {
    this.#ask('destroyDomain', [domid], ({ domains }) => domains.destroy(domid))
  }

  domainPolicy(domid: number): PolicyRecords {
    return this.#ask(
      'domainPolicy',
      [domid],
      ({ domains }) => domains.policy(domid).toRecords(),
      // The answer is the caller's to change; the record keeps one of its own.
      copyOfRecords,
    )
  }

  setDomainPolicy(
    domid: number,
    update: { readonly leaves?: readonly CpuidLeaf[]; readonly msrs?: readonly MsrEntry[] },
  ): SetPolicyAnswer {
    const asked = copyOfRecords(update)
    return this.#levers.run('setDomainPolicy', [domid, asked], () => {
      this.#alive('setDomainPolicy')
      const fault = this.#levers.take('setDomainPolicy')
      return fault === null ? this.#running.domains.setPolicy(domid, asked) : answerToRecords(fault)
    })
  }

  async updateMicrocode(
    bytes: Uint8Array,
    options: UpdateMicrocodeOptions = {},
  ): Promise<MicrocodeAnswer> {
    const file = bytes.slice()
    const record = this.#levers.begin('updateMicrocode', [file, { ...options }])
    try {
      const answer = await this.#load(file, options.force ?? false)
      record.answer = answer
      return answer
    } catch (error) {
      record.error = error
      throw error
    }
  }

  snapshot(options: { readonly name?: string } = {}): HostSnapshot {
    return this.#ask('snapshot', [{ ...options }], () =>
      snapshotOf(this, options.name ?? this.name, 'Answered by a simulated Xen.'),
    )
  }

  close(): void {
    this.#levers.run('close', [], () => {
      this.#closed = true
    })
  }

  /**
   * The calls that were made, with what they answered, in their order. What a call asks by itself is not among them, as in
   * {@link snapshot}.
   */
  get calls(): readonly RecordedCall[] {
    return this.#levers.calls
  }

  /**
   * Makes a call fail with an errno. What is asked for first comes first. What the contract has for an answer is answered: any errno of a
   * load of microcode, and E2BIG, ERANGE and EOVERFLOW of a policy that is set. Everything else is thrown.
   *
   * @throws XenlevelError `SIMULATED_FAULT` for what is no errno's name, or no number of times.
   */
  fail(call: FallibleCall, errno: string, options: FailOptions = {}): void {
    this.#levers.fail(call, errno, options)
  }

  /** From now on these CPUs do not come back from loading microcode. */
  hang(...cpus: readonly number[]): void {
    for (const cpu of cpus) this.#hung.add(cpu)
  }

  /** Starts a domain: from now on its policy is refused with EEXIST. */
  startDomain(domid: number): void {
    this.#running.domains.start(domid)
  }

  /** The domains that there are beside the hardware domain, by id. */
  get domains(): readonly number[] {
    return Object.freeze(this.#running.domains.ids)
  }

  /** Starts the machine again, with another Xen or command line if they are given: domains are gone, microcode is the firmware's. */
  reboot(changes: Partial<RebootOptions> = {}): void {
    this.#options = Object.freeze({ ...this.#options, ...changes })
    this.#running = startXen(this.#options)
  }

  /** Makes it what it was when it was built: open, with no domain, no fault and no record of calls. */
  reset(): void {
    this.#options = this.#built
    this.#running = startXen(this.#built)
    this.#levers = new Levers()
    this.#hung = new Set()
    this.#closed = false
  }

  #ask<Answer>(
    call: FallibleCall,
    given: readonly unknown[],
    body: (running: Running) => Answer,
    kept?: (answer: Answer) => unknown,
  ): Answer {
    return this.#levers.run(
      call,
      given,
      () => {
        this.#alive(call)
        const fault = this.#levers.take(call)
        if (fault !== null) throw fault
        return body(this.#running)
      },
      kept,
    )
  }

  #alive(call: FallibleCall): void {
    if (this.#closed) throw new HypervisorClosedError(call)
    const { end } = this.#running
    if (end !== null) throw refusal(OPERATION_OF[call], end, { call })
  }

  #need(call: OptionalCall): void {
    if (this.lacks.includes(call)) throw lacking(call, this.release)
  }

  /** Begins at once and ends later, on the machine and the Xen that it began on. */
  async #load(file: Uint8Array, force: boolean): Promise<MicrocodeAnswer> {
    this.#alive('updateMicrocode')
    if (force) this.#need('updateMicrocode force')
    const fault = this.#levers.take('updateMicrocode')
    const [running, hung] = [this.#running, new Set(this.#hung)]
    await Promise.resolve()
    if (running.end !== null) throw refusal('platform_op microcode_update', running.end)
    const errno = fault?.errno ?? running.cpus.load(file, force, hung)
    if (errno === 'PANIC' || errno === 'HANG') {
      running.end = errno
      throw refusal('platform_op microcode_update', errno, { hung: [...hung] })
    }
    return Object.freeze({ errno, cpus: running.cpus.list() })
  }
}
