/** Which words of which policies decide about a level, and how the numbers among them are taken together: tables. */
import {
  ARCH_CAPABILITIES,
  basic,
  EAX,
  EBX,
  ECX,
  EDX,
  extended,
  feature,
  HYPERVISOR_LIMIT,
  HYPERVISOR_LIMIT_2,
  PLATFORM_INFO,
  xstate,
} from '../../policy/layout.js'
import { foldShape, type LeastNumber } from './fold.js'

const WORD = 0xffff_ffff
const BYTE = 0xff

function least(at: number, low = 0, mask: number = WORD, bias = 0): LeastNumber {
  return { at, low, mask, bias }
}

/** The registers of feature bits, and beside them those whose bits each say something good. */
const BITS = /* @__PURE__ */ (() =>
  [
    [basic(1) + ECX, basic(2)],
    // All of leaf 7: what has no name yet is a bit all the same.
    [feature(0), feature(3)],
    [xstate(1) + EAX, xstate(1) + EBX],
    [extended(1) + ECX, extended(2)],
    [extended(7) + EDX, extended(8)],
    [extended(8) + EBX, extended(8) + ECX],
    [extended(0x21) + EAX, extended(0x22)],
    [ARCH_CAPABILITIES, ARCH_CAPABILITIES + 2],
  ] as const)()

/**
 * Of the default policies: everything that is not the identity of one CPU.
 *
 * Numbers: limits and widths (Xen clamps them to the least); the SVM revision and number of ASIDs (AMD APM volume 3, leaf 0x8000_000a);
 * version, counters and their widths of leaf 0xa (Intel SDM volume 2A). A limit of Xen's own leaves is the least that was chosen, and zero,
 * which chooses none, is the most.
 */
export const DEFAULT_SHAPE = /* @__PURE__ */ (() =>
  foldShape(
    [
      [basic(0), basic(0) + EBX],
      ...BITS,
      [basic(0xa), basic(0xb)],
      [extended(0), extended(0) + EBX],
      [extended(0xa), extended(0xb)],
      [extended(0x1a), extended(0x1b)],
      [PLATFORM_INFO, PLATFORM_INFO + 1],
      [HYPERVISOR_LIMIT, HYPERVISOR_LIMIT_2 + 1],
    ],
    [
      least(basic(0) + EAX),
      least(feature(0) + EAX),
      least(extended(0) + EAX),
      least(extended(8) + EAX, 0, BYTE),
      ...[0, 8, 16, 24].map((low) => least(basic(0xa) + EAX, low, BYTE)),
      least(basic(0xa) + EDX, 0, 0x1f),
      least(basic(0xa) + EDX, 5, BYTE),
      least(extended(0xa) + EAX, 0, BYTE),
      least(extended(0xa) + EBX),
      least(HYPERVISOR_LIMIT, 0, BYTE, 1),
      least(HYPERVISOR_LIMIT_2, 0, BYTE, 1),
    ],
  ))()

/** Of the max policies: what the audit and the clamp look at. */
export const MAX_SHAPE = /* @__PURE__ */ (() =>
  foldShape(
    [
      [basic(0), basic(1)],
      [basic(1) + EBX, basic(1) + ECX],
      ...BITS,
      [extended(0), extended(0) + EBX],
      [extended(8), extended(8) + EBX],
      [PLATFORM_INFO, PLATFORM_INFO + 1],
    ],
    [
      least(basic(0) + EAX),
      least(feature(0) + EAX),
      least(extended(0) + EAX),
      least(extended(8) + EAX, 0, BYTE),
    ],
  ))()

/** Of the host policies: the bits that the clamp takes from them, the vendor, and the address width that limits the domain. */
export const HOST_SHAPE = /* @__PURE__ */ (() =>
  foldShape(
    [[basic(0), basic(1)], ...BITS, [extended(8), extended(8) + EBX]],
    [least(extended(8) + EAX, 0, BYTE)],
  ))()

/** Of the raw policies: size, offset and flags of the xstate components, as far as they have names. */
export const RAW_SHAPE = /* @__PURE__ */ (() => foldShape([[xstate(2), xstate(20)]]))()
