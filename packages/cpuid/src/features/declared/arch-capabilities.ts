/**
 * Bits of MSR_ARCH_CAPABILITIES (0x10a), which Xen keeps as two featureset words.
 * Bits and names: Intel SDM volume 4, IA32_ARCH_CAPABILITIES; attributes: Xen 4.23-dev, xen/include/public/arch-x86/cpufeatureset.h.
 */
import type { DeclaredWord } from './types.js'

export const archCapabilityWords: readonly DeclaredWord[] = [
  {
    word: 16,
    source: { msr: 0x10a, register: 'eax' },
    features: [
      [0, 'RDCL_NO', 'A'],
      [1, 'EIBRS', 'A'],
      [2, 'RSBA', '!'],
      [3, 'SKIP_L1DFL', ''],
      [4, 'INTEL_SSB_NO', 'A'],
      [5, 'MDS_NO', 'A'],
      [6, 'IF_PSCHANGE_MC_NO', 'A'],
      [7, 'TSX_CTRL', ''],
      [8, 'TAA_NO', 'A'],
      [9, 'MCU_CTRL', ''],
      [10, 'MISC_PKG_CTRL', ''],
      [11, 'ENERGY_FILTERING', ''],
      [12, 'DOITM', ''],
      [13, 'SBDR_SSDP_NO', 'A'],
      [14, 'FBSDP_NO', 'A'],
      [15, 'PSDP_NO', 'A'],
      [16, 'MCU_EXT', ''],
      [17, 'FB_CLEAR', '!A|'],
      [18, 'FB_CLEAR_CTRL', ''],
      [19, 'RRSBA', '!'],
      [20, 'BHI_NO', 'A'],
      [21, 'XAPIC_STATUS', ''],
      [23, 'OVRCLK_STATUS', ''],
      [24, 'PBRSB_NO', 'A'],
      [25, 'GDS_CTRL', ''],
      [26, 'GDS_NO', 'A'],
      [27, 'RFDS_NO', 'A'],
      [28, 'RFDS_CLEAR', '!A|'],
      [29, 'IGN_UMONITOR', ''],
      [30, 'MON_UMON_MITG', ''],
    ],
  },
  {
    word: 17,
    source: { msr: 0x10a, register: 'edx' },
    features: [
      [0, 'PB_OPT_CTRL', ''],
      [30, 'ITS_NO', '!A'],
    ],
  },
]
