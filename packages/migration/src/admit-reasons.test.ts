/** What a stream says against a receiver, reason by reason; and what is made of an image for one. */
import { applyConfig, CpuPolicy } from '@xenlevel/core'
import { encodeLeaves } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { hostWith } from '../../core/src/hosts.testing.js'
import { testHost } from '../../core/src/xen/configuration/hosts.testing.js'
import { admitImage } from './admit.js'
import { type Arrival, streamFindings, streamReasons } from './admit-reasons.js'
import {
  ascii,
  LEAVES,
  libxc,
  libxcHeaders,
  libxcV2,
  POLICY,
  ROUND,
  record,
  words,
  xl,
} from './build.testing.js'
import { readHead } from './head.js'
import { concat, readAll } from './images.testing.js'

async function arrival(bytes: Uint8Array, more: Partial<Arrival> = {}): Promise<Arrival> {
  const head = await readHead(bytes)
  return { head, kind: 'hvm', release: '4.22', host: 'h1', later: [], ...more }
}

describe('the version of a stream', () => {
  it('is refused by a release that is too old for it, in words', async () => {
    expect(streamReasons(await arrival(libxc(), { release: '4.13.5' }))).toEqual([
      {
        code: 'stream-version',
        grade: 'refused',
        host: 'h1',
        message:
          'Xen 4.13.5 on h1 does not read version 3 of the stream, which came with Xen 4.14.0.',
      },
    ])
  })

  it.each([undefined, '3.4', 'unknown', '4.14'])('is no reason for release %s', async (release) => {
    expect(streamReasons(await arrival(libxc(), { release }))).toEqual([])
  })

  it('is no reason where nobody knows it', async () => {
    const known = await arrival(libxc(), { release: '4.13.5' })
    expect(streamReasons({ ...known, head: { ...known.head, version: 4 } })).toEqual([])
  })
})

describe('policies that come too late', () => {
  it('are records of the libxc image behind its head', async () => {
    const bytes = concat([libxcHeaders(), ...POLICY, record(0x10), ...POLICY, ROUND, record(0)])
    const { head } = await arrival(bytes)
    const { events } = await readAll(bytes)
    const [first = new Uint8Array()] = POLICY
    const second = head.headEnd + first.length
    const late = events.find(({ offset, kind }) => kind === 'record' && offset === head.headEnd)
    if (late?.kind !== 'record') throw new Error('there is a record behind the head')
    const message = (what: string) => [
      {
        code: 'stream-policy-ignored',
        grade: 'lost',
        host: 'h1',
        message: `${what} behind STATIC_DATA_END: Xen on h1 stores what comes so late and never applies it, and the guest runs with another policy in silence.`,
      },
    ]
    expect(streamReasons(await arrival(bytes, { later: events }))).toEqual(
      message(`X86_CPUID_POLICY at byte ${head.headEnd} and X86_MSR_POLICY at byte ${second}`),
    )
    expect(streamReasons(await arrival(bytes, { later: [late] }))).toEqual(
      message(`X86_CPUID_POLICY at byte ${head.headEnd}`),
    )
    // None of these is one.
    const { layer, name, offset, length, size } = late
    const others = [
      { ...late, layer: 'libxl' as const },
      { ...late, name: 'HVM_CONTEXT' },
      { ...late, offset: head.headEnd - 1 },
      { kind: 'header' as const, layer, name, offset, length, size, fields: {} },
    ]
    for (const other of others)
      expect(streamReasons(await arrival(bytes, { later: [other] }))).toEqual([])
  })
})

describe('what is good to know', () => {
  const converted = () => {
    const image = libxc()
    image.set([0, 0, 0, 0, 1, 0, 0, 0], 32)
    return image
  }
  const [leaves = new Uint8Array(), msrs = new Uint8Array()] = POLICY

  it.each<[string, () => Uint8Array, [string, string, string][]]>([
    ['a plain image', libxc, []],
    ['a converted image', converted, [['CONVERTED', 'info', 'convert-legacy-stream']]],
    [
      'policies in version 2',
      () => concat([libxcHeaders({ version: 2 }), ...POLICY, ROUND]),
      [['V3_RECORD_IN_V2', 'warning', 'version 2']],
    ],
    [
      'leaves twice',
      () => concat([libxcHeaders(), leaves, leaves, msrs, record(0x10)]),
      [['DUPLICATE_RECORD', 'warning', 'comes twice']],
    ],
    [
      'MSRs twice',
      () => concat([libxcHeaders(), leaves, msrs, msrs, record(0x10)]),
      [['DUPLICATE_RECORD', 'warning', 'comes twice']],
    ],
    ['an xl file', xl, []],
    [
      'one without a configuration',
      () => {
        const whole = xl('')
        return concat([whole.subarray(0, 44), new Uint8Array(4), whole.subarray(52)])
      },
      [['NO_XL_CONFIG', 'warning', 'xl restore']],
    ],
  ])('%s', async (_, image, expected) => {
    const found = streamFindings(await arrival(image()))
    expect(found).toEqual(
      expected.map(([code, severity, part]) => ({
        ...{ code, severity, message: expect.stringContaining(part) },
      })),
    )
  })
})

