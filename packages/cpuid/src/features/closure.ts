/**
 * Dependencies over bit numbers: the closure of "Y goes when X goes", and a flat program that clears words by it.
 *
 * Closures are complete, so clearing is one pass whose order does not matter (Xen 4.23-dev, sanitise_featureset in
 * xen/arch/x86/cpu-policy.c).
 */

/** A chain of dependencies that comes back to its beginning: first and last bit are the same. */
export interface DependencyCycle {
  readonly cycle: readonly number[]
}

/** Direct edges (a bit to those that need it) to everything reachable, ascending; or the first cycle met. */
export function closeDependencies(
  edges: ReadonlyMap<number, readonly number[]>,
): Map<number, readonly number[]> | DependencyCycle {
  const closed = new Map<number, readonly number[]>()
  const path: number[] = []

  const visit = (bit: number): DependencyCycle | undefined => {
    if (closed.has(bit)) return undefined
    const start = path.indexOf(bit)
    if (start >= 0) return { cycle: [...path.slice(start), bit] }
    path.push(bit)
    const reached = new Set<number>()
    for (const dependent of edges.get(bit) ?? []) {
      const cycle = visit(dependent)
      if (cycle !== undefined) return cycle
      reached.add(dependent)
      for (const further of closed.get(dependent) ?? []) reached.add(further)
    }
    path.pop()
    closed.set(
      bit,
      [...reached].sort((a, b) => a - b),
    )
    return undefined
  }

  for (const bit of edges.keys()) {
    const cycle = visit(bit)
    if (cycle !== undefined) return cycle
  }
  return new Map([...edges.keys()].sort((a, b) => a - b).map((bit) => [bit, closed.get(bit) ?? []]))
}

/**
 * Closures as one flat array, so that clearing touches no object: for each needed bit its word, its mask, the index of the next
 * entry, then pairs of word and mask to clear.
 */
export function compileClearing(closures: ReadonlyMap<number, readonly number[]>): Uint32Array {
  const program: number[] = []
  for (const [needed, dependents] of closures) {
    const masks = new Map<number, number>()
    for (const bit of dependents) {
      masks.set(bit >>> 5, (masks.get(bit >>> 5) ?? 0) | (1 << (bit & 31)))
    }
    program.push(needed >>> 5, (1 << (needed & 31)) >>> 0, program.length + 3 + masks.size * 2)
    for (const [word, mask] of masks) program.push(word, mask >>> 0)
  }
  return Uint32Array.from(program)
}

/** Runs a program of {@link compileClearing} on words in place; words beyond `words` are absent, and stay so. */
export function runClearing(program: Uint32Array, words: Uint32Array): void {
  const length = words.length
  for (let at = 0; at < program.length; ) {
    const word = program[at] ?? 0
    const next = program[at + 2] ?? 0
    if (((words[word] ?? 0) & (program[at + 1] ?? 0)) === 0) {
      for (let pair = at + 3; pair < next; pair += 2) {
        const index = program[pair] ?? 0
        if (index < length) words[index] = (words[index] ?? 0) & ~(program[pair + 1] ?? 0)
      }
    }
    at = next
  }
}
