/** Files around streams: what xl and xenopsd write before and beside them, and what is said of it, word for word. */
import { describe, expect, it } from 'vitest'
import { ascii, libvirt, libxl, words } from '../build.testing.js'
import { concat } from '../images.testing.js'
import { CONTEXT, codesOf, END, judge, STATIC_END, V3 } from './judged.testing.js'

const JSON_AND_STREAM = 3
const STREAM_ALONE = 2
const HEADER = 48
const CONFIG = HEADER + 4
const BOTH = ['verify', 'restore']
const GUEST = concat([V3, STATIC_END, CONTEXT, END])

/** An xl file with this behind its header, before the stream. */
function xlWith(data: Uint8Array, flags = JSON_AND_STREAM): Uint8Array {
  return concat([
    ascii('Xen saved domain, xl format\n \0 \r'),
    words(0x0102_0304, flags, 0, data.length),
    data,
    libxl(GUEST),
  ])
}

const SIGNATURE = ascii('XenSavedDomv2-\n')
const END_OF_IMAGE = words(0xffff, 0, 0, 0)

/** xenopsd's metadata of a guest. */
function metadata(text: string): Uint8Array {
  return concat([words(0x0f, 0, text.length, 0), ascii(text)])
}

/** An image of xenopsd with these. */
function xenopsd(text: string): Uint8Array {
  return concat([SIGNATURE, metadata(text), words(0xf0, 0, 0, 0), GUEST, END_OF_IMAGE])
}

/** A configuration, with the length that it is said to have. */
function config(text: string, claimed = text.length): Uint8Array {
  return concat([words(claimed), ascii(text)])
}

/** What is wrong with a configuration. */
function badConfig(message: string, offset: number) {
  return {
    code: 'BAD_XL_CONFIG',
    message,
    offset,
    path: 'xl',
    layer: 'xl',
    record: 0,
    rejects: BOTH,
    severity: 'error',
  }
}

const ENDLESS = badConfig(
  'The configuration has no zero that ends it, and xl reads on behind it',
  CONFIG,
)
const NO_JSON = badConfig('The configuration is said to be JSON, and is none', CONFIG)

describe('the configuration in an xl file', () => {
  it.each([
    ['{}\0', []],
    // What is behind its end, nobody reads.
    ['{}\0}', []],
    ['{}', [ENDLESS]],
    ['', [ENDLESS]],
    ['{\0', [NO_JSON]],
    // An empty text has an end, and is no JSON.
    ['\0', [NO_JSON]],
    ['name = "guest"\0', [NO_JSON]],
  ])('that is %j', (text, expected) => {
    const { findings, unseen } = judge(xlWith(config(text)))
    expect(findings).toEqual(expected)
    expect(unseen.filter((sentence) => sentence.startsWith('XlOptionalData'))).toEqual([])
  })

  it('is not JSON where the file does not say so', () =>
    expect(judge(xlWith(config('name = "guest"'), STREAM_ALONE)).findings).toEqual([]))

  it('is as long as it claims, not as what is there', () => {
    expect(judge(xlWith(config('{}\0\0\0', 3))).findings).toEqual([])
    expect(judge(xlWith(config('{}\0', 2))).findings).toEqual([ENDLESS])
  })

  it.each([1, 3, 4, 8, 0xffff_fff0])(
    'that claims %i bytes too many is wrong for that alone',
    (more) =>
      expect(judge(xlWith(config('{ no end', 8 + more))).findings).toMatchObject([
        {
          code: 'BAD_XL_CONFIG',
          message: `The configuration claims ${8 + more} bytes, of which 8 are there`,
        },
      ]),
  )

  it('is missed by xl alone', () => {
    const missing = {
      code: 'NO_XL_CONFIG',
      message: 'The file has no configuration: `xl restore` has to be given one',
      offset: 0,
      path: 'xl',
      layer: null,
      record: null,
      rejects: ['restore'],
      severity: 'error',
    }
    expect(judge(xlWith(new Uint8Array())).findings).toEqual([missing])
    expect(judge(xlWith(new Uint8Array()), { mode: 'verify' })).toMatchObject({
      ok: true,
      findings: [{ ...missing, severity: 'warning' }],
    })
  })
})

describe('a text about a guest', () => {
  it('is looked into up to 256 KiB, and the report says what was not', () => {
    // Four bytes of it are the length.
    const most = 2 ** 18 - 4
    const at = judge(xlWith(config(' '.repeat(most))))
    expect([at.findings, at.unseen]).toEqual([[ENDLESS], judge(xlWith(config('{}\0'))).unseen])
    const above = judge(xlWith(config(' '.repeat(most + 1))))
    expect(above.findings).toEqual([])
    expect(above.unseen).toContain('XlOptionalData, which is longer than 262144 bytes.')
    expect(judge(xenopsd('('.repeat(2 ** 18 + 1)))).toMatchObject({
      ok: true,
      findings: [],
      unseen: expect.arrayContaining(['XenopsRecord, which is longer than 262144 bytes.']),
    })
  })
})

describe("xenopsd's image", () => {
  it('has metadata that are an s-expression', () => {
    expect(judge(xenopsd('()')).findings).toEqual([])
    expect(judge(xenopsd('(')).findings).toEqual([
      {
        code: 'BAD_XENOPS_RECORD',
        message: "xenopsd's metadata are no s-expression",
        offset: SIGNATURE.length + 16,
        path: 'xenopsd.XenopsRecord',
        layer: 'xenopsd',
        record: 0,
        rejects: BOTH,
        severity: 'error',
      },
    ])
  })

  it('has a guest in it', () => {
    const none = {
      code: 'NO_LIBXC_CONTEXT',
      message: "xenopsd's image has no Libxc: it is well formed, and there is no guest in it",
      path: 'xenopsd',
      layer: null,
      record: null,
      rejects: BOTH,
      severity: 'error',
    }
    expect(judge(concat([SIGNATURE, metadata('()'), END_OF_IMAGE])).findings).toEqual([
      { ...none, offset: SIGNATURE.length + metadata('()').length },
    ])
    expect(judge(concat([SIGNATURE, END_OF_IMAGE])).findings).toEqual([
      { ...none, offset: SIGNATURE.length },
    ])
    // One that is cut is only said to be cut.
    expect(judge(concat([SIGNATURE, metadata('()')])).findings.map(({ code }) => code)).toEqual([
      'TRUNCATED',
    ])
  })
})

it('what concerns one kind of file is not said of another', () =>
  expect(codesOf(judge(libvirt()))).toEqual(codesOf(judge(libxl()))))
