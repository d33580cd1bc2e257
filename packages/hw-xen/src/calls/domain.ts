/** XEN_DOMCTL_createdomain and XEN_DOMCTL_destroydomain, for domains that are never started. */
import { randomFillSync } from 'node:crypto'
import { HypervisorLacksError, type ProbeDomain } from '@xenlevel/core'
import { ERRNOS } from '../abi/errnos.js'
import { OPERATIONS } from '../abi/operations.js'
import { answered, type HypercallDoor } from '../hypercall.js'

/** "Choose one", on every release; 0, which also meant that, is a number like others from 4.22 on. */
const ANY_DOMAIN = 0x7ff5

/** XEN_DOMCTL_CDF_…: flags of a domain (xen/include/public/domctl.h). */
const CDF_HVM = 1 << 0
const CDF_HAP = 1 << 1
const CDF_NESTED_VIRT = 1 << 6
/** The domctl version from which nested virtualisation is a flag: 4.15. */
const NESTED_VIRT_SINCE = 0x13

/**
 * XEN_X86_EMU_…: what Xen emulates for each kind (xen/include/public/arch-x86/xen.h). HVM: everything but vPCI; PVH: the local APIC. Xen
 * takes no other sets for domains that are not dom0.
 */
const EMULATION: Readonly<Record<ProbeDomain['kind'], number>> = { pv: 0, pvh: 0x1, hvm: 0x3ff }

/** Grant tables of version 1, which every Xen can be told to stay at. */
const GRANTS_V1 = 1

/** How often a domain is destroyed again when Xen asks for it: each time Xen gives back memory for a millisecond or so. */
const MOST_DESTROYS = 100_000

/** Makes a domain. */
export function createProbeDomain(
  door: HypercallDoor,
  { kind, hap, nestedVirt = false }: Required<ProbeDomain>,
  release: string,
): number {
  const { createDomain } = OPERATIONS
  const { abi } = door
  if (nestedVirt && abi.versions.domctl < NESTED_VIRT_SINCE) {
    throw new HypervisorLacksError({
      code: 'HYPERVISOR_LACKS',
      message: `Xen ${release} cannot create a domain with nested virtualisation: that came with 4.15. Leave nestedVirt out.`,
      details: { call: 'createDomain nestedVirt', release },
    })
  }
  const flags =
    kind === 'pv' ? 0 : CDF_HVM | (hap ? CDF_HAP : 0) | (nestedVirt ? CDF_NESTED_VIRT : 0)
  const op = door
    .begin(createDomain)
    .setDomain(abi, ANY_DOMAIN)
    .set(abi.at('xen_domctl_createdomain.flags'), flags)
    .set(abi.at('xen_domctl_createdomain.max_vcpus'), 1)
    .set(abi.at('xen_domctl_createdomain.max_evtchn_port'), 127)
    .set(abi.at('xen_domctl_createdomain.max_grant_frames'), 1)
    .set(abi.at('xen_domctl_createdomain.arch.emulation_flags'), EMULATION[kind])
  const handle = new DataView(randomFillSync(new Uint8Array(16)).buffer)
  for (let at = 0; at < 16; at += 4) {
    op.set(abi.at('xen_domctl_createdomain.handle') + at, handle.getUint32(at, true))
  }
  const grants = abi.find('xen_domctl_createdomain.grant_opts')
  if (grants !== undefined) op.set(grants, GRANTS_V1)
  answered(createDomain.name, door.issue(createDomain), { kind, hap, nestedVirt })
  return op.getDomain(abi)
}

/** Destroys a domain. Xen does it in pieces, and asks to be called again for each. */
export function destroyProbeDomain(door: HypercallDoor, domid: number): void {
  const { destroyDomain } = OPERATIONS
  for (let tries = MOST_DESTROYS; ; tries--) {
    door.begin(destroyDomain).setDomain(door.abi, domid)
    const result = door.issue(destroyDomain)
    const again = result === -ERRNOS.EAGAIN || result === -ERRNOS.ERESTART
    if (again && tries > 0) continue
    answered(destroyDomain.name, result, { domid })
    return
  }
}
