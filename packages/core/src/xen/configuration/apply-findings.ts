/** Everything that will not be as a configuration asks for. */
import type { ApplyTrace } from './apply-trace.js'
import { askedFindings } from './asked-findings.js'
import { contradictions } from './contradictions.js'
import type { ConfigFinding } from './finding.js'
import { ItemPlaces } from './item-places.js'
import { optionFindings } from './option-findings.js'
import { refusalFindings } from './refusal-findings.js'

/** All findings of one configuration: of its text, of its options, of what Xen makes of it, and of what stopped it. */
export function findingsOf(trace: ApplyTrace): readonly ConfigFinding[] {
  const { cpuid, language = 'libxl' } = trace.options
  const items = isItems(cpuid) ? new ItemPlaces(cpuid, language, trace.release) : null
  return [
    ...(trace.parsed.findings ?? []),
    ...optionFindings(trace),
    ...askedFindings(trace, items),
    ...contradictions(trace, items),
    ...refusalFindings(trace, items),
  ]
}

function isItems(cpuid: ApplyTrace['options']['cpuid']): cpuid is readonly string[] {
  return Array.isArray(cpuid)
}
