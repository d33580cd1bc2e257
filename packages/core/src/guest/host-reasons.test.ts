/** Reasons that lie in the host as such. */
import { describe, expect, it } from 'vitest'
import { hostWith } from '../hosts.testing.js'
import { kindReasons, vendorReasons } from './host-reasons.js'
import type { GuestKind } from './kind.js'
import { encounter } from './receiver.js'

const met = (kind: GuestKind = 'hvm') =>
  encounter({ name: 'web-1', kind }, hostWith('other', []), {})

describe('kindReasons', () => {
  const NO_HVM = 'cannot run HVM guests: its CPU has no VMX or SVM, or firmware has switched it off'

  it.each([
    [
      'pv',
      'host-without-pv',
      'PV guest and other cannot run PV guests: its Xen is built or started without them',
    ],
    [
      'pv32',
      'host-without-pv32',
      'PV32 guest and other cannot run 32-bit PV guests: its Xen is built or started without them, or uses shadow stacks',
    ],
    ['hvm', 'host-without-hvm', `HVM guest and other ${NO_HVM}`],
    ['pvh', 'host-without-hvm', `PVH guest and other ${NO_HVM}`],
  ] as const)('%s', (kind, code, message) => {
    expect(kindReasons({ ...met(kind), canRun: false })).toEqual([
      { code, grade: 'refused', message: `web-1 is a ${message}.`, host: 'other' },
    ])
    for (const evidence of ['said', 'estimated'] as const)
      expect(kindReasons({ ...met(kind), canRun: true, evidence })).toEqual([])
  })

  it('refuses to guess where nothing is known', () => {
    expect(kindReasons({ ...met(), canRun: true, evidence: 'unknown' })).toEqual([
      {
        code: 'featuresets-unknown',
        grade: 'lost',
        message:
          'Nothing is known of what other offers, so nothing says that web-1 can run there: take its snapshot again.',
        host: 'other',
      },
    ])
  })
})

describe('vendorReasons', () => {
  const on = (release: string | undefined, vendor: 'Intel' | 'AMD' | 'Hygon') => ({
    ...met(),
    release,
    vendor,
  })
  const differs = (grade: string, message: string) => [
    { code: 'vendor-differs', grade, message: `web-1 has run on ${message}.`, host: 'other' },
  ]

  it('refuses where Xen does', () => {
    expect(vendorReasons('AMD', on('4.22.0', 'Intel'))).toEqual(
      differs('refused', 'AMD CPUs and other is Intel: Xen 4.22.0 refuses it'),
    )
    // By the rules that are asked for where the release of the host is not known.
    expect(vendorReasons('AMD', on(undefined, 'Intel'))).toEqual(
      differs('refused', 'AMD CPUs and other is Intel: Xen 4.23-dev refuses it'),
    )
  })

  it('knows what older releases refuse and let in', () => {
    expect(vendorReasons('Intel', on('4.17.7', 'AMD'))).toEqual(
      differs(
        'refused',
        "Intel CPUs and other is AMD: Xen 4.17.7 refuses the state of its vCPUs, whose machine-check capabilities are Intel's",
      ),
    )
    expect(vendorReasons('AMD', on('4.17.7', 'Hygon'))).toEqual(
      differs(
        'lost',
        'AMD CPUs and other is Hygon: Xen 4.17.7 lets it in, and software that chose its code by vendor fails',
      ),
    )
  })

  it('has nothing against the same vendor, or one that is not known', () => {
    expect(vendorReasons('Intel', on('4.22.0', 'Intel'))).toEqual([])
    expect(vendorReasons(undefined, on('4.22.0', 'Intel'))).toEqual([])
  })
})
