/**
 * Who checks what in an Intel update, in which order, and what is printed. Xen: xen/arch/x86/cpu/microcode/intel.c. Linux:
 * arch/x86/kernel/cpu/microcode/intel.c. iucode_tool 2.3.1: intel_microcode.c.
 */
import { type ContainerRules, containerRules, type Evidence } from '../container-rules.js'
import type { MicrocodeRule } from '../types.js'
import type { IntelCheck } from './checks.js'
import { type SizeRule, sizesByManual, sizesByXen } from './format.js'

/** One check of a reader. */
interface Step {
  /** Which. */
  readonly check: IntelCheck
  /** What the reader prints if it fails; absent where it is silent. */
  readonly says?: string
}

/** Somebody who reads Intel updates. */
export interface IntelReader {
  /** Whose rules. */
  readonly rule: MicrocodeRule
  /** Who that is, for people. */
  readonly name: string
  /** How it reads the size fields. */
  readonly sizes: SizeRule
  /** What it checks of each update, in its order. */
  readonly steps: readonly Step[]
  /** Updates before a bad one still count. */
  readonly keepsEarlier: boolean
  /** Where the rules come from; read in its source if it is not said. */
  readonly evidence?: Evidence
}

/** A check that only some releases make, by the rule that says so. */
interface XenStep extends Step {
  readonly only?: (rules: ContainerRules) => boolean
}

const XEN_STEPS: readonly XenStep[] = [
  { check: 'headerRoom', says: 'Bad data in container' },
  { check: 'headerVersion', says: 'Bad data in container' },
  { check: 'loaderVersion', says: 'Bad data in container' },
  { check: 'totalFits', says: 'Bad data in container' },
  { check: 'totalInKibibytes', says: 'Bad size' },
  { check: 'dataInWords', says: 'Bad size', only: (rules) => rules.dataInWords },
  { check: 'dataInTotal', says: 'Bad size' },
  { check: 'checksumRoundedUp', says: 'Bad checksum' },
  { check: 'tableSize', says: 'Bad sigtable size' },
  { check: 'tableCount', says: 'Bad sigtable size' },
  { check: 'tableSum', says: 'Bad sigtable checksum' },
  { check: 'entrySums', says: 'Bad sigtable checksum' },
]

/** Linux' own check of one update, the same early and late. */
const LINUX_SANITY: readonly Step[] = [
  { check: 'dataInTotal', says: 'Error: bad microcode data file size.' },
  { check: 'loaderVersion', says: 'Error: invalid/unknown microcode update format.' },
  { check: 'headerVersion', says: 'Error: invalid/unknown microcode update format.' },
  { check: 'tableSize', says: 'Error: truncated extended signature table.' },
  { check: 'tableCountIn32Bits', says: 'Error: extended signature table size mismatch.' },
  { check: 'tableSum', says: 'Bad extended signature table checksum, aborting.' },
  { check: 'checksum', says: 'Bad microcode data checksum, aborting.' },
  { check: 'entrySums', says: 'Bad extended signature checksum, aborting.' },
  { check: 'tableCountWraps', says: 'Bad extended signature checksum, aborting.' },
]

const LINUX_EARLY: IntelReader = {
  rule: 'linux-early',
  name: 'Linux, early',
  sizes: sizesByManual,
  keepsEarlier: false,
  steps: /* @__PURE__ */ (() => [
    { check: 'headerRoom' } as const,
    { check: 'totalFits' } as const,
    ...LINUX_SANITY.map(({ check }) => ({ check })),
  ])(),
}

const LINUX_LATE: IntelReader = {
  rule: 'linux-late',
  name: 'Linux, late',
  sizes: sizesByManual,
  keepsEarlier: false,
  steps: /* @__PURE__ */ (() => [
    {
      check: 'headerRoom',
      says: 'error! Truncated or inaccessible header in microcode data file',
    } as const,
    {
      check: 'totalHoldsHeader',
      says: 'error! Bad data in microcode data file (totalsize too small)',
    } as const,
    {
      check: 'totalFits',
      says: 'error! Bad data in microcode data file (truncated file?)',
    } as const,
    ...LINUX_SANITY,
  ])(),
}

/** What iucode_tool prints of a check of one update. */
const IUCODE_SAYS = {
  data: 'invalid microcode data',
  format: 'unknown microcode format',
  checksum: 'incorrect microcode checksum',
  table: 'bad extended signature table',
  tableChecksum: 'incorrect extended signature table checksum',
  entryChecksum: 'incorrect extended signature checksum',
} as const

const IUCODE_LOOSE_STEPS: readonly Step[] = [
  { check: 'updateRoom', says: IUCODE_SAYS.data },
  { check: 'headerVersion', says: IUCODE_SAYS.format },
  { check: 'dataLikeHeader', says: IUCODE_SAYS.data },
  { check: 'dataInTotal', says: IUCODE_SAYS.data },
  { check: 'dataInWords', says: IUCODE_SAYS.data },
  { check: 'totalInWords', says: IUCODE_SAYS.data },
  { check: 'totalFits', says: IUCODE_SAYS.data },
  { check: 'checksum', says: IUCODE_SAYS.checksum },
  { check: 'tableSize', says: IUCODE_SAYS.table },
  { check: 'tableCount', says: IUCODE_SAYS.table },
  { check: 'tableSum', says: IUCODE_SAYS.tableChecksum },
  { check: 'entrySums', says: IUCODE_SAYS.entryChecksum },
  { check: 'dateThere', says: IUCODE_SAYS.data },
]

/** iucode_tool without its strict checks. */
export const IUCODE_LOOSE: IntelReader = {
  rule: 'loose',
  name: 'iucode_tool, not strict',
  sizes: sizesByManual,
  keepsEarlier: false,
  evidence: 'recorded',
  steps: IUCODE_LOOSE_STEPS,
}

/** iucode_tool as it is by default. */
export const IUCODE_STRICT: IntelReader = {
  rule: 'strict',
  name: 'iucode_tool',
  sizes: sizesByManual,
  keepsEarlier: false,
  evidence: 'recorded',
  steps: /* @__PURE__ */ (() =>
    IUCODE_LOOSE_STEPS.flatMap((step): readonly Step[] => {
      if (step.check === 'totalInWords')
        return [step, { check: 'totalInKibibytes', says: IUCODE_SAYS.data }]
      if (step.check !== 'dateThere') return [step]
      return [
        step,
        { check: 'revisionThere', says: IUCODE_SAYS.data },
        { check: 'dateReal', says: IUCODE_SAYS.data },
      ]
    }))(),
}

/** Those who read updates one by one and stop at the first bad one. iucode_tool does more: see peers/iucode.ts. */
export function intelReader(
  rule: 'xen' | 'linux-early' | 'linux-late',
  release?: string,
): IntelReader {
  if (rule === 'linux-early') return LINUX_EARLY
  if (rule === 'linux-late') return LINUX_LATE
  return release === undefined ? NEWEST_XEN : xenReader(release)
}

function xenReader(release?: string): IntelReader {
  const rules = containerRules(release)
  return {
    rule: 'xen',
    name: `Xen ${rules.release}`,
    sizes: sizesByXen,
    keepsEarlier: true,
    evidence: rules.evidence,
    steps: XEN_STEPS.filter(({ only }) => only?.(rules) ?? true),
  }
}

const NEWEST_XEN: IntelReader = /* @__PURE__ */ xenReader()
