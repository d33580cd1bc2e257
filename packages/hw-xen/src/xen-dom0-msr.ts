/**
 * What dom0 can read of the microcode where Xen has no call for it, before 4.18.
 *
 * Reading an MSR traps to Xen, which answers for the physical CPU that dom0's vCPU is on at that moment: so the answers of all vCPUs are
 * compared, and count only if they are the same. /proc/cpuinfo and sysfs are not asked: dom0 fills them at boot and does not learn of a
 * load that Xen does.
 */
import type { CpuVendor } from '@xenlevel/cpuid'
import type { Libc } from './libc.js'

/** Microcode of the CPUs, as far as dom0 sees it. */
export interface Dom0Microcode {
  /** Intel's platform id, 0 to 7; null if it is not known. */
  readonly platformId: number | null
  /** The revision, unsigned; null if it is not known. */
  readonly revision: number | null
}

const UNKNOWN: Dom0Microcode = { platformId: null, revision: null }

/** MSR 0x8b: the revision, in the high half on Intel (SDM volume 4, IA32_BIOS_SIGN_ID), in the low half on AMD (APM volume 2, PATCH_LEVEL). */
const REVISION_MSR = 0x8b
const REVISION_AT: Readonly<Partial<Record<CpuVendor, number>>> = { Intel: 4, AMD: 0, Hygon: 0 }

/** MSR 0x17, IA32_PLATFORM_ID: bits 50 to 52 (SDM volume 4). */
const PLATFORM_MSR = 0x17

/** More vCPUs than dom0 has. */
const MOST_VCPUS = 512

/** What all vCPUs of dom0 agree on. The kernel module msr has to be loaded. */
export function readDom0Microcode(libc: Libc, vendor: CpuVendor): Dom0Microcode {
  const revisionAt = REVISION_AT[vendor]
  if (revisionAt === undefined) return UNKNOWN
  const found: Dom0Microcode[] = []
  for (let vcpu = 0; vcpu < MOST_VCPUS; vcpu++) {
    const fd = libc.open(`/dev/cpu/${vcpu}/msr`, 0)
    if (fd < 0) break
    const revision = readMsr(libc, fd, REVISION_MSR)
    const platform = vendor === 'Intel' ? readMsr(libc, fd, PLATFORM_MSR) : null
    libc.close(fd)
    found.push({
      revision: revision?.getUint32(revisionAt, true) ?? null,
      platformId: platform === null ? null : (platform.getUint32(4, true) >>> 18) & 7,
    })
  }
  const [first = UNKNOWN] = found
  return {
    revision: found.every(({ revision }) => revision === first.revision) ? first.revision : null,
    platformId: found.every(({ platformId }) => platformId === first.platformId)
      ? first.platformId
      : null,
  }
}

function readMsr(libc: Libc, fd: number, index: number): DataView | null {
  const bytes = libc.read(fd, index, 8)
  return bytes?.length === 8 ? new DataView(bytes.buffer, bytes.byteOffset, 8) : null
}
