/**
 * Who made a CPU and which one it is: leaf 0's vendor string and leaf 1's signature, read as Xen reads them.
 *
 * Xen 4.23-dev, xen/arch/x86/lib/cpu-policy/cpuid.c (x86_cpuid_lookup_vendor) and
 * xen/arch/x86/include/asm/processor.h (get_cpu_family); Intel SDM volume 2A and AMD APM volume 3, CPUID leaves 0 and 1.
 */

import { XenlevelError } from './errors.js'

/** The vendors that Xen tells apart. */
export type CpuVendor = 'Intel' | 'AMD' | 'Centaur' | 'Shanghai' | 'Hygon' | 'Unknown'

/** Leaf 0's ebx, ecx and edx of each: GenuineIntel, AuthenticAMD, CentaurHauls, two blanks around Shanghai, HygonGenuine. */
const VENDORS: readonly (readonly [vendor: CpuVendor, ebx: number, ecx: number, edx: number])[] = [
  ['Intel', 0x756e_6547, 0x6c65_746e, 0x4965_6e69],
  ['AMD', 0x6874_7541, 0x444d_4163, 0x6974_6e65],
  ['Centaur', 0x746e_6543, 0x736c_7561, 0x4872_7561],
  ['Shanghai', 0x6853_2020, 0x2020_6961, 0x6867_6e61],
  ['Hygon', 0x6f67_7948, 0x656e_6975, 0x6e65_476e],
]

/** The vendor Xen takes a CPU for, by all 12 characters of leaf 0; `'Unknown'` for every other string. */
export function cpuVendor(ebx: number, ecx: number, edx: number): CpuVendor {
  for (const [vendor, b, c, d] of VENDORS) if (ebx === b && ecx === c && edx === d) return vendor
  return 'Unknown'
}

/** Family, model and stepping of a CPU. */
export interface CpuSignature {
  /** Base family, plus the extended family where the base is 15; 8 bits. */
  readonly family: number
  /** Base model, with the extended model as its high nibble from family 6 on. */
  readonly model: number
  /** 0 to 15. */
  readonly stepping: number
}

/**
 * Splits leaf 1's eax as Xen does.
 *
 * Two habits of Xen show: the family is held in 8 bits, so 15 + 255 wraps to 14, and the extended model counts for every
 * family from 6 on, not for 6 and 15 alone.
 */
export function cpuSignature(eax: number): CpuSignature {
  let family = (eax >>> 8) & 0xf
  if (family === 15) family = (family + ((eax >>> 20) & 0xff)) & 0xff
  let model = (eax >>> 4) & 0xf
  if (family >= 6) model |= (eax >>> 12) & 0xf0
  return { family, model, stepping: eax & 0xf }
}

/**
 * The inverse of {@link cpuSignature}: leaf 1's eax of a family, model and stepping. Families above 15 use the extended family, models
 * above 15 the extended model.
 *
 * @throws {@link XenlevelError} with code `SIGNATURE_RANGE` if {@link cpuSignature} could not give these numbers back: a family above 255, a
 * model above 15 below family 6, a model or stepping that does not fit.
 */
export function encodeSignature({ family, model, stepping }: CpuSignature): number {
  const extended = Math.max(family - 15, 0)
  const eax =
    ((extended << 20) |
      ((model >>> 4) << 16) |
      (Math.min(family, 15) << 8) |
      ((model & 0xf) << 4) |
      stepping) >>>
    0
  const back = cpuSignature(eax)
  if (back.family !== family || back.model !== model || back.stepping !== stepping) {
    throw new XenlevelError({
      code: 'SIGNATURE_RANGE',
      message: `There is no CPU signature for family ${family}, model ${model}, stepping ${stepping}: expected a family up to 255, a model up to 255 (up to 15 below family 6) and a stepping up to 15.`,
      details: { family, model, stepping },
    })
  }
  return eax
}
