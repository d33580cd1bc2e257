/**
 * The fold, in SQL: what all hosts of a release have, what any of them has, and who lacks a bit. DuckDB reads the files where they lie, and
 * folds a featureset as one string of bits; an engine without those folds a column for each word by the same bit_and and bit_or.
 */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { Featureset } from '@xenlevel/cpuid'

/** The featuresets that are levelled. */
export const SETS = ['pvDefault', 'pvMax', 'hvmDefault', 'hvmMax'] as const

/** One of them. */
export type SetName = (typeof SETS)[number]

/** What the hosts of one release fold to. */
export interface Fold {
  readonly release: string
  readonly hosts: number
  readonly physAddrBits: number
  /** What all of them have, and what any has. */
  readonly sets: Readonly<Record<SetName, { readonly all: Featureset; readonly any: Featureset }>>
}

/** A bit whose hosts are wanted: its place in the words of a release, or null where the release does not have it. */
export interface BitQuestion {
  readonly feature: string
  readonly release: string
  readonly bit: number | null
}

/** How many hosts lack a feature, and the first of them. */
export interface Lacking {
  readonly feature: string
  readonly hosts: number
  readonly names: readonly string[]
}

/** An engine that has read some files. */
export class Engine {
  readonly #connection: DuckDBConnection
  readonly #instance: DuckDBInstance

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.#connection = connection
  }

  /** Reads hosts one a line, and puts those together that differ in their names alone. */
  static async read(files: readonly string[]): Promise<Engine> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '2',
      memory_limit: '512MB',
      autoinstall_known_extensions: 'false',
    })
    const connection = await instance.connect()
    await connection.run("CREATE MACRO bits(text) AS CAST(unhex(replace(text, '-', '')) AS BIT)")
    await connection.run(`
      CREATE TABLE models AS
      SELECT xen.release AS release, cpu.physAddrBits AS width, featuresets AS sets,
             count(*) AS hosts, min(name, 16) AS names
      FROM read_json([${files.map(quoted).join(', ')}], format = 'newline_delimited', columns = {
        name: 'VARCHAR', cpu: 'STRUCT(physAddrBits INTEGER)', xen: 'STRUCT(release VARCHAR)',
        featuresets: 'STRUCT(${SETS.map((set) => `${set} VARCHAR`).join(', ')})'
      })
      GROUP BY ALL`)
    return new Engine(instance, connection)
  }

  /** Folds the hosts of each release. */
  async fold(): Promise<Fold[]> {
    const folded = SETS.flatMap((set) =>
      ['and', 'or'].map(
        (how) => `hex(CAST(bit_${how}(bits(sets.${set})) AS BLOB)) AS ${set}_${how}`,
      ),
    )
    const rows: FoldRow[] = await this.#rows(`
      SELECT release, CAST(sum(hosts) AS INTEGER) AS hosts, min(width) AS width, ${folded.join(', ')}
      FROM models GROUP BY release ORDER BY release`)
    return rows.map((row) => {
      const spanOf = (set: SetName) => ({
        all: featuresetOf(row[`${set}_and`]),
        any: featuresetOf(row[`${set}_or`]),
      })
      return {
        release: row.release,
        hosts: row.hosts,
        physAddrBits: row.width,
        sets: {
          pvDefault: spanOf('pvDefault'),
          pvMax: spanOf('pvMax'),
          hvmDefault: spanOf('hvmDefault'),
          hvmMax: spanOf('hvmMax'),
        },
      }
    })
  }

  /** Counts the hosts that lack features in one of their sets. */
  async lacking(set: SetName, questions: readonly BitQuestion[]): Promise<Lacking[]> {
    if (questions.length === 0) return []
    // The first bit of a string of bits is the highest of the first word.
    const place = (bit: number) => (bit & ~31) + 31 - (bit & 31)
    const asked = questions.map(
      ({ feature, release, bit }) =>
        `(${quoted(feature)}, ${quoted(release)}, ${bit === null ? 'NULL' : place(bit)})`,
    )
    return this.#rows(`
      SELECT feature, CAST(sum(hosts) AS INTEGER) AS hosts,
             list_slice(list_sort(flatten(list(names))), 1, 16) AS names
      FROM models JOIN (VALUES ${asked.join(', ')}) AS asked(feature, release, place)
        ON models.release = asked.release
        AND (asked.place IS NULL OR get_bit(bits(sets.${set}), asked.place) = 0)
      GROUP BY feature`)
  }

  /** Lets go of what it holds. */
  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }

  /** The rows of an answer, by way of JSON. */
  async #rows<Row>(query: string): Promise<Row[]> {
    const reader = await this.#connection.runAndReadAll(
      `SELECT CAST(to_json(list(answer)) AS VARCHAR) FROM (${query}) AS answer`,
    )
    return JSON.parse(String(reader.getRowsJson()[0]?.[0] ?? '[]'))
  }
}

type FoldRow = Readonly<Record<`${SetName}_${'and' | 'or'}`, string>> & {
  readonly release: string
  readonly hosts: number
  readonly width: number
}

function featuresetOf(hex: string): Featureset {
  return Featureset.parse(hex.toLowerCase().replace(/.{8}(?=.)/g, '$&-'))
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
