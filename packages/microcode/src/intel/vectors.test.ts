/** Intel files against what iucode_tool said of them. */
import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { hex } from '../bytes.js'
import { CORPUS_MANIFEST, readCorpus } from '../corpus.testing.js'
import { parseMicrocode } from '../file.js'
import { type IucodeRun, runIucode } from '../peers/iucode.js'
import { describeIucode } from '../peers/iucode.testing.js'
import { verifyMicrocode } from '../verify.js'

interface RecordedSignature {
  readonly sig: string
  readonly pf: string
}

interface RecordedUpdate extends RecordedSignature {
  readonly bundle: number
  readonly index: number
  readonly date: string
  readonly rev: string
  readonly size: number
  readonly offset?: number
  readonly ext: readonly (RecordedSignature & { readonly date: string; readonly rev: string })[]
}

interface RecordedRun {
  readonly rc: number
  readonly all: readonly RecordedUpdate[]
  readonly selected?: readonly (RecordedSignature & {
    readonly bundle: number
    readonly index: number
    readonly rev: string
  })[]
  readonly stderr: readonly string[]
}

interface RecordedFile {
  readonly path: string
  readonly size: number
  readonly iucode: RecordedRun
  readonly iucodeLoose?: RecordedRun
}

/** A run in the words of the recorded ones. */
function recorded(run: IucodeRun): RecordedRun {
  return {
    rc: run.exit,
    all: run.all.map(({ index, date, size, offset, ...update }) => {
      const [revision, signature] = [{ date, rev: hex(update.revision, 4) }, recordedSignature]
      const ext = update.extended.map((entry) => ({ ...signature(entry), ...revision }))
      return { bundle: 1, index, ...signature(update), ...revision, size, ext, offset }
    }),
    selected: run.selected.map(({ index, revision, ...entry }) => ({
      bundle: 1,
      index,
      ...recordedSignature(entry),
      rev: hex(revision, 4),
    })),
    stderr: describeIucode(run),
  }
}

function recordedSignature(entry: { signature: number; platformMask: number }): RecordedSignature {
  return { sig: hex(entry.signature, 8), pf: hex(entry.platformMask, 2) }
}

describeRecorded(['microcode/vectors/intel-files.json', CORPUS_MANIFEST], () => {
  const files = readRecordedJson<RecordedFile[]>('microcode/vectors/intel-files.json')

  it('has 272 files', () => {
    expect(files).toHaveLength(272)
  })

  it.each(files)('$path', ({ path, size, iucode, iucodeLoose }) => {
    const bytes = readCorpus(path)
    expect(bytes).toHaveLength(size)
    expect(recorded(runIucode(bytes))).toEqual(iucode)
    if (iucodeLoose !== undefined) {
      const { selected, ...loose } = recorded(runIucode(bytes, { strict: false }))
      expect(withoutOffsets(loose.all)).toEqual(iucodeLoose.all)
      expect([loose.rc, loose.stderr]).toEqual([iucodeLoose.rc, iucodeLoose.stderr])
    }
    expect(verifyMicrocode(bytes, { rules: 'strict' }).length === 0).toBe(iucode.rc === 0)
    if (iucode.rc === 0) {
      const file = parseMicrocode(bytes)
      expect(file.format).toBe('intel')
      expect(file.updates.map(({ offset }) => offset)).toEqual(iucode.all.map((u) => u.offset))
      expect(file.updates.every((update) => update.bytes.buffer === bytes.buffer)).toBe(true)
      expect(file.updates.every((u) => u.signatures.every(({ checksumOk }) => checksumOk))).toBe(
        true,
      )
    }
  })
})

describeRecorded(['microcode/vectors/intel-dat.json', CORPUS_MANIFEST], () => {
  const files = readRecordedJson<RecordedFile[]>('microcode/vectors/intel-dat.json')

  it('has 4 files', () => {
    expect(files).toHaveLength(4)
  })

  it.each(files)('$path', ({ path, iucode }) => {
    const bytes = readCorpus(path)
    const { selected, ...run } = recorded(runIucode(bytes, { type: 'dat' }))
    expect(run).toEqual(iucode)
    const file = parseMicrocode(bytes)
    expect(file.format).toBe('intel-dat')
    expect(
      file.updates.map(({ offset, revision, date }) => [offset, hex(revision, 4), date]),
    ).toEqual(iucode.all.map(({ offset, rev, date }) => [offset, rev, date]))
  })
})

function withoutOffsets(updates: readonly RecordedUpdate[]): RecordedUpdate[] {
  return updates.map(({ offset, ...update }) => update)
}

describeRecorded(['microcode/facts/intel-min-rev-metadata.json', CORPUS_MANIFEST], () => {
  interface Entry {
    readonly file: string
    readonly offset: number
    readonly sig: string
    readonly pf: string
    readonly rev: string
    readonly minReqVer: string
    readonly metasize: number
    readonly metadata: readonly {
      readonly type: number
      readonly size: number
      readonly data: string
    }[]
  }
  const { entries } = readRecordedJson<{ entries: Entry[] }>(
    'microcode/facts/intel-min-rev-metadata.json',
  )

  it('has 47 updates with a minimum revision or metadata', () => {
    expect(entries).toHaveLength(47)
  })

  it.each(entries)('$file at $offset', (entry) => {
    const path = ['intel-ucode', 'intel-ucode-with-caveats']
      .map((folder) => `intel/20251111/${folder}/${entry.file}`)
      .find(exists)
    const file = parseMicrocode(readCorpus(path ?? entry.file))
    const update = file.updates.find(({ offset }) => offset === entry.offset)
    if (update?.vendor !== 'Intel') throw new Error('no such update')
    const [signature] = update.signatures
    expect([signature?.signature, signature?.platformMask, update.revision]).toEqual(
      [entry.sig, entry.pf, entry.rev].map(Number),
    )
    expect(update.minRevision ?? 0).toBe(Number(entry.minReqVer))
    expect(
      update.metadata.map(({ type, size, payload }) => ({
        type,
        size,
        data: Buffer.from(payload).toString('hex'),
      })),
    ).toEqual(entry.metadata.filter(({ type }) => type !== 0))
  })
})

function exists(path: string): boolean {
  try {
    readCorpus(path)
    return true
  } catch {
    return false
  }
}
