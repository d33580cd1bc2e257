/** Memory that Xen can reach while it answers: op structs and what they point to are built here, copied in and out. */
import { errnoName } from './abi/errnos.js'
import type { Libc, Mapping } from './libc.js'

const PAGE = 4096
/** More than any answer or microcode file. */
const MOST = 64 * 1024 * 1024
/** O_RDWR | O_CLOEXEC. */
const OPEN_FLAGS = 0o2000002
/** MAP_SHARED; the driver refuses MAP_PRIVATE. */
const SHARED = 0x01
/** MAP_PRIVATE | MAP_ANONYMOUS, and with MAP_LOCKED. */
const ANONYMOUS = 0x22
const LOCKED = 0x2000
/** MADV_DONTFORK: a child must not turn these pages into copies while Xen writes to them. */
const DONT_FORK = 10

/** The device whose pages stay where they are; Linux 4.18 and later. */
const HYPERCALL_DEVICE = '/dev/xen/hypercall'

/** No memory for a call. */
export class ArenaError extends Error {
  /** Why, by errno. */
  readonly errno: string

  constructor(errno: string) {
    super(`No memory that Xen can reach: ${errno}`)
    this.errno = errno
  }
}

/** One stretch of such memory. It grows when more is asked for; what was in it is then gone. */
export class Arena {
  readonly #libc: Libc
  #mapping: Mapping
  #view: DataView

  /** @throws {@link ArenaError} if there is none. */
  constructor(libc: Libc, length: number) {
    this.#libc = libc
    this.#mapping = mapResident(libc, length)
    this.#view = viewOf(this.#mapping)
  }

  /** Where it begins. */
  get address(): bigint {
    return this.#mapping.address
  }

  /** What is in it; not to be kept. */
  get view(): DataView {
    return this.#view
  }

  /** The same as bytes; not to be kept. */
  get bytes(): Uint8Array {
    return this.#mapping.bytes
  }

  /** Makes it as long as this, if it is not. @throws {@link ArenaError} if there is no memory; it then stays as it is. */
  reserve(length: number): void {
    if (length <= this.#mapping.bytes.length) return
    const larger = mapResident(this.#libc, length)
    this.close()
    this.#mapping = larger
    this.#view = viewOf(larger)
  }

  /** Gives the memory back. Nothing of it can be reached after that. */
  close(): void {
    const mapping = this.#mapping
    this.#mapping = NOTHING
    this.#view = viewOf(NOTHING)
    if (mapping.bytes.length > 0) this.#libc.munmap(mapping)
  }
}

const NOTHING: Mapping = /* @__PURE__ */ (() => ({ address: 0n, bytes: new Uint8Array(0) }))()

function viewOf({ bytes }: Mapping): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Memory from the driver, else locked memory of our own. */
function mapResident(libc: Libc, wanted: number): Mapping {
  if (wanted > MOST) throw new ArenaError('ENOMEM')
  const length = Math.ceil(wanted / PAGE) * PAGE
  return mapDevice(libc, length) ?? mapLocked(libc, length)
}

function mapDevice(libc: Libc, length: number): Mapping | null {
  const fd = libc.open(HYPERCALL_DEVICE, OPEN_FLAGS)
  if (fd < 0) return null
  // The mapping keeps the file; the descriptor is not needed any more.
  const mapping = libc.mmap({ length, flags: SHARED, fd })
  libc.close(fd)
  return mapping
}

/** Older kernels have no such device: pages of our own, locked, not to be shared with children, and there before Xen looks for them. */
function mapLocked(libc: Libc, length: number): Mapping {
  const mapping =
    libc.mmap({ length, flags: ANONYMOUS | LOCKED, fd: -1 }) ??
    libc.mmap({ length, flags: ANONYMOUS, fd: -1 })
  if (mapping === null) throw new ArenaError(errnoName(libc.errno()))
  if (libc.mlock(mapping) < 0 || libc.madvise(mapping, DONT_FORK) < 0) {
    const errno = errnoName(libc.errno())
    libc.munmap(mapping)
    throw new ArenaError(errno)
  }
  mapping.bytes.fill(0)
  return mapping
}
