/** Everything that will not be as a configuration asks for. */
import type { ApplyTrace } from './apply.js'
import type { ConfigFinding } from './finding.js'

/** All findings of one configuration. */
export function findingsOf(trace: ApplyTrace): readonly ConfigFinding[] {
  return trace.parsed.findings ?? []
}
