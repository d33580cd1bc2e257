/** Heads of images that are put together here: what they tell, where they end, and what is refused. */
import { encodeLeaves } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import {
  ascii,
  LEAVES,
  libvirt,
  libxc,
  libxcHeaders,
  libxcV2,
  libxl,
  libxlHeader,
  POLICY,
  pageData,
  ROUND,
  record,
  remus,
  words,
  xenopsd,
  xl,
} from './build.testing.js'
import { LegacyImageError } from './errors.js'
import { readHead } from './head.js'
import { CountedSource, concat } from './images.testing.js'

const PV_INFO = (width: number, levels: number) =>
  record(2, Uint8Array.of(width, levels, 0, 0, 0, 0, 0, 0))

/** A libxc image of version 3 with these records. */
const image = (...records: readonly Uint8Array[]) => concat([libxcHeaders(), ...records])

describe('a head', () => {
  it('tells what stands in it', async () => {
    const head = await readHead(xl())
    expect(head).toMatchObject({
      format: 'xl',
      layers: ['xl', 'libxl', 'libxc'],
      layerOffsets: { xl: 0, libxl: 93, libxc: 117 },
      version: 3,
      xen: [4, 22],
      kind: 'hvm',
      guestKind: 'pvh',
      config: '{"c_info":{"type":"pvh","name":"guest"}}',
      configLanguage: 'json',
      staticDataEnd: 'explicit',
      missing: [],
      invented: [],
      policyError: null,
    })
    expect(head.cpuPolicy?.vendor).toBe('Intel')
    expect(head.cpuPolicy?.toRecords().leaves).toEqual(expect.arrayContaining(LEAVES))
    expect(head.msrPolicy).toEqual([{ index: 0xce, flags: 0, value: 0n }])
  })

  it.each([
    { what: 'a PVH guest of libvirt', bytes: libvirt(), kind: 'pvh' },
    { what: 'an HVM guest', bytes: xl('{"c_info":{"type":"hvm"}}\0'), kind: 'hvm' },
    { what: 'a bare image', bytes: libxc(), kind: 'hvm' },
    {
      what: 'a PV guest',
      bytes: concat([libxcHeaders({ type: 1 }), PV_INFO(8, 4), record(0x10)]),
      kind: 'pv',
    },
    {
      what: 'a 32-bit PV guest',
      bytes: concat([libxcHeaders({ type: 1 }), PV_INFO(4, 3), record(0x10)]),
      kind: 'pv32',
    },
  ])('tells the kind of $what', async ({ bytes, kind }) => {
    expect((await readHead(bytes)).guestKind).toBe(kind)
  })

  it('ends before the first memory record of version 2, or where its state ends', async () => {
    const head = await readHead(libxcV2())
    expect([head.version, head.staticDataEnd, head.headEnd]).toEqual([2, 'inferred', 40])
    expect(head.missing).toEqual(['CPUID', 'MSR'])
    const early = concat([
      libxcHeaders({ version: 2 }),
      ...POLICY,
      record(8, new Uint8Array(24)),
      ROUND,
    ])
    const withPolicy = await readHead(early)
    expect(withPolicy.missing).toEqual([])
    expect(withPolicy.headEnd).toBe(early.length - ROUND.length)
  })

  it('of a checkpointed image is that of its first round', async () => {
    expect((await readHead(remus())).cpuPolicy?.vendor).toBe('Intel')
  })

  it('judges by the last of two policies', async () => {
    const [leaf0 = { leaf: 0, subleaf: null, a: 0, b: 0, c: 0, d: 0 }] = LEAVES
    const second = record(0x11, encodeLeaves([{ ...leaf0, a: 0xd }]))
    const head = await readHead(image(...POLICY, second, record(0x10)))
    expect(head.policyRecords.map(({ entries }) => entries)).toEqual([4, 1, 1])
    expect(head.cpuPolicy?.maxLeaf).toBe(0xd)
  })

  it("tells xenopsd's featureset, whatever else stands there", async () => {
    const featureset = async (metadata: string) => {
      const head = await readHead(xenopsd(metadata))
      return head.metadata?.featureset?.toString() ?? null
    }
    const vm = (platform: string) => `((xs_subtree())(vm_str "((platformdata(${platform})))"))`
    expect(await featureset(vm('(featureset 1-a)'))).toBe('00000001-0000000a')
    expect(await featureset(vm('(generation-id \\"\\")(featureset 1-a)'))).toBe('00000001-0000000a')
    expect(await featureset(vm('(name \\"\\\\\\"featureset 5\\\\\\"\\")'))).toBeNull()
    expect(await featureset(vm('(featureset \\"\\")'))).toBeNull()
    expect(await featureset(vm('(featureset none)'))).toBeNull()
    expect(await featureset('((vm_str "((("))')).toBeNull()
    expect(await featureset(`(${'('.repeat(10_000)}${')'.repeat(10_000)})`)).toBeNull()
  })
})

