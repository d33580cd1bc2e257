/** What Xen does to the features of AMD and Hygon CPUs. */
import type { CapabilityCondition, CapabilityRule } from './estimate-rules.js'

const AMD_LIKE: CapabilityCondition = { vendor: ['AMD', 'Hygon'] }
const SRSO = ['4.18.0', '4.17.2', '4.16.5', '4.15.5', '4.14.6']
const TSA = ['4.21.0', '4.20.1', '4.19.3', '4.18.6', '4.17.6']
/** Zen 3 and Zen 4, `model << 4 | stepping`, for which Xen knows from which microcode on VERW helps. */
const TSA_MICROCODE = [
  0x011, 0x012, 0x082, 0x111, 0x112, 0x181, 0x210, 0x212, 0x441, 0x500, 0x612, 0x741, 0x752, 0x780,
  0x7c0, 0xa02,
]

/** In the order in which Xen comes to them. */
export const AMD_RULES = /* @__PURE__ */ ((): readonly CapabilityRule[] => [
  {
    when: { vendor: ['AMD'], has: ['PBE'], until: ['4.22.0'] },
    effect: 'clear',
    features: ['PBE'],
    reason: 'AMD uses the bit for something else on its oldest CPUs',
    source: '4.17.7, cpu/amd.c: init_amd',
  },
  {
    when: { vendor: ['AMD'], family: [[0xf, 0xf]], models: [0, 0x13], has: ['LAHF_LM'] },
    effect: 'clear',
    features: ['LAHF_LM'],
    reason: 'erratum 110: some firmware switches the bit on where the instructions are not',
    source: '4.23-dev, cpu/amd.c: init_amd',
  },
  {
    decision: 'lfence',
    when: { ...AMD_LIKE, has: ['LFENCE_DISPATCH'] },
    effect: 'keep',
    features: [],
    reason: 'LFENCE waits by itself',
    source: '4.23-dev, cpu/amd.c: amd_init_lfence_dispatch',
  },
  {
    decision: 'lfence',
    when: {
      ...AMD_LIKE,
      family: [
        [0xf, 0xf],
        [0x11, 0x11],
      ],
      landed: ['4.22.0', '4.21.1', '4.20.3', '4.19.4'],
    },
    effect: 'force',
    features: ['LFENCE_DISPATCH'],
    reason: 'LFENCE always waits on these families, which have no MSR to say so',
    source: '4.23-dev, cpu/amd.c: amd_init_lfence_dispatch',
  },
  {
    decision: 'lfence',
    when: {
      ...AMD_LIKE,
      family: [
        [0xf, 0xf],
        [0x11, 0x11],
      ],
    },
    effect: 'keep',
    features: [],
    reason: 'these families have no MSR that makes LFENCE wait',
    source: '4.18.6, cpu/amd.c: amd_init_lfence',
  },
  {
    decision: 'lfence',
    when: { ...AMD_LIKE, bareMetal: true },
    effect: 'force',
    features: ['LFENCE_DISPATCH'],
    reason: 'Xen makes LFENCE wait by DE_CFG, and tells guests so by leaf 0x80000021',
    source: '4.23-dev, cpu/amd.c: amd_init_de_cfg',
  },
  {
    decision: 'lfence',
    when: AMD_LIKE,
    effect: 'keep',
    features: ['LFENCE_DISPATCH'],
    reason: 'Xen makes LFENCE wait only where DE_CFG can be written, or is set already',
    assumes: 'the hypervisor below neither shows LFENCE as waiting nor lets Xen make it so',
    source: '4.23-dev, cpu/amd.c: amd_init_lfence_dispatch',
  },
  {
    when: {
      ...AMD_LIKE,
      family: [[0x17, 0x18]],
      bareMetal: true,
      has: ['AMD_STIBP'],
      lacks: ['NSCB'],
      landed: ['4.16.0'],
    },
    effect: 'force',
    features: ['NSCB'],
    reason: 'Zen 2 clears the base of a null selector without saying so; Xen tries it out',
    assumes: 'the trial succeeds, as on Zen 2',
    source: '4.23-dev, cpu/amd.c: detect_zen2_null_seg_behaviour',
  },
  {
    when: {
      vendor: ['AMD'],
      family: [[0x15, 0x16]],
      has: ['RDRAND'],
      landed: ['4.14.0', '4.13.2', '4.12.4'],
      boot: ({ cpuid }) => !cpuid.enabled.includes('RDRAND'),
    },
    effect: 'disable',
    features: ['RDRAND'],
    reason: 'it may stop working when the machine wakes up; cpuid=rdrand keeps it',
    source: '4.23-dev, cpu/amd.c: init_amd',
  },
  {
    when: {
      vendor: ['AMD'],
      family: [[0x19, 0x19]],
      bareMetal: true,
      landed: ['4.17.0', '4.16.2', '4.15.4', '4.14.6', '4.13.5'],
    },
    effect: 'force',
    features: ['BTC_NO'],
    reason: 'Zen 3 is not open to Branch Type Confusion, and older than the bit that says so',
    source: '4.23-dev, cpu/amd.c: init_amd',
  },
  {
    when: { vendor: ['AMD'], family: [[0x15, 0x15]], models: [0x10, 0x1f], lacks: ['TOPOEXT'] },
    effect: 'set',
    features: ['TOPOEXT'],
    reason: 'Xen switches it on again where firmware has switched it off',
    assumes: 'the MSR for it can be written',
    source: '4.23-dev, cpu/amd.c: init_amd',
  },
  {
    when: { vendor: ['AMD'], family: [[0x10, 0x10]] },
    effect: 'clear',
    features: ['MONITOR'],
    reason: 'these CPUs do not sleep deeper by MWAIT than by HLT',
    source: '4.23-dev, cpu/amd.c: init_amd',
  },
  {
    when: AMD_LIKE,
    effect: 'clear',
    features: ['SEP'],
    reason: 'SYSENTER does not work in long mode on these CPUs',
    source: '4.23-dev, cpu/amd.c: init_amd; cpu/hygon.c: init_hygon',
  },
  {
    when: { ...AMD_LIKE, family: [[0x19, 0x19]], bareMetal: true, landed: SRSO },
    effect: 'force',
    features: ['IBPB_BRTYPE', 'SBPB'],
    reason:
      'the microcode against Speculative Return Stack Overflow does not announce itself; Xen tries it out',
    assumes: 'the microcode is that of August 2023 or newer',
    source: '4.17.2, spec_ctrl.c: srso_calculations',
  },
  {
    when: { ...AMD_LIKE, family: [[0, 0x18]], bareMetal: true, has: ['IBPB'], landed: SRSO },
    effect: 'force',
    features: ['IBPB_BRTYPE'],
    reason: 'IBPB of Zen 1 and Zen 2 flushes branch types too, and that of older ones is taken to',
    source: '4.17.2, spec_ctrl.c: srso_calculations',
  },
  {
    when: {
      ...AMD_LIKE,
      family: [[0x17, 0x18]],
      bareMetal: true,
      oneThreadPerCore: true,
      landed: SRSO,
    },
    effect: 'force',
    features: ['SRSO_NO'],
    reason:
      'Speculative Return Stack Overflow does not work on Zen 1 and Zen 2 with one thread a core',
    source: '4.17.2, spec_ctrl.c: srso_calculations',
  },
  {
    decision: 'tsa',
    when: { vendor: ['AMD'], hasAny: ['TSA_SQ_NO', 'TSA_L1_NO'] },
    effect: 'keep',
    features: [],
    reason: 'the CPU says itself whether Transient Scheduler Attacks concern it',
    source: '4.17.6, spec_ctrl.c: tsa_calculations',
  },
  {
    decision: 'tsa',
    when: {
      vendor: ['AMD'],
      family: [
        [0, 0x18],
        [0x1a, 0xff],
      ],
      bareMetal: true,
      landed: TSA,
    },
    effect: 'force',
    features: ['TSA_SQ_NO', 'TSA_L1_NO'],
    reason: 'of all families 0x19 alone is vulnerable to Transient Scheduler Attacks',
    source: '4.17.6, spec_ctrl.c: tsa_calculations',
  },
  {
    decision: 'tsa',
    when: {
      vendor: ['AMD'],
      family: [[0x19, 0x19]],
      modelStepping: TSA_MICROCODE,
      bareMetal: true,
      landed: TSA,
    },
    effect: 'force',
    features: ['VERW_CLEAR'],
    reason: 'with new microcode VERW flushes what Transient Scheduler Attacks are about',
    assumes: 'the microcode is that of July 2025 or newer',
    source: '4.17.6, spec_ctrl.c: tsa_calculations',
  },
])()
