/** A trace as text for people: a list of sentences, or a drawing with a line of life for each CPU. */
import type { LateLoadEvent, LateLoadTraceEntry } from './types.js'

/** Options of {@link formatTrace}. */
export interface FormatTraceOptions {
  /**
   * `list`, by default: a line an entry, with what happens as a sentence. `lanes`: a column a CPU, with the entries' events by name, a thin
   * line where the CPU runs its thread and a thick one where it is inside its NMI handler.
   */
  readonly layout?: 'list' | 'lanes'
}

/** A trace as text, without a line break at the end. Times are microseconds for a run, numbers of steps for what the search found. */
export function formatTrace(
  trace: readonly LateLoadTraceEntry[],
  options: FormatTraceOptions = {},
): string {
  return LAYOUTS[options.layout ?? 'list'](trace)
    .map((line) => line.trimEnd())
    .join('\n')
}

const LAYOUTS = { list: listLines, lanes: laneLines } as const

const nameOf = ({ cpu, role }: LateLoadTraceEntry) => `CPU${cpu} ${role}`

function timeWidth(trace: readonly LateLoadTraceEntry[]): number {
  return Math.max('time'.length, ...trace.slice(-1).map(({ time }) => String(time).length))
}

function listLines(trace: readonly LateLoadTraceEntry[]): string[] {
  const times = timeWidth(trace)
  const names = trace.reduce((width, entry) => Math.max(width, nameOf(entry).length), 0)
  return trace.map((entry) => {
    const time = String(entry.time).padStart(times)
    return `${time}  ${nameOf(entry).padEnd(names)}  ${entry.inNmi ? 'NMI' : '   '}  ${entry.what}`
  })
}

/** With these, inside the handler, a CPU leaves it. */
const LEAVES: ReadonlySet<LateLoadEvent> = /* @__PURE__ */ new Set<LateLoadEvent>([
  'leave-handler',
  'come-too-late',
  'count-out',
])

interface Lane {
  readonly cpu: number
  readonly name: string
  readonly width: number
}

function lanesOf(trace: readonly LateLoadTraceEntry[]): Lane[] {
  const lanes = new Map<number, Lane>()
  for (const entry of trace) {
    const name = nameOf(entry)
    const known = lanes.get(entry.cpu)?.width ?? name.length
    const width = Math.max(known, entry.event.length + (entry.inNmi ? 2 : 0))
    lanes.set(entry.cpu, { cpu: entry.cpu, name, width })
  }
  return [...lanes.values()].sort((a, b) => a.cpu - b.cpu)
}

function laneLines(trace: readonly LateLoadTraceEntry[]): string[] {
  const times = timeWidth(trace)
  const lanes = lanesOf(trace)
  const lines = new Map(lanes.map(({ cpu }) => [cpu, '│']))
  const heading = lanes.map(({ name, width }) => name.padEnd(width))
  return [
    ['time'.padStart(times), ...heading].join('  '),
    ...trace.map((entry) => {
      lines.set(entry.cpu, lineAfter(entry))
      const cells = lanes.map(({ cpu, width }) => {
        const shown = cpu === entry.cpu ? cellOf(entry) : (lines.get(cpu) ?? '')
        return shown.padEnd(width)
      })
      return [String(entry.time).padStart(times), ...cells].join('  ')
    }),
  ]
}

function cellOf({ event, inNmi }: LateLoadTraceEntry): string {
  return inNmi ? `┃ ${event}` : event
}

function lineAfter({ event, inNmi }: LateLoadTraceEntry): string {
  if (event === 'return') return ''
  return inNmi && !LEAVES.has(event) ? '┃' : '│'
}
