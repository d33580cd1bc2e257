/** For tests and for fuzzing: numbers that are the same for the same seeds. */

/** A number from 0 to below `limit`, which is at most 2^32. */
export type Random = (limit: number) => number

/** Bob Jenkins' small fast counting generator with 32-bit words (sfc32): 128 bits of state, so that millions of seeds stay apart. */
export function randomOf(a: number, b = 0, c = 0): Random {
  let [first, second, third, counter] = [a | 0, b | 0, c | 0, 1]
  const next = () => {
    const sum = (((first + second) | 0) + counter) | 0
    counter = (counter + 1) | 0
    first = second ^ (second >>> 9)
    second = (third + (third << 3)) | 0
    third = (((third << 21) | (third >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) next()
  return (limit) => next() % limit
}

/** One of a list that has some. */
export function pick<Item>(random: Random, list: readonly Item[]): Item {
  const found = list[random(list.length)]
  if (found === undefined) throw new RangeError('There is nothing to pick from.')
  return found
}
