/**
 * The names that libxl has of its own for `cpuid=`, release by release: the table cpuid_flags in tools/libs/light/libxl_cpuid.c
 * (tools/libxl before 4.15). Read in the source of every release; "recorded" where answers of Xen's own code were held against it too.
 */
import type { CpuRegister } from '@xenlevel/cpuid'
import type { Evidence } from '../releases.js'

/** A name and its field: leaf, sub-leaf, register, lowest bit, number of bits. */
export type OwnField = readonly [
  name: string,
  leaf: number,
  subleaf: number | null,
  register: CpuRegister,
  bit: number,
  length: number,
]

/** Names that came, and perhaps went, together. */
interface NameRow {
  /** The releases in which they came, the `.0` first and then the stable branches that got them too. */
  readonly landed: readonly string[]
  /** The releases in which they went. */
  readonly until?: readonly string[]
  /** Where it is known from. */
  readonly evidence: Evidence
  /** Names whose field has to be told. */
  readonly fields?: readonly OwnField[]
  /** Names that are the newest Xen's own of the same bit, in lower case. */
  readonly same?: string
}

/**
 * From here on libxl takes every name of cpufeatureset.h, in lower case and with "-" for "_", beside a table that is only 45 names long;
 * and with them the bits of MSR 0x10a.
 */
export const HEADER_NAMES: readonly string[] = ['4.18.0', '4.17.2', '4.16.5', '4.15.5', '4.14.6']

