/**
 * What `xen-cpuid -p` prints (Xen, tools/misc/xen-cpuid.c, print_policy), one block to a policy:
 *
 *     Raw policy: 50 leaves, 2 MSRs
 *      CPUID:
 *       leaf     subleaf  -> eax      ebx      ecx      edx
 *       00000000:ffffffff -> 0000000d:68747541:444d4163:69746e65
 *      MSRs:
 *       index    -> value
 *       0000010a -> 0000000000000000
 *
 * Leaves that are all zero are not printed, MSRs are. Lines that are not indented and name no policy are notes.
 */
import type { CpuidLeaf, MsrEntry } from '../leaves.js'
import { type DumpLine, damagedLine, hexGroup, linesOf, wrongLine } from './lines.js'
import { type DumpPolicy, DumpSyntaxError, type ReadDump } from './types.js'

const HEADING = /^(\S.{0,40}) policy: (\d{1,9}) leaves, (\d{1,9}) MSRs$/
const LEAF =
  /^[ \t]*([0-9a-f]{8}):([0-9a-f]{8}) -> ([0-9a-f]{8}):([0-9a-f]{8}):([0-9a-f]{8}):([0-9a-f]{8})$/i
const MSR = /^[ \t]*([0-9a-f]{8}) -> ([0-9a-f]{16})$/i
const COLUMNS =
  /^[ \t]*(?:leaf[ \t]+subleaf[ \t]+-> eax[ \t]+ebx[ \t]+ecx[ \t]+edx|index[ \t]+-> value)$/
/** XEN_CPUID_NO_SUBLEAF (Xen, xen/include/public/arch-x86/xen.h). */
const NO_SUBLEAF = 0xffff_ffff

const HEADING_FORM = 'the heading "Raw policy: 50 leaves, 2 MSRs"'
const LEAF_FORM = 'the form "00000000:00000000 -> 4 words of 8 digits joined by :"'
const MSR_FORM = 'the form "00000000 -> 16 digits"'

/** True if the text has a line that only this form has. */
export function looksLikeXenCpuidP(text: string): boolean {
  return /^\S.{0,40} policy: \d{1,9} leaves, \d{1,9} MSRs[ \t\r]*$/m.test(text)
}

interface PolicyInProgress {
  readonly heading: DumpLine
  readonly name: string
  readonly leafCount: number
  readonly msrCount: number
  readonly leaves: CpuidLeaf[]
  readonly msrs: MsrEntry[]
  /** What may follow: the CPUID section, its leaves, or MSRs. */
  section: 'none' | 'CPUID' | 'MSRs'
}

/**
 * Reads the form above; the one CPU of the dump is the Raw policy.
 *
 * @throws {@link DumpSyntaxError} for a damaged line, for a policy that is cut short or there twice, and if there is no Raw policy.
 */
export function readXenCpuidP(text: string): ReadDump {
  const policies = new Map<string, PolicyInProgress>()
  let current: PolicyInProgress | undefined

  for (const at of linesOf(text)) {
    const { line } = at
    const heading = HEADING.exec(line)
    if (heading !== null) {
      const [, name = ''] = heading
      if (policies.has(name)) {
        throw wrongLine(
          at,
          `begins the ${name} policy a second time; read the two dumps one by one.`,
        )
      }
      if (current !== undefined) complete(current)
      current = {
        heading: at,
        name,
        leafCount: Number(heading[2]),
        msrCount: Number(heading[3]),
        leaves: [],
        msrs: [],
        section: 'none',
      }
      policies.set(name, current)
    } else if (line.includes(' policy:')) {
      throw damagedLine(at, HEADING_FORM)
    } else if (/^[ \t]|->/.test(line)) {
      if (current === undefined) throw damagedLine(at, `${HEADING_FORM} before it`)
      readLine(at, current)
    }
  }
  if (current !== undefined) complete(current)
  return dumpOf([...policies.values()], text.length)
}

function readLine(at: DumpLine, policy: PolicyInProgress): void {
  const { line } = at
  const title = line.trim()
  if (title === 'CPUID:' || title === 'MSRs:') {
    if (policy.section !== (title === 'CPUID:' ? 'none' : 'CPUID')) {
      throw wrongLine(
        at,
        `begins ${title.slice(0, -1)} out of turn: the heading of a policy before it is damaged or missing. Take the dump again or mend it.`,
      )
    }
    policy.section = title === 'CPUID:' ? 'CPUID' : 'MSRs'
  } else if (policy.section === 'none') {
    throw damagedLine(at, '"CPUID:" after the heading of a policy')
  } else if (COLUMNS.test(line)) {
    return
  } else if (policy.section === 'CPUID') {
    const leaf = LEAF.exec(line)
    if (leaf === null) throw damagedLine(at, LEAF_FORM)
    policy.leaves.push(leafOf(leaf))
  } else {
    const msr = MSR.exec(line)
    if (msr === null) throw damagedLine(at, MSR_FORM)
    const [, index = '', value = ''] = msr
    policy.msrs.push({ index: Number.parseInt(index, 16), flags: 0, value: BigInt(`0x${value}`) })
  }
}

function leafOf(match: RegExpExecArray): CpuidLeaf {
  const subleaf = hexGroup(match, 2)
  return {
    leaf: hexGroup(match, 1),
    subleaf: subleaf === NO_SUBLEAF ? null : subleaf,
    a: hexGroup(match, 3),
    b: hexGroup(match, 4),
    c: hexGroup(match, 5),
    d: hexGroup(match, 6),
  }
}

/** Of the leaves only those with data are printed, of the MSRs all, so the counts tell a text that was cut short. */
function complete({ heading, name, leafCount, msrCount, leaves, msrs }: PolicyInProgress): void {
  if (leaves.length > leafCount || msrs.length !== msrCount) {
    throw wrongLine(
      heading,
      `says that the ${name} policy has ${leafCount} leaves and ${msrCount} MSRs, and ${leaves.length} and ${msrs.length} follow; take the dump again.`,
    )
  }
}

function dumpOf(found: readonly PolicyInProgress[], end: number): ReadDump {
  const policies = found.map(
    ({ name, leafCount, msrCount, leaves, msrs }): DumpPolicy => ({
      name,
      leafCount,
      msrCount,
      leaves,
      msrs,
    }),
  )
  const raw = policies.find(({ name }) => name === 'Raw')
  if (raw === undefined || raw.leaves.length === 0) {
    const names = policies.map(({ name }) => name).join(', ')
    throw new DumpSyntaxError(
      `The dump has ${raw === undefined ? 'no Raw policy' : 'a Raw policy without leaves'} (only ${names}), so it does not say what the CPU is; take it with "xen-cpuid -p" alone, in dom0.`,
      end,
      'Raw policy',
    )
  }
  const leaves = raw.leaves.map((leaf) => ({ ...leaf, subleaf: leaf.subleaf ?? 0 }))
  return {
    cpus: [{ id: 0, leaves, msrs: raw.msrs, omits: 'zero-leaves' }],
    subleafMarks: true,
    policies,
  }
}
