/** What libvirt's libxl driver makes of a `<cpu>`. */
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import { type LibvirtCpu, libvirtToXl } from './libvirt-to-xl.js'
import { libvirtXlNames } from './libvirt-xl-names.js'

const driver = { kind: 'hvm', release: '4.23-dev' } as const

function cpu(...features: LibvirtCpu['features']): LibvirtCpu {
  return { mode: 'host-passthrough', features }
}

describe('libvirtToXl', () => {
  it('writes one item a feature, by its policy', () => {
    const { items, ok, nestedVirt, findings } = libvirtToXl(
      cpu(
        { name: 'avx', policy: 'disable' },
        { name: 'pni', policy: 'forbid' },
        { name: 'lahf_lm', policy: 'require' },
        { name: 'clflush', policy: 'force' },
        { name: 'aes', policy: 'optional' },
      ),
      driver,
    )
    expect(items).toEqual(['avx=0', 'sse3=0', 'lahfsahf=1', 'clfsh=1'])
    expect({ ok, nestedVirt, findings }).toEqual({ ok: true, nestedVirt: false, findings: [] })
  })

  it('does not start a guest with a feature that libxl does not know', () => {
    const { ok, items, findings } = libvirtToXl(
      cpu({ name: 'avx512vnni', policy: 'disable' }),
      driver,
    )
    expect(ok).toBe(false)
    expect(items).toEqual(['avx512vnni=0'])
    expect(findings).toMatchObject([
      { code: 'libvirt-feature-refused', severity: 'error', item: 0 },
    ])
    expect(findings[0]?.message).toContain("unsupported cpu feature 'avx512vnni'")
  })

  it('has room for 31 characters', () => {
    const name = 'x'.repeat(40)
    const { items } = libvirtToXl(cpu({ name, policy: 'disable' }), driver)
    expect(items).toEqual(['x'.repeat(31)])
  })

  it.each(['vmx', 'svm'] as const)('takes %s of such a host for nested virtualisation', (name) => {
    const on = libvirtToXl(cpu({ name, policy: 'require' }), { ...driver, nestedFeature: name })
    expect(on).toMatchObject({ items: [], nestedVirt: true })
    const off = libvirtToXl(cpu({ name, policy: 'disable' }), {
      ...driver,
      nestedFeature: name,
      nestedHvm: true,
    })
    expect(off).toMatchObject({ items: [], nestedVirt: false })
    expect(libvirtToXl(cpu(), { ...driver, nestedFeature: name, nestedHvm: true }).nestedVirt).toBe(
      true,
    )
    expect(libvirtToXl(cpu(), { ...driver, nestedHvm: true }).nestedVirt).toBe(false)
    expect(libvirtToXl(cpu({ name, policy: 'disable' }), driver).items).toEqual([`${name}=0`])
  })

  it.each(['pv', 'pv32'] as const)('reads nothing for %s guests', (kind) => {
    expect(libvirtToXl(cpu({ name: 'avx', policy: 'disable' }), { ...driver, kind })).toMatchObject(
      { ok: true, items: [], findings: [{ code: 'libvirt-ignores-pv' }] },
    )
  })

  it.each(['custom', 'host-model', 'maximum'] as const)('ignores mode %s', (mode) => {
    expect(
      libvirtToXl({ mode, features: [{ name: 'avx', policy: 'disable' }] }, driver),
    ).toMatchObject({ ok: true, items: [], findings: [{ code: 'libvirt-ignores-mode' }] })
  })
})

interface NameRow {
  libvirt: string
  xenBit: number | null
  xenName: string | null
  libvirtTranslatesTo: string
  libxlAcceptsTranslation: boolean
}

describeRecorded('levelling/name-map-libvirt-xen.json', () => {
  const { map } = readRecordedJson<{ map: NameRow[] }>('levelling/name-map-libvirt-xen.json')

  it('translates every name as recorded, and libxl takes it as recorded', () => {
    expect(map.length).toBe(212)
    for (const { libvirt, libvirtTranslatesTo, libxlAcceptsTranslation } of map) {
      const { items, ok } = libvirtToXl(cpu({ name: libvirt, policy: 'require' }), driver)
      expect(items).toEqual([`${libvirtTranslatesTo}=1`])
      expect(ok, libvirt).toBe(libxlAcceptsTranslation)
    }
  })

  it('writes the names that libxl takes for the same bit, and no other', () => {
    const names = libvirtXlNames('4.23-dev', undefined, 'libvirt')
    const written = new Set([...names.values()].flatMap((register) => [...register.names.values()]))
    const expected = map
      .filter(({ xenBit, libxlAcceptsTranslation }) => xenBit !== null && libxlAcceptsTranslation)
      // libxl takes this one for AMD's bit of the same name.
      .filter(({ libvirt }) => libvirt !== 'ssb-no')
    expect([...written].sort()).toEqual(expected.map(({ libvirt }) => libvirt).sort())
    expect(map.filter((row) => row.xenName !== null && !written.has(row.libvirt)).length).toBe(19)
  })
})
