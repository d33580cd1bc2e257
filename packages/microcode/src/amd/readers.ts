/**
 * Who checks what in an AMD container, in which order, and what is printed. Xen: xen/arch/x86/cpu/microcode/amd.c. Linux:
 * arch/x86/kernel/cpu/microcode/amd.c, which reads more leniently during boot than later.
 */
import { containerRules, type Evidence } from '../container-rules.js'
import type { MicrocodeRule } from '../types.js'
import type { ContainerCheck, PatchCheck } from './checks.js'
import { LONG_HEADER } from './format.js'

/** One check of a reader. */
interface Step<Check> {
  /** Which. */
  readonly check: Check
  /** What the reader prints if it fails; absent where it is silent. */
  readonly says?: string
}

/** Somebody who reads AMD containers. */
export interface AmdReader {
  /** Whose rules. */
  readonly rule: MicrocodeRule
  /** Who that is, for people. */
  readonly name: string
  /** What it checks of a container, in its order. */
  readonly container: readonly Step<ContainerCheck>[]
  /** What it checks of a patch, in its order. */
  readonly patch: readonly Step<PatchCheck>[]
  /** Bytes that it takes for a patch's header. */
  readonly patchHeader: number
  /** Where it sees that another container begins: behind a patch, behind a table too, or not at all. */
  readonly nextContainer: 'behind-patch' | 'anywhere' | 'never'
  /** Patches before a fault still count. */
  readonly keepsEarlier: boolean
  /** A container must have a patch. */
  readonly needsPatch: boolean
  /** The first family 1Ah patch size that it knows, for {@link AmdReader.rule} `xen` alone. */
  readonly knowsFamily1a: boolean
  /** Where the rules come from; read in its source if it is not said. */
  readonly evidence?: Evidence
}

const MAGIC_SAYS = 'Wrong microcode patch file magic'
const TABLE_SAYS = 'Bad equivalent cpu table'
const PATCH_SAYS = 'Bad microcode data'

function xenReader(release?: string): AmdReader {
  const rules = containerRules(release)
  const table: Step<ContainerCheck>[] = [
    { check: 'magic', says: MAGIC_SAYS },
    { check: 'tableRoom', says: TABLE_SAYS },
    { check: 'tableType', says: TABLE_SAYS },
    { check: 'tableFits', says: TABLE_SAYS },
    { check: 'tableInEntries', says: TABLE_SAYS },
  ]
  return {
    rule: 'xen',
    name: `Xen ${rules.release}`,
    container: rules.tableEndsWithZero
      ? [...table, { check: 'tableEndsWithZero', says: TABLE_SAYS }]
      : table,
    patch: [
      { check: 'sectionRoom', says: PATCH_SAYS },
      { check: 'type', says: PATCH_SAYS },
      { check: 'fits', says: PATCH_SAYS },
      { check: 'holdsHeader', says: PATCH_SAYS },
    ],
    patchHeader: rules.patchHeader,
    nextContainer: 'behind-patch',
    keepsEarlier: true,
    needsPatch: false,
    knowsFamily1a: rules.knowsFamily1a,
    evidence: rules.evidence,
  }
}

const LINUX_CONTAINER: readonly Step<ContainerCheck>[] = [
  { check: 'moreThanTableRoom' },
  { check: 'magic' },
  { check: 'tableType' },
  { check: 'tableHasEntry' },
  { check: 'tableFits' },
]

const LINUX_PATCH: readonly Step<PatchCheck>[] = [
  { check: 'sectionRoom' },
  { check: 'type' },
  { check: 'holdsHeader' },
  { check: 'fits' },
  { check: 'sizeInLinux' },
]

const LINUX_EARLY: AmdReader = {
  rule: 'linux-early',
  name: 'Linux, early',
  container: LINUX_CONTAINER,
  patch: /* @__PURE__ */ (() => [...LINUX_PATCH, { check: 'noChipset' } as const])(),
  patchHeader: LONG_HEADER,
  nextContainer: 'anywhere',
  keepsEarlier: true,
  needsPatch: false,
  knowsFamily1a: true,
}

const LINUX_LATE: AmdReader = {
  rule: 'linux-late',
  name: 'Linux, late',
  container: LINUX_CONTAINER,
  patch: /* @__PURE__ */ (() => [
    ...LINUX_PATCH,
    { check: 'noChipset', says: 'chipset-specific code unsupported.' } as const,
  ])(),
  patchHeader: LONG_HEADER,
  nextContainer: 'never',
  keepsEarlier: false,
  needsPatch: true,
  knowsFamily1a: true,
}

/** The reader of a rule. */
export function amdReader(rule: 'xen' | 'linux-early' | 'linux-late', release?: string): AmdReader {
  if (rule === 'linux-early') return LINUX_EARLY
  if (rule === 'linux-late') return LINUX_LATE
  return release === undefined ? NEWEST_XEN : xenReader(release)
}

const NEWEST_XEN: AmdReader = /* @__PURE__ */ xenReader()
