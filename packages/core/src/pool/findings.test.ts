/** What is said of a level: of whom, and what the reader needs to know to act on it. */
import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import type { HostSnapshot } from '../documents/snapshot.js'
import { hostWith } from '../hosts.testing.js'
import { tallyText } from './findings.js'
import { levelPool } from './level.js'

/** A host whose Xen says what it offers, to every kind of guest the same. */
function saying(name: string, release: string, more: Partial<HostSnapshot> = {}): HostSnapshot {
  return hostWith(name, [], {
    xen: { release, hvm: true, hap: true },
    ...offering(words(1)),
    ...more,
  })
}

/** A host that says nothing. */
const mute = (name: string, release: string) => saying(name, release, { featuresets: {} })

/** Other featuresets of a host. */
function offering(set: Featureset): Partial<HostSnapshot> {
  return { featuresets: { pvDefault: set, pvMax: set, hvmDefault: set, hvmMax: set } }
}

const words = (...some: number[]) => Featureset.fromWords(some)
const AMD = { ...hostWith('', []).cpu, vendor: 'AMD' as const }

const findingsOf = (...hosts: readonly HostSnapshot[]) => levelPool(hosts).findings

describe('findings of a level', () => {
  it('are none where there is nothing to say', () => {
    expect(findingsOf(saying('a', '4.22.0'), saying('b', '4.22.0'))).toEqual([])
  })

  it('name the hosts of each vendor', () => {
    expect(
      findingsOf(
        saying('a', '4.22.0'),
        saying('b', '4.22.0', { cpu: AMD }),
        saying('c', '4.22.0', offering(words(3))),
      ),
    ).toEqual([
      {
        code: 'vendors-differ',
        severity: 'error',
        hosts: ['a', 'b', 'c'],
        message: expect.stringContaining('(AMD: b; Intel: a, c)'),
      },
    ])
  })

  it('name the hosts that said nothing, and ask nothing more of them', () => {
    expect(findingsOf(mute('a', '4.22.0'), saying('b', '4.22.0'), mute('c', '4.22.0'))).toEqual([
      {
        code: 'featuresets-unknown',
        severity: 'warning',
        hosts: ['a', 'c'],
        message: expect.stringMatching(/: a, c\. Take/),
      },
    ])
  })

  it('say by which Xen an offer was estimated', () => {
    const raw = (name: string) => hostWith(name, ['FPU'])
    const bare = (name: string) => hostWith(name, ['FPU', 'VMX'], { xen: null })
    const estimated = (hosts: readonly string[], text: string) => [
      {
        code: 'offer-estimated',
        severity: 'info',
        hosts,
        message: expect.stringContaining(`the static masks of ${text}. A snapshot`),
      },
    ]
    expect(findingsOf(raw('a'), raw('b'))).toEqual(estimated(['a', 'b'], 'their Xen: a, b'))
    expect(findingsOf(bare('a'))).toEqual(estimated(['a'], 'Xen 4.23-dev: a'))
    expect(findingsOf(bare('a'), saying('b', '4.16.7'))).toEqual(estimated(['a'], 'Xen 4.16.7: a'))
    expect(findingsOf(raw('a'), bare('b'))).toEqual(
      estimated(['a', 'b'], 'their Xen, or of Xen 4.22.0 where none runs: a, b'),
    )
  })

  it('name the hosts that cannot run HVM guests, but none that said nothing', () => {
    const set = words(1)
    expect(
      findingsOf(
        saying('a', '4.22.0', { featuresets: { pvDefault: set, pvMax: set } }),
        saying('b', '4.22.0'),
      ),
    ).toEqual([
      {
        code: 'host-without-hvm',
        severity: 'warning',
        hosts: ['a'],
        message: expect.stringMatching(/HVM guests .*: a\.$/),
      },
    ])
  })

  it('name the hosts whose snapshots leave words out', () => {
    expect(
      findingsOf(saying('a', '4.22.0'), saying('b', '4.22.0', { unknownWords: [16] })),
    ).toEqual([
      {
        code: 'words-unknown',
        severity: 'warning',
        hosts: ['b'],
        message: expect.stringMatching(/: b\. Take/),
      },
    ])
  })

  it('name the hosts of each release, and the release that the level is for', () => {
    expect(
      findingsOf(saying('b', '4.17.7-2.xcp'), saying('a', '4.18.6'), saying('c', '4.18.6')),
    ).toEqual([
      {
        code: 'releases-differ',
        severity: 'info',
        hosts: ['a', 'b', 'c'],
        message: expect.stringMatching(/\(4\.17\.7-2\.xcp: b; 4\.18\.6: a, c\).* 4\.17\.7\.$/),
      },
    ])
  })

  it('count a host without Xen for one of the release that the level is for', () => {
    const bare = saying('a', '', { xen: null })
    expect(findingsOf(bare, saying('b', '4.18.6'))).toEqual([])
    expect(findingsOf(bare, saying('b', '4.18.6'), saying('c', '4.17.7'))[0]).toMatchObject({
      code: 'releases-differ',
      message: expect.stringContaining('(4.17.7: c; 4.18.6: b; none: a)'),
    })
  })

  it('do not speak of the release of a host that said nothing', () => {
    const [, differ, ...others] = findingsOf(
      saying('a', '4.17.7'),
      saying('b', '4.18.6'),
      mute('c', '4.22.0'),
    )
    expect(differ).toMatchObject({
      code: 'releases-differ',
      hosts: ['a', 'b'],
      message: expect.stringContaining('(4.17.7: a; 4.18.6: b)'),
    })
    expect(others).toEqual([])
  })

  it('name the hosts of a Xen without a table, and whose words theirs are taken for', () => {
    expect(findingsOf(saying('a', '5.1'), saying('b', '4.18.6'))[1]).toEqual({
      code: 'release-unknown',
      severity: 'warning',
      hosts: ['a'],
      message: expect.stringMatching(/those of 4\.18\.6: a\.$/),
    })
  })

  it('name the hosts that report fewer words than others of their own release', () => {
    const [one, two] = [words(1), words(1, 0)]
    expect(
      findingsOf(
        saying('a', '4.22.0', offering(one)),
        saying('b', '4.22.0', offering(two)),
        saying('c', '4.22.0', offering(two)),
      ),
    ).toEqual([
      {
        code: 'lengths-differ',
        severity: 'info',
        hosts: ['a'],
        message: expect.stringMatching(/: a\.$/),
      },
    ])
    const codes = findingsOf(
      saying('a', '4.22.0', offering(one)),
      saying('b', '4.18.6', offering(two)),
    ).map(({ code }) => code)
    expect(codes).toEqual(['releases-differ'])
  })

  it('name bits that no one can carry, in order and each once', () => {
    const bits = (...some: bigint[]) =>
      offering(Featureset.fromBigInt(some.reduce((all, bit) => all | (1n << bit), 1n)))
    const unnamed = findingsOf(
      saying('a', '4.18.6', bits(1001n, 640n)),
      saying('b', '4.18.6', bits(1001n, 700n)),
      saying('c', '4.16.7'),
    ).find(({ code }) => code === 'bits-unnamed')
    expect(unnamed).toEqual({
      code: 'bits-unnamed',
      severity: 'warning',
      hosts: ['a', 'b'],
      message: expect.stringContaining(': a, b (bits 640, 700, 1001)'),
    })
  })
})

describe('the text of a tally', () => {
  it.each([
    [2, ['a', 'b'], 'a, b'],
    [5000, ['a', 'b'], 'a, b and 4998 more'],
    [1, ['a'], 'a'],
  ])('of %i hosts with the names %j is %s', (count, hosts, text) => {
    expect(tallyText({ count, hosts })).toBe(text)
  })
})
