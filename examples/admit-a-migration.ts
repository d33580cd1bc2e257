/**
 * May a guest move to another host? What Xen itself would refuse, what it would drop in silence, and the level at which the answer is yes.
 *
 *     node scripts/run.mjs examples/admit-a-migration.ts
 */
import { type Admission, admitGuest } from '@xenlevel/core'
import { wrapped } from './print.js'
import { storyHost } from './story.js'

const [skylake, haswell] = [storyHost('skylake'), storyHost('haswell')]

function print(question: string, { admitted, xen, reasons }: Admission): void {
  console.log(`${question} ${admitted ? 'Yes.' : 'No.'}`)
  console.log(`  Xen itself ${xen?.compatible ? 'takes it' : 'refuses it'}.`)
  for (const { grade, message } of reasons) console.log(`  ${grade}: ${message}`)
}

// A guest of whose CPU nothing was said has what its host gives by default.
const policy = skylake.policies?.pvDefault
if (policy === undefined) throw new Error('the snapshot was taken without policies')
const guest = { name: 'web-1', kind: 'pv', policy } as const
const answer = admitGuest(guest, haswell)
print('web-1 was started on skylake. May it move to haswell?', answer)

// The answer has the level that would make it yes.
const level = answer.levelTo?.policy ?? null
if (level === null) throw new Error('no level helps')
console.log('\nIt has to be shut down, and started with no more than')
console.log(wrapped(level.featureset.names()))
console.log()
const levelled = { ...guest, policy: level }
print('Started like that on skylake, may it move to haswell?', admitGuest(levelled, haswell))
print('And back to skylake?', admitGuest(levelled, skylake))
