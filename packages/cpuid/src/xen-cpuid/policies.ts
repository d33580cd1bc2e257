/** CPU policies as xen-cpuid shows them. */
import { hexWord } from '../words.js'
import { PROGRAM, type XenCpuidOutput } from './arguments.js'
import type { XenCpuidHost, XenCpuidPolicy, XenCpuidSet } from './host.js'

/** The system's policies, by their numbers in XEN_SYSCTL_get_cpu_policy. */
const SYSTEM_POLICIES: readonly (readonly [set: XenCpuidSet, name: string])[] = [
  ['raw', 'Raw'],
  ['host', 'Host'],
  ['pvMax', 'PV Max'],
  ['hvmMax', 'HVM Max'],
  ['pvDefault', 'PV Default'],
  ['hvmDefault', 'HVM Default'],
]

/** The sub-leaf of a leaf without sub-leaves, in Xen's interface. */
const NO_SUBLEAF = 0xffff_ffff

/** All policies of the system. */
export function showSystemPolicies(host: XenCpuidHost): XenCpuidOutput {
  const stdout = [
    `Xen reports there are maximum ${host.maxLeaves} leaves and ${host.maxMsrs} MSRs\n`,
  ]
  const stderr: string[] = []
  for (const [number, [set, name]] of SYSTEM_POLICIES.entries()) {
    const policy = host.policies[set]
    if (policy === undefined) {
      stderr.push(
        libraryError(`Failed to obtain ${number} policy (22 = Invalid argument)`),
        `${PROGRAM}: xc_cpu_policy_get_system(, ${name}, ): Invalid argument\n`,
      )
      return { stdout: stdout.join(''), stderr: stderr.join(''), rc: 1 }
    }
    if (policy === null) {
      stderr.push(libraryError(`Failed to obtain ${number} policy (95 = Operation not supported)`))
      stdout.push(`${name} policy not supported by Xen\n`)
    } else stdout.push(showPolicy(name, policy))
  }
  return { stdout: stdout.join(''), stderr: stderr.join(''), rc: 0 }
}

/** The policy of a domain. */
export function showDomainPolicy(host: XenCpuidHost, domainId: number): XenCpuidOutput {
  // The hypercall has room for the low 16 bits, and the library writes the number without its sign.
  const policy = host.domains?.[domainId & 0xffff]
  if (policy !== undefined) {
    return { stdout: showPolicy(`Domain ${domainId}`, policy), stderr: '', rc: 0 }
  }
  const missing = `Failed to obtain domain ${domainId >>> 0} policy (3 = No such process)`
  return {
    stdout: '',
    stderr: `${libraryError(missing)}${PROGRAM}: xc_cpu_policy_get_domain(, ${domainId}, ): No such process\n`,
    rc: 1,
  }
}

/** A complaint of libxenctrl, which comes before that of the tool. */
function libraryError(problem: string): string {
  return `xc: error: ${problem}: Internal error\n`
}

function showPolicy(name: string, { leaves, msrs }: XenCpuidPolicy): string {
  const lines = [`${name} policy: ${leaves.length} leaves, ${msrs.length} MSRs`]
  lines.push(' CPUID:', '  leaf     subleaf  -> eax      ebx      ecx      edx     ')
  for (const { leaf, subleaf, a, b, c, d } of leaves) {
    if (a === 0 && b === 0 && c === 0 && d === 0) continue
    const registers = [a, b, c, d].map(hexWord).join(':')
    lines.push(`  ${hexWord(leaf)}:${hexWord(subleaf ?? NO_SUBLEAF)} -> ${registers}`)
  }
  lines.push(' MSRs:', `  index    -> ${'value'.padEnd(16)}`)
  for (const { index, value } of msrs) {
    lines.push(`  ${hexWord(index)} -> ${value.toString(16).padStart(16, '0')}`)
  }
  return `${lines.join('\n')}\n`
}
