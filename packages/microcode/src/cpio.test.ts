/** Early archives against what Xen's scan, GNU cpio and iucode_tool made of them. */
import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../fixtures/recorded.js'
import { hex } from './bytes.js'
import { CORPUS_MANIFEST, readCorpus } from './corpus.testing.js'
import { splitEarlyCpio } from './cpio.js'
import { parseMicrocode } from './file.js'
import { runGnuCpio } from './peers/gnu-cpio.js'
import { describeGnuCpio } from './peers/gnu-cpio.testing.js'
import { type IucodeSignature, runIucode } from './peers/iucode.js'
import { describeIucode } from './peers/iucode.testing.js'

interface XenAnswer {
  readonly parse: string
  readonly offset?: number
  readonly rev?: string
  readonly cpio: number
  readonly cpioSize?: number
}

interface RecordedArchive {
  readonly path: string
  readonly size: number
  readonly gnuCpio: {
    readonly rc: number
    readonly members: readonly {
      readonly mode: string
      readonly size: number
      readonly name: string
    }[]
    readonly stderr: readonly string[]
  }
  readonly xen: { readonly intel: XenAnswer; readonly amd: XenAnswer }
  readonly iucodeRecover: {
    readonly rc: number
    readonly all: readonly Readonly<Record<string, unknown>>[]
    readonly stderr: readonly string[]
  }
}

describeRecorded(['microcode/vectors/cpio.json', CORPUS_MANIFEST], () => {
  const archives = readRecordedJson<RecordedArchive[]>('microcode/vectors/cpio.json')

  it('has 12 archives', () => {
    expect(archives).toHaveLength(12)
  })

  it.each(archives)("$path: Xen's scan", ({ path, size, xen }) => {
    const bytes = readCorpus(path)
    expect(bytes).toHaveLength(size)
    const early = splitEarlyCpio(bytes)
    for (const [vendor, answer] of Object.entries(xen)) {
      const extent = vendor === 'intel' ? early.intel : early.amd
      expect([extent?.offset ?? -1, extent?.size]).toEqual([answer.cpio, answer.cpioSize])
      expect(answer.parse === 'ENODEV').toBe(extent === null)
    }
  })

  it.each(archives)('$path: the update that Xen chose is among those read', ({ path, xen }) => {
    const bytes = readCorpus(path)
    const { updates } = early(bytes)
    for (const { parse, cpio, offset, rev } of Object.values(xen)) {
      if (parse !== 'OK') continue
      const chosen = updates.find((update) => update.offset === cpio + (offset ?? 0))
      expect(hex(chosen?.revision ?? 0, 8)).toBe(rev)
    }
  })

  it.each(archives)('$path: GNU cpio', ({ path, gnuCpio }) => {
    const run = runGnuCpio(readCorpus(path))
    expect([run.understood, run.exit, run.members]).toEqual([true, gnuCpio.rc, gnuCpio.members])
    expect(describeGnuCpio(run)).toEqual(gnuCpio.stderr)
  })

  it.each(archives)('$path: iucode_tool -tr', ({ path, iucodeRecover }) => {
    const run = runIucode(readCorpus(path), { type: 'recover' })
    expect([run.exit, run.gaveUp, describeIucode(run)]).toEqual([
      iucodeRecover.rc,
      false,
      iucodeRecover.stderr,
    ])
    expect(
      run.all.map(({ index, date, revision, size, extended, ...update }) => {
        const signature = (entry: IucodeSignature) => ({
          sig: hex(entry.signature, 8),
          pf: hex(entry.platformMask, 2),
          date,
          rev: hex(revision, 4),
        })
        return { bundle: 1, index, ...signature(update), size, ext: extended.map(signature) }
      }),
    ).toEqual(iucodeRecover.all)
  })
})

/** What an archive holds; nothing where it is none for the scan. */
function early(bytes: Uint8Array) {
  return parseMicrocode(bytes, { format: 'early-cpio' })
}
