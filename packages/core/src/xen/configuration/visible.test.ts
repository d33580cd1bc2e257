/** What a policy is written as, on its words: the same as by its records. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import {
  basic,
  HYPERVISOR_LIMIT,
  HYPERVISOR_LIMIT_2,
  NO_SUBLEAF,
  POLICY_WORDS,
} from '../../policy/layout.js'
import { releaseRules } from '../releases.js'
import { putVisible, visiblePlace } from './visible.js'

const words = fc
  .tuple(
    fc.array(fc.nat({ max: 0xffff_ffff }), { minLength: POLICY_WORDS, maxLength: POLICY_WORDS }),
    fc.nat({ max: 0x20 }),
    fc.nat({ max: 3 }),
    fc.constantFrom(0x8000_0000, 0x8000_0008, 0x8000_0021, 0x8000_ffff),
  )
  .map(([noise, last, subleaf, lastExtended]) => {
    const policy = Uint32Array.from(noise)
    // The places of leaves that have sub-leaves are never used, and limits have eight bits.
    for (const leaf of [4, 7, 0xb, 0xd]) policy.fill(0, basic(leaf), basic(leaf + 1))
    for (const limit of [HYPERVISOR_LIMIT, HYPERVISOR_LIMIT_2])
      policy[limit] = (policy[limit] ?? 0) & 0xff
    policy[basic(0)] = last
    const places = CpuPolicy.fromWords(policy, '4.23-dev')
    return CpuPolicy.peek(
      places.withRecords([
        { ...places.leaf(7, 0), a: subleaf },
        { ...places.leaf(0x8000_0000), a: lastExtended },
      ]),
    )
  })

it('puts the leaves over another policy that the records would be', () => {
  fc.assert(
    fc.property(words, words, fc.constantFrom('4.13.5', '4.15.7', '4.23-dev'), (a, b, release) => {
      const target = CpuPolicy.fromWords(b, release)
      const { leaves } = CpuPolicy.fromWords(a, release).toRecords()
      const put = target.words()
      putVisible(put, a, releaseRules(release))
      expect([...put]).toEqual([...CpuPolicy.peek(target.withRecords(leaves))])
    }),
    { numRuns: 50 },
  )
})

it('knows which leaves those are', () => {
  const numbers = fc.constantFrom(
    0,
    1,
    4,
    7,
    0xb,
    0xd,
    0xe,
    0x4000_0000,
    0x4000_0100,
    0x8000_0000,
    0x8000_0021,
    0x8000_0022,
    0xffff_ffff,
  )
  const subleaves = fc.constantFrom(null, 0, 1, 2, 5, 62, 63, NO_SUBLEAF - 1)
  fc.assert(
    fc.property(words, numbers, subleaves, (policy, leaf, subleaf) => {
      const { leaves } = CpuPolicy.fromWords(policy, '4.23-dev').toRecords()
      const written = leaves.find((one) => one.leaf === leaf && one.subleaf === subleaf)
      const at = visiblePlace(policy, leaf, subleaf, releaseRules('4.23-dev'))
      expect(at >= 0).toBe(written !== undefined)
      if (written !== undefined) expect(policy[at]).toBe(written.a)
    }),
  )
})
