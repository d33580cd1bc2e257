/** Damaged files: what each reader makes of them, against what it was recorded to make. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../fixtures/recorded.js'
import { hex } from './bytes.js'
import { CORPUS_MANIFEST, type Mutation, mutate, readCorpus } from './corpus.testing.js'
import { splitEarlyCpio } from './cpio.js'
import { runAmdUcodeInfo } from './peers/amd-ucode-info.js'
import { runGnuCpio } from './peers/gnu-cpio.js'
import { describeGnuCpio } from './peers/gnu-cpio.testing.js'
import { type IucodeOptions, runIucode } from './peers/iucode.js'
import { describeIucode } from './peers/iucode.testing.js'
import type { MicrocodeVendor } from './types.js'
import { verifyMicrocode } from './verify.js'

interface IucodeVerdict {
  readonly accept: boolean
  readonly rc: number
  readonly listed: readonly (readonly [string, string, string, number, number])[]
  readonly message: readonly string[]
}

interface XenVerdict {
  readonly parse: string
  readonly log: string
}

interface Item {
  readonly id: string
  readonly kind: 'intel' | 'amd' | 'cpio'
  readonly name: string
  readonly base: string
  readonly ops: readonly Mutation[]
  readonly size: number
  readonly sha256: string
  readonly verdict: {
    readonly iucode?: IucodeVerdict
    readonly iucodeLoose?: IucodeVerdict
    readonly iucodeIgnoreBroken?: IucodeVerdict
    readonly xen: XenVerdict & {
      readonly intel?: XenVerdict & { readonly cpio: number; readonly cpioSize?: number }
      readonly amd?: XenVerdict & { readonly cpio: number; readonly cpioSize?: number }
    }
    readonly xenNoDigest?: XenVerdict
    readonly amdUcodeInfo?: {
      readonly runaway: boolean
      readonly accept: boolean
      readonly rc: number
      readonly containers: readonly (readonly [
        number,
        number,
        readonly (readonly [number, number, string])[],
      ])[]
      readonly message: readonly string[]
    }
    readonly gnuCpio?: {
      readonly rc: number
      readonly members: readonly unknown[]
      readonly message: readonly string[]
    }
    readonly linuxModel?: { readonly accept: boolean | null }
  }
}

/** Long complaints were cut to six lines and a count. */
function cut(messages: readonly string[]): string[] {
  return messages.length <= 6
    ? [...messages]
    : [...messages.slice(0, 6), `... ${messages.length - 6} more lines`]
}

function iucodeVerdict(
  bytes: Uint8Array,
  options: IucodeOptions,
): IucodeVerdict & { runaway: boolean } {
  const run = runIucode(bytes, options)
  return {
    accept: run.exit === 0,
    rc: run.exit,
    listed: run.all.map(
      ({ signature, platformMask, revision, size, extended }) =>
        [hex(signature, 8), hex(platformMask, 2), hex(revision, 4), size, extended.length] as const,
    ),
    message: cut(describeIucode(run)),
    runaway: run.runaway,
  }
}

/** A recorded run that never ended was killed, and its complaints counted until then. */
const KILLED = -25

function checkIucode(bytes: Uint8Array, options: IucodeOptions, recorded: IucodeVerdict): void {
  const { runaway, ...verdict } = iucodeVerdict(bytes, options)
  expect(runaway).toBe(recorded.rc === KILLED)
  if (!runaway) expect(verdict).toEqual(recorded)
  else {
    expect(verdict.accept).toBe(recorded.accept)
    expect(verdict.listed).toEqual(recorded.listed)
    expect(verdict.message).toEqual(recorded.message.slice(0, 1))
  }
}

/** What Xen says of a file's form, without what it says of the CPU that it loads for. */
const FORM = /^microcode: (Bad (?!microcode length)|Wrong microcode patch file magic)/

/** The recorded complaints about the form, against ours; of errors and errors after which something was still selected. */
function checkXen(bytes: Uint8Array, vendor: MicrocodeVendor, { parse, log }: XenVerdict): void {
  const findings = verifyMicrocode(bytes, { rules: 'xen', vendor })
  const about = findings.filter(({ code }) => code !== 'EQUIVALENCE_CONFLICT')
  expect(about.map(({ says }) => `microcode: ${says}`)).toEqual(
    log.split('|').filter((line) => FORM.test(line)),
  )
  if (about.some(({ severity }) => severity === 'error')) expect(parse).toBe('EINVAL')
  if (parse === 'EINVAL') expect(about).toHaveLength(1)
}

