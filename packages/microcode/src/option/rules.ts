/**
 * What differs between Xen releases in how `ucode=` is read: one row a change, with the releases in which it first landed. Files named are
 * those of Xen's source, below xen/; up to 4.13 the function is in arch/x86/microcode.c, later in arch/x86/cpu/microcode/core.c.
 */
import { nearestRelease, XEN_RELEASES, XenlevelError } from '@xenlevel/cpuid'

/** How one release reads the option. */
export interface OptionRules {
  /** Parts between commas are read one by one; else the whole text is one part. */
  readonly list: boolean
  /** There is no `scan`; whatever begins with it switches scanning on; it is a boolean like others. */
  readonly scan: 'none' | 'prefix' | 'boolean'
  /** There is `nmi=`, and with it a rendezvous at all. */
  readonly nmi: boolean
  /** There is `allow-same=`. */
  readonly allowSame: boolean
  /** There is `digest-check=`. */
  readonly digestCheck: boolean
  /** What follows a number is EINVAL; else it is passed over in silence. */
  readonly reportsJunk: boolean
  /** `scan` and a number switch each other off, the later one wins, and what is no number resets the module to 0. */
  readonly exclusive: boolean
  /** Only what begins with a digit or `-` is read as a number; else everything is that is nothing else. */
  readonly digitsOnly: boolean
  /** With a file named in xen.cfg: says which part it ignores, and refuses nonsense. Else both is done in silence. */
  readonly saysEfi: boolean
  /** With a file named in xen.cfg the whole option is ignored; else only `scan` and numbers. */
  readonly efiIgnoresAll: boolean
  /** `no-scan=1` is read as `scan=1` (common/kernel.c, parse_boolean). */
  readonly negatedValues: boolean
  /** The build option that says whether to scan when nothing is said; null if there is none. */
  readonly scanDefault: string | null
  /** Characters of `ucode=…` that the command line's parser keeps (common/kernel.c). */
  readonly room: number
}

interface Row {
  readonly landed: readonly string[]
  readonly changes: Partial<OptionRules>
}

/** The rules of 4.2, the first release with the option. */
const FIRST: OptionRules = {
  list: false,
  scan: 'none',
  nmi: false,
  allowSame: false,
  digestCheck: false,
  reportsJunk: false,
  exclusive: false,
  digitsOnly: false,
  saysEfi: false,
  efiIgnoresAll: true,
  negatedValues: false,
  scanDefault: null,
  room: 99,
}

const ROWS: readonly Row[] = [
  { landed: ['4.4.0'], changes: { scan: 'prefix' } },
  { landed: ['4.10.0'], changes: { reportsJunk: true, room: 127 } },
  {
    landed: ['4.13.0'],
    changes: {
      list: true,
      scan: 'boolean',
      nmi: true,
      efiIgnoresAll: false,
      negatedValues: true,
    },
  },
  { landed: ['4.15.0'], changes: { allowSame: true } },
  {
    landed: ['4.17.0', '4.16.2', '4.15.4', '4.14.6', '4.13.5'],
    changes: { negatedValues: false },
  },
  {
    landed: ['4.21.0', '4.20.1', '4.19.3', '4.18.5', '4.17.6'],
    changes: { digestCheck: true },
  },
  { landed: ['4.20.0'], changes: { allowSame: false, exclusive: true } },
  { landed: ['4.21.0'], changes: { scanDefault: 'CONFIG_UCODE_SCAN_DEFAULT' } },
  {
    landed: ['4.22.0'],
    changes: { digitsOnly: true, saysEfi: true, scanDefault: 'CONFIG_MICROCODE_SCAN_DEFAULT' },
  },
]

/** The release whose function was run for the recorded answers; 4.22.0 has the same one, to the letter. */
const RECORDED: readonly string[] = ['4.22.0']

/** A release that `ucode=` is not known of. Code `UCODE_RELEASE_UNKNOWN`. */
export class UcodeReleaseError extends XenlevelError {
  constructor(release: string) {
    super({
      code: 'UCODE_RELEASE_UNKNOWN',
      message: `What Xen ${JSON.stringify(release.slice(0, 40))} makes of ucode= is not known: ask for 4.2 (the first that has it) to ${XEN_RELEASES.at(-1)}, written like "4.17" or "4.17.7", or for the development tree.`,
      details: { release },
    })
  }
}

/** What a release makes of the option. */
export interface OptionRelease {
  /** The release that was meant: `4.17` is the newest known of 4.17. */
  readonly release: string
  /** Its rules. */
  readonly rules: OptionRules
  /** Whether its answers were recorded, or read in its source. */
  readonly evidence: 'recorded' | 'facts'
}

/** The rules of a release such as `'4.4'`, `'4.17.7-xcp'` or `'4.23-dev'`. @throws {@link UcodeReleaseError} */
export function optionRelease(release: string): OptionRelease {
  // The feature tables begin at 4.7, the option at 4.2; point releases of those before changed nothing.
  const name = /^4\.[2-6](?:\.\d{1,2})?$/.test(release) ? release : nearestRelease(release)
  const version = versionOf(name ?? '')
  if (name === undefined || version === undefined) throw new UcodeReleaseError(release)
  let rules = FIRST
  for (const { landed, changes } of ROWS) {
    if (hasLanded(version, landed)) rules = { ...rules, ...changes }
  }
  return {
    release: name,
    rules,
    evidence: hasLanded(version, RECORDED) ? 'recorded' : 'facts',
  }
}

type Version = readonly [minor: number, point: number]

function versionOf(release: string): Version | undefined {
  const [, minor, point] = /^4\.(\d+)(?:\.(\d+))?/.exec(release) ?? []
  return minor === undefined ? undefined : [Number(minor), Number(point ?? 0)]
}

/** As `releaseHas`, which knows only the releases that there are feature tables for. */
function hasLanded([minor, point]: Version, landed: readonly string[]): boolean {
  return landed.some((first) => {
    const [firstMinor, firstPoint] = versionOf(first) ?? [Infinity, 0]
    return minor === firstMinor ? point >= firstPoint : firstPoint === 0 && minor > firstMinor
  })
}
