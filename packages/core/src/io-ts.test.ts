import { readdirSync, readFileSync } from 'node:fs'
import { Featureset } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { isRight } from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { PathReporter } from 'io-ts/lib/PathReporter.js'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { poolLevelSchema } from './documents/pool-level.js'
import { hostSnapshotSchema, parseHostSnapshot } from './documents/snapshot.js'
import { featuresetText, registerText } from './documents/text-forms.js'
import {
  FeaturesetFromText,
  HostSnapshotFromDocument,
  PoolLevelFromDocument,
  RegisterFromText,
} from './io-ts.js'
import { levelPool } from './pool/level.js'

const folder = new URL('../../../fixtures/hosts/', import.meta.url)
const documents: unknown[] = readdirSync(folder).map((file) =>
  JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
)
const level: unknown = JSON.parse(
  JSON.stringify(levelPool(documents.map((document) => parseHostSnapshot(document)))),
)

/** A document in which one place is replaced. */
const damaged = (document: unknown) =>
  fc.tuple(fc.nat(), fc.jsonValue()).map(([place, value]) => {
    const copy: unknown = JSON.parse(JSON.stringify(document))
    const places: [object, string][] = []
    const walk = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return
      for (const key of Object.keys(node)) {
        places.push([node, key])
        walk(Reflect.get(node, key))
      }
    }
    walk(copy)
    const [node, key] = places[place % places.length] ?? [{}, '']
    Reflect.set(node, key, value)
    return copy
  })

function sameVerdict<Schema extends z.ZodType>(
  schema: Schema,
  codec: t.Type<z.output<Schema>, z.input<Schema>, unknown>,
  input: fc.Arbitrary<unknown>,
): void {
  fc.assert(
    fc.property(input, (value) => {
      const zods = schema.safeParse(value)
      const ours = codec.decode(value)
      expect(isRight(ours)).toBe(zods.success)
      if (zods.success && isRight(ours)) {
        expect(ours.right).toEqual(zods.data)
        expect(codec.is(ours.right)).toBe(true)
        expect(codec.encode(ours.right)).toEqual(z.encode(schema, zods.data))
      }
      if (!zods.success && !isRight(ours)) expect(ours.left).toHaveLength(zods.error.issues.length)
    }),
    { numRuns: 500 },
  )
}

describe('the io-ts codecs', () => {
  const text = (characters: string) => fc.string({ unit: fc.constantFrom(...characters) })

  it('give the same verdict as the schemas of text forms', () => {
    sameVerdict(featuresetText, FeaturesetFromText, fc.oneof(fc.jsonValue(), text('0f-:x')))
    sameVerdict(
      registerText,
      RegisterFromText,
      fc.oneof(fc.jsonValue(), text('0fx'), fc.constant('0x000306f2')),
    )
  })

  it('give the same verdict as the schemas of documents', () => {
    sameVerdict(
      hostSnapshotSchema,
      HostSnapshotFromDocument,
      fc.oneof(fc.jsonValue(), damaged(documents[0])),
    )
    sameVerdict(poolLevelSchema, PoolLevelFromDocument, fc.oneof(fc.jsonValue(), damaged(level)))
  })

  it('decode and encode whole documents', () => {
    for (const document of documents) {
      const decoded = HostSnapshotFromDocument.decode(document)
      if (!isRight(decoded)) throw new Error(PathReporter.report(decoded).join('\n'))
      expect(HostSnapshotFromDocument.encode(decoded.right)).toEqual(document)
    }
    const decoded = PoolLevelFromDocument.decode(level)
    expect(isRight(decoded) && PoolLevelFromDocument.encode(decoded.right)).toEqual(level)
    expect(isRight(decoded) && decoded.right.pv.default).toBeInstanceOf(Featureset)
  })

  it('say where a document is wrong', () => {
    const decoded = HostSnapshotFromDocument.decode({
      ...Object(documents[0]),
      cpu: { vendor: 'Intel' },
    })
    expect(isRight(decoded)).toBe(false)
    if (isRight(decoded)) return
    expect(decoded.left.map(({ context }) => context.map(({ key }) => key).join('.'))).toContain(
      '.cpu.signature',
    )
  })

  it('tell a value of another kind apart', () => {
    for (const codec of [FeaturesetFromText, HostSnapshotFromDocument, PoolLevelFromDocument]) {
      for (const value of [null, 7, 'text', {}, []]) expect(codec.is(value)).toBe(false)
    }
  })
})
