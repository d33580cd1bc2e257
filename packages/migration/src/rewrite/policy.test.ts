/** Policies in images: what changes come to, what a release cannot hold, and images that become version 3. */
import { CpuPolicy, PolicyRecordError } from '@xenlevel/core'
import { encodeLeaves } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import {
  IMAGES,
  LEAVES,
  libxc,
  libxcHeaders,
  libxcV2,
  libxl,
  POLICY,
  pageData,
  ROUND,
  record,
  xl,
} from '../build.testing.js'
import { readHead } from '../head.js'
import { concat, sameBytes } from '../images.testing.js'
import { RewriteError } from './errors.js'
import { rewritePolicy } from './policy.js'
import { failing, through } from './transform.testing.js'
import { upgradeImage } from './upgrade.js'

const OTHER = LEAVES.map((leaf) => (leaf.leaf === 1 ? { ...leaf, d: 0x8001 } : leaf))
const MSRS = [
  { index: 0xce, flags: 0, value: 0n },
  { index: 0x10a, flags: 0, value: 5n },
]
const [CPUID = new Uint8Array(), MSR = new Uint8Array()] = POLICY
const END = concat([record(0x10), ROUND, record(0)])

describe('a policy', () => {
  it.each([
    {
      what: 'leaves alone',
      policy: { leaves: OTHER },
      records: [record(0x11, encodeLeaves(OTHER)), MSR],
    },
    { what: 'no MSRs', policy: { msrs: null }, records: [CPUID] },
    { what: 'no leaves', policy: { leaves: null }, records: [MSR] },
    { what: 'nothing', policy: {}, records: POLICY },
    { what: 'none', policy: null, records: [] },
  ])('$what: the other record stays', async ({ policy, records }) => {
    const result = await through(rewritePolicy(policy), libxc(), [50])
    expect(result).toEqual(concat([libxcHeaders(), ...records, END]))
  })

  it.each([
    { what: 'both', present: [] },
    { what: 'leaves', present: [MSR] },
    { what: 'MSRs', present: [CPUID] },
  ])('$what missing: put where Xen writes them', async ({ present }) => {
    const image = concat([libxcHeaders(), ...present, END])
    const policy = { leaves: LEAVES, msrs: [{ index: 0xce, flags: 0, value: 0n }] }
    expect(await through(rewritePolicy(policy), image)).toEqual(libxc())
  })

  it('twice in an image: the last is replaced, the other goes', async () => {
    const image = concat([libxcHeaders(), CPUID, MSR, record(0x11, encodeLeaves(OTHER)), END])
    const result = await through(rewritePolicy({ leaves: LEAVES }), image)
    expect(result).toEqual(concat([libxcHeaders(), MSR, CPUID, END]))
  })

  it('is made of the head that has come', async () => {
    const result = await through(
      rewritePolicy(async ({ cpuPolicy, format, bytes }) => {
        expect(format).toBe('xl')
        expect(bytes.length).toBeGreaterThan(100)
        return cpuPolicy?.withRecords(OTHER) ?? null
      }),
      xl(),
      [13],
    )
    expect((await readHead(result)).cpuPolicy?.featureset.names()).toEqual(['FPU', 'CMOV'])
  })

  it('stays what it is when it is written twice', async () => {
    for (const { image, form } of IMAGES) {
      if (form.includes('2')) continue
      const once = await through(rewritePolicy({ leaves: OTHER, msrs: MSRS }), image)
      const twice = await through(rewritePolicy({ leaves: OTHER, msrs: MSRS }), once)
      expect(sameBytes(once, twice)).toBe(true)
    }
  })

  it('that Xen refuses is refused, and nothing is written', async () => {
    const unknown = { leaf: 0x1234, subleaf: null, a: 1, b: 0, c: 0, d: 0 }
    const cases = [
      { policy: { leaves: [...LEAVES, unknown] }, error: { errno: 'ERANGE', leaf: 0x1234 } },
      { policy: { msrs: [{ index: 0x8b, flags: 0, value: 0n }] }, error: { errno: 'ERANGE' } },
      { policy: { msrs: [{ index: 0xce, flags: 1, value: 0n }] }, error: { errno: 'EINVAL' } },
      {
        policy: { msrs: [{ index: 0xce, flags: 0, value: 1n << 40n }] },
        error: { errno: 'EOVERFLOW' },
      },
      { policy: { leaves: Array(200).fill(LEAVES[0]) }, error: { errno: 'E2BIG' } },
      { policy: { leaves: [] }, error: { code: 'BAD_POLICY_LENGTH' } },
      { policy: { msrs: new Uint8Array() }, error: { code: 'BAD_POLICY_LENGTH' } },
      { policy: { leaves: new Uint8Array(25) }, error: { code: 'RECORDS_LENGTH' } },
    ]
    for (const { policy, error } of cases) {
      const failed = await failing(rewritePolicy(policy), xl(), [100])
      expect(failed.error).toMatchObject(error)
      expect(failed.written).toHaveLength(0)
    }
  })

  it('is judged with what stays', async () => {
    const image = concat([libxcHeaders(), CPUID, record(0x12, new Uint8Array(32).fill(9)), END])
    const { error } = await failing(rewritePolicy({ leaves: OTHER }), image)
    expect(error).toBeInstanceOf(PolicyRecordError)
    const mended = await through(rewritePolicy({ leaves: OTHER, msrs: MSRS }), image)
    expect((await readHead(mended)).msrPolicy).toEqual(MSRS)
  })

  it('fails as the function that makes it fails', async () => {
    const failure = new Error('no such level')
    const { error, written } = await failing(
      rewritePolicy(() => {
        throw failure
      }),
      libxl(),
    )
    expect([error, written.length]).toEqual([failure, 0])
  })
})

