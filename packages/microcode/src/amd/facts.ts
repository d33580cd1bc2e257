/** Xen's tables of AMD patches, asked one question at a time (xen/arch/x86/cpu/microcode/amd.c). */
import {
  ENTRYSIGN_FIRST_FIXED,
  FINAL_REVISIONS_10H,
  MAX_PATCH_SIZE_ELSEWHERE,
  MAX_PATCH_SIZES,
  PATCH_DIGESTS,
} from './generated/facts.js'

export { ENTRYSIGN_FIRST_FIXED, FINAL_REVISIONS_10H, MAX_PATCH_SIZES, PATCH_DIGESTS }

/** The SHA-256 that the patch of this id must have, in lower-case hex; undefined for a patch that is not on the list. */
export function patchDigest(patchId: number): string | undefined {
  return PATCH_DIGESTS.find(([id]) => id === patchId)?.[1]
}

/** The first revision of this one's line whose firmware is safe from Entrysign; undefined for lines Xen does not know, which count as vulnerable. */
export function firstFixedRevision(revision: number): number | undefined {
  return ENTRYSIGN_FIRST_FIXED.find(([prefix]) => prefix === revision >>> 8)?.[1]
}

/** The largest patch that Xen takes for a CPU of this family, in bytes. */
export function maxPatchSize(family: number): number {
  return MAX_PATCH_SIZES.find(([known]) => known === family)?.[1] ?? MAX_PATCH_SIZE_ELSEWHERE
}

/** Nothing may be loaded over this revision, not even by force: such CPUs hang. Family 10h alone has such revisions. */
export function isFinalRevision(family: number, revision: number): boolean {
  return family === 0x10 && FINAL_REVISIONS_10H.includes(revision)
}
