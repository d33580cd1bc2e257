/** What it means to lose security: controls that a guest protects itself with, and words that tell it that it need not. */
import type { MeaningRow } from './meaning-rows.js'

/** Sources: Intel’s and AMD’s guidance on speculation, and Xen’s security advisories (XSA) where one is named. */
export const SECURITY_MEANINGS: readonly MeaningRow[] = [
  {
    group: 'protection',
    weight: 9,
    losing:
      'The guest cannot mark data as not executable, so an overflow of a buffer runs whatever is in it.',
    features: ['NX'],
  },
  {
    group: 'protection',
    weight: 7,
    losing:
      'The guest’s kernel can be led to run or read what an attacker has put in a program’s memory.',
    features: ['SMEP', 'SMAP'],
  },
  {
    group: 'protection',
    weight: 4,
    losing: 'Programs in the guest can read where its kernel’s tables are.',
    features: ['UMIP', 'LASS', 'NSCB', 'CPUID_USER_DIS'],
  },
  {
    group: 'protection',
    weight: 4,
    losing: 'Programs cannot close off parts of their memory with protection keys.',
    features: ['PKU', 'OSPKE', 'PKS'],
  },
  {
    group: 'protection',
    weight: 5,
    losing:
      'The guest cannot use shadow stacks and branch tracking against attacks that reuse its own code.',
    features: ['CET_SS', 'CET_IBT', 'CET_SSS'],
  },
  {
    group: 'protection',
    weight: 3,
    losing:
      'Programs that keep secrets in enclaves or behind bounds registers do not run or do not use them.',
    features: ['SGX', 'SGX_LC', 'SGX_KEYS', 'MPX', 'PCONFIG', 'TME'],
  },
  {
    group: 'mitigation',
    weight: 9,
    losing:
      'The guest’s kernel cannot fence off indirect branches (Spectre v2) by the control that this is, and is left with slower or weaker means.',
    features: ['IBRSB', 'IBRS', 'IBPB'],
  },
  {
    group: 'mitigation',
    weight: 7,
    losing:
      'The guest cannot leave enhanced IBRS on, and fences indirect branches (Spectre v2) in a slower way, retpolines among them.',
    features: ['EIBRS', 'AUTO_IBRS'],
  },
  {
    group: 'mitigation',
    weight: 6,
    losing:
      'The guest cannot keep a sibling thread from steering its indirect branches (Spectre v2 across threads).',
    features: ['STIBP', 'AMD_STIBP'],
  },
  {
    group: 'mitigation',
    weight: 7,
    losing:
      'Programs in the guest cannot be kept from reading what was just overwritten (Spectre v4, XSA-263).',
    features: ['SSBD', 'AMD_SSBD', 'VIRT_SSBD'],
  },
  {
    group: 'mitigation',
    weight: 8,
    losing:
      'The guest is not told that VERW flushes CPU buffers, and believes that it stays open to MDS, stale MMIO data or register file sampling (XSA-297, XSA-404, XSA-452).',
    features: ['MD_CLEAR', 'FB_CLEAR', 'RFDS_CLEAR', 'VERW_CLEAR'],
  },
  {
    group: 'mitigation',
    weight: 5,
    losing:
      'A guest that runs guests of its own flushes the level 1 data cache in software (L1TF, XSA-273).',
    features: ['L1D_FLUSH'],
  },
  {
    group: 'mitigation',
    weight: 5,
    losing:
      'The guest has no way to tell the CPU which predictions to leave out (branch history injection, predictive store forwarding), and uses longer code or none.',
    features: [
      ...(['BHI_CTRL', 'RRSBA_CTRL', 'IPRED_CTRL', 'DDP_CTRL', 'INTEL_PSFD', 'PSFD'] as const),
      ...(['EPSF', 'SLSM'] as const),
    ],
  },
  {
    group: 'mitigation',
    weight: 6,
    losing:
      'The guest cannot flush branch predictions as thoroughly, and may stay open to speculative return stack overflow or branch type confusion (XSA-407, XSA-434).',
    features: ['SBPB', 'IBPB_BRTYPE', 'IBPB_RET', 'SRSO_MSR_FIX'],
  },
  {
    group: 'mitigation',
    weight: 4,
    losing:
      'The guest cannot control what a few instructions leave behind (special registers, transactions, gathers), and has to trust the host to do it.',
    features: [
      ...(['SRBDS_CTRL', 'TSX_CTRL', 'TSX_FORCE_ABORT', 'GDS_CTRL', 'FB_CLEAR_CTRL'] as const),
      ...(['MON_UMON_MITG', 'IGN_UMONITOR', 'DOITM', 'RTM_ALWAYS_ABORT'] as const),
    ],
  },
  {
    group: 'mitigation',
    weight: 3,
    losing:
      'The guest is not told how IBRS or LFENCE is best used on this CPU, and may use them in a slower way.',
    features: [
      ...([
        'IBRS_ALWAYS',
        'STIBP_ALWAYS',
        'IBRS_FAST',
        'IBRS_SAME_MODE',
        'LFENCE_DISPATCH',
      ] as const),
    ],
  },
  {
    group: 'mitigation',
    weight: 4,
    losing:
      'The guest is not told that an empty return stack may fall back on other predictions, and may leave out what it should do against that.',
    features: ['RSBA', 'RRSBA'],
  },
  {
    group: 'mitigation',
    weight: 8,
    losing:
      'The guest cannot read which weaknesses the CPU does not have, and none of the words about them that are kept there.',
    features: ['ARCH_CAPS'],
  },
  {
    group: 'immunity',
    weight: 4,
    losing:
      'The guest takes itself to be open to Meltdown or L1TF, and isolates its kernel’s page tables: every system call becomes slower, nothing becomes unsafe.',
    features: ['RDCL_NO'],
  },
  {
    group: 'immunity',
    weight: 3,
    losing:
      'The guest takes itself to be open to data sampling (MDS, TAA, MMIO, registers, gathers) and flushes buffers or leaves out instructions: slower, not less safe.',
    features: [
      ...([
        'MDS_NO',
        'TAA_NO',
        'SBDR_SSDP_NO',
        'FBSDP_NO',
        'PSDP_NO',
        'RFDS_NO',
        'GDS_NO',
      ] as const),
      ...(['TSA_SQ_NO', 'TSA_L1_NO'] as const),
    ],
  },
  {
    group: 'immunity',
    weight: 2,
    losing:
      'The guest takes itself to be open to an attack on branch or store prediction, and does what helps against it: slower, not less safe.',
    features: [
      ...([
        'SSB_NO',
        'INTEL_SSB_NO',
        'BHI_NO',
        'PBRSB_NO',
        'BTC_NO',
        'SRSO_NO',
        'SRSO_US_NO',
      ] as const),
      ...(['ITS_NO', 'MCDT_NO'] as const),
    ],
  },
  {
    group: 'immunity',
    weight: 2,
    losing:
      'A guest that runs guests of its own splits large pages against a machine check (XSA-304), or flushes the level 1 data cache (XSA-273): slower, not less safe.',
    features: ['IF_PSCHANGE_MC_NO', 'SKIP_L1DFL'],
  },
  {
    group: 'immunity',
    weight: 1,
    losing:
      'The guest is not told of a small trait of the CPU (null selectors, segment limits, base registers), and does what is right for all CPUs.',
    features: ['NO_NEST_BP', 'NO_LMSL', 'FS_GS_NS'],
  },
]
