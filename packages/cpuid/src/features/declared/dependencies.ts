/**
 * What needs what, and why: `{ needed: { dependent: reason } }`.
 *
 * The edges are those of Xen 4.23-dev, xen/tools/gen-cpuid.py. Where hardware would allow a combination that Xen refuses, the
 * reason says so: Xen offers guests only combinations that real machines have or that software may rely upon.
 */
import type { DeclaredDependencies } from './types.js'

export const declaredDependencies: DeclaredDependencies = {
  FPU: {
    MMX: 'the MMX registers are the x87 registers under another name',
    RSTR_FP_ERR_PTRS: 'describes how FXRSTOR treats the x87 error pointers',
  },
  PSE: {
    PSE36: 'widens the addresses of the 4 MiB pages that PSE defines',
  },
  TSC: {
    TSC_DEADLINE: 'the timer counts to a value of the TSC',
    RDTSCP: 'reads the TSC',
    TSC_ADJUST: 'offsets the TSC',
    ITSC: 'promises a constant rate of the TSC',
  },
  PAE: {
    NX: 'the no-execute bit exists in 64-bit page-table entries only',
    LM: 'long mode pages through the PAE format',
  },
  APIC: {
    X2APIC: 'another way to reach the local APIC',
    TSC_DEADLINE: 'a mode of the local APIC timer',
    EXTAPIC: 'more registers of the local APIC',
  },
  CLFLUSH: {
    CLZERO: 'works on the cache lines whose size CLFLUSH reports',
  },
  MMX: {
    MMXEXT: 'more instructions on MMX registers',
    '3DNOW': 'works on MMX registers',
  },
  FXSR: {
    SSE: 'FXSAVE is what saves the XMM registers',
    FFXSR: 'a faster form of FXSAVE and FXRSTOR',
  },
  SSE: {
    SSE2: 'extends SSE to doubles and integers in the same registers',
    MISALIGNSSE: 'relaxes the alignment that SSE operands need',
  },
  SSE2: {
    SSE3: 'adds to SSE2; no CPU has it alone',
    PCLMULQDQ: 'works on XMM registers as integers',
    AESNI: 'works on XMM registers as integers',
    LM: '64-bit software may use SSE2 without asking',
    SHA: 'works on XMM registers as integers',
    GFNI: 'its smallest form works on XMM registers as integers',
  },
  SSE3: {
    SSSE3: 'adds to SSE3; no CPU has it alone',
    SSE4A: 'adds to SSE3; no CPU has it alone',
  },
  PCLMULQDQ: {
    VPCLMULQDQ: 'the same operation on wider vectors',
  },
  SSSE3: {
    SSE4_1: 'adds to SSSE3; no CPU has it alone',
  },
  SSE4_1: {
    SSE4_2: 'adds to SSE4.1; no CPU has it alone',
  },
  AESNI: {
    VAES: 'the same operations on wider vectors',
  },
  XSAVE: {
    AVX: 'the upper halves of the YMM registers are saved by XSAVE only',
    LWP: 'its state is saved by XSAVE only',
    XSAVEOPT: 'a form of XSAVE',
    XSAVEC: 'a form of XSAVE',
    XGETBV1: 'reads which XSAVE states are in use',
    XSAVES: 'a form of XSAVE',
    MPX: 'the bound registers are saved by XSAVE only',
    PKU: 'the protection-key register is saved by XSAVE only',
    AMX_TILE: 'the tile registers are saved by XSAVE only',
  },
  AVX: {
    FMA: 'VEX-encoded, works on YMM registers',
    F16C: 'VEX-encoded, works on YMM registers',
    XOP: 'works on YMM registers',
    FMA4: 'VEX-encoded, works on YMM registers',
    AVX2: 'extends AVX to integers',
    SM3: 'VEX-encoded',
    AVX_NE_CONVERT: 'VEX-encoded, works on YMM registers',
  },
  NX: {
    SMAP: 'hardware would allow it alone, but no CPU with SMAP lacks NX',
  },
  LM: {
    CX16: 'CMPXCHG16B is encodable in 64-bit mode only',
    PCID: 'process-context identifiers can be switched on in long mode only',
    PAGE1GB: '1 GiB pages exist in four-level paging only',
    LAHF_LM: 'says that LAHF and SAHF work in 64-bit mode',
    PKU: 'protection keys exist in long-mode page tables only',
    NO_LMSL: 'says that long-mode segment limits are not supported',
    AMX_TILE: 'the tile instructions are encodable in 64-bit mode only',
    CMPCCXADD: 'encodable in 64-bit mode only',
    LKGS: 'loads the base that SWAPGS exchanges, which is long mode alone',
    MOVRS: 'encodable in 64-bit mode only',
  },
  '3DNOW': {
    '3DNOWEXT': 'extends 3DNow!',
  },
  AVX2: {
    AVX512F: 'software that finds AVX-512 takes AVX2 for granted, and so does every CPU',
    VAES: 'its VEX form works on YMM registers as integers',
    VPCLMULQDQ: 'its VEX form works on YMM registers as integers',
    SHA512: 'works on YMM registers as integers',
    SM4: 'works on YMM registers as integers',
    AVX_VNNI: 'works on YMM registers as integers',
    AVX_IFMA: 'works on YMM registers as integers',
    AVX_VNNI_INT8: 'works on YMM registers as integers',
    AVX_VNNI_INT16: 'works on YMM registers as integers',
  },
  RTM: {
    TSXLDTRK: 'suspends the tracking of loads inside a transaction',
  },
  AVX512F: {
    AVX512DQ: 'adds to the AVX-512 foundation',
    AVX512_IFMA: 'adds to the AVX-512 foundation',
    AVX512PF: 'adds to the AVX-512 foundation',
    AVX512ER: 'adds to the AVX-512 foundation',
    AVX512CD: 'adds to the AVX-512 foundation',
    AVX512BW: 'adds to the AVX-512 foundation',
    AVX512VL: 'adds to the AVX-512 foundation',
    AVX512_VNNI: 'adds to the AVX-512 foundation',
    AVX512_VPOPCNTDQ: 'adds to the AVX-512 foundation',
    AVX512_4VNNIW: 'adds to the AVX-512 foundation',
    AVX512_4FMAPS: 'adds to the AVX-512 foundation',
    AVX512_VP2INTERSECT: 'adds to the AVX-512 foundation',
  },
  AVX512BW: {
    AVX512_VBMI: 'permutes bytes under the 64-bit masks of AVX512BW',
    AVX512_VBMI2: 'works on bytes and words under the masks of AVX512BW',
    AVX512_BITALG: 'works on bytes and words under the masks of AVX512BW',
    AVX512_FP16: 'works on 16-bit elements under the masks of AVX512BW',
    AVX512_BF16: 'works on 16-bit elements under the masks of AVX512BW',
    AVX512_BMM: 'works on 16-bit elements under the masks of AVX512BW',
  },
  IBPB: {
    IBPB_RET: 'says more about what IBPB flushes',
    SBPB: 'a weaker form of IBPB through the same MSR',
    IBPB_BRTYPE: 'says more about what IBPB flushes',
  },
  IBRS: {
    AMD_STIBP:
      'hardware may have it alone, but guests are offered the speculation controls together',
    IBRS_ALWAYS: 'advice on the use of IBRS',
    IBRS_FAST: 'advice on the use of IBRS',
    IBRS_SAME_MODE: 'says more about what IBRS protects',
    AMD_SSBD:
      'hardware may have it alone, but guests are offered the speculation controls together',
    PSFD: 'controlled through the MSR that IBRS introduces',
    AUTO_IBRS: 'IBRS without writing the MSR at each entry',
  },
  AMD_STIBP: {
    STIBP_ALWAYS: 'advice on the use of STIBP',
  },
  PSFD: {
    EPSF: 'describes the forwarding that PSFD disables',
  },
  AMX_TILE: {
    AMX_BF16: 'works on tile registers',
    AMX_INT8: 'works on tile registers',
    AMX_FP16: 'works on tile registers',
    AMX_COMPLEX: 'works on tile registers',
  },
  IBRSB: {
    STIBP: 'another bit of MSR_SPEC_CTRL, which IBRSB introduces',
    SSBD: 'another bit of MSR_SPEC_CTRL, which IBRSB introduces',
    INTEL_PSFD: 'another bit of MSR_SPEC_CTRL, which IBRSB introduces',
    IPRED_CTRL: 'more bits of MSR_SPEC_CTRL, which IBRSB introduces',
    RRSBA_CTRL: 'more bits of MSR_SPEC_CTRL, which IBRSB introduces',
    BHI_CTRL: 'another bit of MSR_SPEC_CTRL, which IBRSB introduces',
    EIBRS: 'IBRS that may stay on; the control itself comes with IBRSB',
  },
  EIBRS: {
    RRSBA: 'describes the return predictions of a CPU that has enhanced IBRS',
  },
}

/** A feature that enumerates a whole register: every named bit of these words needs it. */
export const declaredWordDependencies: Readonly<
  Record<string, { readonly words: readonly number[]; readonly reason: string }>
> = {
  ARCH_CAPS: {
    words: [16, 17],
    reason: 'the bits of MSR_ARCH_CAPABILITIES exist only where that MSR is enumerated',
  },
}
