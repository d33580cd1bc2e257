/**
 * The raw format of libcpuid (cpuid_serialize_raw_data), one block to a logical CPU, without the heading if there is one only:
 *
 *     _________________ Logical CPU #0 _________________
 *     basic_cpuid[1]=000806ec 05100800 7ffafbbf bfebfbff
 *
 * Registers stand as eax, ebx, ecx, edx. Every array is written in full: slots beyond the CPU's own limits hold zeros or echoes, and
 * those of leaf 4 beyond its last cache hold zeros. Both are left out here, and leaves are in ascending order. The format has no
 * sub-leaves of 7 and 0xd.
 */
import { quoteForMessage } from '../errors.js'
import type { CpuidLeaf } from '../leaves.js'
import { hasData, LeafLimits } from './limits.js'
import { type DumpLine, damagedLine, hexGroup, linesOf, withoutCpus, wrongLine } from './lines.js'
import type { DumpCpu, ReadDump } from './types.js'

/** The first leaf of each array, and whether its index counts leaves or sub-leaves (libcpuid 0.8.1, cpuid_main.c). */
const ARRAYS: ReadonlyMap<string, readonly [leaf: number, index: 'leaf' | 'subleaf']> =
  /* @__PURE__ */ new Map([
    ['basic_cpuid', [0, 'leaf']],
    ['ext_cpuid', [0x8000_0000, 'leaf']],
    ['intel_fn4', [0x4, 'subleaf']],
    ['intel_fn11', [0xb, 'subleaf']],
    ['intel_fn12h', [0x12, 'subleaf']],
    ['intel_fn14h', [0x14, 'subleaf']],
    ['amd_fn8000001dh', [0x8000_001d, 'subleaf']],
    ['amd_fn80000026h', [0x8000_0026, 'subleaf']],
  ])
/** The leaf whose sub-leaves end with one that is zero (Intel SDM volume 2A, CPUID: cache type 0, no more caches). */
const CACHES = 0x4
const HEADING = /^_+ Logical CPU #(\d{1,9}) _+$/
const SLOT =
  /^([a-z0-9_]{1,40})\[(\d{1,4})\]=([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8})$/i
/** After a line of dashes alone, libcpuid's test files list what that test expects. */
const END = /^-{20,}$/

/** True if the text has a line that only this form has. */
export function looksLikeLibcpuidRaw(text: string): boolean {
  return /^basic_cpuid\[\d{1,4}\]=/m.test(text)
}

/**
 * Reads the form above.
 *
 * @throws {@link DumpSyntaxError} for a damaged line, an array that libcpuid does not have, and a slot or CPU that is there twice.
 */
export function readLibcpuidRaw(text: string): ReadDump {
  const cpus = new Map<number, Slots>()
  let current: Slots | undefined
  for (const at of linesOf(text)) {
    const { line } = at
    if (END.test(line)) break
    if (/^_|Logical CPU #/.test(line)) {
      const heading = HEADING.exec(line)
      if (heading === null) throw damagedLine(at, 'the heading "____ Logical CPU #0 ____"')
      const id = Number(heading[1])
      if (cpus.has(id)) {
        throw wrongLine(at, `begins CPU ${id} a second time; read the two dumps one by one.`)
      }
      current = new Slots()
      cpus.set(id, current)
    } else if (/^[a-z0-9_]+\[|^(?:basic|ext|intel|amd)_/.test(line)) {
      if (current === undefined) {
        current = new Slots()
        cpus.set(0, current)
      }
      current.add(at)
    }
  }

  const echoes = new Set<number>()
  const found = [...cpus].flatMap(([id, slots]): DumpCpu[] => {
    const leaves = slots.leaves(echoes)
    return leaves.length === 0 ? [] : [{ id, leaves, msrs: [] }]
  })
  if (found.length === 0) throw withoutCpus(text)
  return { cpus: found, subleafMarks: true, echoes: [...echoes] }
}

/** The slots of one logical CPU as they are read. */
class Slots {
  readonly #names = new Set<string>()
  readonly #leaves = new Map<string, CpuidLeaf>()

  add(at: DumpLine): void {
    const slot = SLOT.exec(at.line)
    if (slot === null) {
      throw damagedLine(at, 'the form "basic_cpuid[0]=" with 4 words of 8 hexadecimal digits')
    }
    const [, array = '', index = ''] = slot
    const place = ARRAYS.get(array)
    if (place === undefined) {
      throw wrongLine(
        at,
        `names the array ${quoteForMessage(array)}, which is not known here; mend the name, or remove the line if a newer libcpuid wrote it.`,
      )
    }
    const name = `${array}[${Number(index)}]`
    if (this.#names.has(name)) {
      throw wrongLine(at, `gives ${name} a second time; read the two dumps one by one.`)
    }
    this.#names.add(name)
    const [first, counts] = place
    const leaf = counts === 'leaf' ? first + Number(index) : first
    const subleaf = counts === 'leaf' ? 0 : Number(index)
    // Sub-leaf 0 of leaf 4 and its like is in two arrays; both asked the same question.
    const key = `${leaf}:${subleaf}`
    if (this.#leaves.has(key)) return
    this.#leaves.set(key, {
      leaf,
      subleaf,
      a: hexGroup(slot, 3),
      b: hexGroup(slot, 4),
      c: hexGroup(slot, 5),
      d: hexGroup(slot, 6),
    })
  }

  /** The leaves that the CPU has, ascending; what other slots hold is added to `echoes`. */
  leaves(echoes: Set<number>): CpuidLeaf[] {
    const all = [...this.#leaves.values()]
    const limits = new LeafLimits(all)
    return all
      .filter((slot) => {
        const { leaf, subleaf } = slot
        if (!limits.excludes(leaf)) return leaf !== CACHES || subleaf === 0 || hasData(slot)
        if (hasData(slot)) echoes.add(leaf)
        return false
      })
      .sort((one, other) => one.leaf - other.leaf || (one.subleaf ?? 0) - (other.subleaf ?? 0))
  }
}
