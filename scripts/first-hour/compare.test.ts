import { expect, it } from 'vitest'
import { differenceOf } from './compare.js'

const answer = 'one\ntwo\n\nthree\n'

it.each([
  [['one', 'two', '', 'three'], true],
  [['one', '[…]', 'three'], true],
  [['one', 'two', '[…]'], true],
  [['[…]', 'two', '[…]'], true],
  [['[…]'], true],
  [[], false],
  [['one', 'two'], false],
  [['two', '[…]'], false],
  [['[…]', 'two'], false],
  [['[…]', 'four', '[…]'], false],
  [['one', 'two', '', 'three', '[…]', 'three'], false],
  [['[…]', 'three', '[…]', 'two', '[…]'], false],
])('%j is what is printed: %s', (shown, same) => {
  expect(differenceOf(shown, answer) === undefined).toBe(same)
})

it('takes numbers of packages and seconds as they come, and what npm says of itself for nothing', () => {
  const npm = '\nadded 1 package in 900ms\nnpm notice New version of npm available!\n'
  expect(differenceOf(['added 3 packages, and audited 4 packages in 2s'], npm)).toBeUndefined()
  expect(differenceOf(['removed 3 packages in 2s'], npm)).toContain('removed 3 packages')
})

it('shows nothing where nothing is printed', () => {
  expect(differenceOf([], '')).toBeUndefined()
  expect(differenceOf([], 'something\n')).toContain('something')
})
