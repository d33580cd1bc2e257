/**
 * What xen-cpuid called features while its names were written by hand, up to Xen 4.18 (tools/misc/xen-cpuid.c of 4.17.7 and
 * 4.18.6). From 4.19 on it takes all names from the header.
 */

/** One bit that the tool and the header named differently: bit within its word, the header's name, the tool's; null for none. */
type NameDifference = readonly [bit: number, header: string | null, tool: string | null]

/** Every difference, by word; all other bits go by libxl's spelling of the header's name. */
export const handWrittenNames: readonly {
  /** Featureset word. */
  readonly word: number
  /** Its differences, by bit. */
  readonly names: readonly NameDifference[]
}[] = [
  {
    word: 0,
    names: [
      [11, 'SEP', 'sysenter'],
      [18, null, 'psn'],
      [29, 'TM1', 'tm'],
      [30, null, 'ia64'],
    ],
  },
  {
    word: 1,
    names: [
      [4, 'DSCPL', 'ds-cpl'],
      [7, 'EIST', 'est'],
      [10, null, 'cntx-id'],
      [11, null, 'sdgb'],
      [19, 'SSE4_1', 'sse41'],
      [20, 'SSE4_2', 'sse42'],
      [22, 'MOVBE', 'movebe'],
      [24, 'TSC_DEADLINE', 'tsc-dl'],
      [30, 'RDRAND', 'rdrnd'],
      [31, 'HYPERVISOR', 'hyper'],
    ],
  },
  {
    // The header leaves the bits that AMD repeats here from 1.edx without a name.
    word: 2,
    names: [
      [0, null, 'fpu'],
      [1, null, 'vme'],
      [2, null, 'de'],
      [3, null, 'pse'],
      [4, null, 'tsc'],
      [5, null, 'msr'],
      [6, null, 'pae'],
      [7, null, 'mce'],
      [8, null, 'cx8'],
      [9, null, 'apic'],
      [12, null, 'mtrr'],
      [13, null, 'pge'],
      [14, null, 'mca'],
      [15, null, 'cmov'],
      [16, null, 'fcmov'],
      [17, null, 'pse36'],
      [19, null, 'mp'],
      [22, 'MMXEXT', 'mmx+'],
      [23, null, 'mmx'],
      [24, null, 'fxsr'],
      [25, 'FFXSR', 'fxsr+'],
      [26, 'PAGE1GB', 'pg1g'],
      [30, '3DNOWEXT', '3dnow+'],
    ],
  },
  {
    word: 3,
    names: [
      [1, 'CMP_LEGACY', 'cmp'],
      [4, 'CR8_LEGACY', 'cr8d'],
      [5, 'ABM', 'lzcnt'],
      [7, 'MISALIGNSSE', 'msse'],
      [8, '3DNOWPREFETCH', '3dnowpf'],
      [17, null, 'tce'],
      [19, 'NODEID_MSR', 'nodeid'],
      [23, null, 'perfctr-core'],
      [24, null, 'perfctr-nb'],
      [26, 'DBEXT', 'dbx'],
      [27, null, 'perftsc'],
      [28, null, 'pcx-l2i'],
    ],
  },
  {
    word: 5,
    names: [
      [1, 'TSC_ADJUST', 'tsc-adj'],
      [6, 'FDP_EXCP_ONLY', 'fdp-exn'],
      [13, 'NO_FPU_SEL', 'depfpp'],
      [22, null, 'pcommit'],
    ],
  },
  {
    word: 6,
    names: [
      [5, null, 'waitpkg'],
      // In the header from 4.18 on.
      [24, 'BLD', null],
      [30, null, 'sgx-lc'],
    ],
  },
  { word: 8, names: [[23, 'AMD_PPIN', 'ppin']] },
  { word: 9, names: [[18, null, 'pconfig']] },
  { word: 11, names: [[2, 'LFENCE_DISPATCH', 'lfence+']] },
  { word: 12, names: [[0, 'INTEL_PPIN', 'ppin']] },
  { word: 16, names: [[11, 'ENERGY_FILTERING', 'energy-ctrl']] },
]
