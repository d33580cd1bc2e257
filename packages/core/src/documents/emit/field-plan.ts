/** Which fields beside the features a configuration has to name: libxl's numeric keys, and bits of leaves that hold no features. */
import { bitsBetween } from './places.js'
import type { NamedRegisters, Trial } from './trial.js'
import type { NamedField } from './xl-names.js'

/** One field and what it is given: a number, the default's value or the host's. */
interface NamedValue {
  readonly field: NamedField
  readonly value: string
}

/** What is wanted, and of which domain. */
interface Task {
  readonly trial: Trial
  /** Words of a policy that the domain can have (see {@link Trial.nearest}). */
  readonly wanted: Uint32Array
}

interface State {
  /** Registers that are named. */
  readonly registers: NamedRegisters
  /** What the domain has by them. */
  readonly come: Uint32Array
}

/**
 * Plans for the fields of a policy, on top of registers that are named already: each only where it brings the domain nearer.
 *
 * @param wanted - words of a policy that the domain can have (see {@link Trial.nearest}).
 */
export function planFields(
  trial: Trial,
  wanted: Uint32Array,
  named: NamedRegisters,
  fields: readonly NamedField[],
): NamedValue[] {
  const come = trial.come(named)
  if (come === null) return []
  let state: State = { registers: named, come }
  const values: NamedValue[] = []
  for (const place of new Set(fields.map((field) => field.place))) {
    if (state.come[place] === wanted[place] || !trial.canName(place)) continue
    const found = planRegister(
      { trial, wanted },
      state,
      fields.filter((field) => field.place === place),
    )
    if (found === null) continue
    state = found.state
    values.push(...found.values)
  }
  return values
}

/** One register: the fields in which what is not named is not what is wanted, but for those that Xen settles anyway. */
function planRegister(
  task: Task,
  before: State,
  fields: readonly NamedField[],
): { readonly values: NamedValue[]; readonly state: State } | null {
  const possible = fields.flatMap((field): NamedValue[] => {
    const value = shortestValue(field, task)
    return value === undefined ? [] : [{ field, value }]
  })
  let values = possible.filter(({ field }) => !isUnnamed(field, task))
  const state = comeWith(values, fields, task, before)
  if (state === null) return null
  if (bitsBetween(state.come, task.wanted) >= bitsBetween(before.come, task.wanted)) return null
  for (const value of values) {
    const others = values.filter((each) => each !== value)
    const without = comeWith(others, fields, task, before)
    if (without !== null && bitsBetween(without.come, state.come) === 0) values = others
  }
  // Where none is needed, one is named for the sake of the register's other bits: the shortest.
  if (values.length === 0) {
    const length = ({ field, value }: NamedValue) => field.name.length + value.length
    values = possible.sort((a, b) => length(a) - length(b)).slice(0, 1)
  }
  return values.length === 0 ? null : { values, state }
}

function comeWith(
  values: readonly NamedValue[],
  fields: readonly NamedField[],
  { trial, wanted }: Task,
  before: State,
): State | null {
  const place = fields[0]?.place ?? 0
  const mask = values.reduce((all, { field }) => all | field.mask, 0)
  const value = (((trial.unnamed[place] ?? 0) & ~mask) | ((wanted[place] ?? 0) & mask)) >>> 0
  const registers = new Map([...before.registers, [place, value] as const])
  const come = trial.come(registers)
  return come === null ? null : { registers, come }
}

function isUnnamed(field: NamedField, { trial, wanted }: Task): boolean {
  const { place, mask } = field
  return (((trial.unnamed[place] ?? 0) ^ (wanted[place] ?? 0)) & mask) === 0
}

/** A number, or shorter than that the letter for the default's value or the host's; undefined if none of them is it. */
function shortestValue(field: NamedField, { trial, wanted }: Task): string | undefined {
  const register = wanted[field.place] ?? 0
  const number = field.number(register)
  const values = number === undefined ? [] : [String(number)]
  for (const [letter, words] of [
    ['x', trial.unnamed],
    ['k', trial.ofHost],
  ] as const) {
    const copied = words[field.place] ?? 0
    if (field.copies(copied) && ((copied ^ register) & field.mask) === 0) values.push(letter)
  }
  return values.sort((a, b) => a.length - b.length)[0]
}
