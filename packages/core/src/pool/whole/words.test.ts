/** The tables of words, held against what Xen keeps, and the order of identities. */
import { featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { releaseFeatures } from '../../policy/features.js'
import { basic, EAX, extended, PLATFORM_INFO, POLICY_WORDS, xstate } from '../../policy/layout.js'
import { recalculateXstate } from '../../xen/recalculate.js'
import { releaseRules } from '../../xen/releases.js'
import { compareIdentities } from './identity.js'
import { NEWEST } from './made.testing.js'
import { DEFAULT_SHAPE, HOST_SHAPE, MAX_SHAPE, RAW_SHAPE } from './words.js'

describe('the tables', () => {
  const registers = () => {
    const { table } = releaseFeatures(NEWEST)
    const probe = new Uint32Array(POLICY_WORDS)
    releaseFeatures(NEWEST).write(
      probe,
      table.words.map(() => 1),
    )
    return [...probe.keys()].filter((at) => probe[at] === 1)
  }

  it('fold every register that holds features', () => {
    for (const shape of [DEFAULT_SHAPE, MAX_SHAPE]) {
      expect(registers().filter((at) => !shape.places.includes(at))).toEqual([])
    }
    // The clamp takes features from the host policy as well, of any register but an MSR.
    expect(
      registers().filter((at) => at < PLATFORM_INFO && !HOST_SHAPE.places.includes(at)),
    ).toEqual([])
  })

  it('fold every xstate component that Xen gives guests', () => {
    const policy = new Uint32Array(POLICY_WORDS).fill(0xffff_ffff)
    recalculateXstate(policy, policy.slice(), releaseFeatures(NEWEST), releaseRules(NEWEST))
    const given = [...Array(32).keys()].filter(
      (one) => (((policy[xstate(0)] ?? 0) >>> one) & 1) === 1,
    )
    expect(given.slice(2).map((one) => RAW_SHAPE.places.includes(xstate(one)))).not.toContain(false)
    expect(given).toHaveLength(11)
  })

  it('hold features of the same word in the same register in every release', () => {
    const newest = featureTable(NEWEST).words
    for (const release of ['4.12.0', '4.13.5', '4.15.7', '4.17.0', '4.18.6', '4.20.3']) {
      expect(featureTable(release).words).toEqual(
        newest.slice(0, featureTable(release).words.length),
      )
    }
  })
})

it('compares identities by age, then by words', () => {
  const of = (signature: number, brand = 0) => {
    const words = new Uint32Array(POLICY_WORDS)
    words[basic(1) + EAX] = signature
    words[extended(2)] = brand
    return words
  }
  const sorted = [
    of(0x0f43),
    of(0x0002_06d7),
    of(0x0003_06f1),
    of(0x0003_06f2),
    of(0x0003_06f2, 1),
    of(0x0040_0f12),
    of(0x00a0_0f11),
  ]
  for (const [index, one] of sorted.entries()) {
    for (const [other, two] of sorted.entries()) {
      expect(Math.sign(compareIdentities(one, two))).toBe(Math.sign(index - other))
    }
  }
})
