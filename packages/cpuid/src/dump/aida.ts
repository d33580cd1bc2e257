/**
 * The text form of AIDA64, InstLatx64 and libcpuid's test files:
 *
 *     ------[ Logical CPU #0 ]------
 *     CPUID 00000007: 00000000-F2BF27EF-40405F4E-BC000410 [SL 00]
 *     ------[ MSR Registers ]------
 *     MSR 0000010A: 0000-0000-0000-002B
 *
 * Registers stand as eax-ebx-ecx-edx. Older texts have no colon and no sub-leaf marks: the sub-leaf is then the order of
 * appearance. MSRs under a heading without a CPU hold for all of them. Lines in no known form are notes.
 */
import type { CpuidLeaf, MsrEntry } from '../leaves.js'
import { damagedLine, hexGroup, linesOf, withoutCpus } from './lines.js'
import type { DumpCpu, ReadDump } from './types.js'

const CPU_HEADING =
  /^(?:-+\[ (?:CPUID Registers \/ )?Logical CPU #(\d{1,9})(?!\d).*\]-+|CPUID Registers \(CPU #(\d{1,9})(?!\d).*\):|CPU#(\d{1,9}) AffMask: (\S+).*)$/
const MSR_HEADING = /^-+\[ MSR Registers(?: \/ Logical CPU #(\d{1,9})(?!\d).*)? \]-+$/
const LEAF =
  /^CPUID ([0-9A-Fa-f]{8})(?::[ \t]*|[ \t]+)([0-9A-Fa-f]{8})-([0-9A-Fa-f]{8})-([0-9A-Fa-f]{8})-([0-9A-Fa-f]{8})(?![0-9A-Fa-f-])(?:[ \t]*\[SL ([0-9A-Fa-f]{1,8})\])?/
const MSR =
  /^MSR ([0-9A-Fa-f]{8}):[ \t]*(?:([0-9A-Fa-f]{4})-([0-9A-Fa-f]{4})-([0-9A-Fa-f]{4})-([0-9A-Fa-f]{4})(?![0-9A-Fa-f-])|< FAILED >)/
const LEAF_FORM =
  'the form "CPUID 00000000: 4 words of 8 digits" with hexadecimal digits joined by "-"'
const MSR_FORM =
  'the form "MSR 00000000: 4 groups of 4 digits" with hexadecimal digits joined by "-"'
/** After a line of dashes alone, libcpuid's test files list what that test expects. */
const END = /^-{20,}$/

/** True if the text has a line that only this form has. */
export function looksLikeAida(text: string): boolean {
  return /^CPUID [0-9A-Fa-f]{8}(?::|[ \t])/m.test(text)
}

/** By number; a value that was sampled more than once counts as it was first read. */
type MsrList = Map<number, MsrEntry>

interface CpuInProgress {
  readonly id: number
  readonly leaves: CpuidLeaf[]
  readonly msrs: MsrList
  readonly seen: Map<number, number>
}

/**
 * Reads the form above.
 *
 * @throws {@link DumpSyntaxError} for a line that begins as a register line and does not end as one.
 */
export function readAida(text: string): ReadDump {
  const cpus = new Map<string, CpuInProgress>()
  const sharedMsrs: MsrList = new Map()
  let current: CpuInProgress | undefined
  let msrs: MsrList | undefined
  let marks = false

  const cpu = (id: number, key = String(id)): CpuInProgress => {
    const present = cpus.get(key)
    if (present !== undefined) return present
    const made: CpuInProgress = { id, leaves: [], msrs: new Map(), seen: new Map() }
    cpus.set(key, made)
    return made
  }
  // Some of these texts call every CPU 0 and tell them apart by the mask.
  const taken = new Set<number>()
  let next = 0
  const masked = (number: number, mask: string): CpuInProgress => {
    const found = cpu(taken.has(number) ? next : number, `${number} ${mask}`)
    taken.add(found.id)
    next = Math.max(next, found.id + 1)
    return found
  }

  for (const at of linesOf(text)) {
    const { line } = at
    if (END.test(line)) break
    const cpuHeading = CPU_HEADING.exec(line)
    if (cpuHeading !== null) {
      const number = Number(cpuHeading[1] ?? cpuHeading[2] ?? cpuHeading[3])
      current = cpuHeading[4] === undefined ? cpu(number) : masked(number, cpuHeading[4])
      msrs = current.msrs
      continue
    }
    const msrHeading = MSR_HEADING.exec(line)
    if (msrHeading !== null) {
      msrs = msrHeading[1] === undefined ? sharedMsrs : cpu(Number(msrHeading[1])).msrs
      continue
    }
    if (line.startsWith('CPUID ')) {
      const leaf = LEAF.exec(line)
      if (leaf === null) throw damagedLine(at, LEAF_FORM)
      current ??= cpu(0)
      if (leaf[6] !== undefined) marks = true
      current.leaves.push(leafOf(leaf, current.seen))
    } else if (line.startsWith('MSR ')) {
      const msr = MSR.exec(line)
      if (msr === null) throw damagedLine(at, MSR_FORM)
      const target = msrs ?? sharedMsrs
      const entry = msrOf(msr)
      if (entry !== undefined && !target.has(entry.index)) target.set(entry.index, entry)
    }
  }

  const found = [...cpus.values()].filter((candidate) => candidate.leaves.length > 0)
  if (found.length === 0) throw withoutCpus(text)
  const shared = [...sharedMsrs.values()]
  return {
    cpus: found.map(
      ({ id, leaves, msrs: own }): DumpCpu => ({
        id,
        leaves,
        msrs: own.size > 0 ? [...own.values()] : shared,
      }),
    ),
    subleafMarks: marks,
  }
}

function leafOf(match: RegExpExecArray, seen: Map<number, number>): CpuidLeaf {
  const word = (group: number) => hexGroup(match, group)
  const leaf = word(1)
  const order = seen.get(leaf) ?? 0
  const subleaf = match[6] === undefined ? order : word(6)
  seen.set(leaf, Math.max(order, subleaf) + 1)
  return { leaf, subleaf, a: word(2), b: word(3), c: word(4), d: word(5) }
}

function msrOf(match: RegExpExecArray): MsrEntry | undefined {
  const [, index, ...groups] = match
  if (index === undefined || groups[0] === undefined) return undefined
  return { index: Number.parseInt(index, 16), flags: 0, value: BigInt(`0x${groups.join('')}`) }
}
