/** The policies that were set on recorded domains: one row each, with how an update is known for it. */
import type { CpuidLeaf, MsrEntry } from '@xenlevel/cpuid'
import type { RecordedSetName } from './recording.js'

/** What is asked for. */
interface PolicyUpdate {
  readonly leaves: readonly CpuidLeaf[]
  readonly msrs: readonly MsrEntry[]
}

/** An update beside what the domain was made with. */
interface Asked extends PolicyUpdate {
  /** What the new domain had. */
  readonly present: PolicyUpdate
  /** The most leaves that a policy of this Xen has. */
  readonly maxLeaves: number
}

interface Row {
  readonly set: RecordedSetName
  readonly matches: (asked: Asked) => boolean
}

/** What was cleared: RDRAND, leaf 1 ecx; BMI1 and ERMS, leaf 7 ebx, of which emulated AMD CPUs have only the first. */
const RDRAND = 1 << 30
const BMI1_AND_ERMS = (1 << 3) | (1 << 9)

const isSame = (one: CpuidLeaf, other: CpuidLeaf | undefined) =>
  other !== undefined &&
  one.leaf === other.leaf &&
  one.subleaf === other.subleaf &&
  one.a === other.a &&
  one.b === other.b &&
  one.c === other.c &&
  one.d === other.d

const areSame = (some: readonly CpuidLeaf[], others: readonly CpuidLeaf[]) =>
  some.length === others.length && some.every((leaf, at) => isSame(leaf, others[at]))

const areSameMsrs = (some: readonly MsrEntry[], others: readonly MsrEntry[]) =>
  some.length === others.length &&
  some.every(
    ({ index, value, flags }, at) =>
      index === others[at]?.index && value === others[at]?.value && flags === 0,
  )

const cleared = (leaf: CpuidLeaf): CpuidLeaf =>
  leaf.leaf === 1
    ? { ...leaf, c: (leaf.c & ~RDRAND) >>> 0 }
    : leaf.leaf === 7 && leaf.subleaf === 0
      ? { ...leaf, b: (leaf.b & ~BMI1_AND_ERMS) >>> 0 }
      : leaf

/** The only leaf, where there is one and nothing else. */
const onlyLeaf = ({ leaves, msrs }: PolicyUpdate) =>
  leaves.length === 1 && msrs.length === 0 ? leaves[0] : undefined

const onlyMsr = ({ leaves, msrs }: PolicyUpdate) =>
  leaves.length === 0 && msrs.length === 1 ? msrs[0] : undefined

/** In this order: the first that fits. */
const ROWS: readonly Row[] = [
  { set: 'set_too_many', matches: ({ leaves, maxLeaves }) => leaves.length > maxLeaves },
  {
    set: 'set_same',
    matches: ({ leaves, msrs, present }) =>
      areSame(leaves, present.leaves) && areSameMsrs(msrs, present.msrs),
  },
  {
    set: 'set_cleared',
    matches: ({ leaves, msrs, present }) =>
      areSame(leaves, present.leaves.map(cleared)) && areSameMsrs(msrs, present.msrs),
  },
  {
    set: 'set_bad_maxleaf',
    matches: (asked) => {
      const leaf = onlyLeaf(asked)
      // No policy of these releases has more basic leaves.
      return leaf?.leaf === 0 && leaf.a > 0xd
    },
  },
  {
    set: 'set_unknown_leaf',
    matches: (asked) => onlyLeaf(asked)?.leaf === 0x1234 && onlyLeaf(asked)?.subleaf === 0,
  },
  {
    set: 'set_leaf7_nosub',
    matches: (asked) => onlyLeaf(asked)?.leaf === 7 && onlyLeaf(asked)?.subleaf === null,
  },
  { set: 'set_unknown_msr', matches: (asked) => onlyMsr(asked)?.index === 0x1234 },
  {
    set: 'set_msr_flags',
    matches: (asked) => {
      const msr = onlyMsr(asked)
      return msr?.index === 0x10a && msr.flags !== 0
    },
  },
  {
    set: 'set_over_max',
    matches: (asked) => {
      const leaf = onlyLeaf(asked)
      return leaf?.leaf === 7 && leaf.subleaf === 0 && leaf.b === 0xffff_ffff
    },
  },
  {
    set: 'set_partial',
    matches: (asked) => {
      const leaf = onlyLeaf(asked)
      return leaf !== undefined && asked.present.leaves.some((present) => isSame(leaf, present))
    },
  },
]

/** The recorded set that an update is; null if none was like it. */
export function recordedSetOf(asked: Asked): RecordedSetName | null {
  return ROWS.find(({ matches }) => matches(asked))?.set ?? null
}
