/**
 * A pool as xapi lives it, in xapi's maps and strings: hosts boot, the pool is levelled, VMs start and migrate, a host comes back with less.
 *
 *     node scripts/run.mjs examples/xapi-loop.ts
 */
import {
  assertVmIsCompatible,
  hostSnapshotFromXapi,
  levelPool,
  parseXapiCpuFlags,
  parseXapiCpuInfo,
  toXapiFeatureset,
} from '@xenlevel/core'
import { SimulatedXen } from '@xenlevel/hw-xen/simulated'
import { storyHost } from './story.js'

const RELEASE = '4.17.7'

/** A machine with the CPU of a recorded one. */
function machine(name: string, like: 'haswell' | 'skylake'): SimulatedXen {
  const raw = storyHost(like).policies?.raw
  if (raw === undefined) throw new Error(`${like} was recorded without its raw policy`)
  return new SimulatedXen({ name, raw, release: RELEASE })
}

/** What xenopsd tells xapi at boot, and xapi keeps as `host.cpu_info`. */
function cpuInfo(xen: SimulatedXen): Record<string, string> {
  const { family, model, stepping } = xen.policy('raw').signature
  return {
    ...{ vendor: 'GenuineIntel', family: `${family}`, model: `${model}`, stepping: `${stepping}` },
    features_pv: toXapiFeatureset(xen.featureset('pvMax')),
    features_pv_host: toXapiFeatureset(xen.featureset('pvDefault')),
  }
}

const database = new Map<string, Record<string, string>>()
const machines = { old: machine('old', 'haswell'), new: machine('new', 'skylake') }
const boot = (name: keyof typeof machines) => database.set(name, cpuInfo(machines[name]))

/** The level that VMs are started at. */
const poolLevel = () =>
  levelPool(
    [...database].map(([name, map]) =>
      hostSnapshotFromXapi(name, parseXapiCpuInfo(map), { release: RELEASE, hvm: false }),
    ),
  )

boot('old')
boot('new')
const level = poolLevel()
const losses = level.losses.map(({ feature, hosts }) => `${feature} is not on ${hosts}`)
console.log(`The pool's level for PV: ${level.pv.default}\n  ${losses.join(', ')}\n`)

/** May a VM move: xapi's sentence, and what it does not say. */
function mayMove(name: string, features: string, to: string): void {
  const vm = {
    ref: `OpaqueRef:${name}`,
    name,
    powerState: 'Running',
    domainType: 'pv',
    lastBootCpuFlags: parseXapiCpuFlags({ vendor: 'GenuineIntel', features }),
  } as const
  const map = database.get(to) ?? {}
  const host = { ref: `OpaqueRef:${to}`, name: to, cpuInfo: parseXapiCpuInfo(map) }
  const answer = assertVmIsCompatible(vm, host)
  console.log(`${name} to ${to}: ${answer.ok ? 'yes' : answer.reason}`)
  if (answer.missing.length > 0) console.log(`  it would miss ${answer.missing.join(', ')}`)
}

const levelled = toXapiFeatureset(level.pv.default)
mayMove('web-1, started at the level,', levelled, 'old')
mayMove('db-1, started with all of new,', database.get('new')?.features_pv_host ?? '', 'old')

console.log('\nold is rebooted with cpuid=no-bmi2 on the command line')
machines.old.reboot({ commandLine: 'cpuid=no-bmi2' })
boot('old')
mayMove('web-1, started at the old level,', levelled, 'old')
mayMove('web-1, started anew,', toXapiFeatureset(poolLevel().pv.default), 'old')
