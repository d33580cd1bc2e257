/** What Stryker found, counted, and each survivor beside the reason that is on record for it. */
import { z } from 'zod'

const MUTANT = z.object({
  mutatorName: z.string(),
  replacement: z.string().default(''),
  status: z.string(),
  location: z.object({
    start: z.object({ line: z.number(), column: z.number() }),
    end: z.object({ line: z.number(), column: z.number() }),
  }),
})

const REPORT = z.object({
  files: z.record(z.string(), z.object({ source: z.string(), mutants: z.array(MUTANT) })),
})

const REASONS = z.array(
  z.object({
    file: z.string(),
    /** The line the change begins on, without the space around it. */
    line: z.string(),
    replacement: z.string(),
    kind: z.enum(['same answer', 'words', 'speed', 'not reachable', 'untested']),
    why: z.string(),
  }),
)

/** Why a change that no test notices may stay: one entry of `survivors/*.json`. */
export type Reason = z.infer<typeof REASONS>[number]

/** A change that no test noticed. */
export interface Survivor {
  readonly file: string
  readonly at: string
  readonly line: string
  readonly mutator: string
  readonly replacement: string
  readonly covered: boolean
  /** `null` if nobody has looked at it. */
  readonly reason: Reason | null
}

/** The numbers of one room. */
export interface RoomScore {
  readonly room: string
  readonly files: number
  /** Changes that were tried. */
  readonly changes: number
  readonly killed: number
  /** Changes that made a test run forever. */
  readonly timedOut: number
  readonly survivors: readonly Survivor[]
  /** Reasons for changes of these files of which none survived. */
  readonly stale: readonly Reason[]
  /** Changes to tables that are made once at import; they were not tried. */
  readonly atImport: number
}

/** Reads the reasons on record. */
export function readReasons(text: string): readonly Reason[] {
  return REASONS.parse(JSON.parse(text))
}

/** Counts a report of Stryker. A change that made the program fail to start, or crash, was noticed. */
export function scoreOf(room: string, text: string, reasons: readonly Reason[]): RoomScore {
  const { files } = REPORT.parse(JSON.parse(text))
  const all = Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n')
    return mutants.map((mutant) => changeOf(file, lines, mutant, reasons))
  })
  const of = (...statuses: readonly string[]) =>
    all.filter(({ status }) => statuses.includes(status))
  const survivors = of('Survived', 'NoCoverage')
  const killed = of('Killed', 'RuntimeError', 'CompileError').length
  const timedOut = of('Timeout')
  // Whether a change is slow or seems to run forever depends on the machine's other work.
  const needed = new Set([...survivors, ...timedOut].map(({ reason }) => reason))
  return {
    room,
    files: Object.keys(files).length,
    changes: killed + timedOut.length + survivors.length,
    killed,
    timedOut: timedOut.length,
    survivors,
    stale: reasons.filter((each) => each.file in files && !needed.has(each)),
    atImport: of('Ignored').length,
  }
}

function changeOf(
  file: string,
  lines: readonly string[],
  { location: { start }, mutatorName, replacement, status }: z.infer<typeof MUTANT>,
  reasons: readonly Reason[],
): Survivor & { readonly status: string } {
  const line = lines[start.line - 1]?.trim() ?? ''
  const reason = reasons.find(
    (each) => each.file === file && each.line === line && each.replacement === replacement,
  )
  return {
    file,
    at: `${start.line}:${start.column}`,
    line,
    mutator: mutatorName,
    replacement,
    covered: status !== 'NoCoverage',
    reason: reason ?? null,
    status,
  }
}

/** Noticed changes among those tried, in per cent. */
export function percent({ killed, timedOut, changes }: RoomScore): number {
  return changes === 0 ? 0 : (100 * (killed + timedOut)) / changes
}