describe('for a release', () => {
  const wide = CpuPolicy.fromRecords(
    [
      ...LEAVES.filter(({ leaf }) => leaf !== 0 && leaf !== 0x8000_0000),
      { leaf: 0, subleaf: null, a: 0xd, b: 0x756e_6547, c: 0x6c65_746e, d: 0x4965_6e69 },
      { leaf: 7, subleaf: 0, a: 2, b: 0, c: 0, d: 0 },
      { leaf: 0x8000_0000, subleaf: null, a: 0x8000_0021, b: 0, c: 0, d: 0 },
    ],
    [{ index: 0xce, flags: 0, value: 0n }],
  )

  it('a policy is written in its extent, and its limits end where the release ends', async () => {
    const result = await through(rewritePolicy(wide, { release: '4.14.0' }), libxc())
    const { cpuPolicy, msrPolicy, policyRecords } = await readHead(result)
    expect(cpuPolicy?.maxSubleaf).toBe(1)
    expect(cpuPolicy?.maxExtendedLeaf).toBe(0x8000_001c)
    expect(msrPolicy?.map(({ index }) => index)).toEqual([0xce])
    const { leaves } = wide.toRecords()
    expect(policyRecords[0]?.entries).toBe(leaves.length - 1 - 5)
    const plain = await readHead(await through(rewritePolicy(wide), libxc()))
    expect(plain.cpuPolicy?.equals(wide)).toBe(true)
    const same = await readHead(await through(rewritePolicy(wide, { release: '4.17' }), libxc()))
    expect(same.cpuPolicy?.equals(wide)).toBe(true)
  })

  it.each([
    {
      what: 'a sub-leaf',
      leaf: { leaf: 7, subleaf: 2, a: 0, b: 0, c: 0, d: 1 },
      said: '0x7, sub-leaf 2',
    },
    {
      what: 'a leaf',
      leaf: { leaf: 0x8000_0021, subleaf: null, a: 4, b: 0, c: 0, d: 0 },
      said: '0x80000021',
    },
  ])('$what that it would lose is refused by name', async ({ leaf, said }) => {
    const policy = wide.withRecords([leaf])
    const { error, written } = await failing(rewritePolicy(policy, { release: '4.14.0' }), libxc())
    expect(error).toBeInstanceOf(RewriteError)
    expect(error).toMatchObject({
      code: 'POLICY_DOES_NOT_FIT',
      message: expect.stringContaining(said),
      details: { release: '4.14.0', lost: [{ leaf: leaf.leaf, subleaf: leaf.subleaf, msr: null }] },
    })
    expect(written).toHaveLength(0)
    await through(rewritePolicy(policy, { release: '4.14.6' }), libxc())
  })

  it('an MSR that it would lose is refused by name', async () => {
    const policy = wide.withRecords([], [{ index: 0x10a, flags: 0, value: 1n }])
    const { error } = await failing(rewritePolicy(policy, { release: '4.14.0' }), libxc())
    expect(error).toMatchObject({
      code: 'POLICY_DOES_NOT_FIT',
      message: expect.stringContaining('MSR 0x10a'),
    })
  })

  it('records are judged as they stand', async () => {
    const change = { leaves: LEAVES, msrs: MSRS }
    const { error } = await failing(rewritePolicy(change, { release: '4.14.0' }), libxc())
    expect(error).toMatchObject({ errno: 'E2BIG' })
    await through(rewritePolicy(change, { release: '4.14.1' }), libxc())
  })

  it('that is not known there is an error', async () => {
    const { error } = await failing(rewritePolicy(wide, { release: '5.0' }), libxc())
    expect(error).toMatchObject({ code: 'RELEASE_UNKNOWN' })
  })
})

describe('an image of version 2', () => {
  it('is made one of version 3', async () => {
    const policy = { leaves: LEAVES, msrs: [{ index: 0xce, flags: 0, value: 0n }] }
    expect(await through(upgradeImage(policy), libxcV2(), [9])).toEqual(libxc())
    const none = concat([libxcHeaders(), END])
    expect(await through(upgradeImage(null), libxcV2())).toEqual(none)
  })

  it('has its static part end before state that comes early, and behind all that is static', async () => {
    const old = libxcHeaders({ version: 2 })
    const tsc = record(8, new Uint8Array(24))
    const note = record(0x8000_0001)
    const memory = concat([pageData([0]), record(9, new Uint8Array(13)), record(0)])
    const policy = { leaves: LEAVES, msrs: [{ index: 0xce, flags: 0, value: 0n }] }
    const cases = [
      { rest: [tsc, memory], becomes: [...POLICY, record(0x10), tsc, memory] },
      { rest: [note, tsc, memory], becomes: [note, ...POLICY, record(0x10), tsc, memory] },
      { rest: [tsc, CPUID, memory], becomes: [tsc, ...POLICY, record(0x10), memory] },
      { rest: [record(0x10), memory], becomes: [...POLICY, record(0x10), memory] },
      { rest: [record(0)], becomes: [...POLICY, record(0x10), record(0)] },
    ]
    for (const { rest, becomes } of cases) {
      const result = await through(upgradeImage(policy), concat([old, ...rest]))
      expect(result).toEqual(concat([libxcHeaders(), ...becomes]))
    }
  })

  it('is one: others are refused', async () => {
    const { error, written } = await failing(upgradeImage(null), xl())
    expect(error).toMatchObject({ code: 'BAD_VERSION', details: { version: 3 } })
    expect(written).toHaveLength(0)
  })
})
