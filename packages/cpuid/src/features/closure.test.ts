import { describe, expect, it } from 'vitest'
import { closeDependencies, compileClearing, runClearing } from './closure.js'

describe('closeDependencies', () => {
  it('orders the needed bits and what goes with each, whatever the order of the edges', () => {
    const closed = closeDependencies(
      new Map([
        [40, [3, 50]],
        [9, [100, 40]],
        [50, [4]],
      ]),
    )
    expect(closed instanceof Map ? [...closed] : closed).toEqual([
      [9, [3, 4, 40, 50, 100]],
      [40, [3, 4, 50]],
      [50, [4]],
    ])
  })

  it('gives the cycle, and not the way to it', () => {
    const edges = new Map([
      [1, [2]],
      [2, [3]],
      [3, [4]],
      [4, [2]],
    ])
    expect(closeDependencies(edges)).toEqual({ cycle: [2, 3, 4, 2] })
  })

  it('looks at each bit once, however many ways lead to it', () => {
    // 2^60 ways from the first bit to the last.
    const edges = new Map<number, number[]>()
    for (let step = 0; step < 60; step++) {
      edges.set(step * 3, [step * 3 + 1, step * 3 + 2])
      edges.set(step * 3 + 1, [step * 3 + 3])
      edges.set(step * 3 + 2, [step * 3 + 3])
    }
    const closed = closeDependencies(edges)
    expect(closed instanceof Map ? closed.get(0)?.length : 0).toBe(180)
  })
})

it('a program clears nothing beyond the words that are there, and takes what they lack for absent', () => {
  const program = compileClearing(
    new Map([
      [0, [1, 33]],
      [64, [2]],
    ]),
  )
  const cleared = (...words: number[]) => {
    const room = Uint32Array.from(words)
    runClearing(program, room)
    return [...room]
  }
  expect(cleared(0b111)).toEqual([0b011])
  expect(cleared(0b110, 0b10)).toEqual([0, 0])
  expect(cleared(0b111, 0b10, 1)).toEqual([0b111, 0b10, 1])
  expect(cleared()).toEqual([])
})
