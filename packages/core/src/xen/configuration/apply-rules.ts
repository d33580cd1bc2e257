/**
 * What differs between releases in how the toolstack makes a domain's policy: xc_cpuid_apply_policy in tools/libs/guest/xg_cpuid_x86.c
 * (tools/libxc/xc_cpuid_x86.c before 4.15) and its caller in libxl_cpuid.c. One row a change, with the releases in which it first landed.
 */
import { nearestRelease, releaseHas, XenlevelError } from '@xenlevel/cpuid'
import type { Evidence } from '../releases.js'
import { HEADER_NAMES } from './names-table.js'

/** The highest leaves of a policy for a guest that came without one. */
interface RestoreLimits {
  /** Highest basic leaf. */
  readonly basic: number
  /** Highest sub-leaf of leaf 7. */
  readonly subleaf: number
  /** Highest extended leaf. */
  readonly extended: number
}

/** Everything that differs. */
export interface ToolstackRules {
  /** libxl sets one leaf after the other, each whole, and goes on after an error; else all that is asked is set at once. */
  readonly leafByLeaf: boolean
  /** What `x` stands for. */
  readonly unasked: 'default' | 'max'
  /** There is a way for guests that come without a policy: RDRAND, and MPX of HVM guests, as the host has them. */
  readonly restores: boolean
  /** On that way HLE and RTM are as the host has them. */
  readonly restoresTsx: boolean
  /** On that way the leaves end here; null: where the default policy's end. */
  readonly restoreLimits: RestoreLimits | null
  /** When PAE of HVM guests is set as asked. */
  readonly pae: 'never' | 'always' | 'without-featureset'
  /** When ITSC, VMX and SVM are set as asked: `always` is by HVM guests alone, and Xen knows what was asked. */
  readonly choices: 'always' | 'without-featureset'
  /** A package of no logical processors becomes one of two. */
  readonly countsFromZero: boolean
  /** MSRs can be asked for. */
  readonly msrs: boolean
  /** libxl looks whether it worked; before, the domain starts with whatever policy it is left with. */
  readonly answerIsRead: boolean
}

interface Row {
  readonly landed: readonly string[]
  /** `recorded`: without the row a recorded answer would be wrong. */
  readonly evidence: Evidence
  readonly changes: Partial<ToolstackRules>
}

/** 4.13.0: the first in which the toolstack hands Xen a whole policy. */
const FIRST: ToolstackRules = {
  leafByLeaf: true,
  unasked: 'max',
  restores: false,
  restoresTsx: false,
  restoreLimits: null,
  pae: 'never',
  choices: 'always',
  countsFromZero: false,
  msrs: false,
  answerIsRead: false,
}

/** The differences. */
const TOOLSTACK_ROWS: readonly Row[] = [
  { landed: ['4.13.1'], evidence: 'facts', changes: { pae: 'always' } },
  {
    landed: ['4.14.0'],
    evidence: 'recorded',
    changes: { leafByLeaf: false, restores: true, pae: 'without-featureset' },
  },
  {
    landed: ['4.16.0', '4.15.1', '4.14.3'],
    evidence: 'recorded',
    changes: { restoresTsx: true },
  },
  {
    landed: ['4.16.0', '4.15.3', '4.14.5'],
    evidence: 'recorded',
    changes: { restoreLimits: { basic: 0xd, subleaf: 0, extended: 0x8000_001c } },
  },
  { landed: ['4.15.0'], evidence: 'recorded', changes: { choices: 'without-featureset' } },
  {
    landed: ['4.16.0'],
    evidence: 'recorded',
    changes: { unasked: 'default', countsFromZero: true },
  },
  { landed: HEADER_NAMES, evidence: 'recorded', changes: { msrs: true } },
  {
    landed: ['4.16.0', '4.15.5', '4.14.6'],
    evidence: 'facts',
    changes: { answerIsRead: true },
  },
  {
    landed: ['4.20.0', '4.19.2', '4.18.4'],
    evidence: 'recorded',
    changes: { restoreLimits: { basic: 0xd, subleaf: 2, extended: 0x8000_0021 } },
  },
]

/** Releases of which Xen's own answers were recorded: what its languages are read as, and what a configuration comes to. */
const RECORDED: readonly string[] = ['4.17.7', '4.23-dev']

/** Whether what is said of a configuration on a release was recorded from its own code or read in its source. */
export function configurationEvidence(release: string): Evidence {
  return RECORDED.includes(nearestRelease(release) ?? '') ? 'recorded' : 'facts'
}

// A cache, not state: the same immutable rules for everyone who asks.
const known = /* @__PURE__ */ new Map<string, ToolstackRules>()

/**
 * The rules of a release.
 *
 * @throws {@link @xenlevel/cpuid!XenlevelError} with code `CONFIG_RELEASE` for one before 4.13, whose toolstack put policies together from
 * what CPUID told itself.
 */
export function toolstackRules(release: string): ToolstackRules {
  const present = known.get(release)
  if (present !== undefined) return present
  const exact = nearestRelease(release) ?? release
  if (!releaseHas(exact, ['4.13.0'])) {
    throw new XenlevelError({
      code: 'CONFIG_RELEASE',
      message: `What a configuration comes to cannot be foretold for Xen ${release}: up to 4.12 the toolstack asks the CPU it runs on. Give a release from 4.13 on.`,
      details: { release },
    })
  }
  let rules = FIRST
  for (const { landed, changes } of TOOLSTACK_ROWS)
    if (releaseHas(exact, landed)) rules = { ...rules, ...changes }
  known.set(release, rules)
  return rules
}
