/** What Xen does to the features of Intel CPUs. Model numbers are those of family 6, as Xen lists them. */
import type { CapabilityCondition, CapabilityRule } from './estimate-rules.js'

/** Family 6 of Intel. */
const CORE: CapabilityCondition = { vendor: ['Intel'], family: [[6, 6]] }
/** XSA-434 and XSA-435, August 2023. */
const GDS = ['4.18.0', '4.17.2', '4.16.5', '4.15.5', '4.14.6']
const RFDS = ['4.19.0', '4.18.1', '4.17.4', '4.16.6', '4.15.6']
const ITS = ['4.21.0', '4.20.1', '4.19.3', '4.18.5', '4.17.6']

/** Penryn to Haswell, then Atoms before Goldmont Plus. */
const RETURN_STACK_ALONE = [
  0x17, 0x1d, 0x1e, 0x1f, 0x1a, 0x2e, 0x25, 0x2c, 0x2f, 0x2a, 0x2d, 0x3a, 0x3e, 0x3c, 0x3f, 0x45,
  0x46, 0x1c, 0x26, 0x27, 0x35, 0x36, 0x37, 0x4d, 0x4c, 0x4a, 0x5a, 0x5c, 0x5f,
]
const BROADWELL = [0x3d, 0x47, 0x4f, 0x56]
/** Skylake to Rocket Lake. */
const GATHERS = [0x55, 0x6a, 0x6c, 0x7e, 0x8c, 0x8d, 0x8e, 0x9e, 0xa5, 0xa6, 0xa7]
/** Client CPUs with Gracemont cores, and the Atoms from Goldmont on. */
const REGISTER_FILES = [0x9a, 0xba, 0xbf, 0x5c, 0x5f, 0x7a, 0x86, 0x96, 0x9c, 0xbe]
/** The same in a socket that server CPUs without Gracemont cores have too. */
const REGISTER_FILES_IF_HYBRID = [0x97, 0xb7]
/** Skylake to Rocket Lake, with enhanced IBRS. */
const INDIRECT_TARGETS = [0x55, 0x8e, 0x9e, 0xa5, 0xa6, 0x6a, 0x6c, 0x7e, 0x8c, 0x8d, 0xa7]

