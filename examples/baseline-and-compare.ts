/**
 * What libvirt calls baseline and compare, for Xen: the CPU that all hosts can give, and who lacks what, by libvirt's own names.
 *
 *     node scripts/run.mjs examples/baseline-and-compare.ts
 */
import { combineFeaturesets, featuresetOfLibvirtNames, libvirtNamesOf } from '@xenlevel/core'
import type { Featureset } from '@xenlevel/cpuid'
import { count, wrapped } from './print.js'

const COMMON = `fpu msr pae cx8 apic sep cmov pat clflush mmx fxsr sse sse2 syscall nx lm
  pni pclmuldq ssse3 cx16 sse4.1 sse4.2 popcnt aes xsave avx`
const HASWELL = `${COMMON} fma movbe f16c rdrand lahf_lm abm bmi1 avx2 smep bmi2 erms invpcid`
const hosts = {
  'ivy-bridge': `${COMMON} f16c rdrand lahf_lm smep erms`,
  haswell: HASWELL,
  skylake: `${HASWELL} adx clflushopt avx512f avx512vl mpx made-up`,
}

/** The names of a host's description as a featureset; a name that Xen has no feature for is said. */
function described(host: string, names: string): Featureset {
  const { featureset, unknown } = featuresetOfLibvirtNames(names.split(/\s+/))
  for (const name of unknown) console.log(`  ${host}: no feature is called "${name}"`)
  return featureset
}

console.log('Baseline')
const sets = Object.entries(hosts).map(([host, names]) => ({ host, set: described(host, names) }))
const baseline = combineFeaturesets(sets.map(({ set }) => set))
const { names } = libvirtNamesOf(baseline)
console.log(`  ${count(names.length, 'feature')}:`)
console.log(wrapped(names))

console.log('\nWhat a guest is given on each host to be at the baseline')
for (const { host, set } of sets) {
  const hidden = libvirtNamesOf(set.andNot(baseline)).names
  const lines = hidden.map((name) => `    <feature policy='disable' name='${name}'/>`)
  console.log(`  ${host}:${hidden.length === 0 ? ' all it has' : `\n${lines.join('\n')}`}`)
}

console.log('\nCompare a guest at the CPU of haswell with each host')
const guest = described('guest', HASWELL)
for (const { host, set } of sets) {
  const missing = libvirtNamesOf(guest.andNot(set)).names
  const verdict = guest.equals(set) ? 'identical' : missing.length === 0 ? 'superset' : 'no'
  console.log(`  ${host}: ${verdict}${missing.length === 0 ? '' : `, lacks ${missing.join(' ')}`}`)
}
