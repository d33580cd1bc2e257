/** Whom verifyMicrocode asks about which file, and what their answers come to. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeAmdPatch } from './amd/patches.testing.js'
import { encodeAmdContainer } from './amd/write.js'
import { containerRules } from './container-rules.js'
import { buildEarlyCpio } from './cpio-write.js'
import { makeIntelUpdate } from './intel/updates.testing.js'
import { explainMicrocode, type VerifyOptions, verifyMicrocode } from './verify.js'
import { joined, put } from './verify.testing.js'

describe('archives', () => {
  const intel = makeIntelUpdate()
  const amd = encodeAmdContainer({
    patches: [makeAmdPatch()],
    equivalences: [{ signature: 0x0080_0f12, equivalenceId: 0x8012 }],
  })

  it('are judged by what the scan finds in them, of both vendors or of one', () => {
    const archive = buildEarlyCpio({ intel: put(intel, [100, 1]), amd })
    const codes = (options: VerifyOptions) =>
      verifyMicrocode(archive, options).map(({ code, rule }) => `${rule} ${code}`)
    expect(codes({})).toEqual(['xen CHECKSUM'])
    expect(codes({ vendor: 'AMD' })).toEqual([])
    expect(codes({ rules: 'linux' })).toEqual(['linux-early CHECKSUM'])
    expect(codes({ rules: 'linux-late' })).toEqual(['linux-late TRUNCATED'])
    expect(codes({ rules: 'strict' })).toEqual(['strict HEADER_VERSION'])
  })

  it('say so if nothing is found', () => {
    const archive = buildEarlyCpio({ intel })
    expect(verifyMicrocode(archive, { vendor: 'AMD' })).toMatchObject([
      { code: 'NO_MICROCODE', severity: 'error', says: 'not found during CPIO scan' },
    ])
  })
})

describe('explainMicrocode', () => {
  it('sets the readers side by side', () => {
    const bytes = joined(makeIntelUpdate(), new Uint8Array(1))
    const { format, verdicts, summary } = explainMicrocode(bytes, { release: '4.17.3' })
    expect(format).toBe('intel')
    expect(
      verdicts.map(({ reader, accepted, updates, evidence }) => [
        reader,
        accepted,
        updates,
        evidence,
      ]),
    ).toEqual([
      ['Xen 4.17.3', true, 1, 'facts'],
      ['Xen 4.23-dev', true, 1, 'recorded'],
      ['Linux, early', false, 1, 'facts'],
      ['Linux, late', false, 1, 'facts'],
      ['iucode_tool', false, 1, 'recorded'],
      ['iucode_tool, not strict', false, 1, 'recorded'],
    ])
    expect(summary).toBe(
      'Xen 4.17.3 accepts a part (update 1 at 2048: Bad data in container); ' +
        'Xen 4.23-dev accepts a part (update 1 at 2048: Bad data in container); ' +
        'Linux, early refuses (update 1 at 2048: TRUNCATED_HEADER); ' +
        'Linux, late refuses (update 1 at 2048: error! Truncated or inaccessible header in microcode data file); ' +
        'iucode_tool refuses (bundle at 2048: invalid microcode data); ' +
        'iucode_tool, not strict refuses (bundle at 2048: invalid microcode data).',
    )
  })

  it('gives the same findings as asking one by one', () => {
    const change = fc.tuple(fc.nat({ max: 4095 }), fc.nat({ max: 255 }))
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
        const bytes = joined(
          makeIntelUpdate(),
          makeIntelUpdate({
            table: [
              [0x0009_0672, 7],
              [0x000b_06f2, 7],
            ],
          }),
        )
        for (const [offset, byte] of changes) bytes[offset] = byte
        for (const { rule, findings, reader } of explainMicrocode(bytes).verdicts) {
          const release = /^Xen (.*)$/.exec(reader)?.[1]
          const options = { rules: rule, ...(release !== undefined && { release }) }
          expect(verifyMicrocode(bytes, options)).toEqual(findings)
        }
      }),
    )
  })
})

describe('releases', () => {
  it.each([
    ['4.15.0', false, true, 64, false, 'facts'],
    ['4.17', false, true, 64, false, 'facts'],
    ['4.18.3', false, true, 64, false, 'facts'],
    ['4.18.4', true, false, 64, false, 'facts'],
    ['4.18', true, false, 64, true, 'facts'],
    ['4.19.0', false, true, 64, false, 'facts'],
    ['4.19.1', true, false, 64, false, 'facts'],
    ['4.20.0', true, false, 64, true, 'facts'],
    ['4.21.0', true, false, 32, true, 'facts'],
    ['4.23-dev', true, false, 32, true, 'recorded'],
  ])('%s', (release, dataInWords, tableEndsWithZero, patchHeader, knowsFamily1a, evidence) => {
    expect(containerRules(release)).toMatchObject({
      dataInWords,
      tableEndsWithZero,
      patchHeader,
      knowsFamily1a,
      evidence,
    })
  })

  it('refuses to guess', () => {
    const code = (release: string) => {
      try {
        return verifyMicrocode(new Uint8Array(4), { release })
      } catch (error) {
        return error
      }
    }
    expect(code('4.14')).toMatchObject({ code: 'RELEASE_TOO_OLD' })
    expect(code('four')).toMatchObject({ code: 'RELEASE_UNKNOWN' })
  })
})
