/** AMD containers against what amd_ucode_info.py said of them, and bare patches against MCExtractor and their own headers. */
import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { hex, sumWords } from '../bytes.js'
import { CORPUS_MANIFEST, readCorpus } from '../corpus.testing.js'
import { parseMicrocode } from '../file.js'
import { type ListedPatch, runAmdUcodeInfo } from '../peers/amd-ucode-info.js'
import { verifyMicrocode } from '../verify.js'
import { encodeAmdContainers } from './write.js'

interface RecordedContainer {
  readonly offset: number
  readonly equiv: readonly Readonly<Record<string, string | number>>[]
  readonly patches: readonly Readonly<Record<string, unknown>>[]
}

interface RecordedFile {
  readonly path: string
  readonly size: number
  readonly amdUcodeInfo: {
    readonly rc: number
    readonly containers: readonly RecordedContainer[]
    readonly stderr: readonly string[]
  }
}

function recordedPatch(patch: ListedPatch): Readonly<Record<string, unknown>> {
  const { patchId, length, offset, date, equivalenceId, cpus, reserved, revisions } = patch
  return {
    patch: hex(patchId, 8),
    length,
    start: offset,
    date,
    equivId: hex(equivalenceId, 4),
    cpus: cpus.map((cpu) => ({
      family: hex(((cpu >>> 8) & 0xf) + ((cpu >>> 20) & 0xff), 2),
      model: hex(((cpu >>> 4) & 0xf) | ((cpu >>> 12) & 0xf0), 2),
      stepping: hex(cpu & 0xf, 2),
    })),
    dataId: hex(patch.dataId, 4),
    dataLen: hex(patch.dataLength, 2),
    initFlag: hex(patch.initFlag, 2),
    checksum: hex(patch.checksum, 8),
    nbDev: hex(patch.northBridgeId, 8),
    sbDev: hex(patch.southBridgeId, 8),
    nbRev: hex(revisions[0], 2),
    sbRev: hex(revisions[1], 2),
    biosApi: hex(revisions[2], 2),
    reserved: reserved.map((byte) => hex(byte, 2)).join(', '),
  }
}

describeRecorded(['microcode/vectors/amd-containers.json', CORPUS_MANIFEST], () => {
  const files = readRecordedJson<RecordedFile[]>('microcode/vectors/amd-containers.json')

  it('has 14 files', () => {
    expect(files).toHaveLength(14)
  })

  it.each(files)('$path', ({ path, size, amdUcodeInfo }) => {
    const bytes = readCorpus(path)
    expect(bytes).toHaveLength(size)
    const run = runAmdUcodeInfo(bytes)
    expect(run.exit).toBe(amdUcodeInfo.rc)
    expect(run.messages).toEqual(amdUcodeInfo.stderr)
    expect(
      run.containers.map(({ offset, equivalences, patches }) => ({
        offset,
        equiv: equivalences.map((entry) => ({
          offset: entry.offset,
          cpuid: hex(entry.signature, 8),
          id: hex(entry.equivalenceId, 4),
          errataMask: hex(entry.errataMask, 8),
          errataCompare: hex(entry.errataCompare, 8),
          res: hex(entry.reserved, 4),
        })),
        patches: patches.map(recordedPatch),
      })),
    ).toEqual(amdUcodeInfo.containers)
  })

  it.each(files)('$path is read and written back', ({ path, amdUcodeInfo }) => {
    const bytes = readCorpus(path)
    const file = parseMicrocode(bytes)
    expect(file.format).toBe('amd')
    const recorded = amdUcodeInfo.containers.flatMap(({ patches }) => patches)
    expect(file.updates.map(({ revision }) => hex(revision, 8))).toEqual(
      recorded.map(({ patch }) => patch),
    )
    expect(file.updates.map(({ offset }) => offset)).toEqual(recorded.map(({ start }) => start))
    expect(file.updates.every((update) => update.bytes.buffer === bytes.buffer)).toBe(true)
    expect(file.updates.every((u) => u.vendor === 'AMD' && u.checksumOk !== false)).toBe(true)
    expect(Buffer.compare(encodeAmdContainers(file), bytes)).toBe(0)
    expect(verifyMicrocode(bytes)).toEqual([])
  })
})

interface RecordedPatchFile {
  readonly path: string
  readonly size: number
  readonly mcextractor: { readonly cpuid: string; readonly rev: string; readonly date: string }
  readonly header: Readonly<Record<string, string | number>>
  readonly sum64: string
}

describeRecorded(['microcode/vectors/amd-patches.json', CORPUS_MANIFEST], () => {
  const files = readRecordedJson<RecordedPatchFile[]>('microcode/vectors/amd-patches.json')

  it('has 81 patches', () => {
    expect(files).toHaveLength(81)
  })

  it.each(files)('$path', ({ path, size, mcextractor, header, sum64 }) => {
    const bytes = readCorpus(path)
    const file = parseMicrocode(bytes)
    const [patch] = file.updates
    if (patch?.vendor !== 'AMD') throw new Error('no patch')
    expect(patch).toMatchObject({ size, offset: 0, container: null })
    expect(Buffer.compare(patch.bytes, bytes)).toBe(0)
    const [year, month, day] = patch.date.split('-')
    expect({
      year,
      day,
      month,
      patchId: hex(patch.revision, 8),
      dataId: hex(patch.dataId, 4),
      dataLen: patch.dataLength,
      initFlag: patch.initFlag,
      checksumOrMinRev: hex(patch.checksum, 8),
      nbDev: hex(patch.northBridgeId, 8),
      sbDev: hex(patch.southBridgeId, 8),
      processorRevId: hex(patch.equivalenceId, 4),
      nbRev: patch.northBridgeRevision,
      sbRev: patch.southBridgeRevision,
      biosApiRev: patch.biosApiRevision,
    }).toEqual(header)
    const sum = sumWords(bytes, 64, Math.floor((size - 64) / 4))
    expect(hex(sum, 8)).toBe(sum64)
    if (patch.checksumOk !== null) expect([patch.checksumOk, sum]).toEqual([true, patch.checksum])
    expect(file.problems).toEqual([])
    expect({
      cpuid: hex(patch.signatures[0]?.signature ?? 0, 8),
      rev: hex(patch.revision, 8),
      date: patch.date,
    }).toEqual(mcextractor)
  })
})
