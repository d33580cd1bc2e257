/**
 * libvirt's CPU feature names as libvirt 9.0.0 has them (src/cpu_map/x86_features.xml), held against Xen 4.23-dev's, and what libvirt's
 * libxl driver writes for them (xenTranslateCPUFeature). Facts alone: a new libvirt means new rows.
 */

/** Features, by featureset word, whose libvirt name is Xen's in lower case with "-" for "_". */
export const SAME_NAME = `
FPU VME DE PSE TSC MSR PAE MCE CX8 APIC SEP MTRR PGE MCA CMOV PAT PSE36 CLFLUSH DS ACPI MMX FXSR SSE SSE2 SS PBE
DTES64 MONITOR VMX SMX TM2 SSSE3 FMA CX16 XTPR PDCM PCID DCA X2APIC MOVBE POPCNT TSC_DEADLINE XSAVE OSXSAVE AVX F16C RDRAND HYPERVISOR
SYSCALL NX MMXEXT RDTSCP LM 3DNOWEXT 3DNOW
SVM EXTAPIC ABM SSE4A MISALIGNSSE 3DNOWPREFETCH OSVW IBS XOP SKINIT WDT LWP FMA4 TBM TOPOEXT
XSAVEOPT XSAVEC XGETBV1 XSAVES XFD
FSGSBASE SGX BMI1 HLE AVX2 SMEP BMI2 ERMS INVPCID RTM MPX AVX512F AVX512DQ RDSEED ADX SMAP CLFLUSHOPT CLWB AVX512PF AVX512ER AVX512CD AVX512BW AVX512VL
UMIP PKU OSPKE WAITPKG GFNI VAES VPCLMULQDQ AVX512_VPOPCNTDQ LA57 RDPID CLDEMOTE MOVDIRI MOVDIR64B PKS
CLZERO WBNOINVD IBPB IBRS AMD_STIBP AMD_SSBD VIRT_SSBD
AVX512_4VNNIW AVX512_4FMAPS FSRM AVX512_VP2INTERSECT MD_CLEAR SERIALIZE PCONFIG ARCH_LBR AMX_BF16 AVX512_FP16 AMX_TILE AMX_INT8 STIBP SSBD
AVX_VNNI AVX512_BF16
RSBA MDS_NO TSX_CTRL TAA_NO
`

/** Features that libvirt calls otherwise: its name, Xen's. */
export const OTHER_NAME: readonly (readonly [libvirt: string, xen: string])[] = [
  ['ht', 'HTT'],
  ['tm', 'TM1'],
  ['pni', 'SSE3'],
  ['pclmuldq', 'PCLMULQDQ'],
  ['ds_cpl', 'DSCPL'],
  ['est', 'EIST'],
  ['sse4.1', 'SSE4_1'],
  ['sse4.2', 'SSE4_2'],
  ['aes', 'AESNI'],
  ['fxsr_opt', 'FFXSR'],
  ['pdpe1gb', 'PAGE1GB'],
  ['lahf_lm', 'LAHF_LM'],
  ['cmp_legacy', 'CMP_LEGACY'],
  ['cr8legacy', 'CR8_LEGACY'],
  ['nodeid_msr', 'NODEID_MSR'],
  ['tsc_adjust', 'TSC_ADJUST'],
  ['cmt', 'PQM'],
  ['avx512ifma', 'AVX512_IFMA'],
  ['intel-pt', 'PROC_TRACE'],
  ['sha-ni', 'SHA'],
  ['avx512vbmi', 'AVX512_VBMI'],
  ['avx512vbmi2', 'AVX512_VBMI2'],
  ['avx512vnni', 'AVX512_VNNI'],
  ['avx512bitalg', 'AVX512_BITALG'],
  ['bus-lock-detect', 'BLD'],
  ['sgxlc', 'SGX_LC'],
  ['invtsc', 'ITSC'],
  ['xsaveerptr', 'RSTR_FP_ERR_PTRS'],
  ['amd-no-ssb', 'SSB_NO'],
  ['tsx-ldtrk', 'TSXLDTRK'],
  ['spec-ctrl', 'IBRSB'],
  ['arch-capabilities', 'ARCH_CAPS'],
  ['core-capability', 'CORE_CAPS'],
  ['rdctl-no', 'RDCL_NO'],
  ['ibrs-all', 'EIBRS'],
  ['skip-l1dfl-vmentry', 'SKIP_L1DFL'],
  ['ssb-no', 'INTEL_SSB_NO'],
  ['pschange-mc-no', 'IF_PSCHANGE_MC_NO'],
]

/** Featureset bits that libvirt names and the newest Xen does not. */
export const UNNAMED_BIT: readonly (readonly [libvirt: string, bit: number])[] = [
  ['pn', 18],
  ['ia64', 30],
  ['cid', 42],
  ['tce', 113],
  ['cvt16', 114],
  ['perfctr_core', 119],
  ['perfctr_nb', 120],
  ['pcommit', 182],
]

/** libvirt's names of what is in no featureset word: leaves 6, 0xf, 0x12, 0x14 and 0x8000000a, and MSR 0xcf. */
export const NO_BIT = `
arat mbm_total mbm_local sgx1 sgx2 sgx-exinfo sgx-debug sgx-mode64 sgx-provisionkey sgx-tokenkey sgx-kss intel-pt-lip
npt lbrv svm-lock nrip-save tsc-scale vmcb-clean flushbyasid decodeassists pause-filter pfthreshold avic v-vmsave-vmload vgif
svme-addr-chk split-lock-detect
`

/** What libvirt's libxl driver writes into `cpuid=` where it is not libvirt's own name. */
export const WRITTEN_FOR_LIBXL: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['cx8', 'cmpxchg8'],
  ['sep', 'sysenter'],
  ['pn', 'psn'],
  ['clflush', 'clfsh'],
  ['ht', 'htt'],
  ['pni', 'sse3'],
  ['pclmuldq', 'pclmulqdq'],
  ['ds_cpl', 'dscpl'],
  ['cid', 'cntxid'],
  ['cx16', 'cmpxchg16'],
  ['spec-ctrl', 'ibrsb'],
  ['fxsr_opt', 'ffxsr'],
  ['pdpe1gb', 'page1gb'],
  ['lahf_lm', 'lahfsahf'],
  ['cmp_legacy', 'cmplegacy'],
  ['cr8legacy', 'altmovcr8'],
  ['nodeid_msr', 'nodeid'],
])

/** What libvirt leaves out of a CPU that must be able to migrate (its migratable='no'). */
export const NOT_MIGRATABLE: ReadonlySet<string> = /* @__PURE__ */ new Set(['xsaves', 'invtsc'])
