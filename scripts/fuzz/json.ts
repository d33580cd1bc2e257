/** JSON documents that are nearly right: a value somewhere inside is another, is gone, or is there twice. */
import * as z from 'zod'
import { pick, type Random } from '../../packages/cpuid/src/random.testing.js'
import { damagedText } from './texts.js'

/** A JSON value. */
export type Json = z.output<typeof jsonSchema>

/** The form of a JSON value, for inputs. */
export const jsonSchema = z.json()

/** Values that are seldom meant. */
const ODD: readonly Json[] = [
  ...[null, true, false, 0, -1, 1, 0.5, 31, 32, 64, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 1e300],
  ...['', '0', '0x', '0x0', '0xffffffff', '0x100000000', 'ffffffff', 'x', '\0', '\ud800'],
  ...[[], {}, [[]], [null], { __proto__: null }],
]
const KEYS = ['', '0', '__proto__', 'constructor', 'toString', 'length', 'format', 'name', 'leaf']

/** How much is done to a document. */
const STEPS = [0, 1, 1, 1, 2, 3]

/** A sound document with up to three things done to it. */
export function damagedJson(random: Random, samples: readonly Json[]): Json {
  let value = pickJson(random, samples)
  for (let steps = pick(random, STEPS); steps > 0; steps--) value = damaged(random, value, samples)
  return value
}

function pickJson(random: Random, list: readonly Json[]): Json {
  return list[random(list.length)] ?? null
}

function damaged(random: Random, value: Json, samples: readonly Json[]): Json {
  if (typeof value !== 'object' || value === null) return otherScalar(random, value, samples)
  const stays = random(5) > 0
  if (Array.isArray(value)) {
    const at = random(value.length + 1)
    const one = value[at]
    if (stays && one !== undefined) return value.with(at, damaged(random, one, samples))
    return arrayOf(random, value, at)
  }
  const keys = Object.keys(value)
  const key = keys[random(keys.length + 1)]
  if (key === undefined) return put(value, pick(random, KEYS), pickJson(random, ODD))
  if (stays) return put(value, key, damaged(random, value[key] ?? null, samples))
  switch (random(4)) {
    case 0:
      return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
    case 1:
      return put(value, pick(random, KEYS), value[key] ?? null)
    case 2:
      return put(value, key, value[pick(random, keys)] ?? null)
    default:
      return put(value, key, pickJson(random, ODD))
  }
}

function arrayOf(random: Random, value: readonly Json[], at: number): Json {
  const one = value[at] ?? null
  switch (random(4)) {
    case 0:
      return value.toSpliced(at, 1)
    case 1:
      return [...value.slice(0, at), one, ...value.slice(at)]
    case 2:
      return value.toReversed()
    default:
      return [...value.slice(0, at), pickJson(random, ODD), ...value.slice(at + 1)]
  }
}

/** `__proto__` becomes a key as any other. */
function put(value: Readonly<Record<string, Json>>, key: string, inner: Json): Json {
  return Object.fromEntries([...Object.entries(value), [key, inner]])
}

function otherScalar(random: Random, value: Json, samples: readonly Json[]): Json {
  if (random(8) === 0) return pickJson(random, samples)
  if (typeof value === 'string' && random(3) > 0)
    return damagedText(random, { samples: [value], words: KEYS })
  if (typeof value === 'number' && random(2) === 0) return value + random(5) - 2
  return pickJson(random, ODD)
}
