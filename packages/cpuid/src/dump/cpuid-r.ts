/**
 * What `cpuid -r` prints (the program `cpuid` of Linux distributions), one block to a logical CPU:
 *
 *     CPU 0:
 *        0x00000007 0x00: eax=0x00000001 ebx=0xf1bf07ab ecx=0x00405fc6 edx=0x00000110
 *
 * With `-1` it asks one CPU, and the heading is "CPU:". Old versions leave the sub-leaf out: its number is then the order of
 * appearance. Lines that are not indented and begin otherwise are notes.
 */
import type { CpuidLeaf } from '../leaves.js'
import { damagedLine, hexGroup, linesOf, withoutCpus, wrongLine } from './lines.js'
import type { DumpCpu, ReadDump } from './types.js'

const HEADING = /^CPU(?: (\d{1,9}))?:$/
const LEAF =
  /^[ \t]*0x([0-9a-f]{8})(?: 0x([0-9a-f]{2,8}))?: eax=0x([0-9a-f]{8}) ebx=0x([0-9a-f]{8}) ecx=0x([0-9a-f]{8}) edx=0x([0-9a-f]{8})$/i
const LEAF_FORM =
  'the form "0x00000000 0x00: eax=0x00000000 ebx=… ecx=… edx=…" with 8 hexadecimal digits to a register'

/** True if the text has a line that only this form has. */
export function looksLikeCpuidR(text: string): boolean {
  return /^[ \t]*0x[0-9a-f]{8}(?: 0x[0-9a-f]{2,8})?: eax=0x/im.test(text)
}

interface CpuInProgress {
  readonly id: number
  readonly leaves: CpuidLeaf[]
  readonly seen: Map<number, number>
}

/**
 * Reads the form above.
 *
 * @throws {@link DumpSyntaxError} for a damaged line, and for a CPU that begins twice.
 */
export function readCpuidR(text: string): ReadDump {
  const cpus = new Map<number, CpuInProgress>()
  let current: CpuInProgress | undefined
  let marks = false

  const begin = (id: number): CpuInProgress => {
    const made: CpuInProgress = { id, leaves: [], seen: new Map() }
    cpus.set(id, made)
    return made
  }

  for (const at of linesOf(text)) {
    const { line } = at
    if (/^CPU\b/.test(line)) {
      const heading = HEADING.exec(line)
      if (heading === null) throw damagedLine(at, 'the heading "CPU 0:" or "CPU:"')
      const id = Number(heading[1] ?? 0)
      if (cpus.has(id)) {
        throw wrongLine(at, `begins CPU ${id} a second time; read the two dumps one by one.`)
      }
      current = begin(id)
    } else if (/^(?:[ \t]+\S|0x)|eax=/.test(line)) {
      const leaf = LEAF.exec(line)
      if (leaf === null) throw damagedLine(at, LEAF_FORM)
      current ??= begin(0)
      if (leaf[2] !== undefined) marks = true
      current.leaves.push(leafOf(leaf, current.seen))
    }
  }

  const found = [...cpus.values()].filter(({ leaves }) => leaves.length > 0)
  if (found.length === 0) throw withoutCpus(text)
  return {
    cpus: found.map(({ id, leaves }): DumpCpu => ({ id, leaves, msrs: [] })),
    subleafMarks: marks,
  }
}

function leafOf(match: RegExpExecArray, seen: Map<number, number>): CpuidLeaf {
  const leaf = hexGroup(match, 1)
  const order = seen.get(leaf) ?? 0
  seen.set(leaf, order + 1)
  return {
    leaf,
    subleaf: match[2] === undefined ? order : hexGroup(match, 2),
    a: hexGroup(match, 3),
    b: hexGroup(match, 4),
    c: hexGroup(match, 5),
    d: hexGroup(match, 6),
  }
}
