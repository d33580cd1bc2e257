/**
 * Combining featuresets: what every host of a pool can promise.
 *
 * `intersection` is the bare AND that upstream Xen's xapi falls back to. `xenserver` is what the library of XenServer and XCP-ng does:
 * AND; the bits that a pool accumulates are OR-ed; what depends on something absent goes; RSBA and RRSBA are settled over all hosts.
 */
import { Featureset, type FeatureTable, featureTable } from '@xenlevel/cpuid'

/** How featuresets are combined. */
export type CombineMethod = 'xenserver' | 'intersection'

/** Options of {@link combineFeaturesets}. */
export interface CombineOptions {
  /** Whose table: names, accumulated marks, dependencies. The newest by default. */
  readonly release?: string
  /** `'xenserver'` by default. */
  readonly method?: CombineMethod
}

/**
 * What all of them have in common, by the rules of the method; the order of the sets does not matter.
 *
 * One set is combined with itself, so that a level of one host obeys the same rules as any other. A set without words says nothing
 * and is passed over, as xapi does; of nothing at all the answer is the empty set. The result is as long as the longest set.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function combineFeaturesets(
  sets: readonly Featureset[],
  options: CombineOptions = {},
): Featureset {
  const said = sets.filter((set) => set.words.length > 0)
  if (said.length === 0) return Featureset.empty
  const length = said.reduce((longest, set) => Math.max(longest, set.words.length), 0)
  const all = new Uint32Array(length).fill(0xffff_ffff)
  const any = new Uint32Array(length)
  for (const { words } of said) {
    for (let index = 0; index < length; index++) {
      const word = words[index] ?? 0
      all[index] = (all[index] ?? 0) & word
      any[index] = (any[index] ?? 0) | word
    }
  }
  if ((options.method ?? 'xenserver') === 'xenserver') {
    settle(all, any, featureTable(options.release))
  }
  return Featureset.fromWords(all)
}

/** Turns the AND of all sets into the level, given the OR of them. */
function settle(all: Uint32Array, any: Uint32Array, table: FeatureTable): void {
  const accumulated = table.mask('accumulated').words
  for (let index = 0; index < all.length; index++) {
    all[index] = (all[index] ?? 0) | ((any[index] ?? 0) & (accumulated[index] ?? 0))
  }
  table.clearDependentsInPlace(all)
  settleReturnPredictions(all, any, table)
}

/**
 * RSBA says that an empty return stack may fall back on other predictions, RRSBA that it may do so under enhanced IBRS. A guest
 * must know if that holds on any host it may run on: in which of the two forms depends on whether it sees enhanced IBRS.
 */
function settleReturnPredictions(all: Uint32Array, any: Uint32Array, table: FeatureTable): void {
  const bitOf = (name: 'ARCH_CAPS' | 'EIBRS' | 'RSBA' | 'RRSBA') => table.feature(name)?.bit ?? -1
  const [archCaps, eibrs, rsba, rrsba] = [
    bitOf('ARCH_CAPS'),
    bitOf('EIBRS'),
    bitOf('RSBA'),
    bitOf('RRSBA'),
  ]
  if (!test(all, archCaps) || !(test(any, rsba) || test(any, rrsba))) return
  put(all, rsba, !test(all, eibrs))
  put(all, rrsba, test(all, eibrs))
}

function test(words: Uint32Array, bit: number): boolean {
  return bit >= 0 && (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
}

function put(words: Uint32Array, bit: number, on: boolean): void {
  const index = bit >>> 5
  if (bit < 0 || index >= words.length) return
  const mask = 1 << (bit & 31)
  words[index] = on ? (words[index] ?? 0) | mask : (words[index] ?? 0) & ~mask
}
