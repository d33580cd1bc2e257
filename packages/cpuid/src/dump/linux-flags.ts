/**
 * The flags of /proc/cpuinfo and the features that Xen names for the same bits.
 *
 * Linux 6.x, arch/x86/include/asm/cpufeatures.h and arch/x86/kernel/cpu/scattered.c. What is not here has no bit that Xen names, or
 * does not tell which one: flags that the kernel computes (`constant_tsc`, `rep_good`), that lie in leaves of which Xen has no word
 * (`arat`, `npt`), and those with a namesake (`arch_perfmon` is leaf 0xa, not ARCH_PERF_MON; `intel_ppin` goes by model on CPUs
 * without INTEL_PPIN; `sm3` and `sm4` are Zhaoxin's and Hygon's).
 */
import type { FeatureName } from '../features/table.js'
import type { CpuVendor } from '../signature.js'

/** The feature that a flag stands for, or that feature by vendor where vendors keep the same ability in different bits. */
export type LinuxFlagMeaning = FeatureName | Readonly<Partial<Record<CpuVendor, FeatureName>>>

/** Every flag of Linux 6.x that tells a bit that Xen names. */
export const linuxFlags: Readonly<Record<string, LinuxFlagMeaning>> = {
  // 1.edx
  fpu: 'FPU',
  vme: 'VME',
  de: 'DE',
  pse: 'PSE',
  tsc: 'TSC',
  msr: 'MSR',
  pae: 'PAE',
  mce: 'MCE',
  cx8: 'CX8',
  apic: 'APIC',
  sep: 'SEP',
  mtrr: 'MTRR',
  pge: 'PGE',
  mca: 'MCA',
  cmov: 'CMOV',
  pat: 'PAT',
  pse36: 'PSE36',
  clflush: 'CLFLUSH',
  dts: 'DS',
  acpi: 'ACPI',
  mmx: 'MMX',
  fxsr: 'FXSR',
  sse: 'SSE',
  sse2: 'SSE2',
  ss: 'SS',
  ht: 'HTT',
  tm: 'TM1',
  pbe: 'PBE',
  // 1.ecx
  pni: 'SSE3',
  pclmulqdq: 'PCLMULQDQ',
  dtes64: 'DTES64',
  monitor: 'MONITOR',
  ds_cpl: 'DSCPL',
  vmx: 'VMX',
  smx: 'SMX',
  est: 'EIST',
  tm2: 'TM2',
  ssse3: 'SSSE3',
  sdbg: 'SDBG',
  fma: 'FMA',
  cx16: 'CX16',
  xtpr: 'XTPR',
  pdcm: 'PDCM',
  pcid: 'PCID',
  dca: 'DCA',
  sse4_1: 'SSE4_1',
  sse4_2: 'SSE4_2',
  x2apic: 'X2APIC',
  movbe: 'MOVBE',
  popcnt: 'POPCNT',
  tsc_deadline_timer: 'TSC_DEADLINE',
  aes: 'AESNI',
  xsave: 'XSAVE',
  avx: 'AVX',
  f16c: 'F16C',
  rdrand: 'RDRAND',
  hypervisor: 'HYPERVISOR',
  // 0x80000001.edx
  syscall: 'SYSCALL',
  nx: 'NX',
  mmxext: 'MMXEXT',
  fxsr_opt: 'FFXSR',
  pdpe1gb: 'PAGE1GB',
  rdtscp: 'RDTSCP',
  lm: 'LM',
  '3dnowext': '3DNOWEXT',
  '3dnow': '3DNOW',
  // 0x80000001.ecx
  lahf_lm: 'LAHF_LM',
  cmp_legacy: 'CMP_LEGACY',
  svm: 'SVM',
  extapic: 'EXTAPIC',
  cr8_legacy: 'CR8_LEGACY',
  abm: 'ABM',
  sse4a: 'SSE4A',
  misalignsse: 'MISALIGNSSE',
  '3dnowprefetch': '3DNOWPREFETCH',
  osvw: 'OSVW',
  ibs: 'IBS',
  xop: 'XOP',
  skinit: 'SKINIT',
  wdt: 'WDT',
  lwp: 'LWP',
  fma4: 'FMA4',
  nodeid_msr: 'NODEID_MSR',
  tbm: 'TBM',
  topoext: 'TOPOEXT',
  bpext: 'DBEXT',
  mwaitx: 'MONITORX',
  // 0xd:1.eax
  xsaveopt: 'XSAVEOPT',
  xsavec: 'XSAVEC',
  xgetbv1: 'XGETBV1',
  xsaves: 'XSAVES',
  // 7:0.ebx
  fsgsbase: 'FSGSBASE',
  tsc_adjust: 'TSC_ADJUST',
  sgx: 'SGX',
  bmi1: 'BMI1',
  hle: 'HLE',
  avx2: 'AVX2',
  smep: 'SMEP',
  bmi2: 'BMI2',
  erms: 'ERMS',
  invpcid: 'INVPCID',
  rtm: 'RTM',
  cqm: 'PQM',
  mpx: 'MPX',
  rdt_a: 'PQE',
  avx512f: 'AVX512F',
  avx512dq: 'AVX512DQ',
  rdseed: 'RDSEED',
  adx: 'ADX',
  smap: 'SMAP',
  avx512ifma: 'AVX512_IFMA',
  clflushopt: 'CLFLUSHOPT',
  clwb: 'CLWB',
  intel_pt: 'PROC_TRACE',
  avx512pf: 'AVX512PF',
  avx512er: 'AVX512ER',
  avx512cd: 'AVX512CD',
  sha_ni: 'SHA',
  avx512bw: 'AVX512BW',
  avx512vl: 'AVX512VL',
  // 7:0.ecx
  avx512vbmi: 'AVX512_VBMI',
  umip: 'UMIP',
  pku: 'PKU',
  ospke: 'OSPKE',
  waitpkg: 'WAITPKG',
  avx512_vbmi2: 'AVX512_VBMI2',
  // Shown where programs may use shadow stacks, which takes the CPU's own bit.
  user_shstk: 'CET_SS',
  gfni: 'GFNI',
  vaes: 'VAES',
  vpclmulqdq: 'VPCLMULQDQ',
  avx512_vnni: 'AVX512_VNNI',
  avx512_bitalg: 'AVX512_BITALG',
  tme: 'TME',
  avx512_vpopcntdq: 'AVX512_VPOPCNTDQ',
  la57: 'LA57',
  rdpid: 'RDPID',
  bus_lock_detect: 'BLD',
  cldemote: 'CLDEMOTE',
  movdiri: 'MOVDIRI',
  movdir64b: 'MOVDIR64B',
  enqcmd: 'ENQCMD',
  sgx_lc: 'SGX_LC',
  // 7:0.edx
  avx512_4vnniw: 'AVX512_4VNNIW',
  avx512_4fmaps: 'AVX512_4FMAPS',
  fsrm: 'FSRM',
  avx512_vp2intersect: 'AVX512_VP2INTERSECT',
  md_clear: 'MD_CLEAR',
  serialize: 'SERIALIZE',
  tsxldtrk: 'TSXLDTRK',
  pconfig: 'PCONFIG',
  arch_lbr: 'ARCH_LBR',
  ibt: 'CET_IBT',
  amx_bf16: 'AMX_BF16',
  avx512_fp16: 'AVX512_FP16',
  amx_tile: 'AMX_TILE',
  amx_int8: 'AMX_INT8',
  flush_l1d: 'L1D_FLUSH',
  arch_capabilities: 'ARCH_CAPS',
  // 7:1.eax
  avx_vnni: 'AVX_VNNI',
  avx512_bf16: 'AVX512_BF16',
  lass: 'LASS',
  fred: 'FRED',
  lam: 'LAM',
  // 0x80000007.edx
  hw_pstate: 'HW_PSTATE',
  nonstop_tsc: 'ITSC',
  cpb: 'CPB',
  // 0x80000008.ebx
  clzero: 'CLZERO',
  xsaveerptr: 'RSTR_FP_ERR_PTRS',
  wbnoinvd: 'WBNOINVD',
  amd_ppin: 'AMD_PPIN',
  virt_ssbd: 'VIRT_SSBD',
  cppc: 'CPPC',
  // Flags that the kernel sets for either vendor's bit (init_speculation_control, cpu_set_bug_bits). Where a vendor is missing, it has
  // a second source for the flag: Intel's `ibpb` is part of IBRSB, AMD's `ssbd` may be an old MSR.
  ibrs: { Intel: 'IBRSB', AMD: 'IBRS', Hygon: 'IBRS' },
  ibpb: { AMD: 'IBPB', Hygon: 'IBPB' },
  stibp: { Intel: 'STIBP', AMD: 'AMD_STIBP', Hygon: 'AMD_STIBP' },
  ssbd: { Intel: 'SSBD' },
  ibrs_enhanced: { Intel: 'EIBRS', AMD: 'AUTO_IBRS', Hygon: 'AUTO_IBRS' },
}

const meanings: ReadonlyMap<string, LinuxFlagMeaning> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries(linuxFlags),
)

/**
 * The feature whose bit a flag of /proc/cpuinfo shows; undefined if it shows none, or not without knowing the vendor.
 *
 * @param flag - as the kernel writes it: `pni`, `avx512ifma`.
 * @param vendor - of the CPU; only flags such as `ibrs` need it.
 */
export function featureOfLinuxFlag(flag: string, vendor?: CpuVendor): FeatureName | undefined {
  const meaning = meanings.get(flag)
  if (typeof meaning !== 'object') return meaning
  return vendor === undefined ? undefined : meaning[vendor]
}
