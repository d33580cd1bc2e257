/**
 * Runs in dom0: starts a guest as it comes and one at the level of this host and of another, whose snapshot is beside, and saves both.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatCpuPolicy, levelPool, parseHostSnapshot, toXlConfig } from '@xenlevel/core'
import { openXen } from '@xenlevel/hw-xen'
import { policyOf, startGuest, xl } from './xl.js'

const [other = '', out = '/out'] = process.argv.slice(2)
const xen = openXen()
const host = xen.policies()
const here = xen.snapshot({ name: 'here' })
const there = parseHostSnapshot(readFileSync(other, 'utf8'), other)
const level = levelPool([here, there]).pv.default
const { line } = toXlConfig(level, { host, domain: { kind: 'pv' } })

const written: Record<string, unknown> = { line, level: level.toString() }
for (const [name, cpuid] of [
  ['usual', ''],
  ['levelled', line],
] as const) {
  const domid = await startGuest(name, cpuid)
  written[name] = JSON.parse(formatCpuPolicy(policyOf(xen, domid)))
  xl('save', name, join(out, `${name}.save`))
}
xen.close()
writeFileSync(join(out, 'saved.json'), `${JSON.stringify(written, null, 1)}\n`)
