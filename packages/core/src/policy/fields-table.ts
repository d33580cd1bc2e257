/**
 * The numeric fields of a policy's registers that are not features, one row a field. Names are those of Xen's struct cpu_policy
 * (4.23-dev, xen/include/xen/lib/x86/cpu-policy.h) where it has one. Places: Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E.
 */
import { cpuSignature } from '@xenlevel/cpuid'
import { EAX, EBX, ECX, EDX } from './layout.js'

/** Where a field is, and how its bits are read. */
export interface PolicyField {
  /** The leaf. */
  readonly leaf: number
  /** The first and the last sub-leaf that has it; null for a leaf without sub-leaves. */
  readonly subleaves: readonly [first: number, last: number] | null
  /** The register: 0 eax, 1 ebx, 2 ecx, 3 edx. */
  readonly register: number
  /** Its lowest bit. */
  readonly low: number
  /** How many bits it has. */
  readonly width: number
  /** What it is, with its unit, for people. */
  readonly text: string
  /** What is added to the bits: 1 for a field that holds one less than is meant. */
  readonly add: number
  /** What the bits stand for, each: 8 bytes for the size of a CLFLUSH line. */
  readonly times: number
}

function field(
  [leaf, subleaves, register]: readonly [number, PolicyField['subleaves'], number],
  low: number,
  width: number,
  text: string,
  { add = 0, times = 1 }: { readonly add?: number; readonly times?: number } = {},
): PolicyField {
  return { leaf, subleaves, register, low, width, text, add, times }
}

const CACHE = [0, 5] as const
const TOPOLOGY = [0, 1] as const
const COMPONENT = [2, 62] as const
const ONE_LESS = { add: 1 } as const

/** The fields by name. */
export const FIELDS = /* @__PURE__ */ (() =>
  ({
    'basic.max_leaf': field([0, null, EAX], 0, 32, 'highest basic leaf'),
    'basic.brand_id': field([1, null, EBX], 0, 8, 'brand index'),
    'basic.clflush_size': field([1, null, EBX], 8, 8, 'CLFLUSH line size in bytes', { times: 8 }),
    'basic.lppp': field([1, null, EBX], 16, 8, 'logical processors per package'),
    'basic.apic_id': field([1, null, EBX], 24, 8, 'initial APIC ID'),
    'cache.type': field([4, CACHE, EAX], 0, 5, 'cache type'),
    'cache.level': field([4, CACHE, EAX], 5, 3, 'cache level'),
    'cache.self_init': field([4, CACHE, EAX], 8, 1, 'self-initialising cache'),
    'cache.fully_assoc': field([4, CACHE, EAX], 9, 1, 'fully associative cache'),
    'cache.threads_per_cache': field(
      [4, CACHE, EAX],
      14,
      12,
      'threads that share the cache',
      ONE_LESS,
    ),
    'cache.cores_per_package': field([4, CACHE, EAX], 26, 6, 'cores per package', ONE_LESS),
    'cache.line_size': field([4, CACHE, EBX], 0, 12, 'cache line size in bytes', ONE_LESS),
    'cache.partitions': field([4, CACHE, EBX], 12, 10, 'cache line partitions', ONE_LESS),
    'cache.ways': field([4, CACHE, EBX], 22, 10, 'cache ways', ONE_LESS),
    'cache.sets': field([4, CACHE, ECX], 0, 32, 'cache sets', ONE_LESS),
    'cache.wbinvd': field([4, CACHE, EDX], 0, 1, 'WBINVD does not reach lower caches'),
    'cache.inclusive': field([4, CACHE, EDX], 1, 1, 'inclusive cache'),
    'cache.complex': field([4, CACHE, EDX], 2, 1, 'complex cache indexing'),
    'basic.arat': field([6, null, EAX], 2, 1, 'APIC timer always running'),
    'feat.max_subleaf': field([7, [0, 0], EAX], 0, 32, 'highest sub-leaf of leaf 7'),
    'basic.pmu_version': field([0xa, null, EAX], 0, 8, 'version of performance monitoring'),
    'topo.id_shift': field([0xb, TOPOLOGY, EAX], 0, 5, 'x2APIC ID bits below the next level'),
    'topo.nr_logical': field([0xb, TOPOLOGY, EBX], 0, 16, 'logical processors at the level'),
    'topo.level': field([0xb, TOPOLOGY, ECX], 0, 8, 'number of the topology level'),
    'topo.type': field([0xb, TOPOLOGY, ECX], 8, 8, 'type of the topology level'),
    'topo.x2apic_id': field([0xb, TOPOLOGY, EDX], 0, 32, 'x2APIC ID'),
    'xstate.size': field([0xd, [0, 0], EBX], 0, 32, 'bytes of the states enabled in XCR0'),
    'xstate.max_size': field([0xd, [0, 0], ECX], 0, 32, 'bytes of all user states'),
    'xstate.compacted_size': field(
      [0xd, [1, 1], EBX],
      0,
      32,
      'bytes of the enabled states, compacted',
    ),
    'xstate.comp.size': field([0xd, COMPONENT, EAX], 0, 32, 'bytes of the state component'),
    'xstate.comp.offset': field(
      [0xd, COMPONENT, EBX],
      0,
      32,
      'offset of the state component in bytes',
    ),
    'xstate.comp.xss': field([0xd, COMPONENT, ECX], 0, 1, 'supervisor state component'),
    'xstate.comp.align': field([0xd, COMPONENT, ECX], 1, 1, 'state component aligned to 64 bytes'),
    'xstate.comp.xfd': field([0xd, COMPONENT, ECX], 2, 1, 'state component that XFD can disable'),
    hv_limit: field([0x4000_0000, null, EAX], 0, 8, "limit of Xen's leaves, first range"),
    hv2_limit: field([0x4000_0100, null, EAX], 0, 8, "limit of Xen's leaves, second range"),
    'extd.max_leaf': field([0x8000_0000, null, EAX], 0, 32, 'highest extended leaf'),
    'extd.maxphysaddr': field([0x8000_0008, null, EAX], 0, 8, 'physical address width in bits'),
    'extd.maxlinaddr': field([0x8000_0008, null, EAX], 8, 8, 'linear address width in bits'),
    'extd.maxguestphysaddr': field(
      [0x8000_0008, null, EAX],
      16,
      8,
      'guest physical address width in bits',
    ),
    'extd.nc': field([0x8000_0008, null, ECX], 0, 8, 'threads per package, less one'),
    'extd.apic_id_size': field([0x8000_0008, null, ECX], 12, 4, 'APIC ID bits within a package'),
  }) as const satisfies Readonly<Record<string, PolicyField>>)()

