/** The bits of a policy that tell topology, one row a field of a register. */
import type { FeatureName } from '@xenlevel/cpuid'
import { CACHE_LEAVES, REGISTERS, TOPOLOGY_LEAVES } from '../policy/layout.js'

/** Bits of one register. */
export interface TopologyRegister {
  readonly leaf: number
  readonly subleaf: number | null
  readonly register: (typeof REGISTERS)[number]
  readonly bits: number
  /** What they are, for people. */
  readonly what: string
  /** The feature, where the bits are one. */
  readonly feature?: FeatureName
}

/** All of them, by leaf. */
export const TOPOLOGY_REGISTERS = /* @__PURE__ */ ((): readonly TopologyRegister[] => {
  const caches = Array.from({ length: CACHE_LEAVES }, (_, subleaf) => ({
    leaf: 4,
    subleaf,
    register: 'eax' as const,
    bits: 0xffff_c000,
    what: 'Cores of the package and threads of the cache',
  }))
  const levels = Array.from({ length: TOPOLOGY_LEAVES }, (_, subleaf) =>
    REGISTERS.map((register) => ({
      leaf: 0xb,
      subleaf,
      register,
      bits: 0xffff_ffff,
      what: 'A level of topology',
    })),
  )
  const whole = (leaf: number, what: string) =>
    REGISTERS.map((register) => ({ leaf, subleaf: null, register, bits: 0xffff_ffff, what }))
  return [
    {
      leaf: 1,
      subleaf: null,
      register: 'ebx',
      bits: 0x00ff_0000,
      what: 'Logical processors of the package',
    },
    { leaf: 1, subleaf: null, register: 'ebx', bits: 0xff00_0000, what: 'The APIC ID' },
    { leaf: 1, subleaf: null, register: 'edx', bits: 1 << 28, what: 'HTT', feature: 'HTT' },
    ...caches,
    ...levels.flat(),
    {
      leaf: 0x8000_0001,
      subleaf: null,
      register: 'ecx',
      bits: 1 << 1,
      what: 'CMP_LEGACY',
      feature: 'CMP_LEGACY',
    },
    {
      leaf: 0x8000_0008,
      subleaf: null,
      register: 'ecx',
      bits: 0xf0ff,
      what: 'Threads of the package and bits of their IDs',
    },
    ...whole(0x8000_001d, 'A cache'),
    ...whole(0x8000_001e, 'The core, and the threads that it has'),
  ]
})()
