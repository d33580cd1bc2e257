/** The recorded pools through the command, beside the library's answer for the same hosts. */
import { combineFeaturesets, levelPool, parseHostSnapshot } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../fixtures/recorded.js'
import { runCommand, runJson } from './command.testing.js'

interface RecordedPool {
  readonly hosts?: readonly string[]
  readonly featuresets: readonly string[]
  readonly rawAnd?: string
  readonly peerCombine: string
}

/** Hosts whose Xen says what the pool is made of. */
function documentsOf({ hosts, featuresets }: RecordedPool): object[] {
  return featuresets.map((set, at) => {
    return {
      format: 'xenlevel/host-snapshot',
      version: 1,
      name: hosts?.[at] ?? `host-${at}`,
      cpu: {
        vendor: 'Intel',
        brand: '',
        signature: '0x00050654',
        physAddrBits: 46,
        microcodeRevision: null,
      },
      xen: { release: '4.23-dev', hvm: true, hap: true },
      featuresets: { pvDefault: set, pvMax: set, hvmDefault: set, hvmMax: set },
    }
  })
}

const ndjson = (documents: readonly object[]) =>
  documents.map((document) => `${JSON.stringify(document)}\n`).join('')

/** Both spellings of a set are one set. */
const wordsOf = (text: string) => Featureset.parse(text).toString('-', 19)

describeRecorded('levelling/pools.json', () => {
  const { pools } = readRecordedJson<{ readonly pools: readonly RecordedPool[] }>(
    'levelling/pools.json',
  )

  it('has 65 pools', () => expect(pools).toHaveLength(65))

  it.each(pools.map((pool, at) => ({ pool, at })))(
    'levels pool $at as the library does, and as it was recorded',
    async ({ pool }) => {
      const documents = documentsOf(pool)
      const library = levelPool(documents.map((document) => parseHostSnapshot(document)))
      const { document, status, stderr } = await runJson(['level', '-'], {
        stdin: ndjson(documents),
      })
      expect([status, stderr, document.ok]).toEqual([0, '', true])
      expect(document.level).toEqual(JSON.parse(JSON.stringify(library)))
      const written = await runCommand(['level', '--emit', 'xapi'], {
        stdin: JSON.stringify(documents),
      })
      expect(wordsOf(written.stdout.trim())).toBe(wordsOf(pool.peerCombine))
      const plain = await runCommand(['level', '-e', 'xapi', '--method', 'intersection', '-'], {
        stdin: documents.map((each) => JSON.stringify(each, null, 2)).join('\n'),
      })
      expect(wordsOf(plain.stdout.trim())).toBe(
        wordsOf(
          combineFeaturesets(
            pool.featuresets.map((text) => Featureset.parse(text)),
            { method: 'intersection' },
          ).toString(),
        ),
      )
      if (pool.rawAnd !== undefined) expect(wordsOf(plain.stdout.trim())).toBe(wordsOf(pool.rawAnd))
    },
  )
})

describeRecorded('levelling/pools-rsba.json', () => {
  const { pools } = readRecordedJson<{ readonly pools: readonly RecordedPool[] }>(
    'levelling/pools-rsba.json',
  )

  it('has 40 pools', () => expect(pools).toHaveLength(40))

  it.each(pools.map((pool, at) => ({ pool, at })))(
    'levels pool $at as it was recorded',
    async ({ pool }) => {
      const { stdout } = await runCommand(['level', '-e', 'xapi'], {
        stdin: ndjson(documentsOf(pool)),
      })
      expect(wordsOf(stdout.trim())).toBe(wordsOf(pool.peerCombine))
    },
  )
})
