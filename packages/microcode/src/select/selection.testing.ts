/** For tests of choosing: CPUs, and updates and patches that fit them. */
import { type MadePatch, makeAmdPatch } from '../amd/patches.testing.js'
import { encodeAmdContainer } from '../amd/write.js'
import { type MadeUpdate, makeIntelUpdate } from '../intel/updates.testing.js'
import type { CpuIdentity } from '../types.js'
import { selectUpdate } from './select.js'
import type { SelectOptions } from './types.js'

/** The signature of the Intel CPU. */
export const SIGNATURE = 0x606a6
/** An Intel CPU with a revision. */
export const cpu = (revision: number, more: Partial<CpuIdentity> = {}): CpuIdentity => ({
  vendor: 'Intel',
  signature: SIGNATURE,
  platformId: 1,
  revision,
  ...more,
})
/** An update for it. */
export const update = (revision: number, more: MadeUpdate = {}) =>
  makeIntelUpdate({ signature: SIGNATURE, platformMask: 2, revision, ...more })

/** An AMD CPU and its equivalence id. */
export const ZEN = { signature: 0x600f12, equivalenceId: 0x6012 } as const
/** An AMD CPU with a revision. */
export const amd = (revision: number, signature: number = ZEN.signature): CpuIdentity => ({
  vendor: 'AMD',
  signature,
  platformId: 0,
  revision,
})
/** A patch for it. */
export const patch = (patchId: number, more: MadePatch = {}) =>
  makeAmdPatch({ patchId, equivalenceId: ZEN.equivalenceId, size: 2048, ...more })
/** Patches in a container. */
export const container = (...patches: readonly Uint8Array[]) =>
  encodeAmdContainer({ patches, equivalences: [ZEN] })

/** What choosing comes to. */
export const errno = (file: Uint8Array, one: CpuIdentity, options: SelectOptions = {}) =>
  selectUpdate(file, one, options).errno
/** The revision that is chosen; null for none. */
export const revision = (file: Uint8Array, one: CpuIdentity, options: SelectOptions = {}) =>
  selectUpdate(file, one, options).update?.revision ?? null
