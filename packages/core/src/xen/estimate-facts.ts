/** What Xen will find out beside the features, as far as the raw policy and the command line tell. */
import { releaseHas } from '@xenlevel/cpuid'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import type { BootOptions } from './boot-options.js'
import type { DeriveOptions } from './derive.js'
import type { Assumption } from './estimate.js'
import type { Capability } from './estimate-capability.js'
import { isAmdLike } from './recalculate.js'

/** What {@link derivePolicies} wants to be told, but for the host featureset; the sources are at the functions that find it. */
export type EstimatedFacts = Required<Omit<DeriveOptions, 'hostFeatureset' | 'vmx'>> &
  Pick<DeriveOptions, 'vmx'>

/** Leaf 0x8000000a, edx: nested paging; MSR_SPEC_CTRL is switched by the hardware (AMD APM volume 3). */
const NESTED_PAGING = 1 << 0
const SVM_SPEC_CTRL = 1 << 20
/** MSR 0xce, bit 31: CPUID faulting (Intel SDM volume 4). */
const CPUID_FAULTING = 0x8000_0000n

/** The facts, and what had to be assumed for them. */
export function estimateFacts(
  raw: CpuPolicy,
  cpu: Capability,
  boot: BootOptions,
): { facts: EstimatedFacts; assumptions: Assumption[] } {
  const assumptions: Assumption[] = []
  const assume = (fact: keyof EstimatedFacts, assumed: boolean, reason: string) => {
    assumptions.push({ fact, assumed, reason })
    return assumed
  }
  const vmx = cpu.has('VMX')
  const svm = cpu.has('SVM')
  const facts: EstimatedFacts = {
    release: cpu.release,
    bootFamily: cpu.signature.family,
    bootModel: cpu.signature.model,
    vpmuMode: boot.vpmuMode,
    cpuidFaulting: cpuidFaulting(raw, cpu, assume),
    // spec_ctrl.c, init_speculation_mitigations: PV needs Intel's form of the MSR.
    scMsrPv: boot.scMsrPv && cpu.has('IBRSB'),
    scMsrHvm: boot.scMsrHvm && (cpu.has('IBRSB') || amdSpecCtrl(raw, cpu)),
    bpSpecReduce: boot.bpSpecReduce,
    hap: boot.hap && hap(raw, vmx, svm, assume),
    hvm: vmx || svm,
    amdVirtSpecCtrl: boot.scMsrHvm && amdVirtSpecCtrl(cpu, assume),
    rtmDisabled: rtmDisabled(cpu, boot, assume),
    rdrandForced: boot.cpuid.enabled.includes('RDRAND') && cpu.hardwareHas('RDRAND'),
  }
  if (boot.vpmuMode === 1)
    assume('vpmuMode', true, 'Xen knows the performance counters of this CPU')
  if (!vmx) return { facts, assumptions }
  assume('vmx', true, 'VT-x can give guests RDTSCP, INVPCID, MPX and XSAVES where the CPU has them')
  const all = { rdtscp: true, invpcid: true, mpx: true, xsaves: true }
  return { facts: { ...facts, vmx: all }, assumptions }
}

type Assume = (fact: keyof EstimatedFacts, assumed: boolean, reason: string) => boolean

/** cpu/common.c, probe_cpuid_faulting: the bit, and a second MSR that can be read. */
function cpuidFaulting(raw: CpuPolicy, cpu: Capability, assume: Assume): boolean {
  if ((raw.msr(0xce) & CPUID_FAULTING) !== 0n)
    return assume(
      'cpuidFaulting',
      true,
      'MISC_FEATURES_ENABLES can be read where MSR 0xce has bit 31',
    )
  return cpu.vendor === 'Intel' && !cpu.hardwareHas('HYPERVISOR')
    ? assume(
        'cpuidFaulting',
        false,
        'the raw policy has nothing in MSR 0xce, which a dump without MSRs has not either',
      )
    : false
}

/** spec_ctrl.c, init_speculation_mitigations: AMD's form for HVM guests. */
function amdSpecCtrl(raw: CpuPolicy, cpu: Capability): boolean {
  return (
    releaseHas(cpu.release, ['4.17.0', '4.16.1', '4.15.3', '4.14.5', '4.13.5']) &&
    cpu.has('IBRS') &&
    (raw.leaf(0x8000_000a).d & SVM_SPEC_CTRL) !== 0
  )
}

/** hvm/vmx/vmx.c and hvm/svm/svm.c: EPT is announced in MSRs, which a raw policy has not. */
function hap(raw: CpuPolicy, vmx: boolean, svm: boolean, assume: Assume): boolean {
  if (svm) return (raw.leaf(0x8000_000a).d & NESTED_PAGING) !== 0
  return vmx && assume('hap', true, 'a CPU with VT-x has EPT')
}

/** spec_ctrl.c and cpu/amd.c, amd_init_ssbd: the hypervisor below offers it, or LS_CFG of families 0x15 to 0x18 does. */
function amdVirtSpecCtrl(cpu: Capability, assume: Assume): boolean {
  if (!releaseHas(cpu.release, ['4.17.0']) || cpu.has('AMD_SSBD')) return false
  if (cpu.has('VIRT_SSBD')) return true
  const { family } = cpu.signature
  return (
    isAmdLike(cpu.vendor) &&
    !cpu.has('SSB_NO') &&
    family >= 0x15 &&
    family <= 0x18 &&
    assume('amdVirtSpecCtrl', true, 'LS_CFG can be written')
  )
}

/** tsx.c, tsx_init, and the decision about TSX Asynchronous Abort in spec_ctrl.c. */
function rtmDisabled(cpu: Capability, boot: BootOptions, assume: Assume): boolean {
  const control = cpu.hardwareHas('TSX_CTRL')
  const abort = cpu.hardwareHas('TSX_FORCE_ABORT')
  if (!(control || abort) || !releaseHas(cpu.release, ['4.16.0', '4.15.1', '4.14.3'])) return false
  if (boot.tsx !== null) return boot.tsx === 0
  const alwaysAborts = cpu.hardwareHas('RTM_ALWAYS_ABORT')
  if (abort) {
    return assume(
      'rtmDisabled',
      alwaysAborts,
      'RTM_ALWAYS_ABORT of the raw policy is as at power-on',
    )
  }
  if (boot.tsxLeftOn) return false
  if (alwaysAborts && cpu.hardwareHas('SRBDS_CTRL')) return true
  return (
    cpu.hardwareHas('MDS_NO') &&
    !cpu.hardwareHas('TAA_NO') &&
    assume(
      'rtmDisabled',
      true,
      'hyperthreading is on, or Xen does not flush by VERW, so that only the loss of TSX helps',
    )
  )
}
