import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { explainSameModel } from './feature-origins.js'

describe('explainSameModel', () => {
  const cpu = (name: string, features: readonly string[], microcodeRevision?: number) => ({
    name,
    featureset: Featureset.fromNames(features),
    ...(microcodeRevision === undefined ? {} : { microcodeRevision }),
  })

  it('says which of two has what, and what may have decided it', () => {
    expect(
      explainSameModel(
        cpu('old', ['FPU', 'HLE', 'RTM'], 0x1f),
        cpu('new', ['FPU', 'MD_CLEAR'], 0x44),
      ).map(({ feature, on, origins, message }) => [feature, on, origins[0], message]),
    ).toEqual([
      ['HLE', 'a', 'microcode', expect.stringContaining('old has HLE and new has not: microcode')],
      ['RTM', 'a', 'microcode', expect.stringContaining('old has RTM')],
      [
        'MD_CLEAR',
        'b',
        'microcode',
        'new has MD_CLEAR and old has not: what VERW flushes, and its controls, came with the microcode that answers each advisory.',
      ],
    ])
  })

  it('does not blame microcode that is the same, nor a CPU of which the word was not read', () => {
    const [same] = explainSameModel(cpu('a', ['MD_CLEAR'], 7), cpu('b', [], 7))
    expect(same?.origins).toEqual(['unknown'])
    const [unread] = explainSameModel(cpu('a', ['RDCL_NO']), {
      ...cpu('b', []),
      unknownWords: [16, 17],
    })
    expect(unread?.origins).toEqual(['unread'])
    const [unnamed] = explainSameModel(
      { name: 'a', featureset: Featureset.fromBigInt(1n << 10n) },
      cpu('b', []),
    )
    expect(unnamed).toEqual({
      bit: 10,
      on: 'a',
      origins: ['unnamed'],
      message:
        'a has the unnamed bit 10 and b has not: Xen has no name for it and gives it to no guest.',
    })
  })
})

interface Pair {
  readonly signature: string
  readonly a: string
  readonly aMicrocode: string | null
  readonly b: string
  readonly bMicrocode: string | null
  readonly onlyA: readonly string[]
  readonly onlyB: readonly string[]
}

interface Host {
  readonly name: string
  readonly signature: string
  readonly featureset: string
  readonly incompleteWords: readonly number[]
}

describeRecorded(['levelling/same-signature-pairs.json', 'hosts/index.json'], () => {
  const pairs = readRecordedJson<Pair[]>('levelling/same-signature-pairs.json')
  const { hosts } = readRecordedJson<{ hosts: Host[] }>('hosts/index.json')

  it('has 79 pairs', () => expect(pairs).toHaveLength(79))

  it.each(pairs)('$a and $b', ({ signature, a, aMicrocode, b, bMicrocode, onlyA, onlyB }) => {
    const cpuOf = (name: string, microcode: string | null) => {
      const host = hosts.find((candidate) => candidate.name === name)
      if (host === undefined) throw new Error(`${name} is not among the hosts`)
      expect(host.signature).toBe(signature)
      return {
        name,
        featureset: Featureset.parse(host.featureset),
        microcodeRevision: microcode === null ? null : Number(microcode),
        unknownWords: host.incompleteWords,
      }
    }
    const found = explainSameModel(cpuOf(a, aMicrocode), cpuOf(b, bMicrocode))
    const counted = found.filter(({ origins }) => origins[0] !== 'unread')
    const named = (on: 'a' | 'b') =>
      counted
        .filter((difference) => difference.on === on)
        .map(({ feature, bit }) => feature ?? `${bit >>> 5}*32+${bit & 31}`)
        .sort()
    const recorded = (names: readonly string[]) => [...names].sort()
    // The records leave out SYSCALL, which Intel hides from 32-bit programs, and words that one of the two does not show.
    expect(named('a').filter((name) => onlyA.includes(name))).toEqual(recorded(onlyA))
    expect(named('b').filter((name) => onlyB.includes(name))).toEqual(recorded(onlyB))
    const unexplained = counted.filter(
      ({ origins, feature, bit }) =>
        origins[0] === 'unknown' &&
        [...onlyA, ...onlyB].includes(feature ?? `${bit >>> 5}*32+${bit & 31}`),
    )
    expect(unexplained.map(({ message }) => message)).toEqual([])
  })
})
