/** What it means to lose instructions: programs that were built for them stop, programs that look first become slower. */
import type { MeaningRow } from './meaning-rows.js'

/** Sources: Intel SDM volume 2 and AMD APM volumes 3 to 5, under the names of the instructions. */
export const INSTRUCTION_MEANINGS: readonly MeaningRow[] = [
  {
    group: 'basic',
    weight: 10,
    losing: 'Programs that were built for any 64-bit x86 CPU stop with an illegal instruction.',
    features: ['FPU', 'CX8', 'CMOV', 'MMX', 'FXSR', 'SSE', 'SSE2', 'SYSCALL', 'LM'],
  },
  {
    group: 'basic',
    weight: 9,
    losing:
      'Programs that were built for x86-64-v2, as current distributions build them, stop with an illegal instruction.',
    features: ['SSE3', 'SSSE3', 'SSE4_1', 'SSE4_2', 'CX16', 'LAHF_LM', 'POPCNT'],
  },
  {
    group: 'basic',
    weight: 3,
    losing: 'Old 32-bit programs and kernels take slower ways into the kernel.',
    features: ['SEP'],
  },
  {
    group: 'crypto',
    weight: 9,
    losing:
      'TLS, disk and network encryption with AES becomes several times slower, and no longer takes the same time for every key.',
    features: ['AESNI'],
  },
  {
    group: 'crypto',
    weight: 7,
    losing:
      'AES-GCM and checksums are computed without carry-less multiplication, several times slower.',
    features: ['PCLMULQDQ'],
  },
  {
    group: 'crypto',
    weight: 6,
    losing: 'SHA-1 and SHA-256 are computed several times slower.',
    features: ['SHA'],
  },
  {
    group: 'crypto',
    weight: 4,
    losing:
      'Encryption of large amounts of data loses the instructions that treat several blocks at once.',
    features: ['VAES', 'VPCLMULQDQ', 'GFNI'],
  },
  {
    group: 'crypto',
    weight: 2,
    losing:
      'SHA-512 and the Chinese standards SM3 and SM4 are computed without instructions of their own, more slowly.',
    features: ['SHA512', 'SM3', 'SM4'],
  },
  {
    group: 'crypto',
    weight: 5,
    losing:
      'Random numbers come from the kernel’s own sources alone, and a guest may wait for them when it starts.',
    features: ['RDRAND', 'RDSEED'],
  },
  {
    group: 'vector',
    weight: 8,
    losing: 'Numerical programs, codecs and databases compute with vectors of half the width.',
    features: ['AVX', 'AVX2'],
  },
  {
    group: 'vector',
    weight: 7,
    losing:
      'Matrix and signal programs multiply and add in two steps, and programs built for x86-64-v3 stop with an illegal instruction.',
    features: ['FMA', 'F16C'],
  },
  {
    group: 'vector',
    weight: 6,
    losing:
      'Programs built for x86-64-v4 stop with an illegal instruction, and others compute with vectors of 256 bits instead of 512.',
    features: ['AVX512F', 'AVX512DQ', 'AVX512BW', 'AVX512VL', 'AVX512CD'],
  },
  {
    group: 'vector',
    weight: 4,
    losing:
      'Inference with small integers and short floating-point numbers is several times slower.',
    features: [
      ...(['AVX512_VNNI', 'AVX512_BF16', 'AVX512_FP16', 'AVX_VNNI', 'AVX_VNNI_INT8'] as const),
      ...(['AVX_VNNI_INT16', 'AVX_NE_CONVERT'] as const),
    ],
  },
  {
    group: 'vector',
    weight: 5,
    losing:
      'Inference and other matrix programs lose the tile registers, and are many times slower.',
    features: [
      ...(['AMX_TILE', 'AMX_INT8', 'AMX_BF16', 'AMX_FP16', 'AMX_COMPLEX', 'XFD'] as const),
    ],
  },
  {
    group: 'vector',
    weight: 3,
    losing:
      'Some libraries take other ways through byte shuffles, bit counts and wide integers, a little slower.',
    features: [
      ...(['AVX512_IFMA', 'AVX_IFMA', 'AVX512_VBMI', 'AVX512_VBMI2', 'AVX512_BITALG'] as const),
      ...(['AVX512_VPOPCNTDQ', 'AVX512_VP2INTERSECT', 'AVX512_BMM'] as const),
      // What two of them were called before 4.13.
      ...(['AVX512IFMA', 'AVX512VBMI'] as const),
    ],
  },
  {
    group: 'vector',
    weight: 1,
    losing: 'Only programs written for Knights Landing and Knights Mill use it.',
    features: ['AVX512PF', 'AVX512ER', 'AVX512_4VNNIW', 'AVX512_4FMAPS', 'PREFETCHWT1'],
  },
  {
    group: 'vector',
    weight: 2,
    losing:
      'A few programs that were built for one vendor’s older CPUs stop with an illegal instruction.',
    features: [
      ...(['SSE4A', 'MISALIGNSSE', 'XOP', 'FMA4', 'TBM', '3DNOW', '3DNOWEXT', 'MMXEXT'] as const),
    ],
  },
  {
    group: 'integer',
    weight: 6,
    losing:
      'Programs built for x86-64-v3 stop with an illegal instruction, and compilers’ bit manipulation takes more steps.',
    features: ['BMI1', 'BMI2', 'ABM', 'MOVBE'],
  },
  {
    group: 'integer',
    weight: 4,
    losing: 'Arithmetic with long integers, as of RSA, is a third slower.',
    features: ['ADX'],
  },
  {
    group: 'integer',
    weight: 2,
    losing:
      'The guest’s kernel writes its own system registers in a slower way, or reads its CPU number so.',
    features: ['FSGSBASE', 'RDPID', 'WRMSRNS', 'MSRLIST', 'LKGS', 'CR8_LEGACY'],
  },
  {
    group: 'integer',
    weight: 1,
    losing: 'A few programs for wide addressing or pointer tags do not use them.',
    features: ['LAM', 'MOVRS'],
  },
  {
    group: 'string',
    weight: 5,
    losing:
      'Copying and clearing memory takes other code, slower for many lengths; nothing breaks.',
    features: ['ERMS', 'FSRM'],
  },
  {
    group: 'string',
    weight: 3,
    losing:
      'Clearing, filling and comparing short memory takes other code, a little slower; nothing breaks.',
    features: ['FZRM', 'FSRS', 'FSRCS', 'AMD_FSRS', 'AMD_FSRC', 'FSRSC'],
  },
  {
    group: 'synchronisation',
    weight: 3,
    losing:
      'Programs that use transactional memory fall back on locks; those that do not look first stop with an illegal instruction.',
    features: ['RTM', 'HLE', 'TSXLDTRK'],
  },
  {
    group: 'synchronisation',
    weight: 2,
    losing: 'Waiting threads spin instead of sleeping lightly, or take one instruction more.',
    features: ['MONITOR', 'MONITORX', 'WAITPKG', 'CMPCCXADD', 'SERIALIZE', 'UINTR', 'UIRET_UIF'],
  },
  {
    group: 'state',
    weight: 8,
    losing:
      'The guest cannot save wide registers, and has none of the features that need them, AVX first.',
    features: ['XSAVE', 'OSXSAVE'],
  },
  {
    group: 'state',
    weight: 2,
    losing: 'The guest saves its registers in a longer way whenever it switches between programs.',
    features: ['XSAVEOPT', 'XSAVEC', 'XGETBV1', 'XSAVES', 'FFXSR', 'RSTR_FP_ERR_PTRS'],
  },
  {
    group: 'state',
    weight: 1,
    losing:
      'Saved x87 state says other things of the last instruction; only emulators of old systems look at that.',
    features: ['FDP_EXCP_ONLY', 'NO_FPU_SEL'],
  },
]
