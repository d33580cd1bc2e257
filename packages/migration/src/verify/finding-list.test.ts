/** Findings as they are kept: for which verdict, in which order, how many, and what a round that is never used leaves of them. */
import { describe, expect, it } from 'vitest'
import { libxl, record } from '../build.testing.js'
import { concat } from '../images.testing.js'
import type { ImageFindingCode, ImageVerdictName } from './codes.js'
import { FindingList } from './finding-list.js'
import { ImageVerifier } from './verifier.js'

const PLACE = { path: 'libxl.record 4', layer: 'libxl', record: 4 } as const

/** A list of these, each at its place. */
function listed(
  faults: readonly (readonly [code: ImageFindingCode, offset: number])[],
  mode?: ImageVerdictName,
): FindingList {
  const list = new FindingList(mode)
  for (const [code, offset] of faults) list.add({ code, message: code, offset }, () => PLACE)
  return list
}

describe('a list of findings', () => {
  it('is in the order of the image, and keeps the order in which they were seen', () => {
    const list = listed([
      ['BAD_ID', 9],
      ['RESERVED_BITS', 3],
    ])
    expect(list.kept.map(({ offset }) => offset)).toEqual([9, 3])
    const both = ['verify', 'restore']
    expect(list.list()).toEqual([
      {
        ...{ code: 'RESERVED_BITS', message: 'RESERVED_BITS', offset: 3, ...PLACE },
        ...{ rejects: ['verify'], severity: 'error' },
      },
      {
        ...{ code: 'BAD_ID', message: 'BAD_ID', offset: 9, ...PLACE },
        ...{ rejects: both, severity: 'error' },
      },
    ])
  })

  it.each([
    [undefined, ['error', 'error', 'error', 'info', 'warning']],
    ['verify', ['error', 'error', 'warning', 'info', 'warning']],
    ['restore', ['error', 'warning', 'error', 'info', 'warning']],
  ] as const)('asked for %s is as severe as the verdict', (mode, severities) => {
    const list = listed(
      [
        ['BAD_ID', 0],
        ['RESERVED_BITS', 1],
        ['BAD_HVM_PARAM', 2],
        ['UNKNOWN_OPTIONAL', 3],
        ['DEEP', 4],
      ],
      mode,
    )
    expect(list.list().map(({ severity }) => severity)).toEqual(severities)
  })

  it('of more than 2000 ends with how many were left out, behind the last that is listed', () => {
    const list = new FindingList(undefined)
    const places: number[] = []
    for (let offset = 0; offset < 2003; offset++)
      list.add({ code: 'BAD_PADDING', message: 'padding', offset: 7 + offset }, () => {
        places.push(offset)
        return PLACE
      })
    const whole = list.list()
    // The place of what is not kept is never asked for.
    expect([whole.length, places.length, list.kept.length]).toEqual([2001, 2000, 2000])
    expect(whole.at(-2)?.offset).toBe(2006)
    expect(whole.at(-1)).toEqual({
      code: 'MORE_FINDINGS',
      message: '3 more findings were counted and not listed',
      offset: 2006,
      path: 'image',
      layer: null,
      record: null,
      rejects: [],
      severity: 'info',
    })
    expect(list.counts).toEqual({ BAD_PADDING: 2003 })
  })

  it('of just 2000 has no such end', () => {
    const list = listed(Array.from({ length: 2000 }, (_, offset) => ['BAD_PADDING', offset]))
    expect([list.list().length, list.list().at(-1)?.code]).toEqual([2000, 'BAD_PADDING'])
  })

  it('takes back for receivers what is wrong in a round that they never use, and no more', () => {
    const list = listed([['BAD_ID', 1]])
    list.commit()
    for (const [code, offset] of [
      ['BAD_VCPU', 2],
      ['BAD_HVM_PARAM', 3],
    ] as const)
      list.add({ code, message: code, offset }, () => PLACE)
    list.forgive()
    expect(
      list.list().map(({ code, rejects, severity, path }) => [code, [...rejects], severity, path]),
    ).toEqual([
      ['BAD_ID', ['verify', 'restore'], 'error', PLACE.path],
      ['BAD_VCPU', ['verify'], 'error', PLACE.path],
      ['BAD_HVM_PARAM', [], 'info', PLACE.path],
    ])
    expect([list.ok('verify'), list.ok('restore')]).toEqual([false, false])
  })

  it('whose only faults are in such a round is no reason for receivers to refuse', () => {
    const list = listed([['BAD_VCPU', 1]])
    expect([list.ok('verify'), list.ok('restore')]).toEqual([false, false])
    list.forgive()
    list.commit()
    expect([list.ok('verify'), list.ok('restore')]).toEqual([false, true])
  })
})

it('what is found so far can be asked for before the end', () => {
  const verifier = new ImageVerifier()
  const start = libxl().subarray(0, -8)
  verifier.push(concat([start, record(0x2a)]))
  expect(verifier.findings.map(({ code, offset }) => [code, offset])).toEqual([
    // The state of this guest is made up.
    ['DEEP', expect.any(Number)],
    ['UNKNOWN_MANDATORY', start.length],
  ])
})