const items = (kind: Item['kind']) => {
  const all = readRecordedJson<{ items: Item[] }>('microcode/vectors/mutations.json').items
  return all.filter((item) => item.kind === kind)
}

function damaged({ base, ops, size, sha256 }: Item): Uint8Array<ArrayBuffer> {
  const bytes = mutate(readCorpus(base), ops)
  expect(bytes).toHaveLength(size)
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
  return bytes
}

function given<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('not recorded')
  return value
}

describeRecorded(['microcode/vectors/mutations.json', CORPUS_MANIFEST], () => {
  describe('248 of Intel', () => {
    const intel = items('intel')

    it('has them', () => {
      expect(intel).toHaveLength(248)
    })

    it.each(intel)('$id: $name', (item) => {
      const bytes = damaged(item)
      const { iucode, iucodeLoose, iucodeIgnoreBroken, xen, linuxModel } = item.verdict
      checkIucode(bytes, {}, given(iucode))
      checkIucode(bytes, { strict: false }, given(iucodeLoose))
      checkIucode(bytes, { ignoreBroken: true }, given(iucodeIgnoreBroken))
      for (const rules of ['strict', 'loose'] as const) {
        const { accept } = given(rules === 'strict' ? iucode : iucodeLoose)
        expect(verifyMicrocode(bytes, { rules, vendor: 'Intel' }).length === 0).toBe(accept)
      }
      checkXen(bytes, 'Intel', xen)
      checkLinuxModel(bytes, given(linuxModel).accept)
    })
  })

  describe('143 of AMD', () => {
    const amd = items('amd')

    it('has them', () => {
      expect(amd).toHaveLength(143)
    })

    it.each(amd)('$id: $name', (item) => {
      const bytes = damaged(item)
      const recorded = given(item.verdict.amdUcodeInfo)
      const run = runAmdUcodeInfo(bytes)
      expect(run.runaway).toBe(recorded.runaway)
      if (!run.runaway) {
        expect([run.exit, run.exit === 0]).toEqual([recorded.rc, recorded.accept])
        expect(
          run.containers.map(({ offset, equivalenceCount, patches }) => [
            offset,
            equivalenceCount,
            patches.map(({ offset, length, patchId }) => [offset, length, hex(patchId, 8)]),
          ]),
        ).toEqual(recorded.containers)
        expect(cut(run.messages)).toEqual(recorded.message)
      }
      checkXen(bytes, 'AMD', item.verdict.xen)
      checkXen(bytes, 'AMD', given(item.verdict.xenNoDigest))
    })
  })

  describe('87 archives', () => {
    const cpio = items('cpio')

    it('has them', () => {
      expect(cpio).toHaveLength(87)
    })

    it.each(cpio)('$id: $name', (item) => {
      const bytes = damaged(item)
      const early = splitEarlyCpio(bytes)
      for (const vendor of ['intel', 'amd'] as const) {
        const recorded = given(item.verdict.xen[vendor])
        const extent = early[vendor]
        expect([extent?.offset ?? -1, extent?.size]).toEqual([recorded.cpio, recorded.cpioSize])
        if (extent === null) expect(recorded.parse).toBe('ENODEV')
        else {
          const { offset, size } = extent
          const whose = vendor === 'intel' ? 'Intel' : 'AMD'
          checkXen(bytes.subarray(offset, offset + size), whose, recorded)
          expect(verifyMicrocode(bytes, { vendor: whose }).map(({ says }) => says)).toEqual(
            verifyMicrocode(bytes.subarray(offset, offset + size), { vendor: whose }).map(
              ({ says }) => says,
            ),
          )
        }
      }
      const recorded = given(item.verdict.gnuCpio)
      const run = runGnuCpio(bytes)
      expect([run.understood, run.exit, run.members]).toEqual([true, recorded.rc, recorded.members])
      expect(cut(describeGnuCpio(run))).toEqual(recorded.message)
    })
  })
})

/** The recorded answer is that of a model of Linux, not of a run; null where it says that Linux reads past the table. */
function checkLinuxModel(bytes: Uint8Array, accept: boolean | null): void {
  for (const rules of ['linux-early', 'linux-late'] as const) {
    const findings = verifyMicrocode(bytes, { rules, vendor: 'Intel' })
    if (accept === null) expect(findings.map(({ code }) => code)).toEqual(['TABLE_COUNT_WRAPS'])
    else expect(findings.length === 0).toBe(accept)
  }
}
