import { knownReleases, releaseHas } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { evidenceFor, RECORDED, ROWS, releaseRules } from './releases.js'

describe('the differences between releases', () => {
  it.each(ROWS)('$landed: $changes', ({ landed, evidence, changes }) => {
    const [first = ''] = landed
    expect(first.endsWith('.0')).toBe(true)
    for (const release of landed) {
      expect(knownReleases()).toContain(release)
      expect(releaseRules(release)).toMatchObject(changes)
    }
    // What no recorded release has cannot have been recorded.
    if (evidence === 'recorded')
      expect(RECORDED.some((release) => releaseHas(release, landed))).toBe(true)
  })

  it('tells recorded releases from those that were only read about', () => {
    expect(evidenceFor('4.17.7-xcp')).toBe('recorded')
    expect(evidenceFor('4.16.2')).toBe('facts')
  })
})
