/** What is wrong or special about a dump, judged from its registers alone. */
import { Featureset } from '../featureset.js'
import { type RawFeatureset, rawFeatureset } from './featureset.js'
import type { DumpWarning, ReadDump } from './types.js'

/** Bits that software switches on and off at run time, so that two cores may differ without being different. */
const DYNAMIC = ['APIC', 'OSXSAVE', 'OSPKE']

/** Words of MSR_ARCH_CAPABILITIES in every table. */
const ARCH_CAPS_WORDS = [16, 17]

/** The warnings of a dump, in a fixed order. */
export function dumpWarnings(dump: ReadDump): DumpWarning[] {
  const raw = dump.cpus.map((cpu) => rawFeatureset(cpu))
  const first = raw[0]
  if (first === undefined) return []
  return [
    ...hypervisor(first),
    ...syscallHidden(first),
    ...coresDiffer(raw),
    ...hybrid(first),
    ...(dump.subleafMarks ? [] : [noSubleafMarks]),
    ...unknownWords(first),
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

function syscallHidden({ featureset }: RawFeatureset): DumpWarning[] {
  if (!featureset.has('LM') || featureset.has('SYSCALL')) return []
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

function coresDiffer(raw: readonly RawFeatureset[]): DumpWarning[] {
  const dynamic = Featureset.fromNames(DYNAMIC)
  const [first, ...others] = raw.map(({ featureset }) => featureset.andNot(dynamic))
  if (first === undefined) return []
  const words = first.words.flatMap((word, index) =>
    others.some((other) => other.words[index] !== word) ? [index] : [],
  )
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

function unknownWords({ unknownWords: words }: RawFeatureset): DumpWarning[] {
  const archCaps = words.filter((word) => ARCH_CAPS_WORDS.includes(word))
  const others = words.filter((word) => !ARCH_CAPS_WORDS.includes(word))
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
      message: `The dump does not show featureset word ${others.join(', ')}; held as zero.`,
      words: others,
    })
  }
  return warnings
}
