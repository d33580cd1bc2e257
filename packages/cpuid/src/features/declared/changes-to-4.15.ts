/**
 * What changed in Xen's feature tables from 4.7.0 to 4.15, oldest first: see types.ts for how to read it.
 * From gen-cpuid.py and cpufeatureset.h of every point release.
 */
import type { DeclaredChange } from './types.js'

export const changesTo415: readonly DeclaredChange[] = [
  {
    landed: ['4.8.0', '4.7.1'],
    about: 'misaligned SSE operands need SSE',
    needs: { SSE: ['MISALIGNSSE'] },
  },
  {
    landed: ['4.8.0'],
    about: 'AVX-512',
    add: [
      'AVX512F',
      'AVX512DQ',
      'AVX512_IFMA',
      'AVX512PF',
      'AVX512ER',
      'AVX512CD',
      'AVX512BW',
      'AVX512VL',
      'AVX512_VBMI',
    ],
    needs: { AVX512F: ['AVX512_VBMI'] },
  },
  {
    landed: ['4.9.0', '4.8.4', '4.7.5'],
    about: 'edx of leaf 7 becomes a word',
    words: 10,
  },
  {
    landed: ['4.9.0'],
    about: 'AVX-512 of Knights Mill; the bits that 0x80000001.edx repeats count once',
    add: ['SS', 'AVX512_VPOPCNTDQ', 'RDPID', 'AVX512_4VNNIW', 'AVX512_4FMAPS'],
    attributes: { IBS: ['S', ''] },
    needs: {
      TSC: ['TSC_DEADLINE', 'RDTSCP', 'TSC_ADJUST', 'ITSC'],
      APIC: ['TSC_DEADLINE', 'EXTAPIC'],
    },
    rules: ['common-1d-once'],
  },
  {
    landed: ['4.10.0'],
    about: 'user-mode instruction prevention',
    add: ['UMIP'],
  },
  {
    landed: ['4.11.0', '4.10.1', '4.9.3', '4.8.4', '4.7.6'],
    about: 'the MSR that says what a CPU is immune to is named',
    add: ['ARCH_CAPS'],
  },
  {
    landed: ['4.11.0', '4.10.1', '4.9.2', '4.8.4', '4.7.5'],
    about: 'the first speculation controls',
    add: ['IBPB', 'IBRSB', 'STIBP'],
  },
  {
    landed: ['4.11.0', '4.10.2', '4.9.3', '4.8.4', '4.7.6'],
    about: 'control of the speculative store bypass',
    add: ['SSBD'],
  },
  {
    landed: ['4.11.0', '4.10.2', '4.9.3'],
    about: 'STIBP is no longer decided case by case',
    attributes: { STIBP: ['A!', 'A'] },
  },
  {
    landed: ['4.12.0', '4.11.1', '4.10.2', '4.9.3', '4.8.5'],
    about: 'flushing of the first-level data cache',
    add: ['L1D_FLUSH'],
  },
  {
    landed: ['4.12.0', '4.11.2', '4.10.4'],
    about: 'carry-less multiplication needs SSE',
    needs: { SSE: ['PCLMULQDQ'] },
  },
  {
    landed: ['4.12.0'],
    about: 'RDTSCP for PV guests too',
    attributes: { RDTSCP: ['S', 'A'] },
    needs: { NX: ['SMAP'] },
  },
  {
    landed: ['4.13.0', '4.12.1', '4.11.2', '4.10.4'],
    about: 'buffer clearing',
    add: ['MD_CLEAR', 'TSX_FORCE_ABORT'],
  },
  {
    landed: ['4.13.0'],
    about:
      'the second AVX-512 generation; the AVX-512 names get their underscore; dependencies revised',
    add: [
      'AVX512_VBMI2',
      'GFNI',
      'VAES',
      'VPCLMULQDQ',
      'AVX512_VNNI',
      'AVX512_BITALG',
      'CLDEMOTE',
      'RSTR_FP_ERR_PTRS',
      'WBNOINVD',
      'AVX512_BF16',
    ],
    attributes: { LWP: ['S', ''] },
    renamed: { AVX512_IFMA: 'AVX512IFMA', AVX512_VBMI: 'AVX512VBMI' },
    needs: {
      SSE2: ['SSE3', 'PCLMULQDQ', 'AESNI', 'SHA'],
      SSE3: ['SSSE3', 'SSE4A'],
      AVX512BW: ['AVX512_VBMI'],
    },
    frees: {
      SSE: ['SSE3', 'PCLMULQDQ', 'SSSE3', 'AESNI', 'SSE4A', 'SHA'],
      SSE3: ['SSE4_1'],
      PCID: ['INVPCID'],
      AVX512F: ['AVX512_VBMI'],
    },
    words: 11,
  },
  {
    landed: ['4.13.2', '4.12.4'],
    about:
      'on these branches alone, the MSR that says what a CPU is immune to is decided case by case',
    attributes: { ARCH_CAPS: ['', '!'] },
  },
  {
    landed: ['4.14.0', '4.13.1', '4.12.3'],
    about: 'control-flow enforcement is named',
    add: ['CET_SS', 'CET_IBT'],
  },
  {
    landed: ['4.14.0', '4.13.2', '4.12.4'],
    about: 'SRBDS control is named',
    add: ['SRBDS_CTRL'],
  },
  {
    landed: ['4.14.0'],
    about: 'max and default come apart: MPX is for guests that had it',
    add: ['MOVDIRI', 'MOVDIR64B', 'ENQCMD', 'AMD_PPIN', 'SERIALIZE', 'TSXLDTRK', 'CORE_CAPS'],
    attributes: { RDRAND: ['A', '!A'], MPX: ['S', 's'], AVX512_BF16: ['', 'A'] },
    needs: { FPU: ['RSTR_FP_ERR_PTRS'] },
    rules: ['max-attributes'],
  },
  {
    landed: ['4.15.0', '4.14.1'],
    about: 'the MSR that says what a CPU is immune to, for max policies',
    attributes: { ARCH_CAPS: ['', 'a'] },
  },
  {
    landed: ['4.15.0'],
    about: 'nested virtualisation and the invariant TSC must be asked for',
    add: ['PROC_TRACE', 'AVX512_VP2INTERSECT', 'AVX_VNNI'],
    attributes: { VMX: ['S', 'h'], SVM: ['S', 'h'], ITSC: ['', 'a'] },
  },
]
