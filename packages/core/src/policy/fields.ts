/**
 * What toolstacks ask of a policy besides features, as numbers with units. A leaf beyond the policy's own limits reads as zero here, as
 * it does for a guest.
 */
import type { CpuPolicy } from './cpu-policy.js'
import {
  FIELDS,
  fieldValue,
  type PolicyFieldName,
  textOfRegisters,
  tidyBrand,
  xstateName,
} from './fields-table.js'
import { CACHE_LEAVES, TOPOLOGY_LEAVES, XSTATE_LEAVES } from './layout.js'

type Registers = readonly [a: number, b: number, c: number, d: number]

/** One cache: a sub-leaf of leaf 4 (Intel SDM volume 2A, CPUID, deterministic cache parameters). */
export interface CacheLeaf {
  /** The sub-leaf. */
  readonly subleaf: number
  /** What it keeps; `'reserved'` for a type that has no meaning yet. */
  readonly type: 'data' | 'instruction' | 'unified' | 'reserved'
  /** Level, from 1. */
  readonly level: number
  /** Size in bytes: ways, partitions, line size and sets multiplied. */
  readonly sizeBytes: number
  /** Bytes of a line. */
  readonly lineBytes: number
  /** Partitions of a line. */
  readonly partitions: number
  /** Ways of associativity. */
  readonly ways: number
  /** Sets. */
  readonly sets: number
  /** The most logical processors that share it. */
  readonly threads: number
  /** The most cores in the package. */
  readonly cores: number
  /** It needs no initialisation by software. */
  readonly selfInitialising: boolean
  /** It is fully associative. */
  readonly fullyAssociative: boolean
  /** It holds what the caches below it hold. */
  readonly inclusive: boolean
}

/** One level of topology: a sub-leaf of leaf 0xb (Intel SDM volume 2A, CPUID, extended topology enumeration). */
export interface TopologyLevel {
  /** The sub-leaf. */
  readonly subleaf: number
  /** The number that the CPU gives the level. */
  readonly level: number
  /** What the level is; `'reserved'` for a type that has no meaning in leaf 0xb. */
  readonly type: 'thread' | 'core' | 'reserved'
  /** How many bits of the x2APIC ID are to be shifted out for the ID of the next level. */
  readonly idShift: number
  /** Logical processors at this level. */
  readonly logicalProcessors: number
  /** x2APIC ID of the logical processor that was asked. */
  readonly x2apicId: number
}

/** One state that XSAVE or XSAVES keeps: a sub-leaf of leaf 0xd (Intel SDM volume 1, chapter 13; AMD APM volume 2, 11.5). */
export interface XstateComponent {
  /** Its number: its bit in XCR0 or IA32_XSS. */
  readonly component: number
  /** Its name, such as `'AVX'` or `'PKRU'`; `'<40>'` for one without. */
  readonly name: string
  /** Size in bytes. The two of the legacy area, which has no sub-leaf, have 160 and 256. */
  readonly size: number
  /** Offset in bytes in the standard format; 0 for a supervisor state, which has none. */
  readonly offset: number
  /** A bit of IA32_XSS and not of XCR0. */
  readonly supervisor: boolean
  /** Begins on a 64-byte boundary in the compacted format. */
  readonly aligned: boolean
}

/** What leaf 0xd says of whole areas, in bytes; 0 where the policy does not say. */
export interface XstateSizes {
  /** For the states that XCR0 has enabled on the CPU that was asked; Xen answers guests by their own XCR0. */
  readonly enabled: number
  /** For all user states that the policy has. */
  readonly max: number
  /** For the states enabled in XCR0 and IA32_XSS, compacted. */
  readonly compacted: number
}

/** Address widths in bits; 0 where the policy does not say. */
export interface AddressWidths {
  /** Of physical addresses. */
  readonly physical: number
  /** Of linear addresses. */
  readonly linear: number
  /** Of a guest's physical addresses under nested paging; 0 means as wide as physical ones (AMD). */
  readonly guestPhysical: number
}

/** How processors are counted and numbered. */
export interface ProcessorNumbers {
  /** Logical processors in the package (leaf 1's ebx, bits 23 to 16); meant only where the policy has HTT. */
  readonly logicalProcessors: number
  /** Initial APIC ID (leaf 1's ebx, bits 31 to 24). */
  readonly apicId: number
  /** NC: threads in the package, less one (leaf 0x8000_0008's ecx, bits 7 to 0; AMD). */
  readonly nc: number
  /** Bits of the APIC ID that tell the threads of a package apart; 0 if NC tells it (leaf 0x8000_0008's ecx, bits 15 to 12; AMD). */
  readonly apicIdSize: number
}

const CACHE_TYPES: Readonly<Record<number, CacheLeaf['type']>> = {
  1: 'data',
  2: 'instruction',
  3: 'unified',
}
const LEVEL_TYPES: Readonly<Record<number, TopologyLevel['type']>> = { 1: 'thread', 2: 'core' }
/** Where FXSAVE puts the first two states: offset and size in bytes (Intel SDM volume 1, 13.4.1). */
const LEGACY = [
  [0, 160],
  [160, 256],
] as const

/** The caches of leaf 4, up to the first sub-leaf without one; none where Xen keeps no leaf 4, as for AMD's guests. */
export function cacheLeaves(policy: CpuPolicy): CacheLeaf[] {
  const caches: CacheLeaf[] = []
  for (let subleaf = 0; subleaf < CACHE_LEAVES; subleaf++) {
    const registers = visible(policy, 4, subleaf)
    const of = (name: PolicyFieldName) => value(name, registers)
    const type = of('cache.type')
    if (type === 0) break
    const [lineBytes, partitions] = [of('cache.line_size'), of('cache.partitions')]
    const [ways, sets] = [of('cache.ways'), of('cache.sets')]
    caches.push({
      subleaf,
      type: CACHE_TYPES[type] ?? 'reserved',
      level: of('cache.level'),
      sizeBytes: ways * partitions * lineBytes * sets,
      lineBytes,
      partitions,
      ways,
      sets,
      threads: of('cache.threads_per_cache'),
      cores: of('cache.cores_per_package'),
      selfInitialising: of('cache.self_init') === 1,
      fullyAssociative: of('cache.fully_assoc') === 1,
      inclusive: of('cache.inclusive') === 1,
    })
  }
  return caches
}

