/**
 * A guest that runs on one host, before it moves to another: what Xen would refuse, what it would drop in silence, the level that makes the
 * move safe, and the line of xl.cfg that starts the guest at it. The hosts are recordings of real Xen 4.17.7.
 */
import { readFileSync } from 'node:fs'
import { admitGuest, CpuPolicy, type HostPolicies, levelPolicies, toXlConfig } from '@xenlevel/core'
import { wrapped } from './print.js'

interface Recording {
  readonly xen: string
  readonly hypercalls: {
    readonly policies: Readonly<Record<string, { leaves: string[]; msrs: string[] }>>
  }
}

const hex = (text = '') => Number.parseInt(text, 16)

/** The policies that a real Xen answered, as the recordings write them: `leaf:subleaf -> eax:ebx:ecx:edx`. */
function recorded(cpu: string): HostPolicies {
  const file = new URL(`../fixtures/xen/hosts/4.17-debian-${cpu}.json`, import.meta.url)
  const { xen: release, hypercalls }: Recording = JSON.parse(readFileSync(file, 'utf8'))
  const policy = (which: string): CpuPolicy => {
    const { leaves = [], msrs = [] } = hypercalls.policies[which] ?? {}
    return CpuPolicy.fromRecords(
      leaves.map((text) => {
        const [leaf, subleaf, a, b, c, d] = text.replace(' -> ', ':').split(':')
        return {
          leaf: hex(leaf),
          subleaf: subleaf === 'ffffffff' ? null : hex(subleaf),
          ...{ a: hex(a), b: hex(b), c: hex(c), d: hex(d) },
        }
      }),
      msrs.map((text) => {
        const [index, value] = text.split(' -> ')
        return { index: hex(index), flags: 0, value: BigInt(`0x${value}`) }
      }),
      { release },
    )
  }
  return {
    release,
    raw: policy('raw'),
    host: policy('host'),
    pvMax: policy('pv_max'),
    pvDefault: policy('pv_default'),
    hvmMax: policy('hvm_max'),
    hvmDefault: policy('hvm_default'),
  }
}

const skylake = recorded('Skylake-Server')
const haswell = recorded('Haswell')
const guest = { name: 'web-1', kind: 'pv', policy: skylake.pvDefault } as const

console.log('web-1 is a PV guest that was started on skylake-1. May it move to haswell-1?\n')
const answer = admitGuest(guest, haswell, { hostName: 'haswell-1' })
console.log(
  `  Xen ${haswell.release} itself: ${answer.xen?.compatible ? 'takes it' : 'refuses it'}`,
)
console.log(`  xenlevel: ${answer.admitted ? 'yes' : 'no'}`)
for (const { grade, message } of answer.reasons) console.log(`    ${grade}: ${message}`)
console.log(`\n  ${answer.advice}\n`)

const level = levelPolicies(
  [
    { name: 'skylake-1', policies: skylake },
    { name: 'haswell-1', policies: haswell },
  ],
  { kind: 'pv' },
)
if (level.policy === null) throw new Error('the pool has no policy that both hosts take')
console.log('The level of both, as a whole policy:')
console.log(wrapped(level.policy.featureset.names()))

// The features alone: a guest that starts on skylake-1 may go on calling its CPU a Skylake.
const line = toXlConfig(level.policy.featureset, { host: skylake, domain: { kind: 'pv' } })
console.log(`\nIn the guest's xl.cfg on skylake-1:\n    ${line.line}`)

for (const [name, host] of [
  ['skylake-1', skylake],
  ['haswell-1', haswell],
] as const) {
  const levelled = admitGuest({ ...guest, policy: line.policy }, host, { hostName: name })
  console.log(`\nMay it run on ${name} then?  ${levelled.admitted ? 'yes' : 'no'}`)
  for (const { grade, message } of levelled.reasons) console.log(`    ${grade}: ${message}`)
}
