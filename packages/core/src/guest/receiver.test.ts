/** What is known of a host before any reason is looked for. */
import { type FeatureName, Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { hostWith } from '../hosts.testing.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { EAX, extended, POLICY_WORDS } from '../policy/layout.js'
import type { GuestKind } from './kind.js'
import { encounter } from './receiver.js'

const set = (...names: FeatureName[]) => Featureset.fromNames(names)
const KINDS = ['pv', 'pv32', 'hvm', 'pvh'] as const
const said = { pvDefault: set('FPU'), pvMax: set('FPU', 'VME') }
const saidHvm = { ...said, hvmDefault: set('FPU'), hvmMax: set('FPU', 'VME', 'SSE') }

describe('a host told by a snapshot', () => {
  const canRun = (more: Parameters<typeof hostWith>[2]) =>
    KINDS.map((kind) => encounter({ kind }, hostWith('other', [], more), {}).canRun)

  it('runs what nothing is known against', () => {
    const old = { release: '4.17.7', hvm: false, hap: false }
    expect(canRun({ featuresets: {}, xen: null })).toEqual([true, true, true, true])
    expect(canRun({ featuresets: {}, xen: old })).toEqual([true, true, false, false])
    expect(canRun({ featuresets: {}, xen: { ...old, hvm: true } })).toEqual([
      true,
      true,
      true,
      true,
    ])
    // Without featuresets for HVM guests its Xen has none, whatever else it says.
    expect(canRun({ featuresets: said, xen: { ...old, hvm: true } })).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(canRun({ featuresets: saidHvm, xen: null })).toEqual([true, true, true, true])
    expect(canRun({ featuresets: saidHvm, xen: { ...old, pv: false } })).toEqual([
      false,
      false,
      true,
      true,
    ])
    expect(canRun({ featuresets: saidHvm, xen: { ...old, pv32: false } })).toEqual([
      true,
      false,
      true,
      true,
    ])
  })

  it('gives the most that it offers to the kind of guest', () => {
    const most = (kind: GuestKind, featuresets: Parameters<typeof hostWith>[2]) =>
      encounter({ kind }, hostWith('other', [], featuresets), {}).max()
    expect(most('hvm', { featuresets: saidHvm })?.names()).toEqual(['FPU', 'VME', 'SSE'])
    expect(most('pv', { featuresets: saidHvm })?.names()).toEqual(['FPU', 'VME'])
    expect(most('hvm', { featuresets: said })).toBeNull()
    expect(most('pv', { featuresets: {} })).toBeNull()
  })

  it('makes the domain as its Xen would, and as it is asked to', () => {
    const domain = (hap: boolean | null, options = {}) =>
      encounter(
        { kind: 'pvh' },
        hostWith('other', [], { xen: hap === null ? null : { release: '4.22.0', hvm: true, hap } }),
        options,
      ).domain
    expect(domain(null)).toEqual({ kind: 'pvh', hap: true })
    expect(domain(true)).toEqual({ kind: 'pvh', hap: true })
    expect(domain(false)).toEqual({ kind: 'pvh', hap: false })
    expect(domain(true, { domain: { hap: false, nestedVirt: true } })).toEqual({
      kind: 'pvh',
      hap: false,
      nestedVirt: true,
    })
  })

  it('is called by its name, with what it does not know', () => {
    const host = hostWith('other', [], { unknownWords: [16], xen: null })
    expect(encounter({ kind: 'hvm' }, host, {})).toMatchObject({
      guestName: 'the guest',
      host: 'other',
      vendor: 'Intel',
      release: undefined,
      unknownWords: [16],
      policies: null,
      evidence: 'estimated',
    })
    expect(encounter({ kind: 'hvm', name: 'web-1' }, host, {}).guestName).toBe('web-1')
  })
})

describe('a host told by its policies', () => {
  const policy = (release: string, featureset: Featureset) => {
    const words = new Uint32Array(POLICY_WORDS)
    words[EAX] = 0xd
    words[extended(0) + EAX] = 0x8000_0008
    return CpuPolicy.fromWords(words, release).withFeatureset(featureset)
  }
  const hostOf = (release: string, pv: Featureset, hvm: Featureset | null) => ({
    release,
    host: policy(release, pv),
    pvMax: policy(release, pv),
    pvDefault: policy(release, pv),
    hvmMax: hvm === null ? CpuPolicy.empty : policy(release, hvm),
    hvmDefault: hvm === null ? CpuPolicy.empty : policy(release, hvm),
  })

  it('has its word, and a name if it is given one', () => {
    const host = hostOf('4.22.0', set('FPU'), null)
    expect(encounter({ kind: 'pv' }, host, {})).toMatchObject({
      host: 'the host',
      release: '4.22.0',
      unknownWords: [],
      policies: host,
      evidence: 'said',
      canRun: true,
      domain: { kind: 'pv' },
    })
    expect(encounter({ kind: 'pv' }, host, { hostName: 'other' }).host).toBe('other')
  })

  it('gives the most of its max policies', () => {
    const host = hostOf('4.23-dev', set('FPU'), set('FPU', 'SSE'))
    const most = (kind: GuestKind) => encounter({ kind }, host, {}).max()?.names()
    expect(KINDS.map(most)).toEqual([['FPU'], ['FPU'], ['FPU', 'SSE'], ['FPU', 'SSE']])
  })

  it('gives nothing to HVM guests where there is no HVM', () => {
    const host = hostOf('4.22.0', set('FPU'), null)
    for (const kind of ['hvm', 'pvh'] as const) {
      const met = encounter({ kind }, host, {})
      expect([met.canRun, met.max()]).toEqual([false, null])
    }
    expect(encounter({ kind: 'pv' }, host, {}).max()?.names()).toEqual(['FPU'])
  })

  it('speaks of them in the words that are judged by', () => {
    // Xen 4.13 has no name for the bit of AMX_TILE: it cannot have meant that.
    const host = hostOf('4.13.5', set('FPU', 'AMX_TILE'), null)
    expect(host.pvMax.featureset.words[9]).toBe(1 << 24)
    expect(encounter({ kind: 'pv' }, host, {}).max()?.names()).toEqual(['FPU'])
    expect(encounter({ kind: 'pv' }, host, { release: '4.13' }).max()?.words[9]).toBe(1 << 24)
  })
})
