/** QEMU's `-cpu` from what is wanted of a guest, for those who move guests between stacks. */
import {
  COMMON_1D_FEATURES,
  type FeatureName,
  Featureset,
  type FeatureTable,
  featureTable,
} from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { textOfRegisters } from '../../policy/fields-table.js'
import type { ConfigFinding } from '../../xen/configuration/finding.js'
import type { HostPolicies } from '../../xen/derive.js'
import { qemuNames } from './qemu-names.js'
import type { WantedCpu } from './target.js'

/** Options of {@link toQemuCpu}. */
export interface QemuCpuOptions {
  /** The machine that the guest is to run on, levelled down; without it, a CPU that is the same on every machine. */
  readonly host?: HostPolicies
}

/** One flag of the argument. */
export interface QemuFlag {
  /** QEMU's name. */
  readonly name: string
  /** Its featureset bit. */
  readonly bit: number
  /** Whether it is set, or taken away. */
  readonly on: boolean
}

/** What to give QEMU. */
export interface QemuCpu {
  /** `host`: the machine's CPU less what is not wanted. `base`: nothing and what is wanted. */
  readonly model: 'host' | 'base'
  /** What follows `-cpu`. */
  readonly argument: string
  /** The flags in it, by bit. */
  readonly flags: readonly QemuFlag[]
  /** QEMU's names of all wanted features, by bit. */
  readonly expanded: readonly string[]
  /** What QEMU cannot be told, by name. */
  readonly findings: readonly ConfigFinding[]
}

/** Bits that belong to the topology, which QEMU makes of `-smp`. */
const OF_TOPOLOGY: readonly FeatureName[] = ['HTT', 'CMP_LEGACY']
/** Bits that say what the hardware does, and stay as they are on a given machine. */
const OF_HARDWARE: readonly FeatureName[] = ['FDP_EXCP_ONLY', 'NO_FPU_SEL']
/** Bits that `-cpu host` leaves out unless they are asked for: ITSC because such a guest cannot migrate, TOPOEXT because it needs topology. */
const LEFT_OUT_OF_HOST: readonly FeatureName[] = ['ITSC', 'TOPOEXT']
/**
 * Bits that `-cpu host` can have although the CPU does not: KVM emulates them, or tells them to guests of both vendors (Linux
 * arch/x86/kvm/cpuid.c, kvm_set_cpu_caps; QEMU target/i386/kvm/kvm.c, kvm_arch_get_supported_cpuid).
 */
const ADDED_BY_KVM: readonly FeatureName[] = [
  'HYPERVISOR',
  'X2APIC',
  'TSC_DEADLINE',
  'TSC_ADJUST',
  'UMIP',
  'ARCH_CAPS',
  'IBRSB',
  'STIBP',
  'SSBD',
  'IBPB',
  'IBRS',
  'AMD_STIBP',
  'AMD_SSBD',
  'VIRT_SSBD',
]

/** Featureset word of 0x8000_0001.edx. */
const WORD_E1D = 2

/**
 * QEMU's `-cpu` for what is wanted.
 *
 * With a host it is `host,-x,…`, to be used on that machine: `host` is all that the CPU and KVM can give, and everything that is not wanted
 * is taken away by name. Without, it is `base,+x,…`: QEMU's model without any feature, and what is wanted by name, so that it is the same
 * on every machine; of a whole policy vendor, family, model, stepping and address width are told too. No named model is used, because
 * each brings features of its own that depend on QEMU's version. Names are those of QEMU 10.1; cache and topology leaves are QEMU's.
 */
export function toQemuCpu(wanted: WantedCpu, options: QemuCpuOptions = {}): QemuCpu {
  const { host } = options
  const table = featureTable()
  const features = wantedFeatures(wanted, table)
  const names = qemuNames()
  const bits = features.bits()
  const expanded = bits.flatMap((bit) => names.get(bit) ?? [])
  const named = (set: readonly number[], on: boolean): QemuFlag[] =>
    set.flatMap((bit) => {
      const name = names.get(bit)
      return name === undefined ? [] : [{ name, bit, on }]
    })
  const absent = host === undefined ? [] : unwantedBits(features, host, table)
  const added = host === undefined ? bits : bits.filter((bit) => isOf(bit, LEFT_OUT_OF_HOST, table))
  const flags = [...named(added, true), ...named(absent, false)].sort((a, b) => a.bit - b.bit)
  const model = host === undefined ? 'base' : 'host'
  const identity = host === undefined && CpuPolicy.isPolicy(wanted) ? identityOf(wanted) : []
  return {
    model,
    argument: [model, ...flags.map(({ name, on }) => `${on ? '+' : '-'}${name}`), ...identity].join(
      ',',
    ),
    flags,
    expanded,
    findings:
      host === undefined
        ? withoutName(bits, table, names)
        : [...notThere(features, host, table), ...stuck(absent, table, names)],
  }
}

