/** The feature bits that leaf 0x8000_0001's edx repeats from leaf 1's on AMD CPUs (AMD APM volume 3, CPUID Fn8000_0001_EDX). */
import { bitsOf } from '../words.js'

/** Their names; every release has them at these places of word 0 (Xen: xen/tools/gen-cpuid.py). */
export const COMMON_1D_NAMES: readonly string[] = [
  'FPU',
  'VME',
  'DE',
  'PSE',
  'TSC',
  'MSR',
  'PAE',
  'MCE',
  'CX8',
  'APIC',
  'MTRR',
  'PGE',
  'MCA',
  'CMOV',
  'PAT',
  'PSE36',
  'MMX',
  'FXSR',
]

/** They as one word (Xen: CPUID_COMMON_1D_FEATURES). */
export const COMMON_1D_FEATURES = 0x0183_f3ff

/** The word that repeats them: 0x8000_0001.edx. */
const REPEATING_WORD = 2

/** The bits of the repeating word that repeat others. */
export function repeatedBits(): number[] {
  return bitsOf([COMMON_1D_FEATURES]).map((bit) => REPEATING_WORD * 32 + bit)
}
