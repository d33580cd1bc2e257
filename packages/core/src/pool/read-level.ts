/** Reading a level back from its document, so that it can be asked and merged like one that was just made. */
import { featureTable } from '@xenlevel/cpuid'
import * as z from 'zod'
import { type PoolLevelDocument, poolLevelSchema } from '../documents/pool-level.js'
import { readDocument } from '../documents/read-document.js'
import { PoolLevelError } from './errors.js'
import { FoldedLevel } from './folded-level.js'
import { HostGroups } from './groups/host-groups.js'
import { type GroupComplaint, groupOfDocument } from './groups/read-group.js'
import type { PoolLevel } from './level.js'
import { WholePools } from './whole/whole-pools.js'

/**
 * Reads a pool level.
 *
 * What the document says of the level is held against what follows from its groups, so a level that was changed by hand, or cut short, is not
 * taken for one. Its policies are read, but not those of the hosts: of a level that it is merged into, {@link LevelledGuest.policy} is
 * null.
 *
 * @param input - the JSON text, or what `JSON.parse` made of it.
 * @param source - how the error should call the document: a file, a machine.
 * @throws {@link PoolLevelError} naming every field that is wrong.
 */
export function parsePoolLevel(input: unknown, source = 'The document'): PoolLevel {
  const document = readDocument(
    poolLevelSchema,
    input,
    { source, what: 'pool level' },
    (complaint) => new PoolLevelError({ code: 'POOL_LEVEL_INVALID', ...complaint }),
  )
  const groups = document.groups.map((group, index) => {
    const read = groupOfDocument(group, document.count)
    if ('problem' in read) throw invalid(source, { ...read, path: `groups.${index}.${read.path}` })
    return read
  })
  const level = makeLevel(document, source, () => {
    const joined = new HostGroups()
    joined.join(groups)
    return new FoldedLevel({
      purpose: {
        asked: document.releaseFrom === 'asked' ? featureTable(document.release) : null,
        method: document.method,
      },
      groups: joined.groups(),
      wholes: new WholePools(policiesOf(document)),
    })
  })
  const differs = difference(z.encode(poolLevelSchema, document), level.toJSON())
  if (differs !== undefined) throw invalid(source, differs)
  return level
}

/** What the library refuses to make a level of is refused as a document. */
function makeLevel(document: PoolLevelDocument, source: string, make: () => PoolLevel): PoolLevel {
  try {
    return make()
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw invalid(source, {
      path: document.releaseFrom === 'asked' ? 'release' : 'groups',
      problem,
    })
  }
}

function policiesOf({ pv, hvm }: PoolLevelDocument): ConstructorParameters<typeof WholePools>[0] {
  return {
    ...(pv.policy === undefined ? {} : { pv: pv.policy }),
    ...(hvm.policy === undefined ? {} : { hvm: hvm.policy }),
  }
}

/** What follows from the groups; findings are for people, and their words may change. */
const FOLLOWING = [
  'release',
  'vendor',
  'physAddrBits',
  'hosts',
  'count',
  'pv',
  'hvm',
  'losses',
] as const

/** The first field in which a document and the level of its groups differ. */
function difference(document: object, level: object): GroupComplaint | undefined {
  const [said, found]: [object, object] = [
    JSON.parse(JSON.stringify(document)),
    JSON.parse(JSON.stringify(level)),
  ]
  for (const path of FOLLOWING) {
    const [own, other] = [said, found].map((one) => canonical(Reflect.get(one, path)))
    if (own !== other)
      return { path, problem: 'it is not what follows from the groups; make the level anew' }
  }
  return undefined
}

/** JSON with sorted keys: their order says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}

function invalid(source: string, { path, problem }: GroupComplaint): PoolLevelError {
  return new PoolLevelError({
    code: 'POOL_LEVEL_INVALID',
    message: `${source} is not a pool level: at ${path}: ${problem}.`,
    offset: null,
    path,
    details: { source, issues: [{ path, message: problem }] },
  })
}
