/** Selections of which one rule alone decides: several files, minimum revisions, vendors, releases. */
import { describe, expect, it } from 'vitest'
import { makeAmdPatch } from '../amd/patches.testing.js'
import { encodeAmdContainer } from '../amd/write.js'
import type { MicrocodeVendor } from '../types.js'
import { joined } from '../verify.testing.js'
import { judgeLoad } from './load.js'
import { selectRelease } from './rules.js'
import { selectUpdate, selectUpdates } from './select.js'
import { amd, container, cpu, errno, patch, revision, update, ZEN } from './selection.testing.js'
import type { SelectConsumer, SelectOptions } from './types.js'

const MILAN = 0xa00f11
/** A patch for Milan. */
const milan = (patchId: number, checksum = 0) =>
  encodeAmdContainer({
    patches: [makeAmdPatch({ patchId, equivalenceId: 0xa011, size: 5568, checksum })],
    equivalences: [{ signature: MILAN, equivalenceId: 0xa011 }],
  })

describe('of several files', () => {
  const chosenFile = (files: readonly Uint8Array[], options: SelectOptions = {}, running = 1) =>
    selectUpdate(files, cpu(running), options).file

  it('the newest counts as the consumer compares: pre-production is below or above all', () => {
    const [release, preproduction] = [update(0x10), update(0x8000_0001)]
    const answers = (consumer: SelectConsumer, running = 1) => [
      chosenFile([release, preproduction], { consumer }, running),
      chosenFile([preproduction, release], { consumer }, running),
    ]
    expect(answers('iucode')).toEqual([0, 1])
    // Both are above this one.
    expect(answers('iucode', 0x8000_0000)).toEqual([0, 1])
    expect(answers('linux')).toEqual([1, 0])
    // Each is newer than the other.
    expect(answers('xen')).toEqual([1, 1])
  })

  it('the first of equal ones counts', () => {
    const files = [update(0x10, { seed: 1 }), update(0x10, { seed: 2 })]
    for (const consumer of ['xen', 'linux', 'linux-late', 'iucode'] as const) {
      expect(chosenFile(files, { consumer })).toBe(0)
    }
  })

  it('one that is loaded goes before a newer one that is not', () => {
    const [good, late] = [milan(0x0a00_1130), milan(0x0a00_1137, 0x0a00_1136)]
    const options = { digestCheck: false }
    expect(selectUpdate([good, late], amd(1, MILAN), options)).toMatchObject({
      file: 0,
      errno: 'OK',
    })
    expect(selectUpdate([late, good], amd(1, MILAN), options)).toMatchObject({
      file: 1,
      errno: 'OK',
    })
  })

  it('damage says more than that there is nothing', () => {
    const [empty, cut] = [new Uint8Array(), update(1).subarray(0, 100)]
    expect(selectUpdate([empty, cut], cpu(1))).toMatchObject({ code: 'DAMAGED', file: null })
    expect(selectUpdate([cut, empty], cpu(1))).toMatchObject({ code: 'DAMAGED', file: null })
    // Of two that are damaged the first is told of.
    const shorter = cut.subarray(0, 10)
    expect(selectUpdate([cut, shorter], cpu(1)).stop?.found).toBe(2048)
    expect(selectUpdate([shorter, cut], cpu(1)).stop?.found).toBe(10)
  })

  it('one with an update says more than damage, where both are called EINVAL', () => {
    const [older, cut] = [update(0x10), update(0x10).subarray(0, 100)]
    const options = { release: '4.17.4' }
    expect(errno(older, cpu(0x20), options)).toBe('EINVAL')
    expect(chosenFile([older, cut], options, 0x20)).toBe(0)
    expect(chosenFile([cut, older], options, 0x20)).toBe(1)
  })

  it('and no CPU at all, nothing', () => {
    expect(selectUpdates(update(1), [])).toEqual([])
  })
})

describe('a consumer', () => {
  it('is named, with its release and where its rules come from', () => {
    const told = (options: SelectOptions) => {
      const { consumer, evidence } = selectUpdate(update(2), cpu(1), options)
      return [consumer, evidence]
    }
    expect(told({ release: '4.17' })).toEqual(['Xen 4.17.7', 'facts'])
    expect(told({})).toEqual(['Xen 4.23-dev', 'recorded'])
    expect(told({ consumer: 'linux' })).toEqual(['Linux (early)', 'facts'])
    expect(told({ consumer: 'linux-early' })).toEqual(['Linux (early)', 'facts'])
    expect(told({ consumer: 'linux-late' })).toEqual(['Linux (late)', 'facts'])
    expect(told({ consumer: 'iucode' })).toEqual(['iucode_tool', 'recorded'])
  })

  it.each([
    ['4.13', 'Xen 4.13.5', 'dataInTotal', true],
    ['4.14', 'Xen 4.14.6', 'headerVersion', false],
    ['4.15', 'Xen 4.15.7', 'headerVersion', false],
    ['4.23-dev', 'Xen 4.23-dev', 'headerVersion', false],
  ])('of Xen %s reads as that release did', (release, name, check, needsPatch) => {
    const { intel, amd: containers } = selectRelease(release)
    expect([intel.name, containers.name]).toEqual([name, name])
    expect([intel.rule, containers.rule]).toEqual(['xen', 'xen'])
    expect(intel.steps.map((step) => step.check).slice(1, 3)).toContain(check)
    expect(containers.needsPatch).toBe(needsPatch)
  })

  it('knows digests that came with TSA only from then on', () => {
    const file = milan(0x0a00_11d7)
    const why = (release: string) =>
      selectUpdate(file, amd(1, MILAN), { release }).passedOver.map((one) => one.why)
    expect([why('4.18.5'), why('4.18.6')]).toEqual([['no-digest'], ['other-digest']])
  })
})

