/** Xen's `ucode=` in every form it has had: what a release makes of a text, and what it misreads without a word. */
import { readUcodeOption } from './read.js'
import { optionRelease } from './rules.js'

/** Something about a `ucode=` that should be known. */
export interface UcodeOptionFinding {
  /** Stable name of what was noticed. */
  readonly code: UcodeOptionCode
  /** `error`: Xen reports that part as wrong; `warning`: it reads it as something else, or not at all, and says nothing; `info`: good to know. */
  readonly severity: 'error' | 'warning' | 'info'
  /** One sentence for people. */
  readonly message: string
  /** Where the part begins, in characters of the text. */
  readonly offset: number
  /** The part itself. */
  readonly part: string
}

/**
 * What can be noticed about a `ucode=`:
 * `UCODE_REFUSED` (Xen reports EINVAL), `UCODE_READ_AS_NUMBER` (a word, or nothing, taken for a module number), `UCODE_JUNK_IGNORED` (what
 * follows a number is passed over), `UCODE_SCANS_ANYWAY` (begins with scan and so switches scanning on), `UCODE_NEGATION_LOST` (the no- of
 * no-x=1 is passed over), `UCODE_NUMBER_WRAPS`, `UCODE_OCTAL`, `UCODE_EFI_OVERRIDES` (xen.cfg named a file), `UCODE_EARLIER_LOST` (a later
 * part undoes an earlier one), `UCODE_SCAN_AND_MODULE` (both are in force), `UCODE_ENDS_AT_SPACE` and `UCODE_TOO_LONG` (the command line
 * cannot hold it).
 */
export type UcodeOptionCode =
  | 'UCODE_REFUSED'
  | 'UCODE_READ_AS_NUMBER'
  | 'UCODE_JUNK_IGNORED'
  | 'UCODE_SCANS_ANYWAY'
  | 'UCODE_NEGATION_LOST'
  | 'UCODE_NUMBER_WRAPS'
  | 'UCODE_OCTAL'
  | 'UCODE_EFI_OVERRIDES'
  | 'UCODE_EARLIER_LOST'
  | 'UCODE_SCAN_AND_MODULE'
  | 'UCODE_ENDS_AT_SPACE'
  | 'UCODE_TOO_LONG'

/** What else Xen knows when it reads the option. */
export interface UcodeOptionContext {
  /** The module that `ucode=` in xen.cfg became, when Xen was started as an EFI program with such a line. */
  readonly efiModule?: number
  /** The build's CONFIG_MICROCODE_SCAN_DEFAULT (CONFIG_UCODE_SCAN_DEFAULT in 4.21); false by default. Releases before 4.21 have none. */
  readonly scanDefault?: boolean
}

/** What a release makes of a `ucode=`. */
export interface UcodeOption {
  /** Xen reports no error. It may have misread the text all the same: see {@link findings}. */
  readonly ok: boolean
  /** What its function returns; releases before 4.10 have no way to report anything. */
  readonly errno: 'OK' | 'EINVAL'
  /** Xen looks for an early cpio archive in the boot modules. */
  readonly scan: boolean
  /** The boot module with the microcode: 0 for none, negative counted from the end. The file that xen.cfg names included. */
  readonly module: number
  /** A late load writes inside the NMI handler; false before 4.13, where there is no rendezvous. */
  readonly nmi: boolean
  /** AMD patches must be on Xen's list of digests; false in releases without the list. */
  readonly digestCheck: boolean
  /** The running revision may be loaded again; 4.15 to 4.19, false elsewhere. */
  readonly allowSame: boolean
  /** What Xen prints, without the loglevel. */
  readonly log: readonly string[]
  /** What it refuses, misreads or passes over, in the order of the text. */
  readonly findings: readonly UcodeOptionFinding[]
  /** The release that was meant: `4.17` is the newest known of 4.17. */
  readonly release: string
  /** Whether the answers of that release were recorded, or read in its source. */
  readonly evidence: 'recorded' | 'facts'
}

/**
 * What a Xen release makes of the text after `ucode=` (xen/arch/x86/cpu/microcode/core.c, parse_ucode).
 *
 * A command line can have the option several times: Xen reads them one after the other, and what one sets the next may change. This is the
 * answer for one.
 *
 * @param text - what follows `ucode=`.
 * @param release - such as `'4.4'`, `'4.17.7'` or `'4.23-dev'`; 4.2 is the first with the option.
 * @throws {@link UcodeReleaseError} for a release before 4.2, or one that is not known yet.
 */
export function parseUcodeOption(
  text: string,
  release: string,
  context: UcodeOptionContext = {},
): UcodeOption {
  const known = optionRelease(release)
  const { state, findings } = readUcodeOption(text, known, context)
  return Object.freeze({
    ok: state.errno === 'OK',
    ...state,
    findings: Object.freeze(findings),
    release: known.release,
    evidence: known.evidence,
  })
}
