/**
 * What differs between Xen releases in which update of a file they choose and what keeps a CPU from loading it: one row a change, with the
 * releases in which it first landed. Files named are those of Xen's source, below xen/arch/x86/cpu/microcode/. How revisions compare and
 * what a refusal is called stands in rendezvous/releases.ts.
 */
import { releaseHas } from '@xenlevel/cpuid'
import type { AmdReader } from '../amd/readers.js'
import { amdReader } from '../amd/readers.js'
import type { Evidence } from '../container-rules.js'
import type { IntelReader } from '../intel/readers.js'
import { intelReader } from '../intel/readers.js'
import { type LateLoadRules, lateLoadRelease } from '../rendezvous/releases.js'
import { AMD_4_13, AMD_4_14, INTEL_4_13 } from './xen-before-4.15.js'

/** How one release chooses. */
interface SelectRules {
  /** AMD: only the first container that has the CPU is read, a final revision ends it before that, and an empty file is bad (4.13). */
  readonly oneContainer: boolean
  /** AMD: a patch that is too large for the CPU's family ends the file; else it is passed over (amd.c, cpu_request_microcode). */
  readonly oversizedEnds: boolean
  /** AMD: a patch is only for CPUs of the very signature that was looked up; else for all of its id (amd.c, microcode_fits). */
  readonly fitsBySignature: boolean
  /** AMD: patches of family 19h may have 5568 bytes (amd.c, verify_patch_size). */
  readonly family19hSize: number
  /** AMD Zen 1 to 5: a patch must have a listed digest (amd.c, check_digest). */
  readonly checksDigests: boolean
  /** AMD: the list has the patches that came with TSA (amd-patch-digests.c). */
  readonly tsaDigests: boolean
  /** AMD: firmware that is safe from Entrysign needs no digests, and patches may ask for a minimum revision (amd.c, check_min_rev). */
  readonly knowsFixedFirmware: boolean
  /** AMD: Zen 6 needs no digests (amd.c, check_digest). */
  readonly exemptsZen6: boolean
  /** AMD: the start-up messages pass over Zen 6 (amd.c, amd_check_entrysign). */
  readonly silentOnZen6: boolean
}

interface Row {
  readonly landed: readonly string[]
  readonly changes: Partial<SelectRules>
}

/** The rules of 4.13.0. */
const FIRST: SelectRules = {
  oneContainer: true,
  oversizedEnds: false,
  fitsBySignature: true,
  family19hSize: 2048,
  checksDigests: false,
  tsaDigests: false,
  knowsFixedFirmware: false,
  exemptsZen6: false,
  silentOnZen6: false,
}

const ROWS: readonly Row[] = [
  {
    landed: ['4.14.0'],
    changes: { oneContainer: false, oversizedEnds: true, family19hSize: 4800 },
  },
  { landed: ['4.15.0', '4.14.2', '4.13.3'], changes: { family19hSize: 5568 } },
  { landed: ['4.15.0'], changes: { oversizedEnds: false } },
  { landed: ['4.20.0'], changes: { fitsBySignature: false } },
  {
    landed: ['4.21.0', '4.20.1', '4.19.3', '4.18.5', '4.17.6'],
    changes: { checksDigests: true },
  },
  {
    landed: ['4.21.0', '4.20.1', '4.19.3', '4.18.6', '4.17.6'],
    changes: { tsaDigests: true },
  },
  {
    landed: ['4.21.0', '4.20.2', '4.19.4', '4.18.6', '4.17.6'],
    changes: { knowsFixedFirmware: true },
  },
  { landed: ['4.22.0', '4.21.1', '4.20.3', '4.19.5'], changes: { silentOnZen6: true } },
  { landed: ['4.22.0', '4.21.2', '4.20.4'], changes: { exemptsZen6: true } },
]

/** Lines of revisions that Entrysign's table got later than the others, and where (amd.c, amd_check_entrysign). */
const LATER_LINES: readonly (readonly [prefix: number, landed: readonly string[]])[] = [
  [0x0b0081, ['4.21.0', '4.20.2', '4.19.4']],
  [0x0b6080, ['4.21.0', '4.20.2', '4.19.4']],
  [0x0b4041, ['4.21.0', '4.20.3', '4.19.4']],
]

/** Patches whose digests came with the fix of TSA (Xen commit a8708ea8bd). */
const TSA_PATCHES: readonly number[] = [
  0x0a00_11d7, 0x0a00_123b, 0x0a00_820d, 0x0a10_114c, 0x0a10_124c, 0x0a10_8109, 0x0a20_102e,
  0x0a20_1211, 0x0a40_4108, 0x0a50_0012, 0x0a60_120a, 0x0a70_4108, 0x0a70_5208, 0x0a70_8008,
  0x0a70_c008, 0x0aa0_0216,
]

/** The release whose code was run for the recorded answers; 4.22.0 has the same files, to the letter. */
const RECORDED: readonly string[] = ['4.22.0']

/** What a release makes of files. */
export interface SelectRelease {
  /** The release that was meant: `4.17` is the newest known of 4.17. */
  readonly release: string
  /** Its rules, with those about revisions. */
  readonly rules: SelectRules & LateLoadRules
  /** Reads Intel's updates. */
  readonly intel: IntelReader
  /** Reads AMD's containers. */
  readonly amd: AmdReader
  /** Whether its answers were recorded, or read in its source. */
  readonly evidence: Evidence
}

/** The rules of a release such as `'4.17.7-xcp'`. @throws LateLoadReleaseError before 4.13, and for what is no release. */
export function selectRelease(name = '4.23-dev'): SelectRelease {
  const { release, rules } = lateLoadRelease(name)
  const changes = ROWS.filter(({ landed }) => releaseHas(release, landed)).map((row) => row.changes)
  const own: SelectRules = Object.assign({ ...FIRST }, ...changes)
  const evidence = releaseHas(release, RECORDED) ? 'recorded' : 'facts'
  return { release, rules: { ...own, ...rules }, ...readersOf(release), evidence }
}

function readersOf(release: string): Pick<SelectRelease, 'intel' | 'amd'> {
  const name = `Xen ${release}`
  if (releaseHas(release, ['4.15.0']))
    return { intel: intelReader('xen', release), amd: amdReader('xen', release) }
  // 4.14 and 4.15 check Intel's updates alike; they differ in how revisions compare.
  if (releaseHas(release, ['4.14.0']))
    return { intel: { ...intelReader('xen', '4.15.0'), name }, amd: { ...AMD_4_14, name } }
  return { intel: { ...INTEL_4_13, name }, amd: { ...AMD_4_13, name } }
}

/** Whether a release knows from which revision on the firmware of this line is safe. */
export function knowsLine(release: string, revision: number): boolean {
  const later = LATER_LINES.find(([prefix]) => prefix === revision >>> 8)
  return later === undefined || releaseHas(release, later[1])
}

/** Whether a digest is among those that came later than the others. */
export function isTsaPatch(patchId: number): boolean {
  return TSA_PATCHES.includes(patchId)
}
