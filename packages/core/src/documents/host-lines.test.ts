import { Featureset } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostWith } from '../hosts.testing.js'
import { levelPool } from '../pool/level.js'
import { PoolLeveller } from '../pool/leveller.js'
import { addHostLines, type BadHostLine, readHostLines } from './host-lines.js'
import { formatHostSnapshot, type HostSnapshot } from './snapshot.js'

const line = (host: HostSnapshot): string => JSON.stringify(JSON.parse(formatHostSnapshot(host)))

async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

async function readAll(text: string | Uint8Array, source?: string) {
  const lines = []
  for await (const one of readHostLines([text], source === undefined ? {} : { source }))
    lines.push(one)
  return lines
}

const hosts = ['AVX2', 'AVX', 'SSE4_2'].map((feature, at) =>
  hostWith(`host-${at}`, ['FPU', 'LM', feature]),
)
const good = hosts.map(line)
const bad = [
  ['{', 'SNAPSHOT_INVALID', /^fleet\.ndjson line 2 stops being JSON at line 1, column 2/],
  ['[]', 'SNAPSHOT_INVALID', /^fleet\.ndjson line 2 is not a host snapshot: at its top/],
  ['null', 'SNAPSHOT_INVALID', /^fleet\.ndjson line 2 /],
  [good[1]?.replace('"Intel"', '"Cyrix"') ?? '', 'SNAPSHOT_INVALID', /at cpu\.vendor/],
  [`${good[1]}${good[1]}`, 'SNAPSHOT_INVALID', /stops being JSON/],
  [`${good[1]} x`, 'SNAPSHOT_INVALID', /stops being JSON/],
] as const

describe('readHostLines', () => {
  it('reads hosts as parseHostSnapshot does', async () => {
    const lines = await readAll(`${good.join('\n')}\n`)
    expect(lines).toEqual(hosts.map((host, at) => ({ line: at + 1, host })))
  })

  it.each(bad)('tells %j and goes on', async (text, code, message) => {
    const lines = await readAll([good[0], text, '', good[2]].join('\n'), 'fleet.ndjson')
    expect(lines.map(({ line }) => line)).toEqual([1, 2, 4])
    expect(lines[1]?.error?.code).toBe(code)
    expect(lines[1]?.error?.message).toMatch(message)
    expect(lines[2]?.host?.name).toBe('host-2')
  })

  it('reads nothing of nothing', async () => {
    expect(await readAll('')).toEqual([])
    expect(await readAll('\n \n\r\n')).toEqual([])
  })

  it('closes the source when it is left', async () => {
    let closed = false
    async function* source() {
      try {
        for (;;) yield `${good[0]}\n`
      } finally {
        closed = true
      }
    }
    for await (const { line: number } of readHostLines(source())) if (number === 3) break
    expect(closed).toBe(true)
  })
})

describe('addHostLines', () => {
  const host = fc
    .record({
      features: fc.subarray(['FPU', 'LM', 'AVX', 'AVX2', 'VMX', 'XSAVE', 'NX', 'SYSCALL']),
      more: fc.record({
        xen: fc.constantFrom(null, { release: '4.17.7', hvm: true, hap: true }),
        notes: fc.subarray(['one', 'two']),
        unknownWords: fc.subarray([4, 16]),
      }),
      said: fc.boolean(),
      signature: fc.nat(),
    })
    .map(({ features, more, said, signature }) => {
      const plain = hostWith('', features, more)
      const set = Featureset.fromNames(features)
      const featuresets = said
        ? { pvDefault: set, pvMax: set, hvmDefault: set, hvmMax: set }
        : plain.featuresets
      return { ...plain, featuresets, cpu: { ...plain.cpu, signature } }
    })
  const fleet = fc
    .array(host, { minLength: 1, maxLength: 60 })
    .map((some) => some.map((one, at) => ({ ...one, name: `host-${at}` })))

  it('makes the level that levelPool makes', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, fc.integer({ min: 1, max: 2000 }), async (some, size) => {
        const leveller = new PoolLeveller()
        const text = some.map(line).join('\n')
        const added = await addHostLines(leveller, chunks(text, size))
        expect(added).toEqual({ hosts: some.length, bad: 0 })
        expect(JSON.stringify(leveller.level())).toBe(JSON.stringify(levelPool(some)))
      }),
    )
  })

  it('tells bad lines and second hosts of a name, and levels the rest', async () => {
    const told: BadHostLine[] = []
    const text = [good[0], '{', good[1], good[0], '\u{1f980}', good[2]].join('\n')
    const leveller = new PoolLeveller()
    const added = await addHostLines(leveller, chunks(text, 7), {
      source: 'fleet',
      onBadLine: (one) => told.push(one),
    })
    expect(added).toEqual({ hosts: 3, bad: 3 })
    expect(told.map(({ line: number, error }) => [number, error.code])).toEqual([
      [2, 'SNAPSHOT_INVALID'],
      [4, 'POOL_DUPLICATE_HOST'],
      [5, 'SNAPSHOT_INVALID'],
    ])
    expect(JSON.stringify(leveller.level())).toBe(JSON.stringify(levelPool(hosts)))
  })

  it('passes on what stops the input, and keeps what came before', async () => {
    async function* source() {
      yield `${good[0]}\n${good[1]}\n`
      throw new Error('the pipe broke')
    }
    const leveller = new PoolLeveller()
    await expect(addHostLines(leveller, source())).rejects.toThrow('the pipe broke')
    expect(leveller.count).toBe(2)
  })
})
