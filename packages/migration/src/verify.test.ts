/** Judging: what holds for every image, however it comes and whatever is in it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ascii, IMAGES, libxcHeaders, ROUND, record } from './build.testing.js'
import { CountedSource, concat } from './images.testing.js'
import { IMAGE_FINDINGS } from './verify/codes.js'
import { damage } from './verify/mutations.testing.js'
import type { ImageVerifierOptions } from './verify/options.js'
import { pvImage } from './verify/pv.testing.js'
import type { ImageReport } from './verify/report.js'
import { ImageVerifier } from './verify/verifier.js'
import { verifyImage } from './verify.js'

const FORMS = [...IMAGES, { form: 'libxc, PV', image: pvImage() }]

/** What a report has to be, whatever the image is. */
function expectSound(report: ImageReport, length: number): void {
  expect(report.size + report.trailing).toBe(length)
  for (const name of ['verify', 'restore'] as const) {
    expect(report[name].ok).toBe(report[name].findings.length === 0)
    expect(report[name].findings).toEqual(
      report.findings.filter(({ rejects }) => rejects.includes(name)),
    )
  }
  expect(report.ok).toBe(report.verify.ok && report.restore.ok)
  let last = 0
  for (const { code, offset, message, path, severity, rejects } of report.findings) {
    expect(code in IMAGE_FINDINGS).toBe(true)
    expect(offset).toBeGreaterThanOrEqual(last)
    expect(offset).toBeLessThanOrEqual(length)
    last = offset
    expect(message).not.toBe('')
    expect(path).not.toBe('')
    expect(severity === 'error').toBe(rejects.length > 0)
  }
  const sum = Object.values(report.counts).reduce((total, count) => total + count, 0)
  expect(sum).toBeGreaterThanOrEqual(report.findings.length - 1)
  // An image is read to its end, or it is said why not.
  expect(report.complete || report.findings.length > 0).toBe(true)
}

function judge(
  image: Uint8Array,
  sizes: readonly number[] = [image.length],
  options: ImageVerifierOptions = {},
): ImageReport {
  const verifier = new ImageVerifier(options)
  for (let at = 0, turn = 0; at < image.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1)
    verifier.push(image.subarray(at, at + size))
    at += size
  }
  return verifier.end()
}

describe.each(FORMS)('an image of $form', ({ image }) => {
  it('is right', async () => {
    const report = await verifyImage(image)
    expectSound(report, image.length)
    expect([report.ok, report.complete, report.trailing]).toEqual([true, true, 0])
  })

  it('has one report, however it was damaged and is cut', () => {
    fc.assert(
      fc.property(
        damage,
        fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9000 })), {
          minLength: 1,
          maxLength: 9,
        }),
        (damaged, sizes) => {
          const bytes = damaged(image)
          const whole = judge(bytes)
          expectSound(whole, bytes.length)
          expect(judge(bytes, sizes)).toEqual(whole)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('is read or refused, and never breaks, with any damage', () => {
    // 10000 for all forms.
    fc.assert(
      fc.property(damage, fc.constantFrom<ImageVerifierOptions>(...TOLD), (damaged, options) => {
        const bytes = damaged(image)
        const report = judge(bytes, [bytes.length], options)
        expect(report.size + report.trailing).toBe(bytes.length)
        expect(report.ok).toBe(report.verify.ok && report.restore.ok)
        expect(report.complete || report.findings.length > 0).toBe(true)
      }),
      { numRuns: 1250 },
    )
  })

  it('may have its unwanted bytes passed over', () => {
    fc.assert(
      fc.property(damage, fc.integer({ min: 1, max: 5000 }), (damaged, most) => {
        const bytes = damaged(image)
        const verifier = new ImageVerifier({ pageTables: false })
        for (let at = 0; at < bytes.length; ) {
          const { need } = verifier
          const step = Math.min(need?.bytes ?? most, most, bytes.length - at)
          if (need?.do === 'fill') verifier.push(bytes.subarray(at, at + step))
          else verifier.pass(step)
          at += step
        }
        expect(verifier.end()).toEqual(judge(bytes, [999], { pageTables: false }))
      }),
      { numRuns: 100 },
    )
  })

  it('with something behind it is for receivers alone', () => {
    const bytes = concat([image, ascii('something')])
    const { verify, restore, findings, trailing, complete, size } = judge(bytes, [7])
    if (!complete || findings.some(({ code }) => code === 'FAILOVER')) return
    expect([verify.ok, restore.ok, trailing, size]).toEqual([false, true, 9, image.length])
    expect(findings.map(({ code }) => code)).toContain('TRAILING_DATA')
  })
})

/** What a verifier may be told of an image. */
const TOLD: readonly ImageVerifierOptions[] = [
  {},
  { kind: 'hvm', checkpointed: false, vcpus: 2 },
  { kind: 'pv', checkpointed: true, vcpus: 1, release: '4.14.0' },
  { kind: 'pvh', maxPfn: 100 },
  { pageTables: false },
]

it('any bytes have a report', () => {
  const beginnings = [
    '',
    'LibxlFmt\0\0\0\x02\0\0\0\0',
    'XenSavedDomv2-\n',
    'Xen saved domain, xl format\n \0 \r',
    'libvirt-xml\n \0 \r',
    '\xff\xff\xff\xff\xff\xff\xff\xffXENF\0\0\0\x03',
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...beginnings),
      fc.uint8Array({ maxLength: 300 }),
      (beginning, bytes) => {
        const input = concat([ascii(beginning), bytes])
        const report = judge(input)
        expectSound(report, input.length)
        expect(report.ok).toBe(false)
      },
    ),
    { numRuns: 1000 },
  )
})

const hvm = (...parts: readonly Uint8Array[]) =>
  concat([libxcHeaders(), ...parts, record(0x10), ROUND, record(0)])

describe('a source', () => {
  it('is closed when it is given up, and says how far it came', async () => {
    const controller = new AbortController()
    const source = new CountedSource(concat([hvm(), new Uint8Array(2 ** 24)]), [2 ** 20])
    const told: number[] = []
    const judged = verifyImage(source, {
      signal: controller.signal,
      onProgress: ({ bytes }) => {
        told.push(bytes)
        controller.abort(new Error('enough'))
      },
    })
    await expect(judged).rejects.toThrow('enough')
    expect([told.length, source.closed]).toEqual([1, true])
  })

  it('that fails fails the judgement', async () => {
    async function* failing() {
      yield hvm()
      throw new Error('gone')
    }
    await expect(verifyImage(failing())).rejects.toThrow('gone')
  })
})
