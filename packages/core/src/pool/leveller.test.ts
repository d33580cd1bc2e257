import { describe, expect, it } from 'vitest'
import { formatHostSnapshot } from '../documents/snapshot.js'
import { hostWith } from '../hosts.testing.js'
import { levelPool } from './level.js'
import { PoolLeveller } from './leveller.js'
import { hostOffering, recordedPools } from './recorded-pools.testing.js'

const code = (expected: string) => expect.objectContaining({ code: expected })
const a = hostWith('a', ['FPU', 'NX', 'PAE'])
const b = hostWith('b', ['FPU', 'PAE'])

describe('PoolLeveller', () => {
  it('gives the recorded levels of the 65 pools from texts', () => {
    const pools = recordedPools()
    for (const { featuresets, peerCombine } of pools) {
      const leveller = new PoolLeveller()
      featuresets.forEach((text, index) => {
        leveller.addText(formatHostSnapshot(hostOffering(`h${index}`, text)))
      })
      expect(leveller.count).toBe(featuresets.length)
      expect(leveller.level().hvm.default.toString()).toBe(peerCombine)
    }
    expect(pools).toHaveLength(65)
  })

  it('adds nothing of a text that is no snapshot, and goes on', () => {
    const leveller = new PoolLeveller()
    leveller.addText(formatHostSnapshot(a))
    expect(() => leveller.addText('{"name":', 'hosts.ndjson line 2')).toThrow(
      expect.objectContaining({
        code: 'SNAPSHOT_INVALID',
        message: expect.stringMatching(/^hosts\.ndjson line 2 stops being JSON/),
      }),
    )
    expect(() => leveller.addText(formatHostSnapshot(a))).toThrow(code('POOL_DUPLICATE_HOST'))
    leveller.addText(formatHostSnapshot(b))
    expect(leveller.count).toBe(2)
    expect(JSON.stringify(leveller.level())).toBe(JSON.stringify(levelPool([a, b])))
  })

  it('gives a level in between and goes on', () => {
    const leveller = new PoolLeveller()
    expect(() => leveller.level()).toThrow(code('POOL_EMPTY'))
    leveller.add(a)
    const first = leveller.level()
    leveller.add(b)
    expect(JSON.stringify(first)).toBe(JSON.stringify(levelPool([a])))
    expect(JSON.stringify(leveller.level())).toBe(JSON.stringify(levelPool([b, a])))
  })

  it('merges only what was made alike', () => {
    const leveller = new PoolLeveller({ release: '4.20' })
    const other = new PoolLeveller()
    other.add(a)
    expect(() => leveller.merge(other)).toThrow(code('POOL_MERGE'))
    expect(() => other.merge(levelPool([b], { method: 'intersection' }))).toThrow(
      code('POOL_MERGE'),
    )
    expect(() => other.merge(levelPool([b, a]))).toThrow(code('POOL_DUPLICATE_HOST'))
    expect(other.count).toBe(1)
    expect(() => new PoolLeveller({ release: '9.9' })).toThrow(code('RELEASE_UNKNOWN'))
    // Of another library, or written by hand: its groups are not to be trusted.
    expect(() => other.merge({ ...levelPool([b]) })).toThrow(code('POOL_LEVEL_FOREIGN'))
  })
})