/** The name of a field. */
export type PolicyFieldName = keyof typeof FIELDS

/** The bits of the register that a field has. */
export function fieldMask({ low, width }: PolicyField): number {
  return (width === 32 ? 0xffff_ffff : ((1 << width) - 1) << low) >>> 0
}

/** What a register says in a field, in the field's unit. */
export function fieldValue(field: PolicyField, register: number): number {
  return (((register & fieldMask(field)) >>> field.low) + field.add) * field.times
}

/** Names of xstate components by number (Intel SDM volume 1, 13.1 XSAVE-supported features; 62: AMD APM volume 2, 11.5). */
const COMPONENTS: Readonly<Record<number, string>> = {
  0: 'x87',
  1: 'SSE',
  2: 'AVX',
  3: 'BNDREGS',
  4: 'BNDCSR',
  5: 'opmask',
  6: 'ZMM_Hi256',
  7: 'Hi16_ZMM',
  8: 'PT',
  9: 'PKRU',
  10: 'PASID',
  11: 'CET_U',
  12: 'CET_S',
  13: 'HDC',
  14: 'UINTR',
  15: 'LBR',
  16: 'HWP',
  17: 'TILECFG',
  18: 'TILEDATA',
  19: 'APX',
  62: 'LWP',
}

/** The name of an xstate component; `<40>` for one that has none. */
export function xstateName(component: number): string {
  return COMPONENTS[component] ?? `<${component}>`
}

/** The characters of registers in their order, a byte each, without the zeros at the end. */
export function textOfRegisters(registers: Iterable<number>): string {
  let text = ''
  for (const register of registers) {
    for (let shift = 0; shift < 32; shift += 8)
      text += String.fromCharCode((register >>> shift) & 0xff)
  }
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--
  return text.slice(0, end)
}

/** A brand string as CPUs give it, for people: to the first zero, without the blanks around it. */
export function tidyBrand(text: string): string {
  return (text.split('\0', 1)[0] ?? '').trim()
}

/** The signature of the same family, model and stepping with every other bit zero (Intel SDM volume 2A, CPUID leaf 1). */
export function usualSignature(eax: number): number {
  const { family, model, stepping } = cpuSignature(eax)
  const [base, more] = family < 15 ? [family, 0] : [15, family - 15]
  return (more << 20) | ((model >> 4) << 16) | (base << 8) | ((model & 0xf) << 4) | stepping
}
