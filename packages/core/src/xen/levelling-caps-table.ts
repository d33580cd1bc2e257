/**
 * What lets Xen change the answer of a CPUID instruction that a PV guest executes: faulting, and the CPUs whose answers can be masked. Files
 * named are those of Xen's source, below xen/arch/x86.
 */
import { type CpuVendor, nearestRelease, releaseHas } from '@xenlevel/cpuid'

/**
 * One way to change an answer, by Xen's name for it: `faulting` traps every CPUID instruction; the others replace some registers of one
 * leaf: ecx and edx of leaf 1, the same of leaf 0x8000_0001, eax of leaf 0xd sub-leaf 1, ecx of leaf 6, eax and ebx of leaf 7
 * (include/asm/cpuid.h).
 */
export type LevellingCap = 'faulting' | '1cd' | 'e1cd' | 'Da1' | '6c' | '7ab0'

/** An MSR that changes an answer. */
export interface MaskMsr {
  /** What it changes. */
  readonly cap: LevellingCap
  /** Its number. */
  readonly msr: number
  /** Intel's MSRs are and-ed with what the CPU says; AMD's stand for it. */
  readonly kind: 'and' | 'override'
  /** Where Xen says so. */
  readonly source: string
}

/** Bits of each in what XEN_SYSCTL_get_cpu_levelling_caps answers (include/public/sysctl.h of 4.7 to 4.21). */
export const SYSCTL_BITS: Readonly<Record<LevellingCap, number>> = {
  faulting: 0b0_0000_0001,
  '1cd': 0b0_0000_0110,
  e1cd: 0b0_0001_1000,
  Da1: 0b0_0010_0000,
  '6c': 0b0_0100_0000,
  '7ab0': 0b1_1000_0000,
}

/** A CPU must have all that is said. */
export interface CpuCondition {
  readonly vendors: readonly CpuVendor[]
  readonly family?: number
  readonly models?: readonly number[]
  readonly modelsBelow?: number
}

/** A row of MSRs. */
interface MaskRow extends CpuCondition {
  readonly masks: readonly Pick<MaskMsr, 'cap' | 'msr'>[]
  readonly kind: MaskMsr['kind']
  readonly source: string
  /** Highest basic leaf that the CPU must reach. */
  readonly maxLeaf?: number
  /** A register that must not be zero. */
  readonly nonZero?: { readonly leaf: number; readonly register: 'c' }
}

const AMD_LIKE: readonly CpuVendor[] = ['AMD', 'Hygon']
const INTEL_FILE = 'cpu/intel.c, probe_masking_msrs'
const AMD_FILE = 'cpu/amd.c, probe_masking_msrs'

/** The MSRs by CPU. */
export const MASK_ROWS: readonly MaskRow[] = [
  // Penryn and its server forms.
  {
    vendors: ['Intel'],
    family: 6,
    models: [0x17, 0x1d],
    masks: [{ cap: '1cd', msr: 0x478 }],
    kind: 'and',
    source: INTEL_FILE,
  },
  // Nehalem and Westmere.
  {
    vendors: ['Intel'],
    family: 6,
    models: [0x1a, 0x1e, 0x1f, 0x25, 0x2c, 0x2e, 0x2f],
    masks: [
      { cap: '1cd', msr: 0x130 },
      { cap: 'e1cd', msr: 0x131 },
    ],
    kind: 'and',
    source: INTEL_FILE,
  },
  // Sandy Bridge.
  {
    vendors: ['Intel'],
    family: 6,
    models: [0x2a, 0x2d],
    masks: [
      { cap: '1cd', msr: 0x132 },
      { cap: 'e1cd', msr: 0x133 },
      { cap: 'Da1', msr: 0x134 },
    ],
    kind: 'and',
    source: INTEL_FILE,
  },
  {
    vendors: AMD_LIKE,
    masks: [
      { cap: '1cd', msr: 0xc001_1004 },
      { cap: 'e1cd', msr: 0xc001_1005 },
    ],
    kind: 'override',
    source: AMD_FILE,
  },
  {
    vendors: AMD_LIKE,
    maxLeaf: 7,
    masks: [{ cap: '7ab0', msr: 0xc001_1002 }],
    kind: 'override',
    source: AMD_FILE,
  },
  {
    vendors: AMD_LIKE,
    family: 0x15,
    maxLeaf: 6,
    nonZero: { leaf: 6, register: 'c' },
    masks: [{ cap: '6c', msr: 0xc001_1003 }],
    kind: 'override',
    source: AMD_FILE,
  },
]

