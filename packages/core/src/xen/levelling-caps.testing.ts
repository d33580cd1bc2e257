/** For tests of what a host can level: CPUs made of a few numbers, recorded boots, recorded dumps. */
import { encodeSignature, type FeatureName, Featureset, readCpuDump } from '@xenlevel/cpuid'
import { readRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import type { RecordedPolicy } from '../policy/recorded.testing.js'

const VENDORS = {
  Intel: { b: 0x756e_6547, c: 0x6c65_746e, d: 0x4965_6e69 },
  AMD: { b: 0x6874_7541, c: 0x444d_4163, d: 0x6974_6e65 },
  Hygon: { b: 0x6f67_7948, c: 0x656e_6975, d: 0x6e65_476e },
  Centaur: { b: 0x746e_6543, c: 0x736c_7561, d: 0x4872_7561 },
} as const

interface Cpu {
  readonly vendor: keyof typeof VENDORS
  readonly family: number
  readonly model: number
  readonly maxLeaf?: number
  readonly features?: readonly FeatureName[]
  readonly platformInfo?: number
  /** Leaf 6's ecx. */
  readonly thermal?: number
}

/** The raw policy of a CPU with what is said and nothing else. */
export function rawOf(cpu: Cpu, release: string): CpuPolicy {
  const zero = { subleaf: null, a: 0, b: 0, c: 0, d: 0 }
  const signature = encodeSignature({ family: cpu.family, model: cpu.model, stepping: 1 })
  return CpuPolicy.fromRecords(
    [
      { ...zero, leaf: 0, a: cpu.maxLeaf ?? 0xd, ...VENDORS[cpu.vendor] },
      { ...zero, leaf: 1, a: signature },
      { ...zero, leaf: 6, c: cpu.thermal ?? 0 },
      { ...zero, leaf: 0x8000_0000, a: 0x8000_001c },
    ],
    [{ index: 0xce, flags: 0, value: BigInt(cpu.platformInfo ?? 0) }],
    { release },
  ).withFeatureset(Featureset.fromNames(cpu.features ?? []))
}

/** A recorded boot, as far as levelling is concerned. */
export interface RecordedBoot {
  readonly xen: string
  readonly hypercalls: {
    readonly levelling_caps: string | { readonly err: string }
    readonly featuresets: Readonly<Record<'host', string>>
    readonly policies: Readonly<
      Record<'raw' | 'host' | 'pv_max' | 'pv_default' | 'hvm_max' | 'hvm_default', RecordedPolicy>
    >
  }
}

/** A recorded CPU: its row of the index, and its raw policy. */
export interface RecordedCpu {
  readonly name: string
  readonly vendor: string
  readonly family: number
  readonly model: number
  readonly hypervisorBit: boolean
  readonly logicalCpus: number
  readonly raw: CpuPolicy
  readonly msrs: ReadonlySet<number>
}

/** All recorded CPUs, as a release reads them. */
export function recordedCpus(release: string): RecordedCpu[] {
  type Row = Omit<RecordedCpu, 'raw' | 'msrs'> & { readonly file: string }
  return readRecordedJson<{ hosts: Row[] }>('hosts/index.json').hosts.map((row) => {
    const dump = readCpuDump(readRecorded(`hosts/${row.file}`))
    const msrs = new Set(dump.cpus.flatMap((cpu) => cpu.msrs.map(({ index }) => index)))
    return { ...row, raw: CpuPolicy.fromDump(dump, { release }), msrs }
  })
}
