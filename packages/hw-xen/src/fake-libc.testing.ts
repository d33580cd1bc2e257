/** A C library for tests behind which a recorded Xen answers: memory with addresses, descriptors, levers for what can go wrong. */
import { ERRNOS } from './abi/errnos.js'
import type { FakeXen, Memory } from './fake-xen.testing.js'
import type { IoctlOutcome, Libc, Mapping, MappingRequest } from './libc.js'

/** One hypercall as it was made. */
export interface SeenCall {
  /** Its number. */
  readonly hypercall: number
  /** The operation's number. */
  readonly command: number
  /** Place among all hypercalls, from 0. */
  readonly place: number
}

/** What a test can do to it. */
export interface Levers {
  /** Errnos of files that do not open. */
  closedFiles?: Readonly<Record<string, number>>
  /** Errno of /dev/xen/hypercall mappings, and of anonymous ones. */
  mapDevice?: number
  mapAnonymous?: number
  mlock?: number
  madvise?: number
  /** Errno instead of an answer; undefined lets the call through. */
  inject?: (call: SeenCall) => number | undefined
  /** Called before each hypercall is answered. */
  before?: (call: SeenCall, xen: FakeXen) => void
  /** Answers in place of the recorded Xen: the op struct's address, memory. */
  instead?: (call: SeenCall, memory: Memory) => number
  /** Holds back what runs in the background. */
  gate?: Promise<void>
  /** MSRs of each vCPU of dom0, by number. */
  msrs?: readonly Readonly<Record<number, bigint>>[]
}

const HYPERCALL_IOCTL = 0x305000
const CANARY = 0xdd
const PAGE = 4096

/** A libc on a recorded Xen. */
export class FakeLibc implements Libc {
  readonly levers: Levers
  readonly calls: SeenCall[] = []
  readonly xen: FakeXen
  readonly mappings: Mapping[] = []
  readonly unmapped: Mapping[] = []
  readonly files = new Map<number, string>()
  #next = 0x7f00_0000_0000n
  #errno = 0

  constructor(xen: FakeXen, levers: Levers = {}) {
    this.xen = xen
    this.levers = levers
  }

  #fail(errno: number): -1 {
    this.#errno = errno
    return -1
  }

  open(path: string): number {
    const errno = this.levers.closedFiles?.[path]
    if (errno !== undefined) return this.#fail(errno)
    const vcpu = /^\/dev\/cpu\/(\d+)\/msr$/.exec(path)?.[1]
    const known = /^\/dev\/xen\/(privcmd|hypercall)$/.test(path)
    if (!known && (vcpu === undefined || this.levers.msrs?.[Number(vcpu)] === undefined)) {
      return this.#fail(ERRNOS.ENOENT)
    }
    const fd = Math.max(2, ...this.files.keys()) + 1
    this.files.set(fd, path)
    return fd
  }

  close(fd: number): number {
    return this.files.delete(fd) ? 0 : this.#fail(ERRNOS.EBADF)
  }

  read(fd: number, offset: number, length: number): Uint8Array | null {
    const vcpu = /^\/dev\/cpu\/(\d+)\/msr$/.exec(this.files.get(fd) ?? '')?.[1]
    const value = this.levers.msrs?.[Number(vcpu)]?.[offset]
    if (value === undefined) {
      this.#fail(ERRNOS.EIO)
      return null
    }
    const view = new DataView(new ArrayBuffer(8))
    view.setBigUint64(0, value, true)
    return new Uint8Array(view.buffer, 0, length)
  }

  mmap({ length, flags, fd }: MappingRequest): Mapping | null {
    const device = fd >= 0
    const errno = device ? this.levers.mapDevice : this.levers.mapAnonymous
    const wrong = device
      ? this.files.get(fd) !== '/dev/xen/hypercall' || flags !== 1
      : (flags & 0x22) !== 0x22
    if (errno !== undefined || wrong || length % PAGE !== 0 || length === 0) {
      this.#fail(errno ?? ERRNOS.EINVAL)
      return null
    }
    const mapping = { address: this.#next, bytes: new Uint8Array(length) }
    this.#next += BigInt(length + PAGE)
    this.mappings.push(mapping)
    return mapping
  }

  munmap(mapping: Mapping): number {
    const at = this.mappings.indexOf(mapping)
    if (at < 0) return this.#fail(ERRNOS.EINVAL)
    this.mappings.splice(at, 1)
    this.unmapped.push(mapping)
    mapping.bytes.fill(CANARY)
    return 0
  }

  mlock(): number {
    return this.levers.mlock === undefined ? 0 : this.#fail(this.levers.mlock)
  }

  madvise(): number {
    return this.levers.madvise === undefined ? 0 : this.#fail(this.levers.madvise)
  }

  /** Memory at an address; null where nothing is mapped: EFAULT. */
  readonly memory: Memory = (address, length) => {
    for (const { address: base, bytes } of this.mappings) {
      const at = Number(address - base)
      if (at >= 0 && at + length <= bytes.length) {
        return new DataView(bytes.buffer, bytes.byteOffset + at, length)
      }
    }
    return null
  }

  ioctl(fd: number, request: number, argument: bigint): number {
    const result = this.#hypercall(fd, request, argument)
    return result < 0 ? this.#fail(-result) : result
  }

  async ioctlAsync(fd: number, request: number, argument: bigint): Promise<IoctlOutcome> {
    await this.levers.gate
    const result = this.#hypercall(fd, request, argument)
    return result < 0 ? { result: -1, errno: -result } : { result, errno: 0 }
  }

  #hypercall(fd: number, request: number, argument: bigint): number {
    const path = this.files.get(fd)
    if (path === undefined) return -ERRNOS.EBADF
    if (path !== '/dev/xen/privcmd' || request !== HYPERCALL_IOCTL) return -ERRNOS.ENOTTY
    const call = this.memory(argument, 48)
    if (call === null) return -ERRNOS.EFAULT
    const hypercall = Number(call.getBigUint64(0, true))
    const first = call.getBigUint64(8, true)
    const command =
      hypercall === 17 ? Number(first) : (this.memory(first, 4)?.getUint32(0, true) ?? -1)
    const seen = { hypercall, command, place: this.calls.length }
    this.calls.push(seen)
    const injected = this.levers.inject?.(seen)
    if (injected !== undefined) return -injected
    this.levers.before?.(seen, this.xen)
    if (this.levers.instead !== undefined) return this.levers.instead(seen, this.memory)
    return this.xen.answer(hypercall, [first, call.getBigUint64(16, true)], this.memory)
  }

  errno(): number {
    return this.#errno
  }

  /** What is still held: descriptors and mappings. */
  held(): { files: number; mappings: number } {
    return { files: this.files.size, mappings: this.mappings.length }
  }

  /** True if nobody wrote to memory after it was given back. */
  untouched(): boolean {
    return this.unmapped.every(({ bytes }) => bytes.every((byte) => byte === CANARY))
  }
}
