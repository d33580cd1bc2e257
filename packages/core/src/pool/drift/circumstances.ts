/** What is known of the change itself: another CPU, other microcode, another Xen, another command line. */
import type { Side } from './sides.js'
import type { Certainty, DriftCauseName, Explanation } from './types.js'

/** What the snapshots say about causes. */
export interface Circumstances {
  readonly before: Side
  readonly after: Side
  /** Another vendor or signature: no update does that. */
  readonly otherCpu: boolean
  /** Another brand string on a CPU of the same signature: another product of the chip, or a string that firmware wrote. */
  readonly otherBrand: boolean
  /** Whether the revision of the microcode changed; null if one is not known. */
  readonly otherMicrocode: boolean | null
  readonly otherRelease: boolean
  /** Both sides were told by a Xen that ran. */
  readonly bothXen: boolean
  /** Null if one is not known. */
  readonly otherCommandLine: boolean | null
}

/** Reads them off both sides. */
export function circumstancesOf(before: Side, after: Side): Circumstances {
  const [a, b] = [before.snapshot, after.snapshot]
  const revisions = [a.cpu.microcodeRevision, b.cpu.microcodeRevision]
  const known = a.xen !== null && b.xen !== null
  return {
    before,
    after,
    otherCpu: a.cpu.vendor !== b.cpu.vendor || a.cpu.signature !== b.cpu.signature,
    otherBrand: a.cpu.brand.trim() !== b.cpu.brand.trim(),
    otherMicrocode: revisions.includes(null) ? null : revisions[0] !== revisions[1],
    bothXen: known,
    otherRelease: known && a.xen?.release !== b.xen?.release,
    otherCommandLine:
      before.commandLine === null || after.commandLine === null
        ? null
        : before.commandLine !== after.commandLine,
  }
}

const hex = (value: number | null) => (value === null ? 'unknown' : `0x${value.toString(16)}`)

/** What speaks for a cause, as a clause; the same in both directions but for what came first. */
export function evidenceOf(cause: DriftCauseName, known: Circumstances): string {
  const { before, after } = known
  const [a, b] = [before.snapshot, after.snapshot]
  switch (cause) {
    case 'cpu-replaced':
      return known.otherCpu
        ? `the CPU was ${a.cpu.vendor} ${hex(a.cpu.signature)} and is ${b.cpu.vendor} ${hex(b.cpu.signature)}`
        : `the CPU was called "${a.cpu.brand.trim()}" and is called "${b.cpu.brand.trim()}"`
    case 'microcode':
      return known.otherMicrocode === null
        ? 'the revision of the microcode is not known on both sides'
        : `the microcode was ${hex(a.cpu.microcodeRevision)} and is ${hex(b.cpu.microcodeRevision)}`
    case 'xen-release':
      return `Xen was ${a.xen?.release ?? 'none'} and is ${b.xen?.release ?? 'none'}`
    case 'command-line':
      return known.otherCommandLine === true
        ? `the command line was "${before.commandLine}" and is "${after.commandLine}"`
        : 'the command line is not known on both sides'
    case 'firmware':
      return 'firmware has a say in it'
    case 'software':
      return 'it depends on how it was read'
    case 'unknown':
      return 'nothing is known that would explain it'
  }
}

const ORDER: readonly Certainty[] = ['certain', 'likely', 'possible']

/** The surest first, each cause once. */
export function surestFirst(explanations: readonly Explanation[]): Explanation[] {
  const causes = new Map<DriftCauseName, Explanation>()
  for (const each of explanations) {
    const present = causes.get(each.cause)
    if (present === undefined || isSurer(each.certainty, present.certainty))
      causes.set(each.cause, each)
  }
  return [...causes.values()].sort(
    (a, b) =>
      ORDER.indexOf(a.certainty) - ORDER.indexOf(b.certainty) || (a.cause < b.cause ? -1 : 1),
  )
}

/** Whether one is surer than the other. */
export function isSurer(a: Certainty, b: Certainty): boolean {
  return ORDER.indexOf(a) < ORDER.indexOf(b)
}
