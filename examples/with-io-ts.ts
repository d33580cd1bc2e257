/**
 * For toolstacks written with fp-ts: documents are decoded by io-ts codecs, errors are values, and a pool is levelled in one pipe.
 *
 *     node scripts/run.mjs examples/with-io-ts.ts
 */
import { readFileSync } from 'node:fs'
import { levelPool, type PoolLevel, psabiLevel } from '@xenlevel/core'
import { HostSnapshotFromDocument } from '@xenlevel/core/io-ts'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as RA from 'fp-ts/ReadonlyArray'
import type * as t from 'io-ts'
import { PathReporter } from 'io-ts/PathReporter'

const file = (name: string) => new URL(`../fixtures/hosts/${name}.json`, import.meta.url)

/** A document that may be broken, as it comes out of a database. */
const read = (name: string): E.Either<string, unknown> =>
  E.tryCatch(() => JSON.parse(readFileSync(file(name), 'utf8')), String)

const complaints = (errors: t.Errors): string => PathReporter.report(E.left(errors)).join('\n    ')

const snapshot = (document: unknown) =>
  pipe(HostSnapshotFromDocument.decode(document), E.mapLeft(complaints))

const level = (documents: readonly unknown[]): E.Either<string, PoolLevel> =>
  pipe(documents, RA.traverse(E.Applicative)(snapshot), E.map(levelPool))

const told = E.match(
  (error: string) => `  not levelled:\n    ${error}`,
  ({ hosts, hvm }: PoolLevel) =>
    `  ${hosts.length} hosts, ${hvm.default.names().length} features, ${psabiLevel(hvm.default).level}`,
)

const pool = ['haswell-1', 'broadwell-1', 'skylake-1', 'cascade-1']
const documents = pipe(pool, RA.traverse(E.Applicative)(read))
console.log('Four documents:')
console.log(pipe(documents, E.chain(level), told))

// A field that is wrong is named, with where it is.
const broken = pipe(
  documents,
  E.map((all) => [...all, { ...Object(all[0]), cpu: { vendor: 'Intel', physAddrBits: 'many' } }]),
)
console.log('\nA fifth, in which fields are wrong or missing:')
console.log(pipe(broken, E.chain(level), told))

// The way back: a document as it is stored.
const stored = pipe(documents, E.chain(RA.traverse(E.Applicative)(snapshot)))
console.log('\nAs they are stored:')
if (E.isRight(stored)) {
  for (const host of stored.right) {
    const { name, featuresets } = HostSnapshotFromDocument.encode(host)
    console.log(`  ${name.padEnd(12)} ${featuresets.raw?.slice(0, 44)}…`)
  }
}
