/** Every verb: its name, what it does in a line, and where it is. A verb is read when it is asked for. */
import type { Verb } from '../verb.js'

/** The groups of the overview: title, and the name by which rows belong to it. */
export const GROUPS = [
  ['hosts', 'hosts'],
  ['pools', 'pools'],
  ['guests', 'guests'],
  ['microcode', 'microcode'],
  ['domain images', 'images'],
  ['the command', 'command'],
] as const

/** One verb. */
export interface VerbRow {
  /** As it is called. */
  readonly name: string
  /** Where the overview has it. */
  readonly group: (typeof GROUPS)[number][1]
  /** What it does. */
  readonly summary: string
  /** Reads it. */
  readonly load: () => Promise<Verb>
}

/** The verbs, in the order of the overview. */
export const VERBS: readonly VerbRow[] = [
  {
    name: 'features',
    group: 'hosts',
    summary: 'names of features, and featuresets in both directions',
    load: async () => (await import('./features.js')).features,
  },
]
