/** Records of a libxc image in the wrong order, twice, or not there: each finding with its record, and who refuses the image. */
import { describe, it } from 'vitest'
import { libxcHeaders, POLICY, record } from '../build.testing.js'
import {
  CHECKPOINT,
  CONTEXT,
  END,
  type Expected,
  expectFindings,
  MEMORY,
  STATIC_END,
  TSC,
  V2,
  V3,
} from './judged.testing.js'
import type { ImageVerifierOptions } from './options.js'
import { basic, frames, PAGES, pages } from './pv.testing.js'

type Case = readonly [what: string, parts: readonly Uint8Array[], expected: readonly Expected[]]

function judged(cases: readonly Case[], options: ImageVerifierOptions = {}): void {
  it.each(cases)('%s', (_, parts, expected) => {
    expectFindings(parts, expected, options)
  })
}

const CPUID = POLICY.slice(0, 1)
const MSRS = POLICY.slice(1)

describe('the static part', () => {
  judged([
    ['ends before memory', [V3, ...POLICY, STATIC_END, MEMORY, TSC, CONTEXT, END], []],
    [
      'ends behind memory',
      [V3, MEMORY, STATIC_END, CONTEXT, END],
      [['NO_STATIC_DATA_END vr', 1, 0, /^PAGE_DATA comes before STATIC_DATA_END/]],
    ],
    [
      'ends behind state',
      [V3, TSC, STATIC_END, CONTEXT, END],
      [['ORDER v', 1, 0, /^X86_TSC_INFO comes before STATIC_DATA_END/]],
    ],
    [
      'ends with the image',
      [V3, CONTEXT, END],
      [
        ['ORDER v', 1, 0, /^HVM_CONTEXT comes before/],
        ['NO_STATIC_DATA_END v', 2, 0, /^END comes before STATIC_DATA_END/],
      ],
    ],
    [
      'ends twice',
      [V3, STATIC_END, STATIC_END, CONTEXT, END],
      [['DUPLICATE_STATIC_DATA_END vr', 2, 0, /static part/]],
    ],
    [
      'ends before a policy',
      [V3, STATIC_END, ...CPUID, CONTEXT, END],
      [['POLICY_AFTER_STATIC_DATA_END v', 2, 0, /^X86_CPUID_POLICY behind the static part/]],
    ],
    [
      'ends before the MSRs',
      [V3, STATIC_END, ...MSRS, CONTEXT, END],
      [['POLICY_AFTER_STATIC_DATA_END v', 2, 0, /^X86_MSR_POLICY behind the static part/]],
    ],
  ])
})

describe('an image of version 2', () => {
  judged([
    ['has state before memory', [V2, TSC, MEMORY, CONTEXT, END], []],
    ['has no memory', [V2, CONTEXT, END], []],
    [
      'ends its static part behind memory',
      [V2, MEMORY, STATIC_END, CONTEXT, END],
      [
        ['V3_RECORD_IN_V2 v', 2, 0, /^STATIC_DATA_END came with version 3.*is version 2/],
        ['DUPLICATE_STATIC_DATA_END vr', 2, 0, /static part/],
      ],
    ],
    [
      'ends its static part before memory',
      [V2, STATIC_END, MEMORY, CONTEXT, END],
      [['V3_RECORD_IN_V2 v', 1, 0, /^STATIC_DATA_END came/]],
    ],
  ])
})

describe('records that come twice', () => {
  judged([
    [
      'in the image, in a round',
      [V3, ...CPUID, ...CPUID, STATIC_END, TSC, CONTEXT, TSC, END],
      [
        ['DUPLICATE_RECORD v', 2, 0, /^X86_CPUID_POLICY comes a second time in the image/],
        ['DUPLICATE_RECORD v', 6, 0, /^X86_TSC_INFO comes a second time in a round/],
      ],
    ],
    ['parameters may', [V3, STATIC_END, CONTEXT, params(), params(), END], []],
  ])
  judged(
    [
      [
        'in two rounds',
        [V3, ...CPUID, STATIC_END, TSC, CONTEXT, CHECKPOINT, ...CPUID, TSC, CONTEXT, CHECKPOINT],
        [
          ['DUPLICATE_RECORD v', 6, 0, /^X86_CPUID_POLICY comes a second time in the image/],
          ['POLICY_AFTER_STATIC_DATA_END v', 6, 0, /^X86_CPUID_POLICY/],
        ],
      ],
    ],
    { checkpointed: true },
  )
})

