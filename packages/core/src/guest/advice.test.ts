/** What would make an admission yes, and how an answer speaks of a guest and a host without names. */
import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { hostWith } from '../hosts.testing.js'
import { admitGuest } from './admit.js'
import { adviceFor } from './advice.js'
import { encounter } from './receiver.js'

const flat = { release: '4.22.0', hvm: false, hap: false }

describe('adviceFor', () => {
  const met = encounter({ name: 'web-1', kind: 'hvm' }, hostWith('other', []), {})
  const seen = Featureset.fromNames(['FPU', 'VME', 'SSE'])
  const advise = (featureset: Featureset | null) =>
    adviceFor([], seen, { policy: null, featureset }, met)

  it('names the level and what it leaves out', () => {
    expect(advise(seen)).toEqual({
      advice: `Start web-1 anew at the level ${seen}, and other takes it.`,
      levelTo: { featureset: seen, policy: null, without: [] },
    })
    const fpu = Featureset.fromNames(['FPU'])
    expect(advise(fpu)).toEqual({
      advice: `Start web-1 anew at the level ${fpu}, which leaves out VME, SSE, and other takes it.`,
      levelTo: { featureset: fpu, policy: null, without: ['VME', 'SSE'] },
    })
  })

  it('says so where there is none', () => {
    expect(advise(null)).toEqual({
      advice: 'No level of web-1 is known that other takes.',
      levelTo: null,
    })
  })
})

describe('a guest without a name', () => {
  it('begins a sentence with a capital', () => {
    const host = hostWith('other', [])
    expect(
      admitGuest({ kind: 'hvm', featureset: Featureset.fromNames(['FMA']) }, host).reasons[0]
        ?.message,
    ).toBe('The guest has seen FMA (1.ecx bit 12), which other cannot offer.')
    expect(admitGuest({ kind: 'hvm' }, host).reasons).toEqual([
      {
        code: 'guest-unknown',
        grade: 'lost',
        message:
          'Nothing is known of the CPU that the guest has seen, so nothing says that it can go on running on other: say what its policy or its features are.',
        host: 'other',
      },
    ])
  })
})

describe('a guest that the host cannot run', () => {
  it('is judged by vendor and kind alone', () => {
    const found = admitGuest(
      { kind: 'hvm', vendor: 'AMD', featureset: Featureset.fromNames(['HTT', 'FMA']) },
      hostWith('other', [], { xen: flat }),
    )
    expect(found.reasons.map(({ code }) => code)).toEqual(['vendor-differs', 'host-without-hvm'])
    expect(found).toMatchObject({ uncounted: [], levelTo: null, xen: null, judged: 'featureset' })
  })
})

describe('a host of which no release is known', () => {
  it('refuses no record', () => {
    const leaves = [{ leaf: 0x1234, subleaf: null, a: 0, b: 0, c: 0, d: 0 }]
    const guest = { kind: 'pv', records: { leaves, msrs: [] } } as const
    const codes = (xen: typeof flat | null) =>
      admitGuest(guest, hostWith('other', [], { xen })).reasons.map(({ code }) => code)
    expect(codes(flat)).toEqual(['record-refused'])
    expect(codes(null)).toEqual([])
  })
})
