import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LEAVES } from '../build.testing.js'
import { readHead } from '../head.js'
import { concat, readAll } from '../images.testing.js'
import { ImageVerifier } from '../verify/verifier.js'
import { ImageWriter } from './writer.js'

import { begun, POLICY, page, refusalOf, state, TSC, XEN } from './writer.testing.js'

describe('a libxc image', () => {
  it('is what was written', async () => {
    const writer = begun()
    writer.pageData(
      [0, { pfn: 2 ** 40 + 5, type: 'XTAB' }, { pfn: 2, type: 'L4TAB_PINNED' }],
      [page(1), page(2)],
    )
    state(writer)
    expect(writer.report).toBeNull()
    const report = writer.end()
    expect(writer.report).toBe(report)
    expect(report).toMatchObject({ ok: true, complete: true, findings: [] })
    const bytes = concat(writer.take())
    expect(bytes.length).toBe(report.size)
    const { events, error } = await readAll(bytes)
    expect(error).toBeNull()
    expect(events.map(({ name }) => name)).toEqual([
      'ImageHeader',
      'DomainHeader',
      'X86_CPUID_POLICY',
      'X86_MSR_POLICY',
      'STATIC_DATA_END',
      'PAGE_DATA',
      'X86_TSC_INFO',
      'HVM_CONTEXT',
      'HVM_PARAMS',
      'END',
      'end',
    ])
    expect(events.find(({ name }) => name === 'PAGE_DATA')).toMatchObject({ count: 3, withData: 2 })
    const head = await readHead(bytes)
    expect(head.cpuPolicy?.equals(POLICY)).toBe(true)
    expect(head).toMatchObject({ version: 3, xen: [4, 22], kind: 'hvm' })
  })

  it('of version 2 has no static part to be ended', async () => {
    const writer = new ImageWriter({ form: 'libxc', kind: 'hvm', xen: [4, 13], version: 2 })
    writer.pageData([7], page(7))
    state(writer)
    writer.end()
    expect(await readHead(concat(writer.take()))).toMatchObject({
      version: 2,
      staticDataEnd: 'inferred',
    })
  })

  it('of a PV guest has its width and its p2m', () => {
    const writer = new ImageWriter({ form: 'libxc', kind: 'pv32', xen: XEN })
    writer.pvInfo()
    writer.policy(POLICY)
    writer.staticDataEnd()
    writer.pvP2mFrames({ startPfn: 0, endPfn: 1023, frames: [1n] })
    writer.pageData([1], page(0))
    const [, , info] = writer.take().filter(({ length }) => length === 8 || length > 15)
    expect(info?.slice(0, 2)).toEqual(Uint8Array.of(2, 0))
    expect(refusalOf(() => begun().pvInfo()).code).toBe('UNEXPECTED_RECORD')
  })

  it('may have records that receivers ignore, and no others', () => {
    const writer = begun()
    writer.record(0x8000_1234, new Uint8Array(11))
    expect(writer.pending).toBeGreaterThan(0)
    expect(refusalOf(() => writer.record(0x1234)).code).toBe('UNKNOWN_MANDATORY')
  })
})

