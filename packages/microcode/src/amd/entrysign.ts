/** What Entrysign (SB-7033, CVE-2024-56161) makes of AMD patches in Xen: amd_check_entrysign and check_digest in amd.c. */
import { cpuSignature } from '@xenlevel/cpuid'
import type { SelectRelease } from '../select/rules.js'
import { isTsaPatch, knowsLine } from '../select/rules.js'
import type { PassedOver } from '../select/types.js'
import { sha256 } from '../sha256.js'
import { firstFixedRevision, patchDigest } from './facts.js'
import { familyOf } from './format.js'

/** The CPU, and what Xen knew of it when it started. */
export interface EntrysignCpu {
  /** CPUID leaf 1, eax. */
  readonly signature: number
  /** The revision that the first CPU had when Xen started. */
  readonly bootRevision: number
  /** It has FRED. */
  readonly zen6: boolean
  /** `ucode=digest-check`. */
  readonly digestCheck: boolean
}

/** What Xen makes of a CPU's firmware: it is safe, it is not, or the table does not know; null where Entrysign is no matter. */
type FirmwareState = 'fixed' | 'vulnerable' | 'unknown' | null

/** Zen 1 to 5 are concerned. */
function isConcerned(signature: number): boolean {
  const family = familyOf(signature)
  return family >= 0x17 && family <= 0x1a
}

/** Whether the firmware that started a CPU is safe, as far as a release can tell. */
function firmwareState({ release, rules }: SelectRelease, cpu: EntrysignCpu): FirmwareState {
  if (!isConcerned(cpu.signature) || !rules.knowsFixedFirmware) return null
  if (cpu.zen6 && rules.silentOnZen6) return null
  const first = knowsLine(release, cpu.bootRevision)
    ? firstFixedRevision(cpu.bootRevision)
    : undefined
  if (first === undefined) return 'unknown'
  return cpu.bootRevision >>> 0 >= first ? 'fixed' : 'vulnerable'
}

/** Whether a release wants listed digests for this CPU. */
export function wantsDigests(known: SelectRelease, cpu: EntrysignCpu): boolean {
  if (!known.rules.checksDigests || !cpu.digestCheck || !isConcerned(cpu.signature)) return false
  if (cpu.zen6 && known.rules.exemptsZen6) return false
  return firmwareState(known, cpu) !== 'fixed'
}

/** What is wrong with a patch's digest, and what Xen prints of it; null if it is the listed one. */
export function digestFault(
  { rules }: SelectRelease,
  patchId: number,
  patch: Uint8Array,
): { readonly why: PassedOver['why']; readonly says: string } | null {
  const id = patchId.toString(16).padStart(8, '0')
  const expected = rules.tsaDigests || !isTsaPatch(patchId) ? patchDigest(patchId) : undefined
  if (expected === undefined)
    return { why: 'no-digest', says: `No digest found for patch_id ${id}` }
  const found = sha256(patch)
  if (found === expected) return null
  const says = `Patch ${id} SHA256 mismatch:\n  expected ${expected}\n       got ${found}`
  return { why: 'other-digest', says }
}

/** What Xen prints of it when it starts. */
export function bootLog(known: SelectRelease, cpu: EntrysignCpu): string[] {
  const { checksDigests, silentOnZen6 } = known.rules
  const log: string[] = []
  const passedOver = cpu.zen6 && silentOnZen6
  if (checksDigests && !cpu.digestCheck && isConcerned(cpu.signature) && !passedOver)
    log.push('Microcode patch additional digest checks disabled')
  const state = firmwareState(known, cpu)
  if (state === 'vulnerable') {
    log.push(
      'WARNING: Platform vulnerable to Entrysign (SB-7033, CVE-2024-36347) - firmware update required',
    )
  }
  if (state === 'unknown') {
    const { family, model, stepping } = cpuSignature(cpu.signature)
    const parts = [family, model, stepping].map((part) => part.toString(16).padStart(2, '0'))
    const running = (cpu.bootRevision >>> 0).toString(16).padStart(8, '0')
    log.push(
      `Unrecognised CPU ${parts.join('-')} ucode 0x${running}, assuming vulnerable to Entrysign`,
    )
  }
  return log
}
