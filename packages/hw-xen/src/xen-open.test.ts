/** Everything that can be missing when a Xen is opened, each with its own error; and what is held after that: nothing. */
import { describe, expect, it } from 'vitest'
import { bootFile } from '../../../fixtures/boots.js'
import { describeRecorded } from '../../../fixtures/recorded.js'
import { ERRNOS } from './abi/errnos.js'
import { FakeLibc, type Levers } from './fake-libc.testing.js'
import { FakeXen } from './fake-xen.testing.js'
import { abiFile, readHost } from './recorded.testing.js'
import { openXen } from './xen-open.js'
import { XenUnavailableError } from './xen-unavailable.js'

const BOOT = '4.22.0-EPYC'

/** Every call of one interface is refused. */
const refusing = (hypercall: number, errno: number): Levers => ({
  inject: (call) => (call.hypercall === hypercall ? errno : undefined),
})

describeRecorded([bootFile(BOOT), abiFile('4.22.0')], () => {
  const libcWith = (levers: Levers) => new FakeLibc(new FakeXen(readHost(BOOT)), levers)

  const failure = (libc: FakeLibc, device?: string) => {
    try {
      openXen({ libc, ...(device === undefined ? {} : { device }) })
    } catch (error) {
      expect(libc.held()).toEqual({ files: 0, mappings: 0 })
      expect(libc.untouched()).toBe(true)
      if (error instanceof XenUnavailableError) return error
      throw error
    }
    throw new Error('it opened')
  }

  const privcmd = (errno: number): Levers => ({ closedFiles: { '/dev/xen/privcmd': errno } })

  it.each([
    ['no device', privcmd(ERRNOS.ENOENT), 'device', /modprobe xen-privcmd/],
    ['a device without a driver', privcmd(ERRNOS.ENXIO), 'device', /ENXIO/],
    ['no permission', privcmd(ERRNOS.EACCES), 'permission', /root/],
    ['no permission for root', privcmd(ERRNOS.EPERM), 'permission', /EPERM/],
    ['too many open files', privcmd(ERRNOS.EMFILE), 'kernel', /EMFILE/],
    ['no hypercalls', { inject: () => ERRNOS.ENOSYS }, 'kernel', /ENOSYS/],
    ['another driver', { inject: () => ERRNOS.ENOTTY }, 'kernel', /xen-privcmd/],
    [
      'no memory',
      { mapDevice: ERRNOS.EINVAL, mapAnonymous: ERRNOS.ENOMEM },
      'memory',
      /RLIMIT_MEMLOCK/,
    ],
    ['no locked memory', { mapDevice: ERRNOS.ENODEV, mlock: ERRNOS.EPERM }, 'memory', /EPERM/],
    ['no private memory', { mapDevice: ERRNOS.ENODEV, madvise: ERRNOS.EINVAL }, 'memory', /EINVAL/],
    ['an unknown sysctl', refusing(35, ERRNOS.EACCES), 'interface-version', /sysctl: none/],
    ['an unknown domctl', refusing(36, ERRNOS.EACCES), 'interface-version', /domctl: none/],
    ['a domU', refusing(35, ERRNOS.EPERM), 'not-dom0', /dom0/],
    ['a control domain without domctl', refusing(36, ERRNOS.EPERM), 'not-dom0', /XSM/],
    ['a sysctl that fails', refusing(35, ERRNOS.EFAULT), 'kernel', /EFAULT/],
  ] satisfies [string, Levers, string, RegExp][])('%s', (_, levers, missing, message) => {
    const error = failure(libcWith(levers))
    expect([error.name, error.code, error.missing, error.details.missing]).toEqual([
      'XenUnavailableError',
      'XEN_UNAVAILABLE',
      missing,
      missing,
    ])
    expect(error.message).toMatch(message)
  })

  it('names the version of a Xen that is too new, and of one that is too old', () => {
    for (const [face, version] of [
      ['sysctl', 0x19],
      ['domctl', 0x1c],
      ['sysctl', 0x10],
    ] as const) {
      const libc = libcWith({})
      const probe = libc.xen.recorded[`${face}_probe`]
      for (const name of Object.keys(probe)) delete probe[name]
      probe[`0x${version.toString(16)}`] = 0
      const error = failure(libc)
      expect(error.missing).toBe('interface-version')
      expect(error.details[face]).toBe(`0x${version.toString(16)}`)
    }
  })

  it('opens the device that it is told, and the old name of the usual one', () => {
    expect(failure(libcWith({}), '/dev/null').details).toMatchObject({
      device: '/dev/null',
      errno: 'ENOENT',
    })
    expect(failure(libcWith(privcmd(ERRNOS.EACCES))).details.device).toBe('/dev/xen/privcmd')
  })

  it('uses locked memory where the kernel has no hypercall device', () => {
    const libc = libcWith({ closedFiles: { '/dev/xen/hypercall': ERRNOS.ENOENT } })
    const xen = openXen({ libc })
    expect(xen.snapshot().xen?.release).toBe('4.22.0')
    xen.close()
    expect(libc.held()).toEqual({ files: 0, mappings: 0 })
  })

  it('reads a release that nobody knows yet by the newest tables', () => {
    const libc = libcWith({})
    libc.xen.recorded.version_raw = 0x0004_0063
    libc.xen.recorded.extraversion = '.1-rc2'
    const xen = openXen({ libc })
    expect(xen.release).toBe('4.99.1')
    expect(xen.version().extra).toBe('.1-rc2')
    expect(xen.policy('host').release).toBe('4.23-dev')
    expect(xen.levellingCaps().release).toBe('4.23-dev')
  })

  describe('microcode that dom0 reads where Xen does not tell it', () => {
    const reading = (boot: string, msrs: NonNullable<Levers['msrs']>) => {
      const libc = new FakeLibc(new FakeXen(readHost(boot)), { msrs })
      const xen = openXen({ libc })
      const [cpu] = xen.cpus()
      const snapshot = xen.snapshot()
      xen.close()
      expect(libc.held()).toEqual({ files: 0, mappings: 0 })
      expect(snapshot.cpu.microcodeRevision).toBe(cpu?.microcodeRevision)
      return [cpu?.microcodeRevision, cpu?.platformId]
    }
    const intel = (revision: bigint, platform: bigint) => ({
      139: revision << 32n,
      23: platform << 50n,
    })

    describeRecorded([bootFile('4.17-debian-Skylake-Server'), abiFile('4.17.7')], () => {
      const boot = '4.17-debian-Skylake-Server'
      it('is taken if all its CPUs agree', () => {
        expect(reading(boot, [])).toEqual([null, null])
        expect(reading(boot, [intel(0x8000_0001n, 7n)])).toEqual([0x8000_0001, 7])
        expect(reading(boot, [intel(5n, 1n), intel(5n, 1n)])).toEqual([5, 1])
        expect(reading(boot, [intel(5n, 1n), intel(6n, 1n)])).toEqual([null, 1])
        expect(reading(boot, [intel(5n, 1n), intel(5n, 2n)])).toEqual([5, null])
        expect(reading(boot, [intel(5n, 1n), {}])).toEqual([null, null])
      })
    })

    describeRecorded([bootFile('4.17-debian-EPYC'), abiFile('4.17.7')], () => {
      it('is in the other half on AMD', () => {
        expect(reading('4.17-debian-EPYC', [{ 139: 0x1_0800_1250n }])).toEqual([0x0800_1250, null])
      })
    })

    it('is not asked for where Xen tells it', () => {
      expect(reading(BOOT, [{ 139: 1n }])).toEqual([0x0100_0065, null])
    })
  })
})

describe('koffi', () => {
  it('is loaded when a Xen is opened, and what is missing here has a name', () => {
    // On a machine that is dom0 this would talk to its Xen: a device that is nowhere is asked for.
    let caught: unknown
    try {
      openXen({ device: '/nowhere/privcmd' })
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(XenUnavailableError)
    const missing = caught instanceof XenUnavailableError ? caught.missing : ''
    expect(['device', 'koffi', 'kernel']).toContain(missing)
  })
})
