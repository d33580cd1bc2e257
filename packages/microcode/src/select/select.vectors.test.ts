/** Selections held against unmodified parse and load functions of Xen, against iucode_tool, and against a model of Linux. */
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { CORPUS_MANIFEST, type Mutation, mutate, readCorpus } from '../corpus.testing.js'
import { splitEarlyCpio } from '../cpio.js'
import { runIucode } from '../peers/iucode.js'
import type { CpuIdentity } from '../types.js'
import { filterIucode } from './iucode.js'
import { selectUpdate, selectUpdates } from './select.js'
import type { Selection, SelectOptions } from './types.js'

interface XenAnswer {
  parse: string
  offset?: number
  rev?: string
  load?: string
  newrev?: string
  log?: string
  from?: { path: string; offset: number }
  cpio?: number
  cpioSize?: number
}

interface LinuxModel {
  /** Null where Linux reads what is not in the file. */
  accept: boolean | null
  selected: number | null
}

const hex = (value: number) => `0x${(value >>> 0).toString(16).padStart(8, '0')}`

/** A selection in the words of the recording. */
function inXensWords(selection: Selection, start = 0): XenAnswer {
  const { update, errno, revision, bootLog, log } = selection
  const printed = [...bootLog, ...log].join('|')
  if (update === null) return { parse: errno, log: printed }
  const [offset, rev] = [update.offset - start, hex(update.revision)]
  return { parse: 'OK', offset, rev, load: errno, newrev: hex(revision), log: printed }
}

function joined(paths: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.concat(paths.map(readCorpus)))
}

const intel = (sig: string, platformId: number, rev: string): CpuIdentity => ({
  vendor: 'Intel',
  signature: Number(sig),
  platformId,
  revision: Number(rev),
})

const amd = (sig: string, rev: string): CpuIdentity => ({
  vendor: 'AMD',
  signature: Number(sig),
  platformId: 0,
  revision: Number(rev),
})

/** The two CPUs that archives were asked about. */
const CPIO_CPUS = {
  intel: intel('0x306c3', 1, '0x10'),
  amd: amd('0xa00f11', '0x0a0011d0'),
} as const

describeRecorded([CORPUS_MANIFEST, 'microcode/vectors/selection-intel.json'], () => {
  interface Query {
    set: string
    sig: string
    platformId: number
    rev: string
    why: string
    xen: XenAnswer
    xenForce: XenAnswer
    iucodeSelect: { index: number; sig: string; pf: string; rev: string }[]
    iucodeSelectNewer: { index: number; sig: string; pf: string; rev: string }[]
    linuxModel: LinuxModel
  }
  const { sets, queries } = readRecordedJson<{
    sets: Record<string, string[]>
    queries: Query[]
  }>('microcode/vectors/selection-intel.json')
  const opened = new Map<string, Uint8Array>()
  const bytesOf = (set: string) => {
    const bytes = opened.get(set) ?? joined(sets[set] ?? [])
    opened.set(set, bytes)
    return bytes
  }

  it('has 33 queries of 10 sets', () => {
    expect(queries).toHaveLength(33)
    expect(Object.keys(sets)).toHaveLength(10)
  })

  it.each(queries)('$set $sig $platformId $rev: $why', (query) => {
    const bytes = bytesOf(query.set)
    const cpu = intel(query.sig, query.platformId, query.rev)
    const { from, ...recorded } = query.xen
    const chosen = selectUpdate(bytes, cpu)
    expect(inXensWords(chosen)).toEqual(recorded)
    expect(chosen.evidence).toBe('recorded')

    const { log, offset, rev, ...forced } = inXensWords(selectUpdate(bytes, cpu, { force: true }))
    expect(forced).toEqual(query.xenForce)

    // The files on their own, as in a directory: the same update, in the file that it came from.
    const files = (sets[query.set] ?? []).map((name) => ({ name, bytes: readCorpus(name) }))
    const single = selectUpdate(files, cpu)
    expect([single.errno, single.update?.revision]).toEqual([chosen.errno, chosen.update?.revision])
    if (from !== undefined && single.file !== null) {
      expect([files[single.file]?.name, single.update?.offset]).toEqual([from.path, from.offset])
    }

    const linux = selectUpdate(bytes, cpu, { consumer: 'linux' })
    expect({
      accept: linux.stop?.severity !== 'error',
      selected: linux.update?.offset ?? null,
    }).toEqual(query.linuxModel)

    const run = runIucode(bytes)
    const filter = { signature: cpu.signature, platformMask: 1 << cpu.platformId }
    const listed = (entries: ReturnType<typeof filterIucode>) =>
      entries.map(({ index, signature, platformMask, revision }) => ({
        index,
        sig: hex(signature),
        pf: Number(platformMask),
        rev: revision,
      }))
    const wanted = (entries: Query['iucodeSelect']) =>
      entries.map(({ index, sig, pf, rev }) => ({
        index,
        sig,
        pf: Number(pf),
        rev: Number(rev),
      }))
    expect(listed(filterIucode(run, filter))).toEqual(wanted(query.iucodeSelect))
    expect(listed(filterIucode(run, { ...filter, newerThan: cpu.revision }))).toEqual(
      wanted(query.iucodeSelectNewer),
    )
    const best = selectUpdate(bytes, cpu, { consumer: 'iucode' })
    expect(best.errno === 'OK').toBe(query.iucodeSelectNewer.length > 0)
    const newest = Math.max(...query.iucodeSelect.map(({ rev }) => Number(rev) | 0))
    if (query.iucodeSelect.length > 0) expect(best.update?.revision).toBe(newest >>> 0)
  })
})

