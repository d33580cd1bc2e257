/**
 * What decides about a feature on CPUs of one signature: the microcode that is loaded, the firmware's settings, the product that the chip
 * was sold as, or software that runs. One row a group, each with its reason.
 */
import { type FeatureName, type Featureset, type FeatureTable, featureTable } from '@xenlevel/cpuid'

/**
 * `microcode`: comes and goes with an update. `firmware`: a setting, or a choice of the board's maker. `product`: fused off in some
 * products of the same chip. `software`: shows what an operating system has switched on. `unread`: the source did not show its word.
 * `unnamed`: Xen has no name for the bit, and gives it to no guest. `unknown`: nothing is known that would explain it.
 */
export type FeatureOrigin =
  | 'microcode'
  | 'firmware'
  | 'product'
  | 'software'
  | 'unread'
  | 'unnamed'
  | 'unknown'

interface OriginRow {
  readonly features: readonly FeatureName[]
  readonly origins: readonly FeatureOrigin[]
  readonly reason: string
}

/** The groups. Sources: Intel's and AMD's release notes of microcode and their advisories; the vendors' product lists. */
const ORIGINS: readonly OriginRow[] = [
  {
    features: [
      'IBRSB',
      'STIBP',
      'SSBD',
      'L1D_FLUSH',
      'IBPB',
      'IBRS',
      'AMD_STIBP',
      'AMD_SSBD',
      'STIBP_ALWAYS',
      'IBRS_ALWAYS',
      'IBRS_FAST',
    ],
    origins: ['microcode'],
    reason: 'controls of speculation came with the microcode of 2018 and later',
  },
  {
    features: ['MD_CLEAR', 'FB_CLEAR', 'RFDS_CLEAR', 'SRBDS_CTRL', 'GDS_CTRL'],
    origins: ['microcode'],
    reason:
      'what VERW flushes, and its controls, came with the microcode that answers each advisory',
  },
  {
    features: ['INTEL_PSFD', 'IPRED_CTRL', 'RRSBA_CTRL', 'BHI_CTRL', 'DDP_CTRL'],
    origins: ['microcode'],
    reason: 'finer controls of prediction came with the microcode of 2022 and later',
  },
  {
    features: [
      'ARCH_CAPS',
      'SBDR_SSDP_NO',
      'FBSDP_NO',
      'PSDP_NO',
      'GDS_NO',
      'RFDS_NO',
      'BHI_NO',
      'DOITM',
      'MISC_PKG_CTRL',
      'ENERGY_FILTERING',
    ],
    origins: ['microcode'],
    reason: 'ARCH_CAPABILITIES gains bits with the microcode that answers each advisory',
  },
  {
    features: ['HLE', 'RTM', 'TSX_FORCE_ABORT', 'RTM_ALWAYS_ABORT', 'TSX_CTRL'],
    origins: ['microcode', 'product', 'software'],
    reason:
      'microcode took TSX away (Haswell, Broadwell) or made it something to switch off (2019 to 2021), and it is missing in some products',
  },
  {
    features: [
      'SMX',
      'MONITOR',
      'X2APIC',
      'SGX',
      'SGX_LC',
      'DCA',
      'VMX',
      'SVM',
      'AESNI',
      'NX',
      'CPB',
    ],
    origins: ['firmware', 'product'],
    reason: 'firmware has a switch for it, and some products are sold without it',
  },
  {
    features: ['LWP'],
    origins: ['microcode', 'firmware'],
    reason: "AMD's microcode of 2018 took it away to make room for IBPB",
  },
  {
    features: ['AVX', 'AVX2', 'FMA', 'F16C', 'BMI1', 'BMI2', 'ADX', 'RDSEED'],
    origins: ['product'],
    reason:
      'Pentium and Celeron products of these chips are sold without AVX and what came with it',
  },
  {
    features: ['MPX', 'PKU', 'PQE', 'PQM', 'SMEP', 'SMAP', 'ERMS', 'PCID', 'INVPCID'],
    origins: ['product', 'firmware'],
    reason:
      'server and client products of one chip differ in it, and early steppings of firmware hide it',
  },
  {
    features: ['HYBRID', 'FZRM', 'FSRS', 'FSRCS', 'CET_SSS'],
    origins: ['product', 'firmware', 'microcode'],
    reason:
      'it depends on which kinds of core the product has and which of them firmware has switched on',
  },
  {
    features: [
      'AVX512F',
      'AVX512DQ',
      'AVX512CD',
      'AVX512BW',
      'AVX512VL',
      'AVX512_IFMA',
      'AVX512_VBMI',
      'AVX512_VBMI2',
      'AVX512_VNNI',
      'AVX512_BITALG',
      'AVX512_VPOPCNTDQ',
      'AVX512_FP16',
    ],
    origins: ['firmware', 'microcode', 'product'],
    reason:
      'on hybrid chips AVX-512 works only while the small cores are off, and later microcode ends it',
  },
  {
    features: ['OSXSAVE', 'OSPKE', 'APIC'],
    origins: ['software'],
    reason: 'it shows what an operating system had switched on when it was read',
  },
]

