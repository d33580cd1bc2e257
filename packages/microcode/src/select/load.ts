/** Whether a CPU loads an update that Xen chose: intel_ucode_load in intel.c and amd_ucode_load in amd.c. */
import { isFinalRevision } from '../amd/facts.js'
import { familyOf } from '../amd/format.js'
import { hex } from '../bytes.js'
import { compareRevisions } from '../rendezvous/revisions.js'
import type { CpuIdentity, MicrocodeVendor } from '../types.js'
import type { SelectRelease } from './rules.js'
import type { SelectCode, SelectErrno } from './types.js'

/** What decides whether a CPU loads. */
export interface LoadRequest {
  /** Whose driver. */
  readonly vendor: MicrocodeVendor
  /** The release's rules. */
  readonly rules: SelectRelease['rules']
  /** A minimum revision is passed over. */
  readonly force: boolean
  /** The same revision is loaded. */
  readonly allowSame: boolean
  /** An older revision is loaded. */
  readonly allowDowngrade: boolean
}

/** An update, as far as a CPU asks. */
export interface OfferedUpdate {
  /** Its revision, as 32 unsigned bits. */
  readonly revision: number
  /** AMD: the revision that it asks for; undefined if it does not. */
  readonly minRevision?: number | undefined
  /** AMD: what stands in its place and is none; undefined if that is nothing. */
  readonly oddMinRevision?: number | undefined
}

/** What loading comes to. */
export interface LoadVerdict {
  /** What is returned. */
  readonly errno: SelectErrno
  /** Why. */
  readonly code: SelectCode
  /** What is printed; null for nothing. */
  readonly says: string | null
}

const LOADED: LoadVerdict = { errno: 'OK', code: 'CHOSEN', says: null }

/** Whether an update takes the place of one that was found before in the same file. */
export function mayReplace(request: LoadRequest, present: number, offered: number): boolean {
  const order = compareRevisions(request, present, offered)
  if (order !== 'same') return order === 'newer'
  // Until ucode=allow-same was told apart from a newer revision, it made the last of equal ones win.
  const { rules, allowSame } = request
  return rules.hasAllowSame && rules.notNewer === 'EINVAL' && allowSame
}

/** What loading an update that fits comes to on a CPU, up to the write of the MSR. */
export function judgeLoad(
  request: LoadRequest,
  cpu: CpuIdentity,
  offered: OfferedUpdate,
): LoadVerdict {
  const { vendor, rules, force } = request
  const order = compareRevisions(request, cpu.revision, offered.revision)
  if (order === 'same' && !loadsSame(request)) return notNewer(request, 'SAME_REVISION')
  if (order === 'older' && !force && !request.allowDowngrade)
    return notNewer(request, 'OLDER_REVISION')
  const running = `microcode: CPU0 current rev ${printed(cpu.revision)}`
  if (vendor === 'AMD' && isFinalRevision(familyOf(cpu.signature), cpu.revision >>> 0))
    return { errno: 'ENXIO', code: 'FINAL_REVISION', says: `${running} unsafe to update` }
  if (vendor === 'Intel' || force || !rules.knowsFixedFirmware) return LOADED
  const { minRevision: least, oddMinRevision: odd } = offered
  if (least !== undefined && cpu.revision >>> 0 < least) {
    const says = `${running} below patch min_rev ${printed(least)}`
    return { errno: 'ENXIO', code: 'BELOW_MIN_REVISION', says }
  }
  if (odd === undefined) return LOADED
  const says = `microcode: patch ${printed(offered.revision)} has unexpected min_rev ${printed(odd)}`
  return { ...LOADED, says }
}

function loadsSame({ vendor, rules, force, allowSame }: LoadRequest): boolean {
  return force || allowSame || (vendor === 'AMD' && rules.amdWritesSame)
}

/** Older releases say EINVAL. */
function notNewer({ rules }: LoadRequest, code: SelectCode): LoadVerdict {
  return { errno: rules.notNewer, code, says: null }
}

/** A revision as `%#x` prints it. */
export function printed(revision: number): string {
  return revision === 0 ? '0' : hex(revision >>> 0)
}
