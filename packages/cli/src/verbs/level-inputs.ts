/** Hosts and kept levels folded into one level, host by host. */
import {
  type HostSnapshot,
  type LevelOptions,
  type PoolLevel,
  PoolLeveller,
  parsePoolLevel,
} from '@xenlevel/core'
import { CommandError } from '../errors.js'
import { type FoundPiece, hostPieces, hostsOfPiece, problemOf } from '../hosts/read-hosts.js'
import type { Io } from '../io.js'
import type { Problem } from '../output/printer.js'
import { progressOn } from '../progress.js'

/** What a level is to be made of. */
export interface LevelQuestion {
  /** The verb, for messages. */
  readonly verb: string
  /** The Xen of hosts that do not say it. */
  readonly release: string | undefined
  /** How to level. */
  readonly options: LevelOptions
  /** Is told what could not be read. */
  readonly tell: (problem: Problem) => void
}

/** A level, and the hosts of a pool that is not too large to look at them one by one. */
export interface LevelInputs {
  /** The level. */
  readonly level: PoolLevel
  /** The hosts; empty where levels were merged, or the fleet is large. */
  readonly hosts: readonly HostSnapshot[]
  /** What could not be read. */
  readonly problems: readonly Problem[]
}

/** So many hosts are kept one by one. */
const KEPT = 512

/** @throws {@link CommandError} if there is no host at all. */
export async function levelInputs(
  operands: readonly string[],
  io: Pick<Io, 'files' | 'stdin' | 'stderr'>,
  question: LevelQuestion,
): Promise<LevelInputs> {
  const fold = new Fold(question)
  const progress = progressOn(io.stderr, 'hosts')
  for await (const found of hostPieces(operands, io, question.verb)) {
    if (!fold.takeText(found)) await fold.take(found)
    progress.report(fold.count)
  }
  progress.end()
  return fold.result()
}

class Fold {
  readonly #question: LevelQuestion
  readonly #leveller: PoolLeveller
  readonly #problems: Problem[] = []
  readonly #names = new Map<string, unknown>()
  #hosts: HostSnapshot[] | null = []

  constructor(question: LevelQuestion) {
    this.#question = question
    this.#leveller = new PoolLeveller(question.options)
  }

  get count(): number {
    return this.#leveller.count
  }

  /** Takes a snapshot of a large fleet, which is not looked at by itself; false for anything else. */
  takeText(found: FoundPiece): boolean {
    if (this.#hosts !== null || this.#question.release !== undefined) return false
    if (found.problem !== undefined || !found.piece.json) return false
    const { piece, file } = found
    if (!piece.text.includes('"xenlevel/host-snapshot"') || piece.text.includes('"xenlevel/hosts"'))
      return false
    try {
      this.#leveller.addText(piece.text, 'The document')
    } catch (error) {
      this.#tell(problemOf(error, piece, file))
    }
    return true
  }

  async take(found: FoundPiece): Promise<void> {
    if (found.problem !== undefined) {
      this.#tell(found.problem)
      return
    }
    const { piece, file } = found
    try {
      if (piece.json && piece.text.includes('"xenlevel/pool-level"')) {
        this.#leveller.merge(parsePoolLevel(piece.text, 'The document'))
        this.#hosts = null
      } else await this.#read(found)
    } catch (error) {
      this.#tell(problemOf(error, piece, file))
    }
  }

  async #read(found: FoundPiece & { readonly problem?: never }): Promise<void> {
    for await (const read of hostsOfPiece(found, this.#question, this.#names)) {
      if (read.problem !== undefined) {
        this.#tell(read.problem)
        continue
      }
      try {
        this.#leveller.add(read.host)
      } catch (error) {
        this.#tell(problemOf(error, { ...found.piece, line: read.line }, found.file))
        continue
      }
      if (this.#hosts === null) continue
      this.#names.set(read.host.name, read)
      this.#hosts.push(read.host)
      if (this.#hosts.length > KEPT) {
        this.#hosts = null
        this.#names.clear()
      }
    }
  }

  #tell(problem: Problem): void {
    this.#problems.push(problem)
    this.#question.tell(problem)
  }

  result(): LevelInputs {
    if (this.#leveller.count === 0)
      throw new CommandError({
        code: 'NO_HOSTS',
        message:
          'There is no host among the inputs. "xenlevel help host import" says what can be read.',
      })
    return {
      level: this.#leveller.level(),
      hosts: this.#hosts ?? [],
      problems: this.#problems,
    }
  }
}