/** The levels of leaf 0xb, up to the first sub-leaf without one; none in the policies of guests, for whom Xen makes the leaf itself. */
export function topologyLevels(policy: CpuPolicy): TopologyLevel[] {
  const levels: TopologyLevel[] = []
  for (let subleaf = 0; subleaf < TOPOLOGY_LEAVES; subleaf++) {
    const registers = visible(policy, 0xb, subleaf)
    const of = (name: PolicyFieldName) => value(name, registers)
    const type = of('topo.type')
    if (type === 0) break
    levels.push({
      subleaf,
      level: of('topo.level'),
      type: LEVEL_TYPES[type] ?? 'reserved',
      idShift: of('topo.id_shift'),
      logicalProcessors: of('topo.nr_logical'),
      x2apicId: of('topo.x2apic_id'),
    })
  }
  return levels
}

/** The states that the policy has in XCR0 or IA32_XSS, by number. */
export function xstateComponents(policy: CpuPolicy): XstateComponent[] {
  const [userLow, , , userHigh] = visible(policy, 0xd, 0)
  const [, , supervisorLow, supervisorHigh] = visible(policy, 0xd, 1)
  const has = (low: number, high: number, component: number) =>
    (((component < 32 ? low : high) >>> (component & 31)) & 1) === 1
  const components: XstateComponent[] = []
  for (let component = 0; component < XSTATE_LEAVES; component++) {
    const user = has(userLow, userHigh, component)
    if (!user && !has(supervisorLow, supervisorHigh, component)) continue
    const registers = component < 2 ? ZERO : visible(policy, 0xd, component)
    const of = (name: PolicyFieldName) => value(name, registers)
    const legacy = LEGACY[component]
    components.push({
      component,
      name: xstateName(component),
      size: legacy?.[1] ?? of('xstate.comp.size'),
      offset: legacy?.[0] ?? of('xstate.comp.offset'),
      supervisor: !user,
      aligned: of('xstate.comp.align') === 1,
    })
  }
  return components
}

/** The sizes of whole XSAVE areas (Intel SDM volume 2A, CPUID, leaf 0xd, sub-leaves 0 and 1). */
export function xstateSizes(policy: CpuPolicy): XstateSizes {
  const [user, extended] = [visible(policy, 0xd, 0), visible(policy, 0xd, 1)]
  // Without a single state Xen takes all of leaf 0xd for out of range.
  if ((user[0] | user[3] | extended[2] | extended[3]) === 0)
    return { enabled: 0, max: 0, compacted: 0 }
  return {
    enabled: value('xstate.size', user),
    max: value('xstate.max_size', user),
    compacted: value('xstate.compacted_size', extended),
  }
}

/**
 * The brand string, without the blanks around it; empty if the policy has none (Intel SDM volume 2A and AMD APM volume 3, CPUID leaves
 * 0x8000_0002 to 0x8000_0004).
 */
export function brandString(policy: CpuPolicy): string {
  const registers = [2, 3, 4].flatMap((leaf) => visible(policy, 0x8000_0000 + leaf))
  return tidyBrand(textOfRegisters(registers))
}

/**
 * The address widths of leaf 0x8000_0008 (Intel SDM volume 2A; AMD APM volume 3). {@link CpuPolicy.physAddrBits} reads the same bits, also
 * of a leaf beyond the limit.
 */
export function addressWidths(policy: CpuPolicy): AddressWidths {
  const registers = visible(policy, 0x8000_0008)
  return {
    physical: value('extd.maxphysaddr', registers),
    linear: value('extd.maxlinaddr', registers),
    guestPhysical: value('extd.maxguestphysaddr', registers),
  }
}

/** How the policy counts and numbers processors (Intel SDM volume 2A and AMD APM volume 3, CPUID leaves 1 and 0x8000_0008). */
export function processorNumbers(policy: CpuPolicy): ProcessorNumbers {
  const [first, extended] = [visible(policy, 1), visible(policy, 0x8000_0008)]
  return {
    logicalProcessors: value('basic.lppp', first),
    apicId: value('basic.apic_id', first),
    nc: value('extd.nc', extended),
    apicIdSize: value('extd.apic_id_size', extended),
  }
}

/** Bytes that CLFLUSH flushes; 0 if the policy does not say (leaf 1's ebx, bits 15 to 8, in units of 8 bytes). */
export function clflushBytes(policy: CpuPolicy): number {
  return value('basic.clflush_size', visible(policy, 1))
}

const ZERO: Registers = [0, 0, 0, 0]

/** The registers of a leaf within the policy's limits; zero beyond them. Xen takes the low half of the extended limit alone. */
function visible(policy: CpuPolicy, leaf: number, subleaf?: number): Registers {
  const last = leaf < 0x8000_0000 ? policy.maxLeaf : 0x8000_0000 + (policy.maxExtendedLeaf & 0xffff)
  if (leaf > last) return ZERO
  const { a, b, c, d } = policy.leaf(leaf, subleaf)
  return [a, b, c, d]
}

function value(name: PolicyFieldName, registers: Registers): number {
  const field = FIELDS[name]
  return fieldValue(field, registers[field.register] ?? 0)
}
