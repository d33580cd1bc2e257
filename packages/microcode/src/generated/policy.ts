/** What vendors and distributions say about loading single updates. */
// Made by scripts/generate-microcode-policy.ts from the recorded lists. Do not edit.

/** A change of features that comes with an update. */
export interface FeatureRemoval {
  /** Name of the change. */
  readonly id: string
  /** What changes, in words. */
  readonly what: string
  /** The release of Intel's microcode that brought it; empty if that is not known. */
  readonly release: string
  /** Who says so. */
  readonly source: string
  /** Models; their platform mask, 0 for all; the first revision that has the change, 0 where only some later one is known to have it. */
  readonly sets: readonly (readonly [model: string, platformMask: number, revision: number])[]
}

/** Updates that change what CPUID says. */
export const FEATURE_REMOVALS: readonly FeatureRemoval[] = [
  {
    id: 'haswell-tsx-2014',
    what: 'TSX (HLE, RTM) removed from CPUID; XBEGIN/XACQUIRE users crash (#UD) if loaded late',
    release: '20140913',
    source: 'Debian intel-microcode 3.20140913.1 changelog; LKML 2014-09-18; Xen docs/admin-guide/microcode-loading.rst',
    sets: [
      ['06-3c-03', 0x32, 0x1c],
      ['06-3f-02', 0x6f, 0x29],
      ['06-45-01', 0x72, 0x1c],
      ['06-46-01', 0x32, 0x12],
    ],
  },
  {
    id: 'broadwell-tsx',
    what: 'at least one Broadwell update removes TSX',
    release: '',
    source: 'Debian ucode-blacklist (3.20151106.1 era)',
    sets: [
      ['06-3d-04', 0x0, 0x0],
      ['06-47-01', 0x0, 0x0],
      ['06-56-02', 0x0, 0x0],
    ],
  },
  {
    id: 'skl-kbl-tsx-force-abort-2021',
    what: 'TSX disabled by default, RTM_ALWAYS_ABORT (CPUID.7.0:EDX[11]) set, TSX_FORCE_ABORT MSR bits; PMU back to 4 counters',
    release: '20210608 (IPU 2021.1)',
    source: 'Intel article 000059422 (models) + release note revisions',
    sets: [
      ['06-4e-03', 0xc0, 0xea],
      ['06-55-03', 0x97, 0x100_015b],
      ['06-55-04', 0xb7, 0x200_6b06],
      ['06-5e-03', 0x36, 0xea],
      ['06-8e-09', 0x10, 0xea],
      ['06-8e-09', 0xc0, 0xea],
      ['06-8e-0a', 0xc0, 0xea],
      ['06-8e-0b', 0xd0, 0xea],
      ['06-9e-09', 0x2a, 0xea],
      ['06-9e-0a', 0x22, 0xea],
      ['06-9e-0b', 0x2, 0xea],
      ['06-9e-0c', 0x22, 0xea],
    ],
  },
  {
    id: 'whl-cml-tsx-2022',
    what: 'TSX disabled on more models (IPU 2021.2)',
    release: '20220207',
    source: 'Debian changelog 3.20220207.1 + Intel article; model split approximate for a5/a6',
    sets: [
      ['06-8e-0c', 0x94, 0xec],
      ['06-9e-0d', 0x22, 0xec],
      ['06-a5-02', 0x20, 0xec],
      ['06-a5-03', 0x22, 0xec],
      ['06-a5-05', 0x22, 0xee],
      ['06-a6-00', 0x80, 0xea],
      ['06-a6-01', 0x80, 0xec],
    ],
  },
]

/** Models that Debian never loads updates for at run time. */
export const DEBIAN_NEVER_LATE: readonly string[] = [
  '06-3a-09',
  '06-3c-01',
  '06-3c-02',
  '06-3c-03',
  '06-3d-04',
  '06-3f-01',
  '06-3f-02',
  '06-3f-04',
  '06-45-01',
  '06-46-01',
  '06-47-01',
  '06-56-02',
  '06-4e-03',
  '06-4f-01',
  '06-5e-03',
  '06-8e-09',
  '06-8e-0a',
  '06-8e-0b',
  '06-8e-0c',
  '06-9e-09',
  '06-9e-0a',
  '06-9e-0b',
  '06-9e-0c',
  '06-9e-0d',
]

/** Linux (BDX90): with more last-level cache per core than this, in bytes, updates over revisions below this are refused at run time. */
export const LARGE_CACHE = {
  model: '06-4f-01',
  cachePerCore: 2621440,
  below: 0xb00_0021,
} as const

/** Linux (GNR98): from below this revision nothing above it is loaded: this one comes first. */
export const STEP_FIRST = {
  model: '06-ad-01',
  platformMask: 0x95,
  revision: 0x100_0405,
} as const

