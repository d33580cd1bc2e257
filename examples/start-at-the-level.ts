/**
 * How a guest is started at the level of its pool: the level of whole policies, and the text that xl, libvirt and xapi take for it.
 *
 *     node scripts/run.mjs examples/start-at-the-level.ts
 */
import {
  admitGuest,
  levelPolicies,
  policiesOfSnapshot,
  toLibvirtXml,
  toXapiPlatform,
  toXlConfig,
} from '@xenlevel/core'
import { count, wrapped } from './print.js'
import { storyHost } from './story.js'

const domain = { kind: 'pv' } as const
const snapshots = [storyHost('skylake'), storyHost('haswell')]
const hosts = snapshots.flatMap((snapshot) => {
  const known = policiesOfSnapshot(snapshot)
  return known === null ? [] : [{ name: snapshot.name, policies: known.policies }]
})

const { policy, losses } = levelPolicies(hosts, domain)
if (policy === null) throw new Error('there is no policy that both hosts take')
const features = policy.featureset
console.log(`The level of ${hosts.map(({ name }) => name).join(' and ')} for PV guests:`)
console.log(wrapped(features.names()))
console.log(`It leaves out ${count(losses.length, 'thing')} that one of them has.`)

// The features alone: a guest that starts on skylake may go on calling its CPU a Skylake.
for (const { name, policies: host } of hosts) {
  const xl = toXlConfig(features, { host, domain })
  const libvirt = toLibvirtXml(features, { host, domain })
  const xapi = toXapiPlatform(features, { host, domain })
  console.log(`\nOn ${name} it is started with`)
  for (const [toolstack, { exact, findings }, text] of [
    ['xl', xl, xl.line],
    ['libvirt', libvirt, libvirt.xml],
    ['xapi', xapi, `platform:featureset=${xapi.platform.featureset}`],
  ] as const) {
    console.log(`  ${toolstack}: ${text}`)
    if (!exact) console.log('    That is not the level:')
    for (const { message } of findings) console.log(`    ${message}`)
  }
  for (const receiver of snapshots) {
    const { admitted } = admitGuest({ name: 'web-1', kind: 'pv', policy: xl.policy }, receiver)
    console.log(`  By xl, and then ${receiver.name} ${admitted ? 'takes it' : 'does not take it'}.`)
  }
}