/** A feature that two CPUs of one signature do not share. */
export interface SameModelDifference {
  /** Its bit. */
  readonly bit: number
  /** Its name, where it has one. */
  readonly feature?: FeatureName
  /** Which of the two has it. */
  readonly on: 'a' | 'b'
  /** What may have decided it, the likeliest first. */
  readonly origins: readonly FeatureOrigin[]
  /** One sentence for people. */
  readonly message: string
}

/** A CPU, as far as it matters. */
export interface SameModelCpu {
  /** What messages call it. */
  readonly name: string
  /** Its raw featureset, in the words of the newest table. */
  readonly featureset: Featureset
  /** Revision of its microcode; not judged if it is not known. */
  readonly microcodeRevision?: number | null
  /** Featureset words that its source did not show. */
  readonly unknownWords?: readonly number[]
}

/** Why two CPUs of one signature do not have the same features: every bit that one has and the other has not, with what may have decided it. */
export function explainSameModel(a: SameModelCpu, b: SameModelCpu): SameModelDifference[] {
  const table = featureTable()
  const sameMicrocode =
    typeof a.microcodeRevision === 'number' && a.microcodeRevision === b.microcodeRevision
  return a.featureset
    .xor(b.featureset)
    .bits()
    .map((bit) => explainBit(bit, { a, b, sameMicrocode, table }))
}

interface Pair {
  readonly a: SameModelCpu
  readonly b: SameModelCpu
  readonly sameMicrocode: boolean
  readonly table: FeatureTable
}

function explainBit(bit: number, { a, b, sameMicrocode, table }: Pair): SameModelDifference {
  const on = a.featureset.has(bit) ? 'a' : 'b'
  const [having, lacking] = on === 'a' ? [a, b] : [b, a]
  const feature = table.feature(bit)?.name
  const { origins, reason } = originsOf(feature, bit, lacking, sameMicrocode)
  return {
    bit,
    on,
    origins,
    message: `${having.name} has ${feature ?? `the unnamed bit ${bit}`} and ${lacking.name} has not: ${reason}.`,
    ...(feature === undefined ? {} : { feature }),
  }
}

function originsOf(
  feature: FeatureName | undefined,
  bit: number,
  lacking: SameModelCpu,
  sameMicrocode: boolean,
): Pick<OriginRow, 'origins' | 'reason'> {
  if (lacking.unknownWords?.includes(bit >>> 5) === true)
    return {
      origins: ['unread'],
      reason: `what was read of ${lacking.name} does not show that word`,
    }
  if (feature === undefined)
    return { origins: ['unnamed'], reason: 'Xen has no name for it and gives it to no guest' }
  const row = ORIGINS.find(({ features }) => features.includes(feature))
  if (row === undefined)
    return { origins: ['unknown'], reason: 'nothing is known that would explain it' }
  const origins = row.origins.filter((origin) => !sameMicrocode || origin !== 'microcode')
  return origins.length > 0
    ? { origins, reason: row.reason }
    : {
        origins: ['unknown'],
        reason: `${row.reason}, but both run the same microcode`,
      }
}