/** Named and unnamed bits, without the copies of leaf 1's in 0x8000_0001.edx and without topology. */
function wantedFeatures(wanted: WantedCpu, table: FeatureTable): Featureset {
  const { words } = CpuPolicy.isPolicy(wanted) ? wanted.featureset : wanted
  const own = words.map((word, at) => (at === WORD_E1D ? (word & ~COMMON_1D_FEATURES) >>> 0 : word))
  return Featureset.fromWords(own).andNot(Featureset.fromNames(OF_TOPOLOGY, table))
}

function unwantedBits(wanted: Featureset, host: HostPolicies, table: FeatureTable): number[] {
  const possible = hostFeatures(host, table).or(Featureset.fromNames(ADDED_BY_KVM, table))
  // Without its CPUID bit a guest does not read the MSR, whatever it says.
  const msr = wanted.has('ARCH_CAPS', table) ? archCapabilities(table) : Featureset.empty
  const open = withoutMsr(possible, table)
    .or(msr)
    .andNot(wanted)
    .andNot(Featureset.fromNames(OF_HARDWARE, table))
  return open.bits()
}

function hostFeatures({ raw, host }: HostPolicies, table: FeatureTable): Featureset {
  const features = wantedFeatures(raw ?? host, table)
  // What the guest's operating system switches on is no feature to be taken away.
  return features.andNot(Featureset.fromNames(['OSXSAVE', 'OSPKE'], table))
}

function isMsr(word: number, table: FeatureTable): boolean {
  const source = table.words[word]?.source ?? null
  return source !== null && 'msr' in source
}

function withoutMsr(features: Featureset, table: FeatureTable): Featureset {
  return Featureset.fromWords(features.words.map((word, at) => (isMsr(at, table) ? 0 : word)))
}

function archCapabilities(table: FeatureTable): Featureset {
  return Featureset.fromWords(
    table.mask('known').words.map((word, at) => (isMsr(at, table) ? word : 0)),
  )
}

function isOf(bit: number, names: readonly FeatureName[], table: FeatureTable): boolean {
  return names.some((name) => table.feature(name)?.bit === bit)
}

/** Vendor, signature and address width as QEMU's properties. */
function identityOf(policy: CpuPolicy): string[] {
  const { b, c, d } = policy.leaf(0)
  const { family, model, stepping } = policy.signature
  const vendor = textOfRegisters([b, d, c])
  return [
    ...(vendor === '' ? [] : [`vendor=${vendor.replaceAll(',', ',,')}`]),
    `family=${family}`,
    `model=${model}`,
    `stepping=${stepping}`,
    ...(policy.physAddrBits === 0 ? [] : [`phys-bits=${policy.physAddrBits}`]),
  ]
}

function namesOf(bits: readonly number[], table: FeatureTable): string {
  return bits.map((bit) => table.feature(bit)?.name ?? `<${bit}>`).join(', ')
}

function finding(
  bits: readonly number[],
  table: FeatureTable,
  about: Pick<ConfigFinding, 'code' | 'severity'> & { readonly message: (names: string) => string },
): ConfigFinding[] {
  if (bits.length === 0) return []
  const { code, severity, message } = about
  const features = bits.flatMap((bit) => table.feature(bit)?.name ?? [])
  return [{ code, severity, message: message(namesOf(bits, table)), features }]
}

function withoutName(
  bits: readonly number[],
  table: FeatureTable,
  names: ReadonlyMap<number, string>,
): ConfigFinding[] {
  return finding(
    bits.filter((bit) => !names.has(bit)),
    table,
    {
      code: 'feature-without-name',
      severity: 'error',
      message: (what) =>
        `QEMU has no name for these features, and its guest does not get them: ${what}.`,
    },
  )
}

function notThere(wanted: Featureset, host: HostPolicies, table: FeatureTable): ConfigFinding[] {
  const possible = hostFeatures(host, table).or(Featureset.fromNames(ADDED_BY_KVM, table))
  return finding(wanted.andNot(possible).bits(), table, {
    code: 'feature-not-on-host',
    severity: 'warning',
    message: (what) =>
      `The CPU of this host does not have these features, and QEMU's guest gets them only where KVM emulates them: ${what}.`,
  })
}

function stuck(
  absent: readonly number[],
  table: FeatureTable,
  names: ReadonlyMap<number, string>,
): ConfigFinding[] {
  return finding(
    absent.filter((bit) => !names.has(bit)),
    table,
    {
      code: 'feature-without-name',
      severity: 'warning',
      message: (what) =>
        `QEMU has no name for these features of the host and cannot take them away; its guest has them only if KVM passes them on: ${what}.`,
    },
  )
}
