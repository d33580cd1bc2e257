/** One hypercall: its op struct built in the arena, the ioctl, what came back. */
import { HypercallError } from '@xenlevel/core'
import { ERRNOS, errnoName } from './abi/errnos.js'
import type { Abi } from './abi/layouts.js'
import { meaningOf } from './abi/meanings.js'
import { INTERFACES, type Operation, type OperationName, XEN_VERSION } from './abi/operations.js'
import { Arena, ArenaError } from './arena.js'
import type { Libc } from './libc.js'

/** IOCTL_PRIVCMD_HYPERCALL: _IOC(none, 'P', 0, 48); a struct of the hypercall's number and five arguments, 64 bits each, at the arena's beginning. */
const HYPERCALL_IOCTL = 0x30_5000
/** Where the op struct is in the arena. */
const OP = 64
/** Where data begins. */
const DATA = 256
/** What is enough for every answer that was ever seen. */
const USUAL_BYTES = 16 * 1024

/** An open hypercall device, and what it takes to use it. */
export interface Device {
  /** The functions it is used by. */
  readonly libc: Libc
  /** Its descriptor. */
  readonly fd: number
}

/** What is asked for, as errors tell it. */
export type Asked = Readonly<Record<string, unknown>>

/** Calls of Xen through one arena. */
export class HypercallDoor {
  /** The layouts that this Xen speaks. */
  readonly abi: Abi
  readonly #device: Device
  readonly #arena: Arena

  constructor(device: Device, abi: Abi, arena: Arena = new Arena(device.libc, USUAL_BYTES)) {
    this.#device = device
    this.abi = abi
    this.#arena = arena
  }

