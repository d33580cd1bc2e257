/** A verifier between its bytes: what it waits for, where it is, what it knows already, and an end at any place. */
import { describe, expect, it } from 'vitest'
import { libxcHeaders, pageData, record } from '../build.testing.js'
import { concat } from '../images.testing.js'
import { CONTEXT, codesOf, END, judge, MEMORY, STATIC_END, TSC, V3 } from './judged.testing.js'
import { ImageVerifier } from './verifier.js'

const IMAGE = concat([V3, STATIC_END, MEMORY, CONTEXT, END])
/** Where the only page of the image begins, behind the count and the list of its record. */
const PAGE = V3.length + STATIC_END.length + 24
const PAGE_BYTES = 4096

/** One that was given the image up to here. */
function readUpTo(offset: number, image = IMAGE): ImageVerifier {
  const verifier = new ImageVerifier()
  verifier.push(image.subarray(0, offset))
  return verifier
}

describe('what it waits for', () => {
  it.each([
    [0, 'fill', 8, 'image'],
    [5, 'fill', 3, 'image'],
    [8, 'fill', 16, 'libxc.ImageHeader'],
    [23, 'fill', 1, 'libxc.ImageHeader'],
    [24, 'fill', 16, 'libxc.DomainHeader'],
    [40, 'fill', 8, 'libxc.record 0'],
    [47, 'fill', 1, 'libxc.record 0'],
    [56, 'fill', 8, 'libxc.record 1 (PAGE_DATA)'],
    [PAGE - 3, 'fill', 3, 'libxc.record 1 (PAGE_DATA)'],
    [PAGE, 'pass', 4096, 'libxc.record 1 (PAGE_DATA)'],
    [PAGE + 96, 'pass', 4000, 'libxc.record 1 (PAGE_DATA)'],
    [PAGE + 4096, 'fill', 8, 'libxc.record 2'],
  ])('behind byte %i is "%s" of %i bytes, in %s', (offset, what, bytes, path) => {
    const whole = readUpTo(offset)
    expect(whole.need).toEqual({ do: what, bytes })
    expect([whole.path, whole.offset]).toEqual([path, offset])
    const inBytes = new ImageVerifier()
    for (let at = 0; at < offset; at++) inBytes.push(IMAGE.subarray(at, at + 1))
    expect([inBytes.need, inBytes.path, inBytes.offset]).toEqual([whole.need, path, offset])
  })

  it('is less by what was pushed or passed of it', () => {
    const verifier = readUpTo(PAGE)
    verifier.pass(1000)
    expect([verifier.need, verifier.offset]).toEqual([{ do: 'pass', bytes: 3096 }, PAGE + 1000])
    verifier.push(IMAGE.subarray(PAGE + 1000, PAGE + 1096))
    expect([verifier.need, verifier.offset]).toEqual([{ do: 'pass', bytes: 3000 }, PAGE + 1096])
    verifier.pass(3000)
    expect([verifier.need, verifier.offset]).toEqual([{ do: 'fill', bytes: 8 }, PAGE + 4096])
    verifier.push(IMAGE.subarray(PAGE + PAGE_BYTES))
    expect(verifier.end()).toEqual(judge(IMAGE))
  })

  it('is nothing behind an image, nor behind what cannot be followed', () => {
    expect(readUpTo(IMAGE.length).need).toBeNull()
    expect(readUpTo(24, libxcHeaders({ version: 9 })).need).toBeNull()
  })
})

it.each([
  { what: 'an image', image: IMAGE, size: IMAGE.length, findings: ['TRAILING_DATA v'] },
  {
    what: 'what cannot be followed',
    image: libxcHeaders({ version: 9 }).subarray(0, 24),
    size: 24,
    findings: ['BAD_VERSION vr'],
  },
])('counts what is pushed or passed behind $what', ({ image, size, findings }) => {
  const verifier = readUpTo(image.length, image)
  verifier.pass(9)
  verifier.push(new Uint8Array(2))
  expect([verifier.need, verifier.offset]).toEqual([null, image.length + 11])
  const report = verifier.end()
  expect([report.size, report.trailing, codesOf(report)]).toEqual([size, 11, findings])
  expect(report).toEqual(judge(concat([image, new Uint8Array(11)])))
})

it('tells what is found so far', () => {
  const strange = concat([libxcHeaders({ type: 7 }), record(0x10, new Uint8Array(8)), END])
  const verifier = new ImageVerifier()
  const steps: [string, boolean][] = []
  for (let at = 0; at < strange.length; at += 8) {
    verifier.push(strange.subarray(at, at + 8))
    steps.push([verifier.findings.map(({ code }) => code).join(' '), verifier.ok])
  }
  // Headers of 24 and 16 bytes, the head of a record, its body.
  expect(steps.slice(0, 7)).toEqual([
    ['', true],
    ['', true],
    ['', true],
    ['', true],
    ['BAD_DOMAIN_TYPE', false],
    ['BAD_DOMAIN_TYPE BAD_RECORD_LENGTH', false],
    ['BAD_DOMAIN_TYPE BAD_RECORD_LENGTH', false],
  ])
  const { findings } = verifier.end()
  expect(verifier.findings).toEqual(findings)
})

it.each([
  ['PFN_OUT_OF_RANGE', ['restore'], [V3, STATIC_END, pageData([0, 0])]],
  ['DUPLICATE_RECORD', ['verify'], [V3, STATIC_END, TSC, TSC]],
])('is not well as soon as one verdict is no: %s', (code, rejects, parts) => {
  const verifier = new ImageVerifier({ maxPfn: 0 })
  verifier.push(concat(parts))
  expect(verifier.findings).toMatchObject([{ code, rejects }])
  expect(verifier.ok).toBe(false)
})

describe('an end', () => {
  it.each([0, 1, 1000, PAGE_BYTES - 1])(
    'in a page, %i bytes of which came, says how many are missing',
    (came) => {
      const missing = PAGE_BYTES - came
      const cut = IMAGE.subarray(0, PAGE + came)
      const pushed = readUpTo(PAGE)
      pushed.push(cut.subarray(PAGE))
      const passed = readUpTo(PAGE)
      passed.pass(came)
      const report = judge(cut)
      expect(report.findings.at(0)).toMatchObject({ code: 'TRUNCATED', offset: cut.length })
      expect(report.findings.at(0)?.message).toMatch(`: at least ${missing} bytes are missing`)
      expect(pushed.end()).toEqual(report)
      expect(passed.end()).toEqual(report)
    },
  )

  it('in a head says how many of its bytes are missing', () => {
    const report = judge(IMAGE.subarray(0, 43))
    expect(report.findings.at(0)).toMatchObject({ code: 'TRUNCATED', offset: 43 })
    expect(report.findings.at(0)?.message).toMatch(': at least 5 bytes are missing')
    expect([report.size, report.trailing]).toEqual([40, 3])
  })

  it('is one, however often it is said', () => {
    const verifier = readUpTo(IMAGE.length + 3, concat([IMAGE, Uint8Array.of(1, 2, 3)]))
    const report = verifier.end()
    expect(report.counts).toEqual({ TRAILING_DATA: 1 })
    expect(verifier.end()).toEqual(report)
  })
})
