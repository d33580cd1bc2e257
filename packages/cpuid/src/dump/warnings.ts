/** What is wrong or special about a dump, judged from its registers alone. */
import { featureTable } from '../features/tables.js'
import { hexWord } from '../words.js'
import type { RawFeatureset } from './featureset.js'
import { type Core, combineCores, coresOf } from './host-featureset.js'
import { hasData, LeafLimits } from './limits.js'
import type { DumpWarning, ReadDump } from './types.js'

/** Words of MSR_ARCH_CAPABILITIES in every table. */
const ARCH_CAPS_WORDS = [16, 17]

/**
 * From how many bits without a name a value of MSR_ARCH_CAPABILITIES cannot be right. A CPU newer than the table may have a few; of the
 * recorded values the right ones have at most one, the wrong ones 13.
 */
const TOO_MANY_UNNAMED = 8

/** The warnings of a dump, in a fixed order. */
export function dumpWarnings(dump: ReadDump): DumpWarning[] {
  const table = featureTable()
  const cores = coresOf(dump.cpus, table)
  const first = cores[0]
  if (first === undefined) return []
  return [
    ...hypervisor(first),
    ...syscallHidden(first),
    ...coresDiffer(cores),
    ...hybrid(first),
    ...(dump.subleafMarks ? [] : [noSubleafMarks]),
    ...unknownWords(first),
    ...suspiciousMsr(cores),
    ...echoes(dump),
  ]
}

function hypervisor({ featureset }: RawFeatureset): DumpWarning[] {
  if (!featureset.has('HYPERVISOR')) return []
  return [
    {
      code: 'hypervisor',
      severity: 'warning',
      message:
        'The dump was taken under a hypervisor (1.ecx bit 31): it shows what that offered, not the CPU.',
    },
  ]
}

function syscallHidden({ featureset, partial }: Core): DumpWarning[] {
  if (partial || !featureset.has('LM') || featureset.has('SYSCALL')) return []
  return [
    {
      code: 'syscall-hidden',
      severity: 'warning',
      message:
        'LM is set and SYSCALL is not: the dump was taken by a 32-bit program, to which Intel CPUs hide SYSCALL. A 64-bit Xen will see it.',
      words: [2],
    },
  ]
}

function coresDiffer(cores: readonly Core[]): DumpWarning[] {
  const { differing } = combineCores(cores, featureTable())
  const words = differing.flatMap((word, index) => (word === 0 ? [] : [index]))
  if (words.length === 0) return []
  return [
    {
      code: 'cores-differ',
      severity: 'warning',
      message: `The logical CPUs differ in featureset word ${words.join(', ')}: level the host over its own cores first.`,
      words,
    },
  ]
}

function hybrid({ featureset }: RawFeatureset): DumpWarning[] {
  if (!featureset.has('HYBRID')) return []
  return [
    {
      code: 'hybrid',
      severity: 'info',
      message: 'The CPU has cores of more than one type (7:0.edx bit 15).',
    },
  ]
}

const noSubleafMarks: DumpWarning = {
  code: 'no-subleaf-marks',
  severity: 'info',
  message: 'The dump does not say which sub-leaf a line is: the order of its lines counts.',
}

function unknownWords({ featureset, unknownWords: words, partial }: Core): DumpWarning[] {
  // Where it is not known whether the CPU has the MSR, the MSR's words are unknown like others.
  const enumerated = featureset.has('ARCH_CAPS')
  const archCaps = words.filter((word) => enumerated && ARCH_CAPS_WORDS.includes(word))
  const others = words.filter((word) => !archCaps.includes(word))
  const warnings: DumpWarning[] = []
  if (archCaps.length > 0) {
    warnings.push({
      code: 'arch-caps-unknown',
      severity: 'warning',
      message: 'The CPU has MSR_ARCH_CAPABILITIES (0x10a), but its value is not in the dump.',
      words: archCaps,
    })
  }
  if (others.length > 0) {
    warnings.push({
      code: 'partial',
      severity: 'warning',
      message: partial
        ? 'The dump shows features that are there and says nothing of the others: every featureset word is known in part.'
        : `The dump does not show featureset word ${others.join(', ')}; held as zero.`,
      words: others,
    })
  }
  return warnings
}

function suspiciousMsr(cores: readonly Core[]): DumpWarning[] {
  for (const { id, featureset } of cores) {
    const unnamed = featureset
      .unknownBits()
      .filter((bit) => ARCH_CAPS_WORDS.includes(bit >>> 5)).length
    if (unnamed < TOO_MANY_UNNAMED) continue
    const value = [17, 16].map((word) => hexWord(featureset.words[word] ?? 0)).join('')
    return [
      {
        code: 'suspicious-msr',
        severity: 'warning',
        message: `MSR_ARCH_CAPABILITIES (0x10a) of CPU ${id} is 0x${value}, of which ${unnamed} bits have no meaning: it cannot be right. Read the MSR again; until then trust nothing in featureset word 16, 17.`,
        words: ARCH_CAPS_WORDS,
      },
    ]
  }
  return []
}

function echoes({ cpus, echoes: leftOut = [] }: ReadDump): DumpWarning[] {
  const found = new Set(leftOut)
  for (const { leaves, omits } of cpus) {
    if (omits === 'clear-bits') continue
    const limits = new LeafLimits(leaves)
    for (const leaf of leaves) {
      if (hasData(leaf) && limits.excludes(leaf.leaf)) found.add(leaf.leaf)
    }
  }
  if (found.size === 0) return []
  const [lowest = 0] = [...found].sort((one, other) => one - other)
  const others = found.size === 1 ? ' holds' : ` and ${found.size - 1} more hold`
  return [
    {
      code: 'echoes',
      severity: 'info',
      message: `Leaf 0x${lowest.toString(16)}${others} data beyond the CPU's own limits, where Intel CPUs repeat their last basic leaf: no feature is read there.`,
    },
  ]
}
