/**
 * A recorded Xen that answers hypercalls struct by struct, by the layouts that its own headers compile to, not by this package's. What is
 * in a place where that release has nothing is an error, as it would be for Xen.
 */
import type { PolicyRecords } from '@xenlevel/core'
import { encodeSignature } from '@xenlevel/cpuid'
import { type LateLoadHost, predictOutcome } from '@xenlevel/microcode'
import { ERRNOS } from './abi/errnos.js'
import { FakeDomains } from './fake-domains.testing.js'
import {
  failed,
  type RecordedHost,
  type RecordedLayouts,
  recordsOfText,
} from './recorded.testing.js'

/** Memory at an address; null where there is none. */
export type Memory = (address: bigint, length: number) => DataView | null

const FEATURESETS = ['raw', 'host', 'pv', 'hvm', 'pv_max', 'hvm_max']
const POLICIES = ['raw', 'host', 'pv_max', 'hvm_max', 'pv_default', 'hvm_default']
const STRINGS: Readonly<Record<number, readonly [keyof RecordedHost['hypercalls'], number]>> = {
  1: ['extraversion', 16],
  3: ['capabilities', 1024],
  4: ['changeset', 64],
  9: ['commandline', 1024],
}

/** Which of the recorded files this is. */
function nameOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'len0'
  const zero = bytes.every((byte) => byte === 0)
  if (bytes.length === 4) return zero ? 'len4' : ''
  if (bytes.length !== 4096) return ''
  return zero ? 'zero4k' : bytes.every((byte) => byte === 0xa5) ? 'garbage4k' : ''
}

/** A recorded Xen. */
export class FakeXen {
  readonly recorded: RecordedHost['hypercalls']
  readonly layouts: RecordedLayouts
  /** Its release. */
  readonly release: string
  readonly domains: FakeDomains
  /** Featureset words and policy leaves that it has more than recorded, to be raised in between. */
  moreWords = 0
  moreLeaves = 0
  /** What the next microcode update comes to. */
  microcode: number | undefined
  /** The last file that was loaded. */
  loaded: { bytes: Uint8Array; flags: number | null } | undefined

  constructor({ host, layouts }: { host: RecordedHost; layouts: RecordedLayouts }) {
    this.recorded = host.hypercalls
    this.layouts = layouts
    this.release = host.xen
    this.domains = new FakeDomains(this)
  }

  /** Where something is, by this release's headers. */
  at(place: string): number {
    const value = this.layouts.places.get(place)
    if (value === undefined) throw new Error(`${place} is not in this release`)
    return value
  }

  /** The errno of a recorded failure, negative. */
  errnoOf(answer: unknown): number {
    if (!failed(answer)) throw new Error(`not a failure: ${JSON.stringify(answer)}`)
    return -answer.errno
  }

  answer(hypercall: number, [first, second]: readonly [bigint, bigint], memory: Memory): number {
    if (hypercall === 17) return this.#version(Number(first), second, memory)
    const struct = { 35: 'xen_sysctl', 36: 'xen_domctl', 7: 'xen_platform_op' }[hypercall]
    if (struct === undefined) return -ERRNOS.ENOSYS
    const size = this.at(struct)
    const op = memory(first, size)
    if (op === null) return -ERRNOS.EFAULT
    const union = new DataView(op.buffer, op.byteOffset + this.at(`${struct}.u`))
    const [command, version] = [op.getUint32(0, true), op.getUint32(4, true)]
    if (hypercall === 35) return this.#sysctl(command, version, union, memory)
    if (hypercall === 36) return this.#domctl(command, version, op, union, memory)
    return this.#platform(command, version, union, memory)
  }

