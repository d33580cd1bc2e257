/** The feature bits that leaf 0x8000_0001's edx repeats from leaf 1's on AMD CPUs. */

/**
 * FPU VME DE PSE TSC MSR PAE MCE CX8 APIC MTRR PGE MCA CMOV PAT PSE36 MMX FXSR, as one word (Xen: CPUID_COMMON_1D_FEATURES in
 * xen/tools/gen-cpuid.py; AMD APM volume 3, CPUID Fn8000_0001_EDX).
 */
export const COMMON_1D_FEATURES = 0x0183_f3ff

/** The word that repeats them: 0x8000_0001.edx. */
export const REPEATING_WORD = 2
