/** The sentences that say why a CPU gets an update, or none, each word for word. */
import { describe, expect, it } from 'vitest'
import { makeAmdPatch } from '../amd/patches.testing.js'
import { encodeAmdContainer } from '../amd/write.js'
import { makeIntelUpdate } from '../intel/updates.testing.js'
import { joined } from '../verify.testing.js'
import { selectUpdate } from './select.js'
import { amd, container, cpu, patch, SIGNATURE, update } from './selection.testing.js'
import type { SelectOptions } from './types.js'

const reason = (file: Uint8Array, one = cpu(0x10), options: SelectOptions = {}) =>
  selectUpdate(file, one, options).reason

describe('the reason', () => {
  const linux = { consumer: 'linux' } as const

  it('of an update that is taken names it, its place, and what runs', () => {
    const file = joined(update(5), update(0x20))
    expect(reason(file)).toBe('Xen 4.23-dev takes revision 0x20 at 2048 over 0x10.')
    expect(reason(file, cpu(0x10), { release: '4.14' })).toBe(
      'Xen 4.14.6 takes revision 0x20 at 2048 over 0x10.',
    )
    expect(reason(update(1), cpu(0x8000_0001), { release: '4.17' })).toBe(
      'Xen 4.17.7 takes revision 0x1 at 0 over 0x80000001.',
    )
  })

  it('of what runs already, or is newer', () => {
    expect(reason(update(0x10))).toBe('The CPU runs 0x10, which is the newest that fits.')
    expect(reason(update(0x8))).toBe(
      'The CPU runs 0x10, which is newer than 0x8, the newest that fits.',
    )
    expect(reason(update(0x10), cpu(0x10), linux)).toBe(
      'The CPU runs 0x10, and nothing that fits is newer.',
    )
    expect(reason(update(0x8), cpu(0x10), linux)).toBe(
      'The CPU runs 0x10, and all that fits is older.',
    )
  })

  it('of revisions that may not be left, or not yet', () => {
    const old = encodeAmdContainer({
      patches: [makeAmdPatch({ patchId: 0x0100_00da, equivalenceId: 0x1080, size: 960 })],
      equivalences: [{ signature: 0x100f80, equivalenceId: 0x1080 }],
    })
    expect(reason(old, amd(0x0100_0098, 0x100f80))).toBe(
      'The CPU runs 0x1000098, which is final: such CPUs hang when anything is loaded over it.',
    )
    expect(reason(milan(0x0a00_1136), amd(1, 0xa00f11), { digestCheck: false })).toBe(
      'Revision 0xa001137 wants at least 0xa001136 to run, and 0x1 does: the firmware must be updated first.',
    )
    const late = { consumer: 'linux-late', requireMinRevision: true } as const
    expect(reason(update(0x20), cpu(0x10), late)).toBe(
      'Linux (late) loads only what declares the running revision safe, and nothing that fits does.' +
        ' Revision 0x20 does not declare the running revision safe.',
    )
  })

  it('of nothing that fits names whom it was looked for: the platform on Intel alone', () => {
    expect(reason(makeIntelUpdate({ signature: 1 }))).toBe(
      'Nothing in it is for signature 0x000606a6 with platform 1.',
    )
    expect(reason(container(patch(0x0600_0020)), amd(1, 0x610f01))).toBe(
      'Nothing in it is for signature 0x00610f01.',
    )
    expect(reason(new Uint8Array())).toBe('There is nothing in the file.')
  })

  it('of a digest that is not listed, or another', () => {
    const must =
      'What fits has no digest that Xen 4.23-dev knows, and the firmware is not known to be safe from Entrysign: it must be updated first.'
    expect(reason(milan(0), amd(1, 0xa00f11))).toBe(
      `${must} Revision 0xa001137 has no digest on the list.`,
    )
    const forged = encodeAmdContainer({
      patches: [makeAmdPatch({ patchId: 0x0830_107c, equivalenceId: 0x8310, size: 3200 })],
      equivalences: [{ signature: 0x830f10, equivalenceId: 0x8310 }],
    })
    expect(reason(forged, amd(1, 0x830f10))).toBe(
      `${must} Revision 0x830107c has another digest than the listed one.`,
    )
  })

  it('of what is passed over is given beside what is taken instead', () => {
    const file = container(patch(0x0600_0030, { size: 4100 }), patch(0x0600_0020))
    expect(reason(file, amd(1))).toBe(
      'Xen 4.23-dev takes revision 0x6000020 at 4160 over 0x1. Revision 0x6000030 is too large for the family.',
    )
  })

  it('of damage says it once, and after an update that is taken too', () => {
    const rest = new Uint8Array(20).fill(7)
    expect(reason(rest)).toBe(
      'Xen 4.23-dev finds nothing for this CPU up to where it stops: Update 0 at 0: 20 bytes are left, a header has 48; Xen 4.23-dev loads nothing from the file.',
    )
    expect(reason(joined(update(0x20), rest))).toBe(
      'Xen 4.23-dev takes revision 0x20 at 0 over 0x10. Update 1 at 2048: 20 bytes are left, a header has 48; Xen 4.23-dev reads no further, but the one before it may still be loaded.',
    )
    expect(reason(joined(update(0x20), rest), cpu(0x10, { signature: SIGNATURE + 1 }))).toBe(
      'Xen 4.23-dev finds nothing for this CPU up to where it stops: Update 1 at 2048: 20 bytes are left, a header has 48; Xen 4.23-dev reads no further, but the one before it may still be loaded.',
    )
  })
})

/** A patch for Milan with this word where a minimum revision stands. */
function milan(checksum: number): Uint8Array {
  return encodeAmdContainer({
    patches: [makeAmdPatch({ patchId: 0x0a00_1137, equivalenceId: 0xa011, size: 5568, checksum })],
    equivalences: [{ signature: 0xa00f11, equivalenceId: 0xa011 }],
  })
}
