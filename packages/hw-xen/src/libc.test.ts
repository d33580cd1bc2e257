/** The C library through koffi: what can be tried without Xen, on Linux. */
import { describe, expect, it, vi } from 'vitest'
import { ERRNOS } from './abi/errnos.js'
import { Arena, ArenaError } from './arena.js'
import { koffiLibc, type Libc } from './libc.js'
import { XenUnavailableError } from './xen-unavailable.js'

const onLinux = process.platform === 'linux' && process.arch === 'x64'

/** The C library, where koffi is installed. */
function libcHere(): Libc | null {
  if (!onLinux) return null
  try {
    return koffiLibc()
  } catch (error) {
    if (error instanceof XenUnavailableError && error.missing === 'koffi') return null
    throw error
  }
}

const libc = libcHere()

describe.skipIf(libc === null)('koffi', () => {
  const c = libc ?? koffiLibc()

  it('opens, reads and closes', () => {
    const fd = c.open('/proc/self/stat', 0)
    expect(fd).toBeGreaterThan(2)
    expect(new TextDecoder().decode(c.read(fd, 0, 4) ?? new Uint8Array(0))).toBe(
      String(process.pid).padEnd(4).slice(0, 4),
    )
    expect(c.read(fd, 1 << 20, 16)).toEqual(new Uint8Array(0))
    expect(c.close(fd)).toBe(0)
    expect([c.close(fd), c.errno()]).toEqual([-1, ERRNOS.EBADF])
    expect([c.read(fd, 0, 4), c.errno()]).toEqual([null, ERRNOS.EBADF])
    expect([c.open('/nowhere/privcmd', 0), c.errno()]).toEqual([-1, ERRNOS.ENOENT])
  })

  it('maps, locks and gives back memory', () => {
    const mapping = c.mmap({ length: 8192, flags: 0x22, fd: -1 })
    if (mapping === null) throw new Error('no memory')
    expect(mapping.bytes.length).toBe(8192)
    mapping.bytes.fill(7)
    expect([c.mlock(mapping), c.madvise(mapping, 10)]).toEqual([0, 0])
    expect(mapping.bytes.every((byte) => byte === 7)).toBe(true)
    expect(c.munmap(mapping)).toBe(0)
    expect([c.mmap({ length: 0, flags: 0x22, fd: -1 }), c.errno()]).toEqual([null, ERRNOS.EINVAL])
  })

  it('tells the errno of an ioctl, here and in the background', async () => {
    const fd = c.open('/dev/zero', 2)
    expect([c.ioctl(fd, 0x30_5000, 0n), c.errno()]).toEqual([-1, ERRNOS.ENOTTY])
    const outcomes = [c.ioctlAsync(fd, 0x30_5000, 0n), c.ioctlAsync(-1, 0x30_5000, 0n)]
    c.open('/nowhere', 0)
    expect(await Promise.all(outcomes)).toEqual([
      { result: -1, errno: ERRNOS.ENOTTY },
      { result: -1, errno: ERRNOS.EBADF },
    ])
    c.close(fd)
  })

  it('gives an arena memory that grows, and nothing after it is closed', () => {
    const arena = new Arena(c, 100)
    expect(arena.bytes.length % 4096).toBe(0)
    arena.bytes.fill(1)
    arena.reserve(10_000)
    expect(arena.bytes.length).toBe(12_288)
    expect(arena.bytes.every((byte) => byte === 0)).toBe(true)
    expect(() => arena.reserve(1e9)).toThrow(ArenaError)
    expect(arena.bytes.length).toBe(12_288)
    arena.close()
    arena.close()
    expect(arena.bytes.length).toBe(0)
    expect(() => arena.view.getUint8(0)).toThrow(RangeError)
  })
})

describe.skipIf(!onLinux)('without koffi', () => {
  it('says so, and the package can be imported', async () => {
    vi.doMock('node:module', () => ({
      createRequire: () => () => {
        throw new Error("Cannot find module 'koffi'")
      },
    }))
    vi.resetModules()
    const fresh = await import('./index.js')
    expect(fresh.openXen).toBeTypeOf('function')
    expect(() => fresh.openXen()).toThrow(
      expect.objectContaining({
        name: 'XenUnavailableError',
        missing: 'koffi',
        message: expect.stringMatching(/npm install koffi/),
      }),
    )
    vi.doUnmock('node:module')
    vi.resetModules()
  })
})

describe('another system', () => {
  it.each([
    ['darwin', 'arm64'],
    ['linux', 'arm64'],
  ])('%s on %s is no dom0', (platform, arch) => {
    const real = { platform: process.platform, arch: process.arch }
    const become = (system: { platform: string; arch: string }) => {
      Object.defineProperty(process, 'platform', { value: system.platform })
      Object.defineProperty(process, 'arch', { value: system.arch })
    }
    become({ platform, arch })
    try {
      expect(() => koffiLibc()).toThrow(
        expect.objectContaining({
          missing: 'kernel',
          details: expect.objectContaining({ running: `${platform} on ${arch}` }),
        }),
      )
    } finally {
      become(real)
    }
  })
})