  #version(command: number, address: bigint, memory: Memory): number {
    if (command === 0) return this.recorded.version_raw
    const [name, size] = STRINGS[command] ?? []
    if (name === undefined || size === undefined) return -ERRNOS.ENOSYS
    const room = memory(address, size)
    if (room === null) return -ERRNOS.EFAULT
    const bytes = new TextEncoder().encode(`${String(this.recorded[name])}\0`)
    bytes.forEach((byte, at) => {
      room.setUint8(at, byte)
    })
    return 0
  }

  #sysctl(command: number, version: number, u: DataView, memory: Memory): number {
    const probed = this.recorded.sysctl_probe[`0x${version.toString(16)}`]
    if (probed === undefined || failed(probed)) return -ERRNOS.EACCES
    if (command === 3) return this.#physinfo(u)
    if (command === 25) {
      const caps = this.recorded.levelling_caps
      if (failed(caps)) return -caps.errno
      u.setUint32(0, Number(caps), true)
      return 0
    }
    if (command === 26) return this.#featureset(u, memory)
    if (command === 29) return this.#policy(u, memory)
    return this.errnoOf(this.recorded.pit.unknown_sysctl)
  }

  #physinfo(u: DataView): number {
    const { physinfo } = this.recorded
    const names = ['threads_per_core', 'cores_per_socket', 'nr_cpus', 'max_cpu_id', 'nr_nodes']
    ;[...names, 'max_node_id'].forEach((name, place) => {
      u.setUint32(place * 4, Number(physinfo[name]), true)
    })
    const s = 'xen_sysctl_physinfo'
    u.setUint32(this.at(`${s}.cpu_khz`), Number(physinfo.cpu_khz), true)
    u.setUint32(this.at(`${s}.capabilities`), Number(physinfo.capabilities), true)
    const pages = ['total_pages', 'free_pages', 'scrub_pages', 'outstanding_pages', 'max_mfn']
    pages.forEach((name, place) => {
      u.setBigUint64(this.at(`${s}.total_pages`) + place * 8, BigInt(physinfo[name] ?? 0), true)
    })
    String(physinfo.hw_cap)
      .split(':')
      .forEach((word, place) => {
        u.setUint32(this.at(`${s}.hw_cap`) + place * 4, Number.parseInt(word, 16), true)
      })
    return 0
  }

  #featureset(u: DataView, memory: Memory): number {
    const s = 'xen_sysctl_cpu_featureset'
    const name = FEATURESETS[u.getUint32(this.at(`${s}.index`), true)] ?? 'idx6'
    const address = u.getBigUint64(this.at(`${s}.features`), true)
    const nr = this.at(`${s}.nr_features`)
    const has = (this.recorded.featureset_nr[name] ?? 0) + this.moreWords
    if (address === 0n) {
      u.setUint32(nr, has, true)
      return 0
    }
    const words = this.recorded.featuresets[name]
    if (typeof words !== 'string') return this.errnoOf(words)
    const room = u.getUint32(nr, true)
    const target = memory(address, Math.min(room, has) * 4)
    if (target === null) return -ERRNOS.EFAULT
    u.setUint32(nr, Math.min(room, has), true)
    for (let word = 0; word < Math.min(room, has); word++) {
      target.setUint32(word * 4, Number.parseInt(words.split(':')[word] ?? '0', 16), true)
    }
    return room < has ? this.errnoOf(this.recorded.featureset_short_buffer) : 0
  }

  #policy(u: DataView, memory: Memory): number {
    const s = 'xen_sysctl_cpu_policy'
    const name = POLICIES[u.getUint32(this.at(`${s}.index`), true)] ?? 'idx6'
    if (u.getUint32(this.at(`${s}._rsvd`), true) !== 0) return -ERRNOS.EINVAL
    const policy = this.recorded.policies[name]
    if (policy === undefined || failed(policy)) return this.errnoOf(policy)
    const [, leaves, msrs] = /off=(\d+),(\d+)/.exec(this.layouts.others.join()) ?? []
    const places = [this.at(`${s}.nr_leaves`), this.at(`${s}.nr_msrs`), leaves, msrs].map(Number)
    return this.writePolicy(recordsOfText(policy), u, places, memory)
  }

  /** Writes records where the struct points to; places are those of nr_leaves, nr_msrs, leaves, msrs. */
  writePolicy(
    policy: PolicyRecords,
    u: DataView,
    [nrLeaves = 0, nrMsrs = 0, leavesAt = 0, msrsAt = 0]: readonly number[],
    memory: Memory,
  ): number {
    const [mostLeaves, mostMsrs] = this.recorded.policy_max
    const [leaves, msrs] = [u.getBigUint64(leavesAt, true), u.getBigUint64(msrsAt, true)]
    if (leaves === 0n || msrs === 0n) {
      u.setUint32(nrLeaves, mostLeaves + this.moreLeaves, true)
      u.setUint32(nrMsrs, mostMsrs, true)
      return 0
    }
    const count = policy.leaves.length + this.moreLeaves
    if (u.getUint32(nrLeaves, true) < count || u.getUint32(nrMsrs, true) < policy.msrs.length) {
      return this.errnoOf(this.recorded.featureset_short_buffer)
    }
    const [first, second] = [memory(leaves, count * 24), memory(msrs, policy.msrs.length * 16)]
    if (first === null || second === null) return -ERRNOS.EFAULT
    policy.leaves.forEach(({ leaf, subleaf, a, b, c, d }, place) => {
      ;[leaf, subleaf ?? 0xffff_ffff, a, b, c, d].forEach((word, at) => {
        first.setUint32(place * 24 + at * 4, word, true)
      })
    })
    policy.msrs.forEach(({ index, flags, value }, place) => {
      second.setUint32(place * 16, index, true)
      second.setUint32(place * 16 + 4, flags, true)
      second.setBigUint64(place * 16 + 8, value, true)
    })
    u.setUint32(nrLeaves, policy.leaves.length, true)
    u.setUint32(nrMsrs, policy.msrs.length, true)
    return 0
  }

  #domctl(command: number, version: number, op: DataView, u: DataView, memory: Memory): number {
    const probed = this.recorded.domctl_probe[`0x${version.toString(16)}`]
    if (probed === undefined || failed(probed)) return -ERRNOS.EACCES
    const domain = new DataView(op.buffer, op.byteOffset + this.at('xen_domctl.domain'), 2)
    return (
      this.domains.answer(command, { domain, u }, memory) ??
      this.errnoOf(this.recorded.pit.unknown_domctl)
    )
  }

  #platform(command: number, version: number, u: DataView, memory: Memory): number {
    if (version !== this.layouts.versions.platform) {
      return this.errnoOf(this.recorded.platform_wrong_version)
    }
    if (command === 48) return this.#cpuVersion(u)
    if (command === 65) return this.#ucodeRevision(u)
    if (command === 35) return this.#update('xenpf_microcode_update', u, memory)
    if (command === 66) return this.#update2(u, memory)
    return this.errnoOf(this.recorded.pit.unknown_platform)
  }

  #cpuVersion(u: DataView): number {
    const s = 'xenpf_pcpu_version'
    const cpu = u.getUint32(this.at(`${s}.xen_cpuid`), true)
    const [first] = this.recorded.cpu_version
    const found = this.recorded.cpu_version.find((row) => row.cpu === cpu)
    u.setUint32(this.at(`${s}.max_present`), first?.max_present ?? 0, true)
    for (let at = 0; at < 12; at++) {
      u.setUint8(this.at(`${s}.vendor_id`) + at, found?.vendor.charCodeAt(at) || 0)
    }
    for (const name of ['family', 'model', 'stepping'] as const) {
      u.setUint32(this.at(`${s}.${name}`), found?.[name] ?? 0, true)
    }
    return 0
  }

  #ucodeRevision(u: DataView): number {
    const [first, second] = this.recorded.ucode_revision
    if (failed(first) && failed(second)) return -first.errno
    const s = 'xenpf_ucode_revision'
    if (u.getUint32(this.at(`${s}.cpu`), true) !== 0) return this.errnoOf(second)
    if (first === undefined || failed(first)) return this.errnoOf(first)
    for (const name of ['signature', 'pf', 'revision'] as const) {
      u.setUint32(this.at(`${s}.${name}`), Number(first[name]), true)
    }
    return 0
  }

  #update(s: string, u: DataView, memory: Memory): number {
    const length = u.getUint32(this.at(`${s}.length`), true)
    const address = u.getBigUint64(this.at(`${s}.data`), true)
    const data = memory(address, length)
    if (data === null) return this.errnoOf(this.recorded.microcode_update.null_ptr)
    const bytes = new Uint8Array(data.buffer, data.byteOffset, length).slice()
    const flags = s.endsWith('2') ? u.getUint32(this.at(`${s}.flags`), true) : null
    this.loaded = { bytes, flags }
    if (this.microcode !== undefined) return this.microcode
    const recorded = this.recorded.microcode_update[nameOf(bytes)]
    if (recorded !== undefined) return this.errnoOf(recorded)
    const call = flags === null ? 'microcode_update' : 'microcode_update2'
    const { errno } = predictOutcome(this.#loadHost(), bytes, { call, force: flags === 1 })
    if (errno === 'PANIC' || errno === 'HANG') throw new Error(`this file ends in ${errno}`)
    return errno === 'OK' ? 0 : -ERRNOS[errno]
  }

  /** The machine, as @xenlevel/microcode wants it. */
  #loadHost(): LateLoadHost {
    const [cpu] = this.recorded.cpu_version
    if (cpu === undefined) throw new Error('no CPU was recorded')
    const [microcode] = this.recorded.ucode_revision
    const told = failed(microcode) ? undefined : microcode
    return {
      xen: this.release,
      threadsPerCore: 1,
      cpus: [
        {
          vendor: cpu.vendor === 'GenuineIntel' ? 'Intel' : 'AMD',
          signature: encodeSignature(cpu),
          platformId: 0,
          revision: Number(told?.revision ?? 0),
        },
      ],
    }
  }

  #update2(u: DataView, memory: Memory): number {
    const { flags1, flags2 } = this.recorded.microcode_update2
    if (this.layouts.others.includes('no microcode_update2')) return this.errnoOf(flags1)
    const flags = u.getUint32(this.at('xenpf_microcode_update2.flags'), true)
    return flags > 1 ? this.errnoOf(flags2) : this.#update('xenpf_microcode_update2', u, memory)
  }
}
