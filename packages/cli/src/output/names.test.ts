/** Names in sentences: the first few, and how many more there are. */
import { expect, it } from 'vitest'
import { listed, listedOf } from './names.js'

const hosts = ['a', 'b', 'c']

it('counts those that are not shown, known by name or not', () => {
  expect(listed(hosts)).toBe('a, b, c')
  expect(listed(hosts, 2)).toBe('a, b and 1 more')
  expect(listedOf({ hosts, count: 3 })).toBe('a, b, c')
  expect(listedOf({ hosts, count: 166_667 }, 2)).toBe('a, b and 166665 more')
  expect(listedOf({ hosts: [], count: 0 })).toBe('')
})