describe('the receiver', () => {
  const wide = () => {
    const leaves = LEAVES.map((each) =>
      each.leaf === 0x8000_0000 ? { ...each, a: 0x8000_0008 } : each,
    )
    const widths = { leaf: 0x8000_0008, subleaf: null, a: 0x3034, b: 0, c: 0, d: 0 }
    const records = [record(0x11, encodeLeaves([...leaves, widths])), POLICY[1] ?? record(0x12)]
    return concat([libxcHeaders(), ...records, record(0x10), ROUND, record(0)])
  }

  it('may be a snapshot that does not know its Xen', async () => {
    const host = hostWith('h2', ['FPU'], { xen: null })
    const { reasons } = admitImage(await readHead(libxc()), host)
    expect(reasons.map(({ code }) => code)).not.toContain('stream-version')
  })

  it('has a name, and so has the guest', async () => {
    const head = await readHead(libxc())
    const max = CpuPolicy.fromRecords(
      LEAVES.map((each) => ({ ...each, d: each.leaf === 1 ? 0 : each.d })),
    )
    const host = {
      ...{ release: '4.13.5', raw: max, host: max },
      ...{ pvMax: max, pvDefault: max, hvmMax: max, hvmDefault: max },
    }
    const said = (options: Parameters<typeof admitImage>[2]) =>
      admitImage(head, host, options).reasons.map(({ message }) => message)
    const missing = (message: string) => /FPU/.test(message)
    expect(said({}).at(-1)).toContain('Xen 4.13.5 on the host does not read')
    expect(said({ hostName: 'h3' }).at(-1)).toContain('Xen 4.13.5 on h3 does not read')
    expect(said({}).find(missing)).toMatch(/^The guest /)
    expect(said({ name: 'vm1' }).find(missing)).toMatch(/^vm1 /)
  })

  it('is judged by where the memory of the guest ends, if that is known', async () => {
    const head = await readHead(wide())
    const grades = (options: Parameters<typeof admitImage>[2]) =>
      admitImage(head, testHost('4.22'), options).reasons.flatMap(({ code, grade }) =>
        code === 'address-width' ? [grade] : [],
      )
    expect(grades({})).toEqual(['degraded'])
    expect(grades({ memoryEnd: 1n << 46n })).toEqual(['degraded'])
    expect(grades({ memoryEnd: (1n << 46n) + 1n })).toEqual(['lost'])
  })
})

describe('what the receiver makes up', () => {
  const FEATURES = '((vm_str "((platformdata((featureset 0-8-ff))))")(xs_subtree()))'
  const xenopsd = () => {
    const text = ascii(FEATURES)
    return concat([
      ascii('XenSavedDomv2-\n'),
      concat([words(0x0f, 0, text.length, 0), text]),
      concat([words(0xf0, 0, 0, 0), libxcV2()]),
      words(0xffff, 0, 0, 0),
    ])
  }
  const host = testHost('4.17.7')
  const made = (options: Partial<Parameters<typeof applyConfig>[0]>) =>
    applyConfig({
      ...{ host, domain: { kind: 'hvm' }, release: '4.17.7', restore: true },
      ...options,
    })

  it('is a policy of that kind of guest, as for a restore', async () => {
    const { invented } = admitImage(await readHead(libxcV2()), host)
    expect(invented?.policy.equals(made({}).policy)).toBe(true)
    for (const other of [made({ domain: { kind: 'pv' } }), made({ restore: false })])
      expect(invented?.policy.equals(other.policy)).toBe(false)
    const told = admitImage(await readHead(libxcV2()), host, { kind: 'pv' })
    expect(told.invented?.policy.equals(made({ domain: { kind: 'pv' } }).policy)).toBe(true)
  })

  it('has the featureset that xenopsd knows', async () => {
    const head = await readHead(xenopsd())
    const { featureset } = head.metadata ?? {}
    if (featureset === null || featureset === undefined) throw new Error('there is a featureset')
    const { invented } = admitImage(head, host)
    expect(invented?.policy.equals(made({ featureset }).policy)).toBe(true)
    expect(invented?.policy.equals(made({}).policy)).toBe(false)
  })

  it.each([
    ['4.12.4', false],
    ['4.13.0', true],
  ])('is known of Xen %s: %s', async (release, known) => {
    const { invented } = admitImage(await readHead(libxcV2()), testHost(release))
    expect(invented !== null).toBe(known)
  })
})
