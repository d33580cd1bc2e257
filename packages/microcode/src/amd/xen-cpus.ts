/** What keeps Xen from loading a patch on the CPUs that it is for, though the file can be read (xen/arch/x86/cpu/microcode/amd.c). */
import { hex, type Region } from '../bytes.js'
import { findingOf } from '../finding.js'
import type { AmdEquivalence, Finding } from '../types.js'
import { maxPatchSize } from './facts.js'
import { familyOf, PATCH_FIELD } from './format.js'
import type { AmdReader } from './readers.js'
import type { AmdWalk } from './verify.js'

/** Findings of one kind that are given: a file made to have more of them has enough with these. */
const MOST_FINDINGS = 1000

/** The first id of each CPU in a table. */
function firstIds(table: readonly AmdEquivalence[]): Map<number, AmdEquivalence> {
  const ids = new Map<number, AmdEquivalence>()
  for (const entry of table) if (!ids.has(entry.signature)) ids.set(entry.signature, entry)
  return ids
}

/** Why patches of a file are not loaded on some CPUs; `equivalences` are the entries that Xen sees of each container's table. */
export function xenCpuFindings(
  region: Region,
  walk: AmdWalk,
  equivalences: readonly (readonly AmdEquivalence[])[],
  reader: AmdReader,
): Finding[] {
  const tables = equivalences.map(firstIds)
  return [...conflicts(tables, reader), ...oversized(region, walk, tables, reader)]
}

/** Xen keeps the first id that it finds for its CPU, and gives up where a later container says another. */
function conflicts(
  tables: readonly ReadonlyMap<number, AmdEquivalence>[],
  { rule, name }: AmdReader,
): Finding[] {
  const ids = new Map<number, number>()
  const findings: Finding[] = []
  for (const [container, table] of tables.entries()) {
    for (const { signature, equivalenceId, offset } of table.values()) {
      const known = ids.get(signature)
      if (known === undefined) ids.set(signature, equivalenceId)
      if (known === undefined || known === equivalenceId) continue
      if (findings.length === MOST_FINDINGS) return findings
      const fault = {
        code: 'EQUIVALENCE_CONFLICT',
        field: 'table',
        offset: offset + 12,
        why: `CPU ${hex(signature, 8)} has id ${hex(equivalenceId, 4)} here and ${hex(known, 4)} in an earlier container`,
        expected: known,
        found: equivalenceId,
      }
      const [cpu, got, cached] = [digits(signature, 8), digits(equivalenceId, 4), digits(known, 4)]
      const says = `Equiv mismatch: cpu ${cpu}, got ${got}, cached ${cached}`
      const effect = `${name} reads no further on such a CPU`
      findings.push(
        findingOf(fault, `container ${container}`, { rule, severity: 'warning', effect, says }),
      )
    }
  }
  return findings
}

/** Xen passes over patches that are larger than those of the CPU's family may be. */
function oversized(
  { view }: Region,
  { patches }: AmdWalk,
  tables: readonly ReadonlyMap<number, AmdEquivalence>[],
  { rule, name, knowsFamily1a }: AmdReader,
): Finding[] {
  const families = tables.map((table) => {
    const ids = new Map<number, number>()
    for (const { signature, equivalenceId } of table.values())
      ids.set(equivalenceId, ids.get(equivalenceId) ?? familyOf(signature))
    return ids
  })
  const findings: Finding[] = []
  for (const [index, { container, offset, size }] of patches.entries()) {
    const id = view.getUint16(offset + PATCH_FIELD.equivalenceId, true)
    const family = families[container]?.get(id)
    if (family === undefined) continue
    const most = maxPatchSize(family === 0x1a && !knowsFamily1a ? 0 : family)
    if (size <= most) continue
    if (findings.length === MOST_FINDINGS) break
    const fault = {
      code: 'PATCH_TOO_LARGE',
      field: 'length',
      offset: offset - 4,
      why: `it has ${size} bytes, more than ${most} for family ${family.toString(16)}h`,
      expected: `at most ${most}`,
      found: size,
    }
    const says = `Bad microcode length 0x${digits(size, 8)} for cpu 0x${digits(id, 4)}`
    const effect = `${name} passes over it`
    findings.push(findingOf(fault, `patch ${index}`, { rule, severity: 'warning', effect, says }))
  }
  return findings
}

function digits(value: number, count: number): string {
  return value.toString(16).padStart(count, '0')
}
