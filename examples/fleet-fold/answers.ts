/** The same question put to both: to the engine with the library behind it, and to the library alone. */
import { createReadStream } from 'node:fs'
import { addHostLines, type Loss, type PoolLevel, PoolLeveller } from '@xenlevel/core'
import { Engine, type Fold, type Lacking, SETS } from './engine.js'
import { type FoldedLevel, finishLevel, questionsFor } from './finish.js'

/** What the engine and the library find together. */
export interface EngineAnswer {
  readonly folds: readonly Fold[]
  readonly level: FoldedLevel
  /** Of each feature that some host offers HVM guests and the level lacks: the hosts without it. */
  readonly lacking: readonly Lacking[]
}

/** Asks the engine. */
export async function byEngine(files: readonly string[]): Promise<EngineAnswer> {
  const engine = await Engine.read(files)
  try {
    const folds = await engine.fold()
    const level = finishLevel(folds)
    const lacking = await engine.lacking('hvmDefault', questionsFor(level, folds))
    return { folds, level, lacking }
  } finally {
    engine.close()
  }
}

/** Asks the library. */
export async function byLibrary(files: readonly string[]): Promise<PoolLevel> {
  const leveller = new PoolLeveller()
  for (const file of files) {
    await addHostLines(leveller, createReadStream(file), {
      source: file,
      onBadLine: ({ error }) => {
        throw error
      },
    })
  }
  return leveller.level()
}

/** What is not the same in both answers. */
export function differences(level: PoolLevel, { level: folded, lacking }: EngineAnswer): string[] {
  const { pv, hvm } = level
  const own = {
    pvDefault: pv.default,
    pvMax: pv.max,
    hvmDefault: hvm.default,
    hvmMax: hvm.max,
  }
  const losses = level.losses.filter(
    ({ guests, kind }) => guests.includes('hvm') && kind === 'absent',
  )
  return [
    ...SETS.filter((set) => own[set].toString() !== folded.sets.get(set)?.toString()),
    ...(level.release === folded.release ? [] : ['release']),
    ...(level.count === folded.hosts ? [] : ['hosts']),
    ...(level.physAddrBits === folded.physAddrBits ? [] : ['address bits']),
    ...losses.filter((loss) => !isCounted(loss, lacking)).map(({ feature }) => feature),
    ...(losses.length === lacking.length ? [] : ['losses']),
  ]
}

function isCounted({ feature, count, hosts }: Loss, lacking: readonly Lacking[]): boolean {
  const counted = lacking.find((one) => one.feature === feature)
  // Of a large fleet the first names are known, of a small one all are.
  const known = Math.min(16, hosts.length)
  return (
    counted?.hosts === count &&
    counted.names.slice(0, known).join() === hosts.slice(0, known).join()
  )
}
