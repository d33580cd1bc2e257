/** No line for xl.cfg is longer than it has to be: found by trying all shorter ones. */
import { expect, it } from 'vitest'
import { bootFile } from '../../../../../fixtures/boots.js'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import { recordedHost } from '../../guest/recorded.testing.js'
import { xlCpuidNames } from '../../xen/configuration/names.js'
import { configured, type EmitOptions } from './forward.js'
import { someOfMax } from './wanted.testing.js'
import { toXlConfig, type XlConfig } from './xl.js'

const HOSTS = ['4.17-debian-Haswell', '4.22.0-EPYC', '4.22.0-Skylake-Server']

/** Masks that take a few bits away, the same each time. */
function masksOf(seed: number, words: number): number[] {
  return Array.from({ length: words }, (_, word) => {
    const bit = (seed * 7 + word * 11) % 32
    return (seed + word) % 5 === 0 ? ~(1 << bit) >>> 0 : 0xffff_ffff
  })
}

describeRecorded(HOSTS.map(bootFile), () => {
  const options = HOSTS.flatMap((boot): EmitOptions[] => {
    const host = recordedHost(boot)
    return (['pv', 'hvm'] as const)
      .filter((kind) => kind === 'pv' || !host.hvmMax.featureset.isEmpty)
      .map((kind) => ({ host, domain: { kind } }))
  })
  const found = options.flatMap((each) =>
    Array.from({ length: 12 }, (_, seed) => someOfMax(each, masksOf(seed, 19))).flatMap((wanted) =>
      wanted === null ? [] : [{ options: each, wanted, config: toXlConfig(wanted, each) }],
    ),
  )
  const gives = (each: EmitOptions, items: readonly string[], config: XlConfig) =>
    configured(each, { cpuid: items, language: 'libxl' }).policy.equals(config.policy)
  const allItems = (release: string) =>
    [...xlCpuidNames(release).keys()].flatMap((name) => [`${name}=0`, `${name}=1`, `${name}=x`])

  it('has lines of several lengths to look at', () => {
    const lengths = new Set(found.map(({ config }) => config.items.length))
    expect(found.every(({ config }) => config.exact)).toBe(true)
    expect(lengths.size).toBeGreaterThan(3)
  })

  it('has no item where none would do, and one where one would', { timeout: 120_000 }, () => {
    let tried = 0
    for (const { options: each, config } of found) {
      if (config.items.length > 0) expect(gives(each, [], config)).toBe(false)
      if (config.items.length < 2 || config.items.length > 3 || tried > 12) continue
      tried++
      for (const item of allItems(each.host.release))
        expect(gives(each, [item], config), item).toBe(false)
    }
    expect(tried).toBeGreaterThan(3)
  })

  it('has not three items where two would do', { timeout: 120_000 }, () => {
    const three = found.find(({ config }) => config.items.length === 3)
    expect(three).toBeDefined()
    if (three === undefined) return
    const { options: each, config } = three
    const { release } = each.host
    const names = xlCpuidNames(release)
    const placeOf = (item: string) => {
      const field = names.get(item.split('=')[0] ?? '')
      return field === undefined || field.kind === 'msr'
        ? 'msr'
        : `${field.leaf}:${field.subleaf}:${field.register}`
    }
    // Registers in which nothing has to change can only be made worse.
    const places = new Set(config.items.map(placeOf))
    const items = allItems(release).filter((item) => places.has(placeOf(item)))
    for (const [at, first] of items.entries())
      for (const second of items.slice(at + 1))
        expect(gives(each, [first, second], config), `${first},${second}`).toBe(false)
  })

  it('has no name for which there is a shorter one', () => {
    for (const { options: each, config } of found) {
      const names = xlCpuidNames(each.host.release)
      for (const item of config.items) {
        const [name = ''] = item.split('=')
        const { name: _, ...meant } = names.get(name) ?? { name: '' }
        for (const [other, { name: __, ...field }] of names)
          if (JSON.stringify(field) === JSON.stringify(meant))
            expect(other.length).toBeGreaterThanOrEqual(name.length)
      }
    }
  })
})
