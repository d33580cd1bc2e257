/**
 * What differs between Xen releases in a late load: one row a change, with the releases in which it first landed. Files named are those of
 * Xen's source, below xen/arch/x86/cpu/microcode/ (before 4.14: xen/arch/x86/microcode*.c).
 */
import { nearestRelease, releaseHas } from '@xenlevel/cpuid'
import { LateLoadReleaseError } from './errors.js'

/** How one release goes about a late load. */
export interface LateLoadRules {
  /** AMD: every thread is a primary; else the first of each core, as on Intel (core.c, is_cpu_primary). */
  readonly everyThreadOnAmd: boolean
  /** A load given up half-way gives the NMI handler and the watchdog back (core.c, control_thread_fn). */
  readonly unwindsAfterAbort: boolean
  /** Any error on the control CPU ends the load, and the log has its number; else EIO alone does (core.c, control_thread_fn). */
  readonly anyErrorAborts: boolean
  /** Threads that come to find the load over return 0; else EBUSY, which may hide the real error (core.c, primary_thread_fn and others). */
  readonly abortIsNoError: boolean
  /** The hypercall has flags, and with them force: XENPF_microcode_update2. */
  readonly hasFlags: boolean
  /** There is `ucode=allow-same`. */
  readonly hasAllowSame: boolean
  /** AMD: a CPU that has the revision already is written again (amd.c, apply_microcode). */
  readonly amdWritesSame: boolean
  /** Intel: revisions are signed, and a negative one counts as newer than any other; else both vendors' are unsigned (intel.c). */
  readonly signedOnIntel: boolean
  /** What a CPU returns that has the revision already, or a newer one. */
  readonly notNewer: 'EINVAL' | 'EEXIST'
  /** What the call returns when the cached update is not older. */
  readonly cacheNotOlder: 'ENOENT' | 'EEXIST'
  /** The raw CPU policy is read again after a load. */
  readonly refreshesPolicy: boolean
  /** Xen can be built without microcode loading. */
  readonly canLackLoading: boolean
}

interface Row {
  readonly landed: readonly string[]
  readonly changes: Partial<LateLoadRules>
}

/** The rules of 4.13.0, the first release with a rendezvous. */
const FIRST: LateLoadRules = {
  everyThreadOnAmd: false,
  unwindsAfterAbort: false,
  anyErrorAborts: false,
  abortIsNoError: false,
  hasFlags: false,
  hasAllowSame: false,
  amdWritesSame: false,
  signedOnIntel: false,
  notNewer: 'EINVAL',
  cacheNotOlder: 'ENOENT',
  refreshesPolicy: false,
  canLackLoading: false,
}

const ROWS: readonly Row[] = [
  { landed: ['4.15.0'], changes: { signedOnIntel: true, hasAllowSame: true } },
  {
    landed: ['4.18.0', '4.17.1', '4.16.4'],
    changes: { everyThreadOnAmd: true, amdWritesSame: true, unwindsAfterAbort: true },
  },
  { landed: ['4.18.0'], changes: { refreshesPolicy: true } },
  {
    landed: ['4.19.0', '4.18.3', '4.17.5'],
    changes: { notNewer: 'EEXIST', cacheNotOlder: 'EEXIST' },
  },
  {
    landed: ['4.20.0'],
    changes: { hasFlags: true, hasAllowSame: false, amdWritesSame: false },
  },
  {
    landed: ['4.21.0', '4.20.2', '4.19.4', '4.18.6', '4.17.6'],
    changes: { anyErrorAborts: true },
  },
  { landed: ['4.22.0', '4.21.1', '4.20.3', '4.19.4'], changes: { abortIsNoError: true } },
  { landed: ['4.22.0'], changes: { canLackLoading: true } },
]

/** The release whose code was run for the recorded answers; 4.22.0 has the same file, to the letter. */
const RECORDED: readonly string[] = ['4.22.0']

/** What a release makes of a late load. */
export interface LateLoadRelease {
  /** The release that was meant: `4.17` is the newest known of 4.17. */
  readonly release: string
  /** Its rules. */
  readonly rules: LateLoadRules
  /** Whether its answers were recorded, or read in its source. */
  readonly evidence: 'recorded' | 'facts'
}

/** The rules of a release such as `'4.17.7-xcp'`. @throws {@link LateLoadReleaseError} before 4.13, and for what is no release. */
export function lateLoadRelease(name: string): LateLoadRelease {
  const release = nearestRelease(name)
  if (release === undefined || !releaseHas(release, ['4.13.0'])) {
    throw new LateLoadReleaseError(name)
  }
  let rules = FIRST
  for (const { landed, changes } of ROWS) {
    if (releaseHas(release, landed)) rules = { ...rules, ...changes }
  }
  return { release, rules, evidence: releaseHas(release, RECORDED) ? 'recorded' : 'facts' }
}