function params(): Uint8Array {
  return record(0xa, new Uint8Array(8))
}

describe('checkpoints', () => {
  const ROUND = [MEMORY, CONTEXT, CHECKPOINT]
  judged(
    [
      ['end the image', [V3, STATIC_END, ...ROUND], []],
      ['are followed by END at once', [V3, STATIC_END, ...ROUND, END], []],
      [
        'are followed by a part of a round, which END drops',
        [V3, STATIC_END, ...ROUND, TSC, END],
        [['FAILOVER ', 5, 0, /last checkpoint/]],
      ],
      [
        'are followed by a comparison',
        [V3, STATIC_END, ...ROUND, record(0xd), ...ROUND],
        [['UNEXPECTED_RECORD v', 5, 0, /^VERIFY is for/]],
      ],
      [
        'come before the static part ends',
        [V3, CONTEXT, CHECKPOINT],
        [
          ['ORDER v', 1, 0, /^HVM_CONTEXT comes/],
          ['NO_STATIC_DATA_END v', 2, 0, /^CHECKPOINT comes before STATIC_DATA_END/],
        ],
      ],
      [
        'are without the state that is sent later, with what is never used',
        [V3, STATIC_END, MEMORY, CHECKPOINT, CONTEXT],
        [
          ['MISSING_RECORD vr', 4, 0, /^There is no HVM_CONTEXT: /],
          ['FAILOVER ', 5, 0, /./],
        ],
      ],
      [
        'are without state in a later round',
        [V3, STATIC_END, ...ROUND, MEMORY, CHECKPOINT],
        [['MISSING_RECORD v', 7, 0, /^There is no HVM_CONTEXT in this round/]],
      ],
    ],
    { checkpointed: true },
  )
  judged(
    [
      [
        'are not what the receiver was told',
        [V3, STATIC_END, ...ROUND, ...ROUND],
        [['UNEXPECTED_RECORD vr', 4, 0, /^CHECKPOINT is in/]],
      ],
    ],
    { checkpointed: false },
  )
  judged([
    [
      'are told of once',
      [V3, STATIC_END, ...ROUND, ...ROUND],
      [['CHECKPOINTED ', 4, 0, /checkpoints/]],
    ],
  ])
})

describe('what a PV guest needs', () => {
  const PV = libxcHeaders({ type: 1 })
  const INFO = record(2, Uint8Array.of(8, 4, 0, 0, 0, 0, 0, 0))
  const SHARED = record(7, new Uint8Array(4096))
  const [FRAMES, LISTED] = [frames(0, 9, 0), pages(...PAGES)]
  judged([
    ['is all there', [PV, INFO, STATIC_END, FRAMES, LISTED, TSC, SHARED, basic(), END], []],
    [
      'comes behind the static part',
      [PV, STATIC_END, INFO, FRAMES, LISTED, TSC, SHARED, basic(), END],
      [['ORDER v', 2, 0, /^X86_PV_INFO belongs before STATIC_DATA_END/]],
    ],
    [
      'has no width',
      [PV, STATIC_END, FRAMES, LISTED, TSC, SHARED, basic(), END],
      [
        ['ORDER vr', 2, 0, /^X86_PV_P2M_FRAMES comes before X86_PV_INFO, which/],
        ['ORDER vr', 5, 0, /^SHARED_INFO comes before X86_PV_INFO, which/],
        ['MISSING_RECORD vr', 7, 0, /^There is no X86_PV_INFO: /],
      ],
    ],
    [
      'has no page shared with Xen',
      [PV, INFO, STATIC_END, FRAMES, LISTED, TSC, basic(), END],
      [['MISSING_RECORD v', 7, 0, /^There is no SHARED_INFO: /]],
    ],
  ])
})
