/** What it means to lose what operating systems use: memory, time, virtualisation, counters; and what belongs to the machine. */
import type { MeaningRow } from './meaning-rows.js'

/** Sources: Intel SDM volume 3, AMD APM volume 2. */
export const SYSTEM_MEANINGS: readonly MeaningRow[] = [
  {
    group: 'basic',
    weight: 10,
    losing: 'Kernels of the last twenty years do not start.',
    features: ['TSC', 'MSR', 'PAE', 'APIC', 'PGE', 'PSE', 'PAT', 'CLFLUSH'],
  },
  {
    group: 'basic',
    weight: 2,
    losing: 'Only very old kernels or real-mode code miss it.',
    features: ['VME', 'DE', 'PSE36', 'MTRR', 'SS', 'ACPI'],
  },
  {
    group: 'basic',
    weight: 3,
    losing: 'The guest does not hear of machine checks.',
    features: ['MCE', 'MCA'],
  },
  {
    group: 'basic',
    weight: 1,
    losing:
      'The guest is told something else of cores and threads; the toolstack decides that, not the CPU.',
    features: ['HTT', 'CMP_LEGACY', 'TOPOEXT', 'NODEID_MSR', 'HYBRID'],
  },
  {
    group: 'basic',
    weight: 5,
    losing:
      'The guest does not know that it runs on a hypervisor, and leaves its drivers for one aside.',
    features: ['HYPERVISOR'],
  },
  {
    group: 'memory',
    weight: 4,
    losing: 'Programs with much memory wait more often for address translation.',
    features: ['PAGE1GB', 'PCID', 'INVPCID'],
  },
  {
    group: 'memory',
    weight: 3,
    losing: 'The guest cannot use more than 128 TiB of addresses.',
    features: ['LA57'],
  },
  {
    group: 'memory',
    weight: 3,
    losing: 'Programs that write to persistent memory or prefetch by hand take slower ways.',
    features: [
      ...(['CLFLUSHOPT', 'CLWB', 'CLZERO', 'CLDEMOTE', '3DNOWPREFETCH', 'MOVDIRI'] as const),
      ...(['MOVDIR64B', 'PREFETCHI', 'AMD_PREFETCHI'] as const),
    ],
  },
  {
    group: 'memory',
    weight: 1,
    losing: 'Caches are emptied in a slower way, which guests hardly ever do.',
    features: ['WBNOINVD', 'NO_INVD', 'ENQCMD'],
  },
  {
    group: 'timing',
    weight: 6,
    losing:
      'The guest cannot set its timer by the time stamp counter, and wakes up later and at more cost.',
    features: ['TSC_DEADLINE'],
  },
  {
    group: 'timing',
    weight: 5,
    losing:
      'The guest cannot trust the time stamp counter over power states or moves, and reads its clock in a slower way.',
    features: ['ITSC'],
  },
  {
    group: 'timing',
    weight: 3,
    losing: 'Reading the clock takes longer, or its offset cannot be set.',
    features: ['RDTSCP', 'TSC_ADJUST', 'EFRO'],
  },
  {
    group: 'virtualisation',
    weight: 6,
    losing: 'The guest cannot run HVM guests of its own.',
    features: ['VMX', 'SVM'],
  },
  {
    group: 'virtualisation',
    weight: 3,
    losing:
      'Interrupts are delivered through memory instead of registers, more slowly, and to no more than 255 vCPUs.',
    features: ['X2APIC', 'EXTAPIC', 'XAPIC_STATUS'],
  },
  {
    group: 'virtualisation',
    weight: 1,
    losing:
      'A guest that measures its own start, or enters the kernel by new ways, cannot do that.',
    features: ['SMX', 'SKINIT', 'FRED', 'NMI_SRC'],
  },
  {
    group: 'monitoring',
    weight: 2,
    losing: 'Profilers and debuggers in the guest see less.',
    features: [
      ...([
        'DS',
        'DTES64',
        'DSCPL',
        'SDBG',
        'PDCM',
        'PROC_TRACE',
        'ARCH_LBR',
        'ARCH_PERF_MON',
      ] as const),
      ...(['IBS', 'LWP', 'DBEXT', 'ADDR_MSK_EXT', 'BLD', 'PQM'] as const),
    ],
  },
  {
    group: 'platform',
    weight: 0,
    losing:
      'It belongs to the machine (power, temperature, identity, errata); guests are not given it or have no use for it.',
    features: [
      ...(['TM1', 'PBE', 'EIST', 'TM2', 'XTPR', 'DCA', 'OSVW', 'WDT', 'HW_PSTATE', 'CPB'] as const),
      ...([
        'AMD_PPIN',
        'INTEL_PPIN',
        'CPPC',
        'CORE_CAPS',
        'PQE',
        'UC_LOCK_DIS',
        'MCU_CTRL',
      ] as const),
      ...([
        'MISC_PKG_CTRL',
        'ENERGY_FILTERING',
        'MCU_EXT',
        'OVRCLK_STATUS',
        'PB_OPT_CTRL',
      ] as const),
    ],
  },
]
