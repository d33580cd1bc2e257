/** What is asked of a selection, and what it answers. */
import type { Evidence } from '../container-rules.js'
import type { NamedBytes } from '../file.js'
import type { Finding, MicrocodeFile, MicrocodeUpdate } from '../types.js'

/** A file to choose from: its bytes, its bytes with a name, or what {@link parseMicrocode} made of it. */
export type MicrocodeInput = Uint8Array | NamedBytes | MicrocodeFile

/** Who chooses: Xen; Linux while it boots (`linux` for short) or at run time; iucode_tool by `-s`. */
export type SelectConsumer = 'xen' | 'linux' | 'linux-early' | 'linux-late' | 'iucode'

/** Who chooses, and how. */
export interface SelectOptions {
  /** `xen` by default. */
  readonly consumer?: SelectConsumer
  /** Which Xen, `'4.17'` being the newest known of that minor; the development tree by default. 4.13 is the oldest. */
  readonly release?: string
  /** As by XENPF_UCODE_FORCE: the same and older revisions are taken, and a minimum revision is passed over. */
  readonly force?: boolean
  /** The same revision is taken, as by `ucode=allow-same` where Xen had it. */
  readonly allowSame?: boolean
  /** An older revision is taken. */
  readonly allowDowngrade?: boolean
  /** False for `ucode=no-digest-check`: AMD patches need no listed digest. */
  readonly digestCheck?: boolean
  /** The CPU has FRED: Zen 6 or later, to which Entrysign does not apply. */
  readonly zen6?: boolean
  /** AMD: the revision that the first CPU had when Xen started, before it loaded anything; the running one by default. */
  readonly bootRevision?: number
  /** AMD: the equivalence id that Xen found in a file that it read before, and keeps. */
  readonly equivalenceId?: number
  /** Look into an early cpio archive, as `ucode=scan` does; where the file is one by default. The hypercall never does. */
  readonly scan?: boolean
  /** Linux at run time: `microcode=force_minrev`. */
  readonly requireMinRevision?: boolean
}

/**
 * What loading the choice comes to. `OK`: it is loaded. `EEXIST`: the CPU has it, or a newer one; Xen before 4.19.0, 4.18.3 and 4.17.5 says
 * `EINVAL` for that. `ENXIO`: the CPU's revision does not allow it. `ENOENT`: nothing fits. `EINVAL`: nothing fits up to where the file cannot
 * be read. `ENODEV`: the archive has no such file. Xen 4.13 alone has `EPERM` for a final revision and `EFAULT` for a wrong count of
 * signatures.
 */
export type SelectErrno =
  | 'OK'
  | 'EEXIST'
  | 'ENXIO'
  | 'ENOENT'
  | 'EINVAL'
  | 'ENODEV'
  | 'EPERM'
  | 'EFAULT'

/** Why, by a stable name. */
export type SelectCode =
  | 'CHOSEN'
  | 'SAME_REVISION'
  | 'OLDER_REVISION'
  | 'FINAL_REVISION'
  | 'BELOW_MIN_REVISION'
  | 'MIN_REVISION_REQUIRED'
  | 'NOTHING_FITS'
  | 'NO_DIGEST'
  | 'DAMAGED'
  | 'NOT_IN_ARCHIVE'
  | 'EMPTY'

/** An update that fits, newer than what was found before it, and is not taken. */
export interface PassedOver {
  /** Where it begins: bytes from the start of the input. */
  readonly offset: number
  /** Its revision, as 32 unsigned bits. */
  readonly revision: number
  /**
   * `no-digest`, `other-digest`: not on Xen's list, or not the patch that is; `too-large` for the CPU's family; `step-first`: another revision
   * must come before it; `min-revision`: the running one is older than it asks for, or it does not say.
   */
  readonly why: 'no-digest' | 'other-digest' | 'too-large' | 'step-first' | 'min-revision'
}

/** What a CPU gets. */
export interface Selection {
  /**
   * What is chosen. Xen chooses first and compares then, so that with `EEXIST` and `ENXIO` it is there too; Linux compares while it chooses.
   */
  readonly update: MicrocodeUpdate | null
  /** What loading it comes to. */
  readonly errno: SelectErrno
  /** Why, by name. */
  readonly code: SelectCode
  /** The same in one sentence for people. */
  readonly reason: string
  /** Index of the file that it is in; null where none is chosen. */
  readonly file: number | null
  /** The revision that the CPU has afterwards. */
  readonly revision: number
  /** What fits and would be newer, and was not taken. */
  readonly passedOver: readonly PassedOver[]
  /** Why the rest of the file is not read; null if all of it is. */
  readonly stop: Finding | null
  /** What the chosen update declares of loading it at run time over the running revision. */
  readonly lateLoad: 'declared-safe' | 'declared-unsafe' | 'not-declared'
  /** What Xen prints while it chooses and loads, a message each, as the newest Xen words it. Empty for others. */
  readonly log: readonly string[]
  /** What Xen printed of Entrysign when it started, as the newest Xen words it. Empty for others, and for Intel. */
  readonly bootLog: readonly string[]
  /** Who chose, for people: `Xen 4.17.7`. */
  readonly consumer: string
  /** Whether its rules were recorded from its own code, or read in its source. */
  readonly evidence: Evidence
}
