/** Faults as files: seed, number, and the input itself, with bytes and big numbers in a form that JSON has. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { Fault } from './run.js'

const faultFileSchema = z.strictObject({
  /** The target. */
  target: z.string(),
  /** The run. */
  seed: z.number(),
  /** The input's number in it. */
  number: z.number(),
  /** What happened, or what was wrong with the library before it was mended. */
  wrong: z.string(),
  /** The input. */
  input: z.unknown(),
})

/** A fault, or an input that was one. */
export type FaultFile = z.output<typeof faultFileSchema>

/** Writes a fault into a folder and returns where it is. */
export function writeFault(folder: string, fault: Fault, input: unknown): string {
  const { target, seed, number, error } = fault
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${target}-${seed}-${number}.json`)
  const file: FaultFile = { target, seed, number, wrong: error, input }
  writeFileSync(path, `${JSON.stringify(file, packed, 2)}\n`)
  return path
}

/** Reads a fault. */
export function readFault(path: string): FaultFile {
  return faultFileSchema.parse(JSON.parse(readFileSync(path, 'utf8'), unpacked))
}

function packed(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: String(value) }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  return value
}

const packedSchema = z.union([
  z.strictObject({ $bigint: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ $bytes: z.base64() }),
])

function unpacked(_key: string, value: unknown): unknown {
  const { success, data } = packedSchema.safeParse(value)
  if (!success) return value
  if ('$bigint' in data) return BigInt(data.$bigint)
  return Uint8Array.from(Buffer.from(data.$bytes, 'base64'))
}
