/** What Linux chooses of files made for tests. */
import { describe, expect, it } from 'vitest'
import { makeAmdPatch } from '../amd/patches.testing.js'
import { encodeAmdContainer } from '../amd/write.js'
import { makeIntelUpdate } from '../intel/updates.testing.js'
import { joined } from '../verify.testing.js'
import { selectUpdate } from './select.js'
import { amd, container, cpu, errno, patch, revision, update } from './selection.testing.js'
import type { SelectOptions } from './types.js'

describe('Linux', () => {
  it('late takes what does not declare itself safe, unless that is required', () => {
    const file = joined(update(0x20, { minRevision: 0x11 }), update(0x18, { minRevision: 0x10 }))
    const late = (more: SelectOptions = {}) =>
      selectUpdate(file, cpu(0x10), { consumer: 'linux-late', ...more })
    expect([late().update?.revision, late().lateLoad]).toEqual([0x20, 'declared-unsafe'])
    const strict = late({ requireMinRevision: true })
    expect([strict.update?.revision, strict.lateLoad]).toEqual([0x18, 'declared-safe'])
    expect(strict.passedOver).toEqual([{ offset: 0, revision: 0x20, why: 'min-revision' }])
    const none = selectUpdate(update(0x20), cpu(0x10), {
      consumer: 'linux-late',
      requireMinRevision: true,
    })
    expect([none.update, none.errno, none.code]).toEqual([null, 'ENXIO', 'MIN_REVISION_REQUIRED'])
    expect(none.reason).toContain('Linux (late)')
  })

  it('passes over Granite Rapids updates that need a step', () => {
    const granite = { signature: 0xa06d1, platformId: 2 } as const
    const file = makeIntelUpdate({ signature: 0xa06d1, platformMask: 4, revision: 0x0a00_0124 })
    const early = selectUpdate(file, cpu(0x0100_0400, granite), { consumer: 'linux' })
    expect([early.update, early.passedOver[0]?.why]).toEqual([null, 'step-first'])
    expect(revision(file, cpu(0x0100_0405, granite), { consumer: 'linux' })).toBe(0x0a00_0124)
    expect(revision(file, cpu(0x0100_0400, granite))).toBe(0x0a00_0124)
  })

  it('early takes nothing from a file with anything behind its updates', () => {
    const file = joined(update(0x20), new Uint8Array(16))
    expect([errno(file, cpu(1), { consumer: 'linux' }), errno(file, cpu(1))]).toEqual([
      'EINVAL',
      'OK',
    ])
  })

  it('fits Zen patches by their id, and others by the table', () => {
    const genoa = encodeAmdContainer({
      patches: [makeAmdPatch({ patchId: 0x0a10_1148, equivalenceId: 0xa111, size: 5568 })],
      equivalences: [{ signature: 0xa10f12, equivalenceId: 0xa111 }],
    })
    const consumer = 'linux' as const
    expect(errno(genoa, amd(1, 0xa10f11), { consumer })).toBe('OK')
    expect(errno(genoa, amd(1, 0xa10f12), { consumer })).toBe('ENOENT')
    const older = container(patch(0x0600_0020), patch(0x0600_0010))
    // While it boots the last that fits counts; and the same revision is loaded again, for the other thread.
    expect(revision(older, amd(0x0600_0005), { consumer })).toBe(0x0600_0010)
    expect(revision(older, amd(0x0600_0010), { consumer })).toBe(0x0600_0010)
    expect(revision(older, amd(0x0600_0005), { consumer: 'linux-late' })).toBe(0x0600_0020)
    expect(errno(older, amd(0x0600_0020), { consumer: 'linux-late' })).toBe('EEXIST')
    const strict = { consumer: 'linux-late', requireMinRevision: true } as const
    expect(errno(older, amd(1), strict)).toBe('ENXIO')
  })
})