describe('what is wrong', () => {
  const cases: readonly { what: string; code: string; write: (writer: ImageWriter) => void }[] = [
    { what: 'a page too few', code: 'BAD_PAGE_DATA', write: (w) => w.pageData([1, 2], page(0)) },
    { what: 'no pages', code: 'BAD_PAGE_DATA', write: (w) => w.pageData([]) },
    {
      what: 'a page of a type without one',
      code: 'BAD_PAGE_DATA',
      write: (w) => w.pageData([{ pfn: 1, type: 'XTAB' }], page(0)),
    },
    {
      what: 'a reserved type',
      code: 'BAD_PAGE_TYPE',
      write: (w) => w.pageData(new BigUint64Array([5n << 60n])),
    },
    {
      what: 'the static part ended twice',
      code: 'DUPLICATE_STATIC_DATA_END',
      write: (w) => w.staticDataEnd(),
    },
    {
      what: 'a policy behind it',
      code: 'POLICY_AFTER_STATIC_DATA_END',
      write: (w) => w.cpuidPolicy(LEAVES),
    },
    {
      what: 'an empty context',
      code: 'BAD_RECORD_LENGTH',
      write: (w) => w.hvmContext(new Uint8Array()),
    },
    {
      what: 'state of another kind of guest',
      code: 'UNEXPECTED_RECORD',
      write: (w) => w.sharedInfo(page(0)),
    },
    {
      what: 'a checkpoint that was not told of',
      code: 'UNEXPECTED_RECORD',
      write: (w) => {
        state(w)
        w.checkpoint()
      },
    },
    { what: 'no context', code: 'MISSING_RECORD', write: (w) => w.end() },
    {
      what: 'no context at the end of the image',
      code: 'MISSING_RECORD',
      write: (w) => w.endLibxc(),
    },
  ]

  it.each(cases)('$what is refused as $code, and nothing comes out any more', ({ code, write }) => {
    const writer = begun()
    writer.take()
    const error = refusalOf(() => write(writer))
    expect(error.code).toBe(error.findings[0]?.code)
    expect(error.findings.map((finding) => finding.code)).toContain(code)
    expect(error.message).toContain('libxc')
    const left = concat(writer.take())
    for (const again of [() => writer.tscInfo(TSC), () => writer.end(), () => writer.endLibxc()])
      expect(refusalOf(again)).toBe(error)
    expect(writer.report).toBeNull()
    expect(writer.take()).toEqual([])
    // What was handed out is a right beginning, and no image.
    const verifier = new ImageVerifier({ kind: 'hvm', checkpointed: false })
    const clean = begun()
    verifier.push(concat([...clean.take(), left]))
    expect(verifier.ok).toBe(true)
    expect(verifier.end()).toMatchObject({ ok: false, complete: false })
  })

  it.each([
    {
      what: 'leaves twice',
      code: 'DUPLICATE_RECORD',
      write: (w: ImageWriter) => {
        w.cpuidPolicy(LEAVES)
        w.cpuidPolicy(LEAVES)
      },
    },
    { what: 'no leaves', code: 'BAD_POLICY_LENGTH', write: (w: ImageWriter) => w.cpuidPolicy([]) },
    {
      what: 'memory before its end',
      code: 'NO_STATIC_DATA_END',
      write: (w: ImageWriter) => w.pageData([1], page(0)),
    },
    {
      what: 'an MSR with flags',
      code: 'POLICY_BAD_MSR',
      write: (w: ImageWriter) => {
        w.msrPolicy([{ index: 0xce, flags: 1, value: 0n }])
        w.staticDataEnd()
      },
    },
  ])('$what in the static part is refused as $code', ({ code, write }) => {
    const writer = new ImageWriter({ form: 'libxc', kind: 'hvm', xen: XEN })
    expect(refusalOf(() => write(writer)).findings.map((finding) => finding.code)).toContain(code)
  })

  it('for the receiver that is named is refused', () => {
    const writer = new ImageWriter({
      form: 'libxc',
      kind: 'hvm',
      xen: XEN,
      receiver: { release: '4.14.0' },
    })
    const refused = refusalOf(() => {
      writer.policy(POLICY)
      writer.staticDataEnd()
    })
    expect(refused.code).toBe('POLICY_TOO_MANY')
  })

  it('in a field is refused before it is cut', () => {
    const fields: readonly ((writer: ImageWriter) => void)[] = [
      (writer) => writer.pageData([2 ** 52], page(0)),
      (writer) => writer.pageData([-1], page(0)),
      (writer) => writer.pageData([1.5], page(0)),
      (writer) => writer.tscInfo({ ...TSC, khz: 2 ** 32 }),
      (writer) => writer.tscInfo({ ...TSC, nanoseconds: -1n }),
      (writer) => writer.hvmParams([{ index: 0, value: 1n << 64n }]),
    ]
    for (const write of fields) {
      const writer = begun()
      expect(refusalOf(() => write(writer)).code).toBe('FIELD_RANGE')
      // The image is what it was, and may go on.
      state(writer)
      expect(writer.end().ok).toBe(true)
    }
  })
})

describe('what is handed out', () => {
  it('is what was added since, bodies as they were given', () => {
    const writer = begun()
    writer.take()
    expect([writer.pending, writer.take()]).toEqual([0, []])
    const pages = [page(1), page(2)]
    writer.pageData([0, 1], pages)
    expect(writer.pending).toBe(8 + 8 + 16 + 8192)
    const taken = writer.take()
    expect(taken).toContain(pages[0])
    expect(taken).toContain(pages[1])
    expect(writer.pending).toBe(0)
  })

  it('is the same however often it is taken', async () => {
    const pages = fc.array(
      fc.record({
        pfn: fc.nat(2 ** 20),
        type: fc.constantFrom('NOTAB', 'L1TAB', 'XTAB', 'BROKEN', 'XALLOC', 'L4TAB_PINNED'),
      }),
      { minLength: 1, maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(pages, { maxLength: 5 }),
        fc.func(fc.boolean()),
        async (batches, takes) => {
          const [often, once] = [begun(), begun()]
          const out: Uint8Array[] = []
          for (const batch of batches) {
            const withData = batch.filter(({ type }) => !/^(BROKEN|X)/.test(type))
            for (const writer of [often, once])
              writer.pageData(
                batch,
                withData.map(({ pfn }) => page(pfn & 0xff)),
              )
            if (takes(out.length)) out.push(...often.take())
          }
          for (const writer of [often, once]) {
            state(writer)
            writer.end()
          }
          out.push(...often.take())
          const whole = concat(once.take())
          expect(concat(out)).toEqual(whole)
          const { events, error } = await readAll(whole)
          expect(error).toBeNull()
          const counts = events.flatMap((event) =>
            event.kind === 'record' && event.count !== undefined ? [event.count] : [],
          )
          expect(counts).toEqual(batches.map(({ length }) => length))
          expect(once.report?.pages.listed).toBe(batches.flat().length)
        },
      ),
      { numRuns: 25 },
    )
  })
})
