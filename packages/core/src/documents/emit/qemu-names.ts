/** QEMU's names of feature bits (QEMU 10.1, target/i386/cpu.c, feature_word_info): libvirt's, but for these. */
import { type FeatureName, featureTable } from '@xenlevel/cpuid'
import { libvirtFeatures } from '../libvirt-names.js'

/** Names of libvirt's that QEMU does not have: the guest's operating system settles the first two, the others are not QEMU's to give. */
const NOT_QEMU: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'osxsave',
  'ospke',
  'cvt16',
  'cmt',
  'pconfig',
])

/** Names that differ in more than "-" for "_": libvirt's, QEMU's. */
const OTHERWISE: Readonly<Record<string, string>> = { pclmuldq: 'pclmulqdq' }

/** Names that libvirt 9.0.0 does not have: QEMU's, Xen's. */
const MORE: readonly (readonly [qemu: string, xen: FeatureName])[] = [
  ['fdp-excptn-only', 'FDP_EXCP_ONLY'],
  ['zero-fcs-fds', 'NO_FPU_SEL'],
  ['flush-l1d', 'L1D_FLUSH'],
  ['sha512', 'SHA512'],
  ['sm3', 'SM3'],
  ['sm4', 'SM4'],
  ['cmpccxadd', 'CMPCCXADD'],
  ['fzrm', 'FZRM'],
  ['fsrs', 'FSRS'],
  ['fsrc', 'FSRCS'],
  ['fred', 'FRED'],
  ['lkgs', 'LKGS'],
  ['wrmsrns', 'WRMSRNS'],
  ['amx-fp16', 'AMX_FP16'],
  ['avx-ifma', 'AVX_IFMA'],
  ['lam', 'LAM'],
  ['avx-vnni-int8', 'AVX_VNNI_INT8'],
  ['avx-ne-convert', 'AVX_NE_CONVERT'],
  ['amx-complex', 'AMX_COMPLEX'],
  ['avx-vnni-int16', 'AVX_VNNI_INT16'],
  ['prefetchiti', 'PREFETCHI'],
  ['intel-psfd', 'INTEL_PSFD'],
  ['ipred-ctrl', 'IPRED_CTRL'],
  ['rrsba-ctrl', 'RRSBA_CTRL'],
  ['ddpd-u', 'DDP_CTRL'],
  ['bhi-ctrl', 'BHI_CTRL'],
  ['mcdt-no', 'MCDT_NO'],
  ['stibp-always-on', 'STIBP_ALWAYS'],
  ['amd-psfd', 'PSFD'],
  ['no-nested-data-bp', 'NO_NEST_BP'],
  ['lfence-always-serializing', 'LFENCE_DISPATCH'],
  ['null-sel-clr-base', 'NSCB'],
  ['auto-ibrs', 'AUTO_IBRS'],
  ['sbpb', 'SBPB'],
  ['ibpb-brtype', 'IBPB_BRTYPE'],
  ['srso-no', 'SRSO_NO'],
  ['srso-user-kernel-no', 'SRSO_US_NO'],
  ['sbdr-ssdp-no', 'SBDR_SSDP_NO'],
  ['fbsdp-no', 'FBSDP_NO'],
  ['psdp-no', 'PSDP_NO'],
  ['fb-clear', 'FB_CLEAR'],
  ['bhi-no', 'BHI_NO'],
  ['pbrsb-no', 'PBRSB_NO'],
  ['gds-no', 'GDS_NO'],
  ['rfds-no', 'RFDS_NO'],
  ['rfds-clear', 'RFDS_CLEAR'],
]

// A cache, not state: the same immutable map for everyone who asks.
let known: ReadonlyMap<number, string> | undefined

/** QEMU's names by featureset bit. */
export function qemuNames(): ReadonlyMap<number, string> {
  known ??= buildNames()
  return known
}

function buildNames(): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  for (const { name, bit } of libvirtFeatures()) {
    if (bit !== null && !NOT_QEMU.has(name))
      names.set(bit, OTHERWISE[name] ?? name.replaceAll('_', '-'))
  }
  const table = featureTable()
  for (const [name, xen] of MORE) {
    const bit = table.feature(xen)?.bit
    if (bit !== undefined) names.set(bit, name)
  }
  return names
}