/** In the order in which Xen comes to them. */
export const INTEL_RULES = /* @__PURE__ */ ((): readonly CapabilityRule[] => [
  {
    when: { vendor: ['Intel'], has: ['ERMS'], landed: ['4.21.0'] },
    effect: 'keep',
    features: ['ERMS'],
    reason: 'Xen takes it away where fast strings are switched off in MISC_ENABLE',
    assumes: 'the firmware has left fast strings switched on',
    source: '4.23-dev, cpu/intel.c: early_init_intel',
  },
  {
    when: { ...CORE, model: [0x55], landed: GDS },
    effect: 'disable',
    features: ['CLWB'],
    reason:
      'the microcode against Gather Data Sampling makes it slow, and CLFLUSHOPT is as good here',
    source: '4.17.2, cpu/intel.c: init_intel',
  },
  {
    when: {
      ...CORE,
      has: ['TSC_DEADLINE'],
      bareMetal: true,
      model: [0x3c, 0x3f, 0x45, 0x46, 0x3d, 0x47, 0x4f, 0x56, 0x4e, 0x5e, 0x55, 0x8e, 0x9e],
      landed: ['4.12.0'],
    },
    effect: 'keep',
    features: ['TSC_DEADLINE'],
    reason: 'Xen takes it away where old microcode has an erratum',
    assumes: 'the microcode is that of 2017 or newer',
    source: '4.23-dev, apic.c: check_deadline_errata',
  },

  {
    decision: 'return-predictions',
    when: { ...CORE, has: ['EIBRS'], lacks: ['RRSBA'], landed: GDS },
    effect: 'force',
    features: ['RRSBA'],
    reason: 'every CPU with enhanced IBRS has it; microcode before August 2023 does not say so',
    source: '4.17.2, spec_ctrl.c: retpoline_calculations',
  },
  {
    decision: 'return-predictions',
    when: { ...CORE, hasAny: ['EIBRS', 'RSBA', 'ARCH_CAPS'] },
    effect: 'keep',
    features: [],
    reason: 'the CPU says itself how it predicts returns',
    source: '4.17.2, spec_ctrl.c: retpoline_calculations',
  },
  {
    decision: 'return-predictions',
    when: { ...CORE, model: RETURN_STACK_ALONE },
    effect: 'keep',
    features: [],
    reason: 'returns are predicted by the return stack alone',
    source: '4.17.2, spec_ctrl.c: retpoline_calculations',
  },
  {
    decision: 'return-predictions',
    when: { ...CORE, model: BROADWELL, landed: GDS },
    effect: 'keep',
    features: ['RSBA'],
    reason: 'with microcode of January 2018 returns are predicted by the return stack alone',
    assumes: 'the microcode is that of January 2018 or newer',
    source: '4.17.2, spec_ctrl.c: retpoline_calculations',
  },
  {
    decision: 'return-predictions',
    when: { ...CORE, landed: GDS },
    effect: 'force',
    features: ['RSBA'],
    reason:
      'an empty return stack falls back on other predictions on Skylake and on models that Xen does not know',
    source: '4.17.2, spec_ctrl.c: retpoline_calculations',
  },

  {
    decision: 'register-files',
    when: { ...CORE, hasAny: ['RFDS_NO', 'RFDS_CLEAR'] },
    effect: 'keep',
    features: [],
    reason: 'the CPU says itself whether Register File Data Sampling concerns it',
    source: '4.17.4, spec_ctrl.c: rfds_calculations',
  },
  {
    decision: 'register-files',
    when: { ...CORE, model: REGISTER_FILES },
    effect: 'keep',
    features: [],
    reason: 'the CPU is vulnerable, and its microcode does nothing about it',
    source: '4.17.4, spec_ctrl.c: rfds_calculations',
  },
  {
    decision: 'register-files',
    when: { ...CORE, model: REGISTER_FILES_IF_HYBRID, has: ['HYBRID'] },
    effect: 'keep',
    features: [],
    reason: 'a hybrid CPU of this model has vulnerable cores',
    source: '4.17.4, spec_ctrl.c: rfds_calculations',
  },
  {
    decision: 'register-files',
    when: { ...CORE, bareMetal: true, landed: RFDS },
    effect: 'force',
    features: ['RFDS_NO'],
    reason: 'the CPU is not vulnerable; old microcode does not say so',
    source: '4.17.4, spec_ctrl.c: rfds_calculations',
  },

  {
    decision: 'gathers',
    when: { ...CORE, has: ['GDS_NO'] },
    effect: 'keep',
    features: [],
    reason: 'the CPU says itself that Gather Data Sampling does not concern it',
    source: '4.17.2, spec_ctrl.c: gds_calculations',
  },
  {
    decision: 'gathers',
    when: {
      ...CORE,
      has: ['GDS_CTRL'],
      landed: GDS,
      boot: ({ gdsMitigation }) => gdsMitigation !== false,
    },
    effect: 'force',
    features: ['GDS_NO'],
    reason: 'the microcode mitigates Gather Data Sampling, and guests need not know how',
    assumes: 'the firmware has not locked the mitigation off',
    source: '4.17.2, spec_ctrl.c: gds_calculations',
  },
  {
    decision: 'gathers',
    when: { ...CORE, has: ['GDS_CTRL'], landed: GDS },
    effect: 'keep',
    features: ['GDS_NO'],
    reason: 'the command line switches the mitigation off',
    assumes: 'the firmware has not locked the mitigation on',
    source: '4.17.2, spec_ctrl.c: gds_calculations',
  },
  {
    decision: 'gathers',
    when: { ...CORE, lacks: ['AVX'], landed: GDS },
    effect: 'force',
    features: ['GDS_NO'],
    reason: 'without AVX there is no instruction that gathers',
    source: '4.17.2, spec_ctrl.c: cpu_has_gds',
  },
  {
    decision: 'gathers',
    when: {
      ...CORE,
      model: GATHERS,
      landed: GDS,
      boot: ({ gdsMitigation }) => gdsMitigation !== false,
    },
    effect: 'disable',
    features: ['AVX'],
    reason:
      'the CPU is vulnerable to Gather Data Sampling, and without its microcode only the loss of AVX helps',
    source: '4.17.2, spec_ctrl.c: gds_calculations',
  },
  {
    decision: 'gathers',
    when: { ...CORE, model: GATHERS, landed: GDS },
    effect: 'keep',
    features: [],
    reason: 'the command line says that AVX stays, vulnerable or not',
    source: '4.17.2, spec_ctrl.c: gds_calculations',
  },
  {
    decision: 'gathers',
    when: { ...CORE, bareMetal: true, landed: GDS },
    effect: 'force',
    features: ['GDS_NO'],
    reason: 'CPUs of this model are not vulnerable to Gather Data Sampling',
    source: '4.17.2, spec_ctrl.c: cpu_has_gds',
  },
  {
    decision: 'gathers',
    when: { ...CORE, landed: GDS, boot: ({ gdsMitigation }) => gdsMitigation !== false },
    effect: 'disable',
    features: ['AVX'],
    reason:
      'the hypervisor below does not say whether its CPUs are vulnerable to Gather Data Sampling, so Xen takes them to be',
    source: '4.17.2, spec_ctrl.c: cpu_has_gds',
  },

  {
    decision: 'indirect-targets',
    when: { vendor: ['Intel'], has: ['ITS_NO'] },
    effect: 'keep',
    features: [],
    reason: 'the CPU says itself that Indirect Target Selection does not concern it',
    source: '4.17.6, spec_ctrl.c: its_calculations',
  },
  {
    decision: 'indirect-targets',
    when: { ...CORE, has: ['EIBRS'], lacks: ['BHI_CTRL'], model: INDIRECT_TARGETS },
    effect: 'keep',
    features: [],
    reason: 'the CPU is vulnerable to Indirect Target Selection',
    source: '4.17.6, spec_ctrl.c: its_calculations',
  },
  {
    decision: 'indirect-targets',
    when: { vendor: ['Intel'], bareMetal: true, landed: ITS },
    effect: 'force',
    features: ['ITS_NO'],
    reason: 'the CPU is not vulnerable to Indirect Target Selection; no microcode says so',
    source: '4.17.6, spec_ctrl.c: its_calculations',
  },
])()
