/** Rewriting: what is refused and with which error, how much is held, and what partial changes come to. */
import { CpuPolicy, PolicyRecordError } from '@xenlevel/core'
import { encodeLeaves } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
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
import { ImageError, LegacyImageError } from '../errors.js'
import { readHead } from '../head.js'
import { concat, sameBytes } from '../images.testing.js'
import { RewriteError } from './errors.js'
import { rewritePolicy } from './policy.js'
import { failing, streamOf, through } from './transform.testing.js'
import { trimImage } from './trim.js'
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

const TRANSFORMS = [
  { name: 'rewritePolicy', make: () => rewritePolicy({ leaves: OTHER }), writes: 'nothing' },
  { name: 'upgradeImage', make: () => upgradeImage({ leaves: OTHER }), writes: 'nothing' },
  { name: 'trimImage', make: () => trimImage(), writes: 'what it kept' },
] as const

describe.each(TRANSFORMS)('bad input to $name', ({ make, writes }) => {
  it('is an error with its offset, and writes $writes', async () => {
    const damaged = xl().slice()
    damaged[150] = 0x55
    const legacy = new Uint8Array(new Uint32Array([0x20000, 0, 8, 1, 0, 2, 0, 3, 0]).buffer)
    const cases = [
      { input: new Uint8Array(), code: 'TRUNCATED', offset: 0 },
      { input: xl().subarray(0, 120), code: 'TRUNCATED', offset: 120 },
      { input: new Uint8Array(100), code: 'BAD_MAGIC', offset: 0 },
      { input: legacy, code: 'LEGACY', offset: 0 },
    ]
    for (const { input, code, offset } of cases) {
      const { error, written } = await failing(make(), input, [7])
      expect(error).toBeInstanceOf(code === 'LEGACY' ? LegacyImageError : ImageError)
      expect(error).toMatchObject({ code, offset })
      if (writes === 'nothing') expect(written).toHaveLength(0)
      else expect(sameBytes(written, input.subarray(0, written.length))).toBe(true)
    }
  })

  it('never hangs and fails with a typed error alone', async () => {
    const input = concat([xl()])
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(900), fc.nat(255)), { maxLength: 4 }),
        fc.nat(input.length),
        fc.integer({ min: 1, max: 500 }),
        async (changes, end, size) => {
          const damaged = input.slice(0, end)
          for (const [at, byte] of changes) if (at < end) damaged[at] = byte
          const { error } = await failing(make(), damaged, [size])
          if (error !== null)
            expect(
              [ImageError, RewriteError, PolicyRecordError].some((kind) => error instanceof kind),
            ).toBe(true)
        },
      ),
      { numRuns: 120 },
    )
  })
})

describe('a stream', () => {
  const tail = new Uint8Array(500).fill(7)

  it('that follows the image passes', async () => {
    const image = concat([libxc(), tail])
    const { leaves } = { leaves: LEAVES }
    expect(sameBytes(await through(rewritePolicy({ leaves }), image, [100]), image)).toBe(true)
    const trimmed = await through(trimImage(), image, [100])
    expect(sameBytes(trimmed.subarray(-tail.length), tail)).toBe(true)
  })

  it('is held no further than its consumer is', async () => {
    const chunk = 4096
    const memory = new Uint8Array(chunk)
    let given = 0
    const head = concat([libxcHeaders(), ...POLICY, record(0x10)])
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          controller.enqueue(given++ === 0 ? head : memory)
        },
      },
      { highWaterMark: 0 },
    )
    const reader = source.pipeThrough(rewritePolicy({ leaves: OTHER })).getReader()
    for (let taken = 1; taken <= 50; taken++) {
      expect((await reader.read()).done).toBe(false)
      await new Promise((resolve) => setTimeout(resolve, 1))
      expect(given - taken).toBeLessThanOrEqual(2)
    }
    await reader.cancel()
  })

  it('with one record of 100 MB is not held either', async () => {
    const length = 100 * 2 ** 20
    const start = record(9, new Uint8Array(8)).slice()
    new DataView(start.buffer).setUint32(4, length, true)
    let left = length - 8
    let most = 0
    const chunk = new Uint8Array(65_536)
    const pieces = [libxcHeaders(), ...POLICY, record(0x10), start]
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces.shift()
        if (piece !== undefined) controller.enqueue(piece)
        else if (left > 0) {
          controller.enqueue(chunk.subarray(0, Math.min(left, chunk.length)))
          left -= chunk.length
        } else {
          controller.enqueue(record(0))
          controller.close()
        }
      },
    })
    let size = 0
    for await (const piece of source.pipeThrough(trimImage())) {
      most = Math.max(most, piece.length)
      size += piece.length
    }
    expect(most).toBeLessThanOrEqual(65_536)
    expect(size).toBe(length + 8 + 8 + concat([libxcHeaders(), ...POLICY, record(0x10)]).length)
  })

  it('is let go when its consumer has enough', async () => {
    let cancelled: unknown = null
    const pieces = [xl().slice(0, 700), xl().slice(700)]
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(pieces.shift() ?? tail)
      },
      cancel(reason) {
        cancelled = reason
      },
    })
    const reader = source.pipeThrough(trimImage()).getReader()
    await reader.read()
    await reader.cancel('enough')
    await vi.waitFor(() => expect(cancelled).toBe('enough'))
  })

  it.each(TRANSFORMS)('that fails makes $name fail', async ({ make }) => {
    const failure = new Error('the wire was cut')
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(failure)
      },
    })
    await expect(source.pipeThrough(make()).getReader().read()).rejects.toBe(failure)
  })

  it('is aborted by a signal', async () => {
    const stop = new AbortController()
    const never = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(xl().slice(0, 60))
      },
    })
    const piped = never.pipeThrough(rewritePolicy(null), { signal: stop.signal })
    const read = piped.getReader().read()
    stop.abort(new Error('the guest was shut down'))
    await expect(read).rejects.toThrow('the guest was shut down')
  })

  it('gives nothing of a head before all of it is there', async () => {
    const image = libxc()
    const { headEnd } = await readHead(image)
    const { readable, writable } = rewritePolicy({ leaves: LEAVES })
    const [reader, writer] = [readable.getReader(), writable.getWriter()]
    let seen = 0
    const first = reader.read().then(({ value }) => {
      seen = value?.length ?? 0
    })
    for (let at = 0; at < headEnd - 1; at += 40)
      await writer.write(image.slice(at, Math.min(at + 40, headEnd - 1)))
    expect(seen).toBe(0)
    await writer.write(image.slice(headEnd - 1, headEnd))
    await first
    expect(seen).toBe(headEnd)
    const written = writer.write(image.slice(headEnd))
    expect((await reader.read()).value?.length).toBe(image.length - headEnd)
    await written
    await writer.close()
    expect((await reader.read()).done).toBe(true)
  })

  it('comes from and goes to what the platform has', async () => {
    const image = xl()
    const result = await new Response(
      streamOf(image, [777]).pipeThrough(rewritePolicy({ leaves: LEAVES })),
    ).arrayBuffer()
    expect(sameBytes(new Uint8Array(result), image)).toBe(true)
  })
})
