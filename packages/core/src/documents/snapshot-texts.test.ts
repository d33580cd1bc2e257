import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostWith } from '../hosts.testing.js'
import { formatHostSnapshot, type HostSnapshot, parseHostSnapshot } from './snapshot.js'
import { SnapshotTexts } from './snapshot-texts.js'

const base = hostWith('host-1.example', ['LM', 'FPU', 'AVX'])
const line = (host: object): string => JSON.stringify(host)
const document = (host: HostSnapshot): Record<string, unknown> =>
  JSON.parse(formatHostSnapshot(host))

/** What no level depends on, in all the forms that are recognised. */
const free = fc.record({
  name: fc.string({ minLength: 1 }).filter((text) => !/["\\\p{Cc}]/u.test(text)),
  brand: fc.string().filter((text) => !/["\\\p{Cc}]/u.test(text)),
  signature: fc.nat().map((value) => `0x${value.toString(16).padStart(8, '0')}`),
  microcodeRevision: fc.constantFrom(null, '0x0000ABcd', '0xffffffff'),
  notes: fc.array(fc.stringMatching(/^[a-z {}:,[\]]+$/)),
})
type Free = typeof free extends fc.Arbitrary<infer Value> ? Value : never

function withFree(own: Record<string, unknown>, { name, notes, ...cpu }: Free) {
  return { ...own, name, notes, cpu: { ...Object(own.cpu), ...cpu } }
}

describe('SnapshotTexts', () => {
  it('recognises what differs in nothing that counts', () => {
    fc.assert(
      fc.property(free, free, fc.constantFrom(undefined, 2, '\t'), (first, second, indent) => {
        const texts = new SnapshotTexts<string>()
        const write = (values: Free) =>
          JSON.stringify(withFree(document(base), values), undefined, indent)
        texts.learn(write(first), () => 'known')
        expect(texts.find(write(second))).toEqual({ name: second.name, value: 'known' })
      }),
    )
  })

  it('takes nothing for known that is no snapshot, or another', () => {
    const strange = fc.constantFrom(
      ...['""', '"a\\u0062"', '"a\tb"', '7', 'null', '[]', '{}', '"a"b', '["x",]', '["x" "y"]'],
      ...['"0x123"', '"0x0000zz00"', '"x\u0000y"', '[7]', '["\\n"]', '"name"', '"a","name":"b"'],
    )
    const key = fc.constantFrom('name', 'brand', 'signature', 'microcodeRevision', 'notes', 'hvm')
    fc.assert(
      fc.property(free, free, key, strange, (first, second, field, value) => {
        const texts = new SnapshotTexts<HostSnapshot>()
        const sound = line(withFree(document(base), first))
        texts.learn(sound, () => parseHostSnapshot(sound))
        const text = line(withFree(document(base), second)).replace(
          new RegExp(`"${field}":("(?:[^"\\\\]|\\\\.)*"|\\[.*?\\]|[a-z0-9]+)`),
          () => `"${field}":${value}`,
        )
        const known = texts.find(text)
        if (known === undefined) return
        const { xen, featuresets, unknownWords, name } = parseHostSnapshot(text)
        expect(known.name).toBe(name)
        expect({ xen, featuresets, unknownWords }).toEqual({
          xen: known.value.xen,
          featuresets: known.value.featuresets,
          unknownWords: known.value.unknownWords,
        })
      }),
      { numRuns: 2000 },
    )
  })

  it('learns nothing where a value that looks like a field is none', () => {
    const sound = document(base)
    const escaped = { ...sound, name: 'a\nb', notes: ['x', '"name":"c"'] }
    const twice = line(sound).replace('"name":', '"name":"first","name":')
    const hidden = { ...sound, name: 'a\nb', cpu: { ...Object(sound.cpu), name: 'inner' } }
    for (const text of [line(escaped), twice, line(hidden)]) {
      const texts = new SnapshotTexts<number>()
      texts.learn(text, () => 1)
      expect(texts.find(text)).toBeUndefined()
    }
  })

  it('forgets when it has learned too much', () => {
    const texts = new SnapshotTexts<number>()
    const long = (at: number) => ({
      ...document(base),
      xen: { release: `4.${at}${'x'.repeat(1 << 20)}` },
    })
    for (let at = 10; at < 40; at++) texts.learn(line(long(at)), () => at)
    expect(texts.find(line(long(39)))?.value).toBe(39)
    expect(texts.find(line(long(10)))).toBeUndefined()
  })
})