/** The table. */
export const NAME_ROWS: readonly NameRow[] = [
  {
    landed: ['4.7.0'],
    evidence: 'recorded',
    fields: [
      ['maxleaf', 0, null, 'eax', 0, 32],
      ['stepping', 1, null, 'eax', 0, 4],
      ['model', 1, null, 'eax', 4, 8],
      ['family', 1, null, 'eax', 8, 8],
      ['brandid', 1, null, 'ebx', 0, 8],
      ['clflush', 1, null, 'ebx', 8, 8],
      ['proccount', 1, null, 'ebx', 16, 8],
      ['localapicid', 1, null, 'ebx', 24, 8],
      ['est', 1, null, 'ecx', 7, 1],
      ['cntxid', 1, null, 'ecx', 10, 1],
      ['cmpxchg16', 1, null, 'ecx', 13, 1],
      ['sse4_1', 1, null, 'ecx', 19, 1],
      ['sse4.1', 1, null, 'ecx', 19, 1],
      ['sse4_2', 1, null, 'ecx', 20, 1],
      ['sse4.2', 1, null, 'ecx', 20, 1],
      ['aes', 1, null, 'ecx', 25, 1],
      ['cmpxchg8', 1, null, 'edx', 8, 1],
      ['sysenter', 1, null, 'edx', 11, 1],
      ['psn', 1, null, 'edx', 18, 1],
      ['clfsh', 1, null, 'edx', 19, 1],
      ['tm', 1, null, 'edx', 29, 1],
      ['ia64', 1, null, 'edx', 30, 1],
      ['procpkg', 4, 0, 'eax', 26, 6],
      ['lahfsahf', 0x8000_0001, null, 'ecx', 0, 1],
      ['cmplegacy', 0x8000_0001, null, 'ecx', 1, 1],
      ['altmovcr8', 0x8000_0001, null, 'ecx', 4, 1],
      ['nodeid', 0x8000_0001, null, 'ecx', 19, 1],
      ['nc', 0x8000_0008, null, 'ecx', 0, 8],
      ['apicidsize', 0x8000_0008, null, 'ecx', 12, 4],
      ['svm_npt', 0x8000_000a, null, 'edx', 0, 1],
      ['svm_lbrv', 0x8000_000a, null, 'edx', 1, 1],
      ['svm_nrips', 0x8000_000a, null, 'edx', 3, 1],
      ['svm_tscrate', 0x8000_000a, null, 'edx', 4, 1],
      ['svm_vmcbclean', 0x8000_000a, null, 'edx', 5, 1],
      ['svm_decode', 0x8000_000a, null, 'edx', 7, 1],
      ['svm_pausefilt', 0x8000_000a, null, 'edx', 10, 1],
      ['maxhvleaf', 0x4000_0000, null, 'eax', 0, 8],
    ],
  },
  {
    landed: ['4.10.0'],
    evidence: 'recorded',
    fields: [
      ['arat', 6, null, 'eax', 2, 1],
      ['tsc_adjust', 7, 0, 'ebx', 1, 1],
      ['cmt', 7, 0, 'ebx', 12, 1],
      ['perfctr_core', 0x8000_0001, null, 'ecx', 23, 1],
      ['perfctr_nb', 0x8000_0001, null, 'ecx', 24, 1],
      ['invtsc', 0x8000_0007, null, 'edx', 8, 1],
    ],
  },
  {
    landed: ['4.14.0'],
    evidence: 'recorded',
    fields: [['ppin', 0x8000_0008, null, 'ebx', 23, 1]],
  },
  {
    landed: ['4.16.0', '4.15.3', '4.14.5'],
    evidence: 'recorded',
    fields: [['lfence+', 0x8000_0021, null, 'eax', 2, 1]],
  },
  {
    landed: ['4.17.0', '4.16.2', '4.15.4', '4.13.5'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'btc-no',
  },
  {
    landed: ['4.7.0'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: `fpu vme de pse tsc msr pae mce apic mtrr pge mca cmov pat pse36 ds acpi mmx fxsr sse sse2 ss htt pbe
      sse3 pclmulqdq dtes64 monitor dscpl vmx smx tm2 ssse3 xtpr pdcm dca x2apic movbe popcnt xsave osxsave avx f16c hypervisor
      syscall nx mmxext ffxsr page1gb rdtscp lm 3dnowext 3dnow
      svm extapic abm sse4a misalignsse 3dnowprefetch ibs xop skinit wdt lwp fma4 tbm topoext`,
  },
  {
    // The bit of IBS: a slip of the table.
    landed: ['4.7.0'],
    until: ['4.10.0'],
    evidence: 'facts',
    fields: [['osvw', 0x8000_0001, null, 'ecx', 10, 1]],
  },
  {
    landed: ['4.11.0', '4.10.1', '4.9.2', '4.8.4', '4.7.5'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'ibrsb stibp ibpb',
  },
  {
    landed: ['4.11.0', '4.10.1', '4.9.3', '4.8.4', '4.7.6'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'arch-caps',
  },
  {
    landed: ['4.11.0', '4.10.2', '4.9.3', '4.8.4', '4.7.6'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'ssbd',
  },
  {
    landed: ['4.12.0', '4.11.1', '4.10.2', '4.9.3', '4.8.5'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'l1d-flush',
  },
  {
    landed: ['4.10.0'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: `fma pcid tsc-deadline rdrand osvw fsgsbase bmi1 hle avx2 smep bmi2 erms invpcid rtm mpx avx512f avx512dq rdseed adx smap
      clflushopt clwb avx512pf avx512er avx512cd sha avx512bw avx512vl umip pku ospke avx512-4vnniw avx512-4fmaps`,
  },
  {
    landed: ['4.10.0'],
    until: ['4.13.0'],
    evidence: 'facts',
    fields: [
      ['avx512ifma', 7, 0, 'ebx', 21, 1],
      ['avx512vbmi', 7, 0, 'ecx', 1, 1],
    ],
  },
  {
    landed: ['4.13.0', '4.12.1', '4.11.2', '4.10.4'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'md-clear',
  },
  {
    landed: ['4.14.0', '4.13.1', '4.12.3'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'cet-ss cet-ibt',
  },
  {
    landed: ['4.14.0', '4.13.2', '4.12.4'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'srbds-ctrl',
  },
  {
    landed: ['4.13.0'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: `prefetchwt1 avx512-ifma avx512-vbmi avx512-vbmi2 gfni vaes vpclmulqdq avx512-vnni avx512-bitalg avx512-vpopcntdq rdpid
      cldemote avx512-bf16 clzero rstr-fp-err-ptrs wbnoinvd`,
  },
  {
    landed: ['4.16.0', '4.15.2', '4.14.4', '4.13.5'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: `ibrs amd-stibp ibrs-always stibp-always ibrs-fast ibrs-same-mode amd-ssbd virt-ssbd ssb-no psfd`,
  },
  {
    landed: ['4.17.0', '4.16.3', '4.15.4', '4.13.5'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'ibpb-ret',
  },
  {
    // The wrong register: a slip of the table and of Xen's header.
    landed: ['4.14.0'],
    until: ['4.17.0', '4.16.1', '4.15.2', '4.14.4'],
    evidence: 'facts',
    fields: [['tsxldtrk', 7, 0, 'ecx', 16, 1]],
  },
  {
    landed: ['4.17.0', '4.16.1', '4.15.2', '4.14.4'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'tsxldtrk',
  },
  { landed: ['4.14.0'], until: HEADER_NAMES, evidence: 'facts', same: 'serialize core-caps' },
  {
    landed: ['4.17.0', '4.16.1', '4.15.3', '4.14.5'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'intel-psfd',
  },
  {
    landed: ['4.15.0'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'proc-trace avx512-vp2intersect avx-vnni',
  },
  {
    landed: ['4.16.0'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'fsrm fzrm fsrs fsrcs no-lmsl nscb',
  },
  {
    landed: ['4.18.0', '4.17.1', '4.16.4'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'cet-sss',
  },
  { landed: ['4.17.0'], until: HEADER_NAMES, evidence: 'facts', same: 'avx512-fp16 mcdt-no' },
  {
    landed: ['4.18.0', '4.17.1'],
    until: HEADER_NAMES,
    evidence: 'facts',
    same: 'ipred-ctrl rrsba-ctrl bhi-ctrl',
  },
]