describeRecorded([CORPUS_MANIFEST, 'microcode/vectors/selection-amd.json'], () => {
  const { queries } = readRecordedJson<{
    queries: {
      container: string
      sig: string
      rev: string
      force: 0 | 1
      digestCheck: 0 | 1
      zen6: 0 | 1
      why: string
      xen: XenAnswer
    }[]
  }>('microcode/vectors/selection-amd.json')

  it('has 45 queries', () => expect(queries).toHaveLength(45))

  it.each(queries)('$container $sig $rev: $why', ({ container, sig, rev, xen, ...query }) => {
    const chosen = selectUpdate(readCorpus(container), amd(sig, rev), {
      force: query.force === 1,
      digestCheck: query.digestCheck === 1,
      zen6: query.zen6 === 1,
    })
    expect(inXensWords(chosen)).toEqual(xen)
    expect(chosen.evidence).toBe('recorded')
  })
})

/** What Xen finds in an archive for both CPUs, in the words of the recording. */
function scanned(bytes: Uint8Array): Record<'intel' | 'amd', XenAnswer> {
  const early = splitEarlyCpio(bytes)
  const answer = (vendor: 'intel' | 'amd', options: SelectOptions = { scan: true }) => {
    const member = early[vendor]
    const selection = selectUpdate(bytes, CPIO_CPUS[vendor], options)
    const { log, ...words } = inXensWords(selection, member?.offset ?? 0)
    if (member === null) return { ...words, cpio: -1, log: log ?? '' }
    return { ...words, cpio: member.offset, cpioSize: member.size, log: log ?? '' }
  }
  return { intel: answer('intel'), amd: answer('amd') }
}

describeRecorded([CORPUS_MANIFEST, 'microcode/vectors/cpio.json'], () => {
  const archives = readRecordedJson<{ path: string; xen: Record<'intel' | 'amd', XenAnswer> }[]>(
    'microcode/vectors/cpio.json',
  )

  it('has 12 archives', () => expect(archives).toHaveLength(12))

  it.each(archives)('$path', ({ path, xen }) => {
    const bytes = readCorpus(path)
    expect(scanned(bytes)).toEqual(xen)
    // A scan is what is done with an archive unless something else is asked for: the hypercall does not scan.
    if (splitEarlyCpio(bytes).members.length > 0) {
      const unasked = selectUpdate(bytes, CPIO_CPUS.intel)
      expect(unasked).toEqual(selectUpdate(bytes, CPIO_CPUS.intel, { scan: true }))
    }
    expect(selectUpdate(bytes, CPIO_CPUS.intel, { scan: false }).errno).toBe('EINVAL')
  })
})