  /** The same device and memory, by other layouts. */
  speaking(abi: Abi): HypercallDoor {
    return new HypercallDoor(this.#device, abi, this.#arena)
  }

  /** The same device and layouts with memory of its own, for a call that takes long. @throws {@link ArenaError} */
  apart(dataBytes: number): HypercallDoor {
    const arena = new Arena(this.#device.libc, DATA + dataBytes)
    return new HypercallDoor(this.#device, this.abi, arena)
  }

  /**
   * Makes the op struct of an operation, all zero but for its head, and room for data.
   *
   * @returns the struct's own part, to be filled in and read after {@link HypercallDoor.issue}.
   * @throws {@link HypercallError} if there is no memory for it.
   */
  begin(operation: Operation, dataBytes = 0): OpStruct {
    this.#reserve(operation.name, dataBytes)
    const { struct, union, version } = INTERFACES[operation.face]
    const { bytes, view, address } = this.#arena
    bytes.fill(0, OP, OP + this.abi.at(struct))
    view.setUint32(OP, operation.command, true)
    view.setUint32(OP + 4, version ?? this.#version(operation), true)
    return new OpStruct(view, OP + this.abi.at(union), address + BigInt(DATA))
  }

  #version({ face }: Operation): number {
    return face === 'domctl' ? this.abi.versions.domctl : this.abi.versions.sysctl
  }

  #reserve(operation: OperationName, dataBytes: number): void {
    try {
      this.#arena.reserve(DATA + dataBytes)
    } catch (error) {
      if (error instanceof ArenaError) throw refusal(operation, error.errno)
      throw error
    }
  }

  /** Copies into the data. */
  put(bytes: Uint8Array, at = 0): void {
    this.#arena.bytes.set(bytes, DATA + at)
  }

  /** A copy of data. */
  take(length: number, at = 0): Uint8Array {
    return this.#arena.bytes.slice(DATA + at, DATA + at + length)
  }

  /** Calls Xen: what it answers, which is not negative, or the errno as a negative number. */
  issue({ face }: Operation): number {
    this.#call(INTERFACES[face].hypercall, this.#arena.address + BigInt(OP), 0n)
    return this.#ioctl()
  }

  /** The same without stopping this thread. The memory must not be used or given back until it is done. */
  async issueApart({ face }: Operation): Promise<number> {
    this.#call(INTERFACES[face].hypercall, this.#arena.address + BigInt(OP), 0n)
    const { libc, fd } = this.#device
    const { result, errno } = await libc.ioctlAsync(fd, HYPERCALL_IOCTL, this.#arena.address)
    return outcome(result, errno)
  }

  /** Calls xen_version with room for an answer, which {@link HypercallDoor.take} gives. */
  askVersion(name: OperationName, command: number, dataBytes: number): number {
    this.#reserve(name, dataBytes)
    const { address, bytes } = this.#arena
    bytes.fill(0, DATA, DATA + dataBytes)
    this.#call(XEN_VERSION, BigInt(command), dataBytes === 0 ? 0n : address + BigInt(DATA))
    return this.#ioctl()
  }

  #call(hypercall: number, first: bigint, second: bigint): void {
    const { view } = this.#arena
    // What follows is zero from the beginning, and Linux writes nothing here.
    view.setUint32(0, hypercall, true)
    view.setBigUint64(8, first, true)
    view.setBigUint64(16, second, true)
  }

  #ioctl(): number {
    const { libc, fd } = this.#device
    const result = libc.ioctl(fd, HYPERCALL_IOCTL, this.#arena.address)
    return result < 0 ? outcome(result, libc.errno()) : result
  }

  /** Gives the memory back; the device stays open. */
  close(): void {
    this.#arena.close()
  }
}

/** A failure must not look like an answer, not even if its errno was lost. */
function outcome(result: number, errno: number): number {
  return result < 0 ? -(errno > 0 ? errno : ERRNOS.EIO) : result
}

/** The part of an op struct that is the operation's own. */
export class OpStruct {
  readonly #view: DataView
  readonly #at: number
  readonly #data: bigint

  constructor(view: DataView, at: number, data: bigint) {
    this.#view = view
    this.#at = at
    this.#data = data
  }

  /** Writes 32 bits. */
  set(offset: number, value: number): this {
    this.#view.setUint32(this.#at + offset, value >>> 0, true)
    return this
  }

  /** Writes a pointer to the data. */
  point(offset: number, dataOffset = 0): this {
    this.#view.setBigUint64(this.#at + offset, this.#data + BigInt(dataOffset), true)
    return this
  }

  /** Reads 32 bits. */
  get(offset: number): number {
    return this.#view.getUint32(this.#at + offset, true)
  }

  /** Reads 64 bits. */
  getLong(offset: number): bigint {
    return this.#view.getBigUint64(this.#at + offset, true)
  }

  /** Reads a byte. */
  getByte(offset: number): number {
    return this.#view.getUint8(this.#at + offset)
  }

  /** Writes the number of the domain that a domctl is about, which stands before its own part. */
  setDomain(abi: Abi, domid: number): this {
    this.#view.setUint16(OP + abi.at('xen_domctl.domain'), domid, true)
    return this
  }

  /** Reads it. */
  getDomain(abi: Abi): number {
    return this.#view.getUint16(OP + abi.at('xen_domctl.domain'), true)
  }
}

/** The error of a call that Xen refused, by the errno's name. */
export function refusal(
  operation: OperationName,
  errno: string,
  asked: Asked = {},
): HypercallError {
  return new HypercallError({ operation, errno, asked, meaning: `${meaningOf(operation, errno)}.` })
}

/**
 * What a call answered.
 *
 * @throws {@link HypercallError} if it is an errno.
 */
export function answered(operation: OperationName, result: number, asked: Asked = {}): number {
  if (result >= 0) return result
  throw refusal(operation, errnoName(-result), asked)
}

/** The error of an answer that cannot be right: more than there was room for, records that no Xen writes. */
export function nonsense(
  operation: OperationName,
  what: string,
  asked: Asked = {},
): HypercallError {
  return new HypercallError({
    operation,
    errno: 'EPROTO',
    asked,
    meaning: `the answer cannot be right, and nothing of it is used: ${what}.`,
  })
}