/** Debian, and reports to Intel: with firmware that brings a revision below this, updates must be loaded at boot and in one step. */
export const OLD_FIRMWARE = {
  models: ['06-4e-03', '06-5e-03'],
  below: 0x80,
  what: 'must jump by early load straight from the BIOS revision to the newest; otherwise hangs',
  source: 'Debian 3.20220207.1; Intel repo issues 31, 36',
} as const

/** A caveat of RHEL's microcode_ctl. */
export interface Caveat {
  /** Models, or the beginnings of their names. */
  readonly models: readonly string[]
  /** The first revision that it is about; 0 for all. */
  readonly from: number
  /** The first revision that it is no longer about; 0 for none. */
  readonly below: number
  /** The revisions that it is about, where they are single ones. */
  readonly revisions: readonly number[]
  /** Whose machines alone (DMI); empty for all. */
  readonly biosVendor: string
  /** RHEL does not load such updates unless told to. */
  readonly offByDefault: boolean
  /** Machines were seen to hang. */
  readonly hangs: boolean
  /** The rule in words. */
  readonly text: string
}

/** The caveats of RHEL's microcode_ctl. */
export const RHEL_CAVEATS: readonly Caveat[] = [
  {
    models: ['06-4f-01'],
    from: 0x0,
    below: 0x0,
    revisions: [],
    biosVendor: '',
    offByDefault: true,
    hangs: false,
    text: 'disabled early+late by default; kernel >= 4.17',
  },
  {
    models: ['06-4e-03'],
    from: 0xdc,
    below: 0x0,
    revisions: [],
    biosVendor: '',
    offByDefault: true,
    hangs: false,
    text: 'revs 0xdc and up disabled by default early+late (fallback 0xd6)',
  },
  {
    models: ['06-5e-03'],
    from: 0x0,
    below: 0x0,
    revisions: [],
    biosVendor: '',
    offByDefault: false,
    hangs: false,
    text: 'configurable',
  },
  {
    models: ['06-55-04'],
    from: 0x200_0065,
    below: 0x200_6906,
    revisions: [],
    biosVendor: '',
    offByDefault: false,
    hangs: true,
    text: '0x2000065 hangs on reboot; fixed from 0x2006906',
  },
  {
    models: ['06-2d-07'],
    from: 0x718,
    below: 0x71a,
    revisions: [],
    biosVendor: '',
    offByDefault: false,
    hangs: true,
    text: '0x718 hangs; fixed from 0x71a',
  },
  {
    models: ['06-8c-01'],
    from: 0x68,
    below: 0x88,
    revisions: [],
    biosVendor: '',
    offByDefault: false,
    hangs: true,
    text: '0x68 hangs; fixed from 0x88',
  },
  {
    models: ['06-8e', '06-9e'],
    from: 0x0,
    below: 0x0,
    revisions: [0xc6, 0xca, 0xd6],
    biosVendor: 'Dell Inc.',
    offByDefault: false,
    hangs: true,
    text: 'bios_vendor == Dell Inc.: 0xc6/0xca/0xd6 hang',
  },
]

/** Revisions that Intel recalled in 2018: first mitigations of Spectre that made machines restart. */
export const RECALLED: readonly (readonly [model: string, revision: number])[] = [
  ['06-9e-0b', 0x80],
  ['06-9e-0a', 0x80],
  ['06-9e-09', 0x80],
  ['06-8e-0a', 0x80],
  ['06-8e-09', 0x80],
  ['06-55-03', 0x100_013e],
  ['06-55-04', 0x200_0036],
  ['06-55-04', 0x200_003a],
  ['06-55-04', 0x200_003c],
  ['06-3d-04', 0x28],
  ['06-47-01', 0x1b],
  ['06-56-02', 0x14],
  ['06-56-03', 0x700_0011],
  ['06-4f-01', 0xb00_0025],
  ['06-45-01', 0x21],
  ['06-46-01', 0x18],
  ['06-3c-03', 0x23],
  ['06-3f-02', 0x3b],
  ['06-3f-04', 0x10],
  ['06-3e-04', 0x42a],
  ['06-2d-06', 0x61b],
  ['06-2d-07', 0x712],
]

/** Revisions that a later release replaced by an older one. */
export const REPLACED_BY_OLDER: readonly (readonly [
  release: string,
  model: string,
  withdrawn: number,
  replacement: number,
])[] = [
  ['20200616', '06-4e-03', 0xdc, 0xd6],
  ['20200616', '06-5e-03', 0xdc, 0xd6],
]

/** Models whose updates Intel ships apart from the others, with caveats. */
export const SHIPPED_WITH_CAVEATS: readonly (readonly [model: string, why: string])[] = [
  ['06-4f-01', '(BDX-ML): needs the Linux late-loader serialisation patches'],
]
