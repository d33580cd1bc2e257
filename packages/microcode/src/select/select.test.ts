/** Selections of files made for tests: revisions, Intel's updates in Xen, damage, many files. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { viewOf } from '../bytes.js'
import { buildEarlyCpio } from '../cpio-write.js'
import { parseMicrocode } from '../file.js'
import { FIELD } from '../intel/format.js'
import { changedUpdate, type MadeUpdate, makeIntelUpdate } from '../intel/updates.testing.js'
import { encodeIntelDat } from '../intel/write.js'
import { verifyMicrocode } from '../verify.js'
import { joined, put } from '../verify.testing.js'
import { selectRelease } from './rules.js'
import { selectUpdate, selectUpdates } from './select.js'
import {
  amd,
  container,
  cpu,
  errno,
  patch,
  revision,
  SIGNATURE,
  update,
} from './selection.testing.js'
import type { SelectOptions } from './types.js'

describe('what may be loaded', () => {
  it('a newer revision; the same or an older one on demand', () => {
    const file = update(0x20)
    expect([0x10, 0x20, 0x30].map((running) => errno(file, cpu(running)))).toEqual([
      'OK',
      'EEXIST',
      'EEXIST',
    ])
    const options = [{ allowSame: true }, { allowDowngrade: true }, { force: true }]
    expect(
      options.map((one) => [errno(file, cpu(0x20), one), errno(file, cpu(0x30), one)]),
    ).toEqual([
      ['OK', 'EEXIST'],
      ['EEXIST', 'OK'],
      ['OK', 'OK'],
    ])
    expect(selectUpdate(file, cpu(0x30), { force: true }).revision).toBe(0x20)
  })

  it('pre-production over everything in Xen, by its bits in Linux', () => {
    const file = update(0x8000_0001)
    expect(errno(file, cpu(0x7fff_ffff))).toBe('OK')
    expect(errno(file, cpu(0x7fff_ffff), { release: '4.14' })).toBe('OK')
    expect(errno(update(1), cpu(0x8000_0001))).toBe('OK')
    expect(errno(update(1), cpu(0x8000_0001), { release: '4.14' })).toBe('EINVAL')
    expect(errno(update(1), cpu(0x8000_0001), { consumer: 'linux' })).toBe('EEXIST')
  })

  it('and which of equal ones is the first, but the last in Xen 4.15 with ucode=allow-same', () => {
    const file = joined(update(5, { seed: 1 }), update(5, { seed: 2 }))
    const offset = (options: SelectOptions) => selectUpdate(file, cpu(1), options).update?.offset
    expect(offset({})).toBe(0)
    expect(offset({ release: '4.15', allowSame: true })).toBe(2048)
    expect(offset({ release: '4.17', allowSame: true })).toBe(0)
  })
})

describe('Intel in Xen', () => {
  it('takes the data for a table where the size of the data is left out', () => {
    const whole = makeIntelUpdate({
      signature: 1,
      platformMask: 1,
      revision: 9,
      defaultSizes: true,
    })
    const like = put(whole, [48, 1], [68, SIGNATURE], [72, 2])
    const plain = changedUpdate(like, {})
    const said = changedUpdate(like, { totalSize: 2048 })
    expect([errno(plain, cpu(1)), errno(said, cpu(1))]).toEqual(['ENOENT', 'OK'])
    expect(errno(said, cpu(1), { consumer: 'linux' })).toBe('ENOENT')
    // A count that leads behind the file's end leads no further.
    const far = changedUpdate(put(like, [48, 0xffff_ffff], [68, 7]), { totalSize: 2048 })
    expect(errno(far, cpu(1))).toBe('ENOENT')
  })

  it('finds no table where the total size is left out, though it checked one', () => {
    const whole = makeIntelUpdate({
      signature: 1,
      platformMask: 1,
      revision: 9,
      table: [[SIGNATURE, 2]],
    })
    expect(errno(whole, cpu(1))).toBe('OK')
    const silent = changedUpdate(whole, { totalSize: 0 })
    const view = viewOf(silent)
    // The entry's sum follows the header's.
    const at = 48 + view.getUint32(FIELD.dataSize, true)
    const sum = view.getUint32(FIELD.checksum, true) + 1 + 1 - SIGNATURE - 2
    const delta = (sum >>> 0) - view.getUint32(at + 28, true)
    const fixed = put(
      silent,
      [at + 28, sum >>> 0],
      [at + 4, (view.getUint32(at + 4, true) - delta) >>> 0],
    )
    expect(verifyMicrocode(fixed)).toEqual([])
    expect(errno(fixed, cpu(1))).toBe('ENOENT')
    const own = selectUpdate(fixed, cpu(1, { signature: 1, platformId: 0 }))
    expect([own.errno, own.update?.size, own.update?.offset]).toEqual(['OK', 2048, 0])
    if (own.update?.vendor === 'Intel')
      expect([own.update.sizeFields.total, own.update.dataSize]).toEqual([0, 1968])
  })

  it('counts what it cannot read as damage, with an error of its own in 4.13', () => {
    const table: MadeUpdate['table'] = [[1, 1]]
    const whole = makeIntelUpdate({ signature: SIGNATURE, platformMask: 2, revision: 9, table })
    const at = 48 + viewOf(whole).getUint32(FIELD.dataSize, true)
    const wrong = put(whole, [at, 2])
    expect([errno(wrong, cpu(1)), errno(wrong, cpu(1), { release: '4.13' })]).toEqual([
      'EINVAL',
      'EFAULT',
    ])
  })
})

describe('files', () => {
  it('are chosen from one by one: a damaged one keeps nothing from the others', () => {
    const files = [update(0x20).subarray(0, 100), update(0x18), update(0x30), update(0x28)]
    const chosen = selectUpdate(files, cpu(0x10))
    expect([chosen.file, chosen.update?.revision]).toEqual([2, 0x30])
    const current = selectUpdate(files, cpu(0x30))
    expect([current.errno, current.file]).toEqual(['EEXIST', 2])
    expect(selectUpdate([], cpu(1))).toMatchObject({ errno: 'ENOENT', code: 'EMPTY', file: null })
  })

  it('may be bytes, named bytes, or parsed, of which the updates are the very same', () => {
    const bytes = joined(update(0x20), update(0x30))
    const parsed = parseMicrocode(bytes)
    expect(selectUpdate(parsed, cpu(1)).update).toBe(parsed.updates[1])
    expect(selectUpdate({ name: 'x', bytes }, cpu(1)).update).toEqual(parsed.updates[1])
    const text = new TextEncoder().encode(encodeIntelDat([update(0x20)]))
    expect([errno(text, cpu(1)), selectUpdate(parseMicrocode(text), cpu(1)).errno]).toEqual([
      'EINVAL',
      'OK',
    ])
    const amdParsed = parseMicrocode(container(patch(0x0600_0020)))
    expect(selectUpdate(amdParsed, amd(1)).update).toBe(amdParsed.updates[0])
    const archive = buildEarlyCpio({ intel: bytes, amd: container(patch(0x0600_0020)) })
    expect(selectUpdate(parseMicrocode(archive), amd(1)).update?.revision).toBe(0x0600_0020)
    expect(selectUpdates(archive, [cpu(1), amd(1)]).map(({ errno: one }) => one)).toEqual([
      'OK',
      'OK',
    ])
  })

  it('iucode_tool chooses the newest of what it lists', () => {
    const file = joined(update(0x30, { platformMask: 6 }), update(0x31, { platformMask: 3 }))
    const consumer = 'iucode' as const
    expect(revision(file, cpu(1), { consumer })).toBe(0x31)
    expect(errno(file, cpu(0x31), { consumer })).toBe('EEXIST')
    expect(errno(file, amd(1), { consumer })).toBe('ENOENT')
    expect(errno(update(1).subarray(0, 500), cpu(1), { consumer })).toBe('EINVAL')
    expect(errno(new Uint8Array(), cpu(1), { consumer })).toBe('ENOENT')
  })
})

describe('releases', () => {
  it('that are not known are refused', () => {
    for (const release of ['4.12', 'x']) {
      expect(() => errno(update(1), cpu(1), { release })).toThrow('4.13')
    }
    expect(selectRelease('4.17').release).toBe('4.17.7')
  })
})

describe('whatever is in a file', () => {
  const anyUpdate = fc
    .record({
      signature: fc.constantFrom(SIGNATURE, 0x306c3),
      platformMask: fc.constantFrom(0, 1, 2, 3, 0x82),
      revision: fc.constantFrom(1, 2, 3, 0x7fff_ffff, 0x8000_0001, 0x8000_0002),
      seed: fc.nat(2),
    })
    .map(makeIntelUpdate)
  const consumers = ['xen', 'linux-early', 'linux-late', 'iucode'] as const

  it('what is chosen fits and is sound up to there', () => {
    fc.assert(
      fc.property(
        fc.array(anyUpdate, { maxLength: 5 }),
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom(...consumers),
        fc.constantFrom('4.13', '4.14', '4.17', '4.22'),
        fc.constantFrom(1, 2, 0x8000_0001),
        (updates, rest, consumer, release, running) => {
          const one = cpu(running)
          const { update: found, errno: error } = selectUpdate(joined(...updates, rest), one, {
            consumer,
            release,
            scan: false,
          })
          if (error === 'OK') expect(found).not.toBeNull()
          if (found === null) return
          const masks = found.signatures.filter(({ signature }) => signature === SIGNATURE)
          const fits = masks.some(({ platformMask }) => (platformMask & 2) !== 0)
          const any = masks.some(({ platformMask }) => platformMask === 0)
          expect(fits || (any && consumer.startsWith('linux'))).toBe(true)
          expect(
            verifyMicrocode(joined(...updates).subarray(0, found.offset + found.size)),
          ).toEqual([])
        },
      ),
      { numRuns: 500 },
    )
  })

  it('the order of updates for production does not matter to the revision', () => {
    const production = fc.array(
      fc.constantFrom(1, 2, 3, 0x7fff_ffff).map((number) => update(number)),
      { maxLength: 5 },
    )
    fc.assert(
      fc.property(production, fc.constantFrom(...consumers), (updates, consumer) => {
        const there = revision(joined(...updates), cpu(1), { consumer })
        expect(revision(joined(...[...updates].reverse()), cpu(1), { consumer })).toBe(there)
        const single = selectUpdate(updates, cpu(1), { consumer })
        expect(single.update?.revision ?? null).toBe(there)
      }),
    )
  })

  it('it is answered', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom('', '\x01', 'DMA\0', '070701'),
        fc.constantFrom(...consumers),
        fc.boolean(),
        (bytes, head, consumer, scan) => {
          const file = joined(new TextEncoder().encode(head), bytes)
          for (const one of [cpu(1), amd(1), amd(1, 0xa00f11)]) {
            for (const release of ['4.13', '4.14', '4.18.5', '4.22']) {
              const selection = selectUpdate(file, one, { consumer, release, scan })
              expect(selection.reason).toMatch(/\.$/)
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
