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
import { quoteForMessage } from '../errors.js'
import type { CpuidLeaf, MsrEntry } from '../leaves.js'
import { type DumpCpu, DumpSyntaxError, type ReadDump } from './types.js'

const CPU_HEADING =
  /^(?:-+\[ (?:CPUID Registers \/ )?Logical CPU #(\d+).*\]-+|CPUID Registers \(CPU #(\d+).*\):|CPU#(\d+) AffMask: .*)$/
const MSR_HEADING = /^-+\[ MSR Registers(?: \/ Logical CPU #(\d+).*)? \]-+$/
const LEAF =
  /^CPUID ([0-9A-Fa-f]{8})(?::[ \t]*|[ \t]+)([0-9A-Fa-f]{8})-([0-9A-Fa-f]{8})-([0-9A-Fa-f]{8})-([0-9A-Fa-f]{8})(?![0-9A-Fa-f-])(?:[ \t]*\[SL ([0-9A-Fa-f]{1,8})\])?/
const MSR =
  /^MSR ([0-9A-Fa-f]{8}):[ \t]*(?:([0-9A-Fa-f]{4})-([0-9A-Fa-f]{4})-([0-9A-Fa-f]{4})-([0-9A-Fa-f]{4})(?![0-9A-Fa-f-])|< FAILED >)/
/** After a line of dashes alone, libcpuid's test files list what that test expects. */
const END = /^-{20,}$/

/** True if the text has a line that only this form has. */
export function looksLikeAida(text: string): boolean {
  return /^CPUID [0-9A-Fa-f]{8}(?::|[ \t])/m.test(text)
}

interface CpuInProgress {
  readonly id: number
  readonly leaves: CpuidLeaf[]
  readonly msrs: MsrEntry[]
  readonly seen: Map<number, number>
}

/**
 * Reads the form above.
 *
 * @throws {@link DumpSyntaxError} for a line that begins as a register line and does not end as one.
 */
export function readAida(text: string): ReadDump {
  const cpus = new Map<number, CpuInProgress>()
  const sharedMsrs: MsrEntry[] = []
  let current: CpuInProgress | undefined
  let msrs: MsrEntry[] | undefined
  let marks = false

  const cpu = (id: number): CpuInProgress => {
    const present = cpus.get(id)
    if (present !== undefined) return present
    const made: CpuInProgress = { id, leaves: [], msrs: [], seen: new Map() }
    cpus.set(id, made)
    return made
  }

  for (const { line, number, offset } of linesOf(text)) {
    if (END.test(line)) break
    const cpuHeading = CPU_HEADING.exec(line)
    if (cpuHeading !== null) {
      current = cpu(Number(cpuHeading[1] ?? cpuHeading[2] ?? cpuHeading[3]))
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
      if (leaf === null) throw damaged(line, number, offset, 'CPUID 00000000: 4 words of 8 digits')
      current ??= cpu(0)
      if (leaf[6] !== undefined) marks = true
      current.leaves.push(leafOf(leaf, current.seen))
    } else if (line.startsWith('MSR ')) {
      const msr = MSR.exec(line)
      if (msr === null) throw damaged(line, number, offset, 'MSR 00000000: 4 groups of 4 digits')
      const target = msrs ?? sharedMsrs
      const entry = msrOf(msr)
      if (entry !== undefined && !target.some((other) => other.index === entry.index))
        target.push(entry)
    }
  }

  const found = [...cpus.values()].filter((candidate) => candidate.leaves.length > 0)
  if (found.length === 0) {
    throw new DumpSyntaxError('The dump has no CPUID lines.', text.length, 'end of text')
  }
  return {
    cpus: found.map(
      ({ id, leaves, msrs: own }): DumpCpu => ({
        id,
        leaves,
        msrs: own.length > 0 ? own : sharedMsrs,
      }),
    ),
    subleafMarks: marks,
  }
}

function* linesOf(text: string): Generator<{ line: string; number: number; offset: number }> {
  let offset = 0
  for (let number = 1; offset <= text.length; number++) {
    const newline = text.indexOf('\n', offset)
    const end = newline < 0 ? text.length : newline
    yield { line: text.slice(offset, end).trimEnd(), number, offset }
    offset = end + 1
  }
}

function leafOf(match: RegExpExecArray, seen: Map<number, number>): CpuidLeaf {
  const word = (group: number) => Number.parseInt(match[group] ?? '', 16)
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

function damaged(line: string, number: number, offset: number, expected: string): DumpSyntaxError {
  return new DumpSyntaxError(
    `Line ${number} of the dump is damaged: ${quoteForMessage(line, 80)}. Expected the form "${expected}" with hexadecimal digits joined by "-"; take the dump again or mend the line.`,
    offset,
    `line ${number}`,
  )
}
