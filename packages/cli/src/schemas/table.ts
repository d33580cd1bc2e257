/** The schema of every answer, by the name of its file. Documents that verbs read are there too. */
import * as z from 'zod'
import { defaultSchema } from '../default/document.js'
import { guestSchema } from '../guests/document.js'
import { answer } from './common.js'
import * as files from './files.js'
import * as fleets from './fleets.js'
import * as guests from './guests.js'
import * as hosts from './hosts.js'

/** By name of the file; `format` of an answer is `xenlevel/` and that. */
export const SCHEMAS = {
  hosts: hosts.hosts,
  features: hosts.features,
  'level-answer': hosts.level,
  'level-explanation': hosts.levelExplanation,
  'level-change': hosts.levelChange,
  'host-drift': hosts.hostDrift,
  admission: guests.admission,
  'host-policies': guests.hostPolicies,
  'policy-clamp': guests.policyClamp,
  'policy-diff': guests.policyDiff,
  default: defaultSchema,
  'default-answer': guests.defaultSet,
  'default-state': guests.defaultShow,
  'default-merge': guests.defaultApply,
  guest: guestSchema,
  mobility: fleets.mobility,
  evacuation: fleets.evacuation,
  'rolling-update': fleets.rollingUpdate,
  'fleet-split': fleets.fleetSplit,
  'microcode-list': files.microcodeList,
  'microcode-verification': files.microcodeVerification,
  'microcode-selection': files.microcodeSelection,
  'microcode-pack': files.microcodePack,
  'microcode-plan': files.microcodePlan,
  'image-head': files.imageHead,
  'image-event': files.imageEvent,
  'image-verification': files.imageVerification,
  'image-set-policy': files.imageSetPolicy,
  completion: answer('completion', {
    shell: z.literal(['bash', 'zsh', 'fish']),
    script: z.string(),
  }),
} as const satisfies Readonly<Record<string, z.ZodType>>

/** The JSON Schema of each, as a text. */
export function jsonSchemas(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(SCHEMAS).map(([name, schema]) => [
      name,
      `${JSON.stringify(z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' }), null, 2)}\n`,
    ]),
  )
}
