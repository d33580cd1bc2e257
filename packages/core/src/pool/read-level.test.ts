/** Levels from documents that anyone may have written. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostWith } from '../hosts.testing.js'
import { PoolLevelError } from './errors.js'
import { levelPool } from './level.js'
import { parsePoolLevel } from './read-level.js'
import { anyHost, hostOffering, recordedPools } from './recorded-pools.testing.js'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const pool = recordedPools()[4]?.featuresets.map((text, index) => hostOffering(`h${index}`, text))
const document = (): Json => JSON.parse(JSON.stringify(levelPool(pool ?? [])))

/** A copy with another value at a path. */
function changed(value: Json, path: readonly (string | number)[], other: Json): Json {
  const [key, ...rest] = path
  if (key === undefined) return other
  if (Array.isArray(value))
    return value.map((item, index) => (index === key ? changed(item, rest, other) : item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === key ? changed(item, rest, other) : item,
    ]),
  )
}

function paths(value: Json): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  const entries: [string | number, Json][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value)
  return [[], ...entries.flatMap(([key, item]) => paths(item).map((path) => [key, ...path]))]
}

describe('parsePoolLevel', () => {
  it('reads what a level writes, as text and as a value', () => {
    const level = levelPool(pool ?? [])
    const text = JSON.stringify(level)
    expect(JSON.stringify(parsePoolLevel(text))).toBe(text)
    expect(JSON.stringify(parsePoolLevel(JSON.parse(text)))).toBe(text)
    expect(parsePoolLevel(text).losses).toEqual(level.losses)
  })

  it.each([
    ['text that is no JSON', '{', 'line 1, column 2'],
    ['another document', { format: 'xenlevel/host-snapshot' }, 'format'],
    ['a level that says another width', changed(document(), ['physAddrBits'], 12), 'physAddrBits'],
    ['a level that promises more', changed(document(), ['hvm', 'default'], 'ffffffff'), 'hvm'],
    ['losses that were taken out', changed(document(), ['losses'], []), 'losses'],
    ['a release without a table', changed(document(), ['release'], '9.9'), 'release'],
    ['a group without hosts', changed(document(), ['groups', 0, 'count'], 0), 'groups.0.hosts'],
    ['names that are missing', changed(document(), ['groups', 0, 'hosts'], []), 'groups.0.hosts'],
    ['a group twice', changed(document(), ['groups', 1, 'hosts'], ['h0']), 'groups'],
    [
      'words of another table',
      changed(document(), ['groups', 0, 'table'], '4.17.0'),
      'groups.0.table',
    ],
    [
      'a group that offers nothing',
      changed(document(), ['groups', 0, 'evidence'], 'unknown'),
      'groups.0.evidence',
    ],
    [
      'a span that is upside down',
      changed(document(), ['groups', 0, 'pv', 'max'], { all: 'ff', any: '0f' }),
      'groups.0.pv.max',
    ],
    [
      'a span that is none',
      changed(document(), ['groups', 0, 'pv', 'max'], { all: 'ff', any: 'ff' }),
      'groups.0.pv.max',
    ],
    [
      'a mixed group that does not say who lacks what',
      changed(document(), ['groups', 0, 'hvm', 'default'], { all: '0f', any: 'ff' }),
      'groups.0.hvm.mixed',
    ],
  ] as const)('refuses %s', (_, input, path) => {
    expect(() => parsePoolLevel(input, 'level.json')).toThrow(PoolLevelError)
    expect(() => parsePoolLevel(input, 'level.json')).toThrow(
      expect.objectContaining({ code: 'POOL_LEVEL_INVALID', path }),
    )
    expect(() => parsePoolLevel(input, 'level.json')).toThrow(/^level\.json /)
  })

  it('takes no changed document for another level, and throws nothing but its own error', () => {
    const original = document()
    const places = paths(original)
    const other = fc.oneof(
      fc.constantFrom(null, true, 0, -1, 2 ** 53, '', 'x', '4.17.0', [], {}),
      fc.integer({ min: 0, max: 64 }),
      fc.string(),
    )
    let refused = 0
    fc.assert(
      fc.property(fc.constantFrom(...places), other, (path, value) => {
        try {
          const level = parsePoolLevel(changed(original, path, value))
          // What is for people only may be changed: it is made anew.
          expect(JSON.stringify(level)).toBe(JSON.stringify(parsePoolLevel(JSON.stringify(level))))
        } catch (error) {
          expect(error).toBeInstanceOf(PoolLevelError)
          refused++
        }
      }),
      { numRuns: 600 },
    )
    expect(refused).toBeGreaterThan(300)
  })

  it('reads the level of any pool', () => {
    const hosts = fc
      .array(anyHost(), { minLength: 1, maxLength: 6 })
      .map((some) => some.map((make, index) => make(`host-${index}`)))
    fc.assert(
      fc.property(hosts, (some) => {
        const text = JSON.stringify(levelPool(some))
        expect(JSON.stringify(parsePoolLevel(text))).toBe(text)
      }),
    )
  })

  it('reads fleets', () => {
    const fleet = Array.from({ length: 4097 }, (_, index) =>
      hostWith(`h${index}`, ['FPU', 'NX', 'PAE']),
    )
    const text = JSON.stringify(levelPool(fleet))
    expect(text.length).toBeLessThan(5000)
    expect(JSON.stringify(parsePoolLevel(text))).toBe(text)
    const forged: Json = JSON.parse(text)
    expect(() => parsePoolLevel(changed(forged, ['count'], 3))).toThrow(PoolLevelError)
  })
})
