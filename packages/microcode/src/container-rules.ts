/**
 * What differs between Xen releases in which files they read: one row a change, with the releases in which it first landed, the `.0` first
 * and then the stable branches that got it too. Files named are those of Xen's source, below xen/arch/x86/cpu/microcode/.
 */
import { compareReleases, nearestRelease, releaseHas, XenlevelError } from '@xenlevel/cpuid'

/** Where an answer comes from: recorded from that Xen's own code, or read in its source. */
export type Evidence = 'recorded' | 'facts'

/** Everything that differs. */
export interface ContainerRules {
  /** Intel's data must be whole words (intel.c, microcode_sanity_check). */
  readonly dataInWords: boolean
  /** The last entry of an AMD equivalence table must be zero (amd.c). */
  readonly tableEndsWithZero: boolean
  /** Bytes that an AMD patch must at least have: what Xen takes for its header (amd.c, struct microcode_patch). */
  readonly patchHeader: number
  /** Patches of family 1Ah may be larger than 2048 bytes (amd.c, verify_patch_size). */
  readonly knowsFamily1a: boolean
}

interface Row {
  readonly landed: readonly string[]
  /** `recorded`: without the row a recorded answer would be wrong. */
  readonly evidence: Evidence
  readonly changes: Partial<ContainerRules>
}

/** The oldest release whose reader is described here; before it, a wrong size of one AMD patch ended the file. */
const OLDEST_CONTAINER_RULES = '4.15.0'

/** The release whose answers are recorded; every row has landed in it. */
const RECORDED = '4.23-dev'

const OLDEST: ContainerRules = {
  dataInWords: false,
  tableEndsWithZero: true,
  patchHeader: 64,
  knowsFamily1a: false,
}

const ROWS: readonly Row[] = [
  {
    landed: ['4.20.0', '4.18.4', '4.19.1'],
    evidence: 'recorded',
    changes: { dataInWords: true, tableEndsWithZero: false },
  },
  {
    landed: ['4.20.0', '4.18.5', '4.19.2'],
    evidence: 'facts',
    changes: { knowsFamily1a: true },
  },
  { landed: ['4.21.0'], evidence: 'facts', changes: { patchHeader: 32 } },
]

/**
 * The rules of a release, `'4.17'` being the newest point release known of that minor; of the development tree by default.
 *
 * @throws XenlevelError with code `RELEASE_UNKNOWN` for text that is no release, `RELEASE_TOO_OLD` before 4.15.
 */
export function containerRules(
  release: string = RECORDED,
): ContainerRules & { readonly release: string; readonly evidence: Evidence } {
  if (release === RECORDED) return { ...rulesOf(ROWS), release, evidence: 'recorded' }
  const exact = nearestRelease(release)
  if (exact === undefined) {
    throw new XenlevelError({
      code: 'RELEASE_UNKNOWN',
      message: `Nothing is known of Xen ${JSON.stringify(release.slice(0, 40))}; a release is written like "4.17" or "4.17.7".`,
      details: { release },
    })
  }
  if (compareReleases(exact, OLDEST_CONTAINER_RULES) < 0) {
    throw new XenlevelError({
      code: 'RELEASE_TOO_OLD',
      message: `What Xen ${exact} reads is not described; ${OLDEST_CONTAINER_RULES} is the oldest that is.`,
      details: { release, oldest: OLDEST_CONTAINER_RULES },
    })
  }
  const rows = ROWS.filter(({ landed }) => releaseHas(exact, landed))
  return { ...rulesOf(rows), release: exact, evidence: 'facts' }
}

function rulesOf(rows: readonly Row[]): ContainerRules {
  return Object.assign({ ...OLDEST }, ...rows.map(({ changes }) => changes))
}