describe('loading', () => {
  it('writes the same revision again on AMD, in the releases that did', () => {
    const releases = ['4.17.0', '4.17.1', '4.18.3', '4.19', '4.20']
    const same = container(patch(0x0600_0020))
    expect(releases.map((release) => errno(same, amd(0x0600_0020), { release }))).toEqual([
      'EINVAL',
      'OK',
      'OK',
      'OK',
      'EEXIST',
    ])
    expect(releases.map((release) => errno(update(9), cpu(9), { release }))).toEqual([
      'EINVAL',
      'EINVAL',
      'EEXIST',
      'EEXIST',
      'EEXIST',
    ])
  })

  it('asks AMD patches for their minimum revision, unless it is forced', () => {
    const file = milan(0x0a00_1137, 0x0a00_1136)
    const code = (running: number, more: SelectOptions = {}) =>
      selectUpdate(file, amd(running, MILAN), { digestCheck: false, ...more }).code
    expect([code(0x0a00_1135), code(0x0a00_1136)]).toEqual(['BELOW_MIN_REVISION', 'CHOSEN'])
    expect(code(1, { force: true })).toBe('CHOSEN')
    expect(code(1, { release: '4.20.1' })).toBe('CHOSEN')
  })

  it('asks nothing but the order of an Intel update, whose minimum is for Linux', () => {
    const file = update(0x20, { minRevision: 0x18 })
    expect(selectUpdate(file, cpu(0x10))).toMatchObject({
      errno: 'OK',
      log: ['microcode: CPU0 updated from revision 0x10 to 0x20, date = 2025-06-30'],
    })
    const { rules } = selectRelease()
    const plain = { rules, force: false, allowSame: false, allowDowngrade: false }
    const offered = { revision: 0x20, minRevision: 0x18 }
    const code = (vendor: MicrocodeVendor) =>
      judgeLoad({ vendor, ...plain }, { ...cpu(0x10), vendor }, offered).code
    expect([code('Intel'), code('AMD')]).toEqual(['CHOSEN', 'BELOW_MIN_REVISION'])
  })

  it('knows final revisions and Entrysign of AMD alone', () => {
    const like = { signature: 0x100f80, platformId: 1 }
    const file = update(0x0100_00da, { signature: 0x100f80 })
    expect(errno(file, cpu(0x0100_0098, like))).toBe('OK')
    const zen = selectUpdate(update(2), cpu(1, { signature: 0x830f10 }))
    expect(zen.bootLog).toEqual([])
    expect(selectUpdate(update(2), amd(1, 0x830f10)).bootLog).toHaveLength(1)
  })
})

describe('an answer', () => {
  it('that nothing fits names no digest where none was asked for', () => {
    const large = container(patch(0x0600_0030, { size: 4100 }))
    expect(selectUpdate(large, amd(1))).toMatchObject({ code: 'NOTHING_FITS', file: null })
    const others = container(patch(0x0600_0030))
    expect(selectUpdate(others, amd(1, 0x610f01))).toMatchObject({ code: 'NOTHING_FITS' })
  })

  it('names the digest where something else is passed over beside it', () => {
    const both = encodeAmdContainer({
      patches: [
        makeAmdPatch({ patchId: 0x0a00_1137, equivalenceId: 0xa011, size: 20_000 }),
        makeAmdPatch({ patchId: 0x0a00_1138, equivalenceId: 0xa011, size: 5568 }),
      ],
      equivalences: [{ signature: MILAN, equivalenceId: 0xa011 }],
    })
    const { code, passedOver } = selectUpdate(both, amd(1, MILAN))
    expect(passedOver.map(({ why }) => why)).toEqual(['too-large', 'no-digest'])
    expect(code).toBe('NO_DIGEST')
  })

  it('says what the update declares: revisions are signed on Intel, and not on AMD', () => {
    const intel = update(0x20, { minRevision: 0x10 })
    const declared = [0xf, 0x10, 0x8000_0001].map(
      (running) => selectUpdate(intel, cpu(running)).lateLoad,
    )
    expect(declared).toEqual(['declared-unsafe', 'declared-safe', 'declared-unsafe'])
    const file = milan(0x0a00_1137, 0x0a00_1136)
    const options = { digestCheck: false }
    const onAmd = [0x0a00_1135, 0x0a00_1136, 0x8000_0001].map(
      (running) => selectUpdate(file, amd(running, MILAN), options).lateLoad,
    )
    expect(onAmd).toEqual(['declared-unsafe', 'declared-safe', 'declared-safe'])
    expect(selectUpdate(update(2), cpu(1)).lateLoad).toBe('not-declared')
  })

  it('finds a CPU behind the zero entry of a table in Linux alone', () => {
    const file = encodeAmdContainer({
      patches: [patch(0x0600_0020)],
      equivalences: [{ signature: 0, equivalenceId: 0 }, ZEN],
    })
    expect([revision(file, amd(1)), revision(file, amd(1), { consumer: 'linux' })]).toEqual([
      null,
      0x0600_0020,
    ])
    expect(revision(joined(file, container(patch(0x0600_0030))), amd(1))).toBe(0x0600_0030)
  })
})
