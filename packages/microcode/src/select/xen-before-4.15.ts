/** How Xen 4.13 and 4.14 read microcode: xen/arch/x86/microcode_intel.c and microcode_amd.c, then cpu/microcode/amd.c. */
import { LONG_HEADER } from '../amd/format.js'
import type { AmdReader } from '../amd/readers.js'
import { sizesByXen } from '../intel/format.js'
import type { IntelReader } from '../intel/readers.js'

const NO_UPDATE = 'error! Bad data in microcode data file'
const NO_FORMAT = 'error! Unknown microcode update format'

/** Xen 4.13 on Intel. What it reads behind the end of a file is taken for bad. */
export const INTEL_4_13: IntelReader = {
  rule: 'xen',
  name: 'Xen 4.13',
  sizes: sizesByXen,
  keepsEarlier: true,
  steps: [
    { check: 'headerRoom', says: NO_UPDATE },
    { check: 'totalFits', says: NO_UPDATE },
    { check: 'dataInTotal', says: 'error! Bad data size in microcode data file' },
    { check: 'loaderVersion', says: NO_FORMAT },
    { check: 'headerVersion', says: NO_FORMAT },
    { check: 'tableSize', says: 'error! Small exttable size in microcode data file' },
    { check: 'tableCountIn32Bits', says: 'error! Bad exttable size in microcode data file' },
    { check: 'tableSum', says: 'aborting, bad extended signature table checksum' },
    { check: 'checksum', says: 'aborting, bad checksum' },
    { check: 'entrySums', says: 'aborting, bad checksum' },
    { check: 'tableCountWraps', says: 'aborting, bad checksum' },
  ],
}

const NO_TABLE = 'No space for equivalent cpu table'
const NO_LENGTH = 'Wrong microcode equivalent cpu table length'
const NO_PATCH = 'Bad data in microcode data file'

/** Xen 4.13 on AMD. */
export const AMD_4_13: AmdReader = {
  rule: 'xen',
  name: 'Xen 4.13',
  container: [
    { check: 'magic', says: 'Wrong microcode patch file magic' },
    { check: 'tableRoom', says: NO_TABLE },
    { check: 'tableFits', says: NO_TABLE },
    { check: 'tableType', says: 'Wrong microcode equivalent cpu table type field' },
    { check: 'tableInEntries', says: NO_LENGTH },
    { check: 'tableHasEntry', says: NO_LENGTH },
    { check: 'tableEndsWithZero', says: NO_LENGTH },
  ],
  patch: [
    { check: 'sectionRoom', says: NO_PATCH },
    { check: 'type', says: 'Wrong microcode payload type field' },
    { check: 'fits', says: NO_PATCH },
    { check: 'holdsHeader', says: NO_PATCH },
  ],
  patchHeader: LONG_HEADER,
  nextContainer: 'anywhere',
  keepsEarlier: true,
  needsPatch: true,
  knowsFamily1a: false,
}

const TABLE_SAYS = 'Bad equivalent cpu table'
const PATCH_SAYS = 'Bad microcode data'

/** Xen 4.14 on AMD. */
export const AMD_4_14: AmdReader = {
  rule: 'xen',
  name: 'Xen 4.14',
  container: [
    { check: 'magic', says: 'Wrong microcode patch file magic' },
    { check: 'tableRoom', says: TABLE_SAYS },
    { check: 'tableType', says: TABLE_SAYS },
    { check: 'tableFits', says: TABLE_SAYS },
    { check: 'tableInEntries', says: TABLE_SAYS },
    { check: 'tableEndsWithZero', says: TABLE_SAYS },
  ],
  patch: [
    { check: 'sectionRoom', says: PATCH_SAYS },
    { check: 'type', says: PATCH_SAYS },
    { check: 'fits', says: PATCH_SAYS },
    { check: 'holdsHeader', says: PATCH_SAYS },
  ],
  patchHeader: LONG_HEADER,
  // A patch that is bad ends its container alone, and then only another container's magic may stand there.
  nextContainer: 'anywhere',
  keepsEarlier: true,
  needsPatch: false,
  knowsFamily1a: false,
}