describeRecorded([CORPUS_MANIFEST, 'microcode/vectors/mutations.json'], () => {
  interface Mutated {
    id: string
    kind: 'intel' | 'amd' | 'cpio'
    base: string
    name: string
    ops: Mutation[]
    cpu?: { sig: string; pf: string; rev: string }
    sha256: string
    verdict: {
      xen: XenAnswer | Record<'intel' | 'amd', XenAnswer>
      xenNoDigest?: XenAnswer
      linuxModel?: LinuxModel
    }
  }
  const { items } = readRecordedJson<{ items: Mutated[] }>('microcode/vectors/mutations.json')
  const bases = new Map<string, Uint8Array>()
  const bytesOf = ({ base, ops, sha256 }: Mutated) => {
    const original = bases.get(base) ?? readCorpus(base)
    bases.set(base, original)
    const bytes = mutate(original, ops)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
    return bytes
  }

  it('has 248 damaged Intel files, 143 AMD containers, 87 archives', () => {
    const count = (wanted: string) => items.filter(({ kind }) => kind === wanted).length
    expect([count('intel'), count('amd'), count('cpio')]).toEqual([248, 143, 87])
  })

  it.each(items.filter(({ kind }) => kind === 'intel'))('$id $base: $name', (item) => {
    const bytes = bytesOf(item)
    const { sig = '0', pf = '1', rev = '0' } = item.cpu ?? {}
    const cpu = intel(sig, Math.log2(Number(pf)), rev)
    const xen = selectUpdate(bytes, cpu, { scan: false })
    expect(inXensWords(xen)).toEqual(item.verdict.xen)
    // A model of Linux, not a run.
    const linux = selectUpdate(bytes, cpu, { consumer: 'linux', scan: false })
    const { accept, selected } = item.verdict.linuxModel ?? { accept: null, selected: null }
    expect(linux.update?.offset ?? null).toBe(selected)
    if (accept === null) expect(linux.stop?.code).toBe('TABLE_COUNT_WRAPS')
    else expect(linux.stop === null).toBe(accept)
  })

  it.each(items.filter(({ kind }) => kind === 'amd'))('$id $base: $name', (item) => {
    const bytes = bytesOf(item)
    const cpu = amd(item.cpu?.sig ?? '', item.cpu?.rev ?? '')
    expect(inXensWords(selectUpdate(bytes, cpu, { scan: false }))).toEqual(item.verdict.xen)
    const unchecked = selectUpdate(bytes, cpu, { scan: false, digestCheck: false })
    expect(inXensWords(unchecked)).toEqual(item.verdict.xenNoDigest)
  })

  it.each(items.filter(({ kind }) => kind === 'cpio'))('$id $base: $name', (item) => {
    expect(scanned(bytesOf(item))).toEqual(item.verdict.xen)
  })
})

describeRecorded(CORPUS_MANIFEST, () => {
  it('answers for many CPUs as for each, and judges the firmware by the first', () => {
    const file = readCorpus('amd/built/multi-revision-zen.bin')
    const cpus = [amd('0x00830f10', '0x0830107d'), amd('0x00830f10', '0x08301034')]
    const both = selectUpdates(file, cpus)
    const bootRevision = 0x0830_107d
    expect(both).toEqual(cpus.map((cpu) => selectUpdate(file, cpu, { bootRevision })))
    expect(both.map(({ update }) => update?.revision)).toEqual([0x0830_107f, 0x0830_107f])
    expect(selectUpdates(file, [...cpus].reverse()).map(({ update }) => update?.revision)).toEqual([
      0x0830_107c, 0x0830_107c,
    ])
  })
})
