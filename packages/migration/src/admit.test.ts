/** Images that are put together here, before hosts that are made up: the rules of the stream one by one. */
import { CpuPolicy, type HostPolicies } from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { hostWith } from '../../core/src/hosts.testing.js'
import { admitImage } from './admit.js'
import { LEAVES, libxc, libxcHeaders, libxcV2, POLICY, ROUND, record, xl } from './build.testing.js'
import { readHead } from './head.js'
import { concat, readAll } from './images.testing.js'

function hostOf(release: string): HostPolicies {
  const max = CpuPolicy.fromRecords(LEAVES, [], { release })
  return {
    release,
    ...{ raw: max, host: max, pvMax: max, pvDefault: max, hvmMax: max, hvmDefault: max },
  }
}

const codes = (found: readonly { readonly code: string }[]) => found.map(({ code }) => code)

describe('what the stream adds to an admission', () => {
  it('is nothing for an image that fits', async () => {
    const { admitted, reasons, findings, advice, invented } = admitImage(
      await readHead(libxc()),
      hostOf('4.22'),
    )
    expect({ admitted, reasons, findings, advice, invented }).toEqual({
      admitted: true,
      reasons: [],
      findings: [],
      advice: null,
      invented: null,
    })
  })

  it.each([
    { release: '4.7', versions: [2] },
    { release: '4.13', versions: [2] },
    { release: '4.14.0', versions: [2, 3] },
    { release: '4.22', versions: [2, 3] },
  ])('Xen $release reads versions $versions', async ({ release, versions }) => {
    for (const [version, bytes] of [
      [2, libxcV2()],
      [3, libxc()],
    ] as const) {
      const { reasons, advice } = admitImage(await readHead(bytes), hostOf(release))
      const refused = reasons.find(({ code }) => code === 'stream-version')
      expect(refused === undefined).toBe(versions.includes(version))
      if (refused !== undefined) expect(advice).toContain('version 3')
    }
  })

  it('is judged for the host that a snapshot describes', async () => {
    const host = hostWith('old', ['FPU'], { xen: { release: '4.13.5', hvm: true, hap: true } })
    const { admitted, reasons, invented } = admitImage(await readHead(libxc()), host)
    expect(admitted).toBe(false)
    expect(reasons).toContainEqual(expect.objectContaining({ code: 'stream-version', host: 'old' }))
    expect(invented).toBeNull()
  })

  it('names policies that come too late, and only those', async () => {
    const late = concat([...[libxcHeaders(), ...POLICY, record(0x10), ROUND, ...POLICY, record(0)]])
    const head = await readHead(late)
    const { events } = await readAll(late)
    const { admitted, reasons, advice } = admitImage(head, hostOf('4.22'), {
      later: events,
      hostName: 'h1',
    })
    const at = head.headEnd + ROUND.length
    expect(admitted).toBe(false)
    expect(reasons).toMatchObject([{ code: 'stream-policy-ignored', grade: 'lost', host: 'h1' }])
    expect(reasons[0]?.message).toContain(`X86_CPUID_POLICY at byte ${at} and X86_MSR_POLICY`)
    expect(advice).toBe(reasons[0]?.message)
  })

  it.each([
    { what: 'an xl file without a configuration', bytes: noConfig(), finding: 'NO_XL_CONFIG' },
    {
      what: 'a policy twice',
      bytes: concat([libxcHeaders(), ...POLICY, ...POLICY, record(0x10)]),
      finding: 'DUPLICATE_RECORD',
    },
    {
      what: 'a policy in version 2',
      bytes: concat([libxcHeaders({ version: 2 }), ...POLICY, ROUND]),
      finding: 'V3_RECORD_IN_V2',
    },
    { what: 'a converted image', bytes: converted(), finding: 'CONVERTED' },
  ])('$what is worth a word: $finding', async ({ bytes, finding }) => {
    const { admitted, findings } = admitImage(await readHead(bytes), hostOf('4.22'))
    expect([admitted, codes(findings)]).toEqual([true, [finding]])
  })

  it('says what is invented, as libxl would', async () => {
    const head = await readHead(libxcV2())
    expect(head.invented.map(({ severity }) => severity)).toEqual(['warning', 'info'])
    const { admitted, findings, invented } = admitImage(head, hostOf('4.17'))
    expect([admitted, findings]).toEqual([false, head.invented])
    expect([invented?.ok, invented?.policy.vendor]).toEqual([true, 'Intel'])
    expect(admitImage(head, hostOf('4.12')).invented).toBeNull()
  })

  it('says the same before a snapshot that has policies, and nothing before one without', async () => {
    const head = await readHead(libxcV2())
    const { release, ...policies } = hostOf('4.17.7')
    const { raw, ...rest } = policies
    const snapshot = { ...hostWith('host-1', []), xen: { release, hvm: true, hap: true } }
    const told = { ...snapshot, policies: { ...rest, ...(raw === undefined ? {} : { raw }) } }
    const { invented } = admitImage(head, told)
    expect(invented?.policy).toEqual(admitImage(head, hostOf('4.17.7')).invented?.policy)
    expect(invented?.policy.vendor).toBe('Intel')
    expect(admitImage(head, snapshot).invented).toBeNull()
  })

  it('takes what is known otherwise', async () => {
    const head = await readHead(libxcV2())
    const { featureset } = CpuPolicy.fromRecords(LEAVES)
    const known = admitImage(head, hostOf('4.22'), { featureset, kind: 'pv', name: 'vm1' })
    expect([known.admitted, known.judged]).toEqual([true, 'featureset'])
  })
})

function noConfig(): Uint8Array {
  const whole = xl('')
  // The length of the configuration, and that of all optional data.
  return concat([whole.subarray(0, 44), new Uint8Array(4), whole.subarray(52)])
}

function converted(): Uint8Array {
  const image = libxc()
  image.set([0, 0, 0, 0, 1, 0, 0, 0], 32)
  return image
}