/** CPUs that none of the rows above is meant for, and from which release on. */
export const UNMASKED_ROWS: readonly (CpuCondition & { readonly landed: readonly string[] })[] = [
  { vendors: AMD_LIKE, family: 0x11, landed: ['4.7.0'] },
  // Revision D and before, which had these MSRs elsewhere.
  {
    vendors: AMD_LIKE,
    family: 0xf,
    modelsBelow: 0x20,
    landed: ['4.22.0'],
  },
]

/** A sign that CPUID instructions can be trapped. */
export interface FaultingRow {
  readonly vendors: readonly CpuVendor[]
  /** Bit 31 of PLATFORM_INFO, MSR 0xce; the same under a hypervisor alone; or the feature CPUID_USER_DIS. */
  readonly sign: 'platform-info' | 'virtual-platform-info' | 'cpuid-user-dis'
  readonly landed: readonly string[]
  readonly source: string
}

/** The signs, in the order in which Xen looks for them. */
export const FAULTING_ROWS: readonly FaultingRow[] = [
  {
    vendors: ['Intel'],
    sign: 'platform-info',
    landed: ['4.7.0'],
    source: 'cpu/intel.c, intel_init_levelling',
  },
  // On AMD only a hypervisor can offer Intel's MSR.
  {
    vendors: AMD_LIKE,
    sign: 'virtual-platform-info',
    landed: ['4.11.0', '4.10.1'],
    source: 'cpu/amd.c, amd_init_levelling',
  },
  {
    vendors: AMD_LIKE,
    sign: 'cpuid-user-dis',
    landed: ['4.18.0'],
    source: 'cpu/amd.c, amd_init_levelling',
  },
]

/** What differs between releases in how a domain's masks are made (domctl.c, later domain.c: domain_cpu_policy_changed). */
export interface LevellingRules {
  /** XEN_SYSCTL_get_cpu_levelling_caps is there. */
  readonly hasSysctl: boolean
  /** Hygon's CPUs are known; else Xen levels nothing on them. */
  readonly knowsHygon: boolean
  /** Intel's mask lets OSXSAVE and APIC through as the hardware has them. */
  readonly intelForwards: boolean
  /** The guest's highest sub-leaf of leaf 7 is its policy's; else and-ed with the CPU's. */
  readonly ownMaxSubleaf: boolean
  /** On AMD HYPERVISOR is shown to guests whose policy has it. */
  readonly showsHypervisor: boolean
}

const FIRST: LevellingRules = {
  hasSysctl: true,
  knowsHygon: false,
  intelForwards: false,
  ownMaxSubleaf: false,
  showsHypervisor: false,
}

/** The differences. Read in the source; that the sysctl is there in 4.13 to 4.20 and gone in 4.22 is recorded. */
const ROWS: readonly {
  readonly landed: readonly string[]
  readonly changes: Partial<LevellingRules>
}[] = [
  { landed: ['4.8.0', '4.7.1'], changes: { intelForwards: true } },
  { landed: ['4.13.0'], changes: { knowsHygon: true } },
  { landed: ['4.13.0', '4.12.2', '4.11.3'], changes: { ownMaxSubleaf: true } },
  { landed: ['4.14.0', '4.13.1'], changes: { showsHypervisor: true } },
  { landed: ['4.22.0'], changes: { hasSysctl: false } },
]

/** The rules of a release; those of the oldest for a text that is no release. */
export function levellingRules(release: string): LevellingRules {
  const exact = nearestRelease(release)
  let rules = FIRST
  for (const { landed, changes } of ROWS) {
    if (exact !== undefined && releaseHas(exact, landed)) rules = { ...rules, ...changes }
  }
  return rules
}