describe('a head is refused', () => {
  const refused = [
    {
      what: 'memory before STATIC_DATA_END',
      bytes: image(...POLICY, pageData([0])),
      code: 'NO_STATIC_DATA_END',
    },
    {
      what: 'an image without memory and without STATIC_DATA_END',
      bytes: image(record(0)),
      code: 'NO_STATIC_DATA_END',
    },
    {
      what: 'an unknown record that may not be left out',
      bytes: image(record(0x77)),
      code: 'UNKNOWN_MANDATORY',
    },
    {
      what: 'a record that libxl does not know, optional or not',
      bytes: concat([libxlHeader(), record(0x8000_0001)]),
      code: 'UNKNOWN_MANDATORY',
    },
    {
      what: 'a record of the way back',
      bytes: image(record(0xf, new Uint8Array(8))),
      code: 'UNEXPECTED_RECORD',
    },
    {
      what: 'an empty policy',
      bytes: image(record(0x11), record(0x10)),
      code: 'BAD_POLICY_LENGTH',
    },
    {
      what: 'half a leaf',
      bytes: image(record(0x11, new Uint8Array(36)), record(0x10)),
      code: 'BAD_POLICY_LENGTH',
    },
    {
      what: 'no MSR',
      bytes: image(record(0x12, new Uint8Array(24)), record(0x10)),
      code: 'BAD_POLICY_LENGTH',
    },
    {
      what: 'page tables of no kind',
      bytes: concat([libxcHeaders({ type: 1 }), PV_INFO(4, 4), record(0x10)]),
      code: 'BAD_PV_INFO',
    },
    { what: 'metadata that is no s-expression', bytes: xenopsd('((('), code: 'BAD_XENOPS_RECORD' },
    { what: 'metadata of two s-expressions', bytes: xenopsd('(a)(b)'), code: 'BAD_XENOPS_RECORD' },
    { what: 'a text that never ends', bytes: xenopsd('(vm_str "abc'), code: 'BAD_XENOPS_RECORD' },
    {
      what: 'a stream without a guest',
      bytes: concat([libxlHeader(), record(0)]),
      code: 'NO_LIBXC_CONTEXT',
    },
    {
      what: 'the state of a virtual GPU',
      bytes: concat([ascii('XenSavedDomv2-\n'), words(0xf10, 0, 0, 0)]),
      code: 'UNEXPECTED_RECORD',
    },
  ]

  it.each(refused)('for $what: $code', async ({ bytes, code }) => {
    await expect(readHead(bytes)).rejects.toMatchObject({ code, offset: expect.any(Number) })
  })

  it('with a path from the outside in', async () => {
    const bytes = libxl(image(...POLICY, pageData([0])))
    await expect(readHead(bytes)).rejects.toMatchObject({
      path: 'libxl.libxc.record 2 (PAGE_DATA)',
      offset: 24 + 40 + POLICY.reduce((sum, { length }) => sum + length, 0),
    })
  })

  it('when it is longer than 64 KiB, unless that is wanted', async () => {
    const long = xl(`{"c_info":{"type":"hvm"},"pad":"${'x'.repeat(70_000)}"}\0`)
    const source = new CountedSource(long, [512])
    await expect(readHead(source)).rejects.toMatchObject({ code: 'HEAD_TOO_LONG', offset: 48 })
    expect(source.given).toBeLessThan(1024)
    const head = await readHead(long, { limit: 100_000 })
    expect(head.config?.length).toBe(long.length - xl('\0').length)
  })
})

describe('a stream from before 4.6', () => {
  const ones = 0xffff_ffff
  const streams = [
    {
      what: '32-bit HVM',
      bytes: words(0x2_0000, 8, 1, 2, 3, 4, 5, 6, 7, 8),
      width: 32,
      kind: 'hvm',
    },
    { what: '64-bit HVM', bytes: words(0x2_0000, 0, 8, 1, 0, 2, 0, 3, 0), width: 64, kind: 'hvm' },
    {
      what: '32-bit PV',
      bytes: words(0xff_ffff, ones, 0x1454, 0x7570_6376, 0x1430),
      width: 32,
      kind: 'pv',
    },
    {
      what: '64-bit PV',
      bytes: words(0x2_0000, 0, ones, ones, 0x1454, 0x7570_6376),
      width: 64,
      kind: 'pv',
    },
  ]

  it.each(streams)('$what is told by how it begins', async ({ bytes, width, kind }) => {
    const error: unknown = await readHead(bytes).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(LegacyImageError)
    expect(error).toMatchObject({
      code: 'LEGACY',
      legacy: { width, kind, wrapper: null, offset: 0 },
    })
  })

  it('is told by what is around it', async () => {
    const old = words(0x2_0000, 0, 8, 1, 0, 2, 0, 3, 0)
    const header = (flags: number) => [
      ascii('Xen saved domain, xl format\n \0 \r'),
      words(0x0102_0304, flags, 0, 0),
    ]
    const wrapped = [
      { wrapper: 'xl', offset: 48, bytes: concat([...header(1), old]) },
      {
        wrapper: 'libvirt',
        offset: 65,
        bytes: concat([ascii('libvirt-xml\n \0 \r'), words(1, 1), new Uint8Array(41), old]),
      },
      { wrapper: 'xenopsd', offset: 15, bytes: concat([ascii('XenSavedDomain\n'), old]) },
    ]
    for (const { bytes, ...known } of wrapped)
      await expect(readHead(bytes)).rejects.toMatchObject({ code: 'LEGACY', legacy: known })
    await expect(readHead(concat([ascii('XenSavedDomain\n'), old]))).rejects.toMatchObject({
      legacy: {
        converter: { arguments: expect.arrayContaining(['--width', '32', '--skip-qemu']) },
      },
    })
  })
})
