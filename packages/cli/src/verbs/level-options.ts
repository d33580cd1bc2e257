/** How a pool is levelled, as options of every verb that levels one beside its main job. */
import type { OptionTable } from '../args.js'

/** The options. */
export const LEVEL_OPTIONS = {
  method: {
    type: 'string',
    value: 'METHOD',
    choices: ['xenserver', 'intersection'],
    help: 'how featuresets are combined, as for "level"',
  },
  release: {
    type: 'string',
    value: 'RELEASE',
    completes: 'release',
    help: 'make the level for this release',
  },
} as const satisfies OptionTable
