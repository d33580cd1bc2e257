/** Why a host gets nothing: what every file has to say of it. */
import { hex } from '../bytes.js'
import { recogniseMicrocode } from '../recognise.js'
import type { SelectCode } from '../select/types.js'
import type { MicrocodeFormat, MicrocodeVendor } from '../types.js'
import type { FileChoice } from './candidates.js'
import type { CpuKind, KindChoice } from './case.js'
import type { PlanReason, PlanReasonCode } from './types.js'

/** Answers that mean that there is an update, and that it may not be loaded. */
const BLOCKED: readonly (readonly [said: SelectCode, code: PlanReasonCode])[] = [
  ['FINAL_REVISION', 'FINAL_REVISION'],
  ['BELOW_MIN_REVISION', 'BELOW_MIN_REVISION'],
  ['NO_DIGEST', 'NO_DIGEST'],
]

/** Why there is nothing to load, and whether that is because something may not be. */
export function nothingReasons(
  kinds: readonly CpuKind[],
  choices: readonly FileChoice[],
): { readonly blocked: boolean; readonly reasons: PlanReason[] } {
  const all = choices.flatMap((choice) => choice.choices)
  for (const [said, code] of BLOCKED) {
    const choice = all.find(({ selection }) => selection.code === said)
    if (choice === undefined) continue
    const message = choice.selection.reason
    return {
      blocked: true,
      reasons: [{ code, severity: 'error', forbids: 'late and early', message }],
    }
  }
  const current = all.find(({ selection: { code } }) => isCurrent(code))
  const reason = current === undefined ? nothingThere(kinds) : upToDate(current)
  return { blocked: false, reasons: [reason] }
}

function isCurrent(code: SelectCode): boolean {
  return code === 'SAME_REVISION' || code === 'OLDER_REVISION'
}

function upToDate({ selection }: KindChoice): PlanReason {
  return { code: 'UP_TO_DATE', severity: 'info', forbids: null, message: selection.reason }
}

function nothingThere(kinds: readonly CpuKind[]): PlanReason {
  const names = kinds.map(({ model, oldest }) => `${model} (${hex(oldest.signature, 8)})`)
  const message = `No file has an update for ${names.join(', ')}.`
  return { code: 'NO_UPDATE', severity: 'info', forbids: null, message }
}

/** The vendors that a form of files is for. */
const VENDORS: Readonly<Record<MicrocodeFormat, readonly MicrocodeVendor[]>> = {
  intel: ['Intel'],
  'intel-dat': ['Intel'],
  amd: ['AMD'],
  'early-cpio': ['Intel', 'AMD'],
}

/** Files for these CPUs that cannot be read to their end. */
export function damagedFiles(choices: readonly FileChoice[]): PlanReason[] {
  return choices.flatMap(({ file, source, choices: byKind }) => {
    const [choice] = byKind.filter(({ selection }) => selection.stop !== null)
    const stop = choice?.selection.stop ?? null
    if (choice === undefined || stop === null) return []
    const format = recogniseMicrocode(source.bytes)
    if (format !== null && !VENDORS[format].includes(choice.kind.oldest.vendor)) return []
    const name = source.name ?? `File ${file}`
    const message =
      format === 'intel-dat'
        ? `${name} is text, which nothing loads: make the binary that it stands for.`
        : `${name} cannot be read to its end: ${stop.message}`
    return [{ code: 'FILE_DAMAGED', severity: 'warning', forbids: null, message }]
  })
}
