/** What Xen's command line decides about the features that a host has and offers (docs/misc/xen-command-line.pandoc). */
import {
  type FeatureName,
  featureTable,
  nearestRelease,
  releaseHas,
  UnknownReleaseError,
} from '@xenlevel/cpuid'
import type { Finding } from '../finding.js'
import { BOOT_OPTIONS, OTHER_OPTIONS } from './boot-options-table.js'
import { type BootToken, bootTokens } from './boot-options-text.js'

/** Features that an option names. */
export interface NamedFeatures {
  /** Those named without `no-`, by bit. */
  readonly enabled: readonly FeatureName[]
  /** Those named with `no-`, by bit. */
  readonly disabled: readonly FeatureName[]
}

/** What a command line says; where it says nothing, what Xen does by itself. Source of all: Xen 4.23-dev, files under xen/arch/x86. */
export interface BootOptions {
  /**
   * `cpuid=` (cpu-policy.c, parse_xen_cpuid). What was disabled once stays so. Of what is enabled RDRAND alone has an effect: Xen's own
   * doubts about it are passed over.
   */
  readonly cpuid: NamedFeatures
  /** `dom0-cpuid=`: what the hardware domain gets beside the default policy, or does not get (cpu-policy.c). The last word counts. */
  readonly dom0Cpuid: NamedFeatures
  /** `tsx=`: 1, 0, or null where Xen chooses (tsx.c). */
  readonly tsx: 0 | 1 | null
  /** `spec-ctrl=no` came while `tsx=` was not set: Xen leaves TSX on instead of choosing (spec_ctrl.c and tsx.c). */
  readonly tsxLeftOn: boolean
  /** MSR_SPEC_CTRL may be switched for PV guests; `spec-ctrl=` with `no`, `pv=` and `msr-sc=` (spec_ctrl.c). */
  readonly scMsrPv: boolean
  /** The same for HVM guests. */
  readonly scMsrHvm: boolean
  /** `spec-ctrl=gds-mit=`: whether Gather Data Sampling is mitigated; null where Xen chooses, which is yes on a CPU that needs it. */
  readonly gdsMitigation: boolean | null
  /** `spec-ctrl=bp-spec-reduce=`: AMD's BP_SPEC_REDUCE is used where the CPU has it. */
  readonly bpSpecReduce: boolean
  /** `vpmu=`: 0 is off, 1 is on for each guest itself (cpu/vpmu.c). */
  readonly vpmuMode: 0 | 1
  /** `hap=`: HVM guests may use hardware-assisted paging (hvm/hvm.c). */
  readonly hap: boolean
  /** `dom0=cpuid-faulting`: CPUID of a PV hardware domain faults too, if the CPU can (dom0_build.c). */
  readonly dom0CpuidFaulting: boolean
  /** `smep=`: false hides SMEP; `hvm` leaves it (setup.c). */
  readonly smep: boolean
  /** `smap=`: the same for SMAP. */
  readonly smap: boolean
  /** `xsave=`: false hides XSAVE and what needs it (xstate.c). */
  readonly xsave: boolean
  /** `pku=`: false hides PKU; until 4.17 (cpu/common.c). */
  readonly pku: boolean
  /** `nolapic`: false hides APIC (apic.c). */
  readonly lapic: boolean
  /** What was not understood, or decides nothing about features: a finding for each, in the order of the command line. */
  readonly findings: readonly Finding[]
}

/** The same while it is being read. */
export type BootOptionsDraft = {
  -readonly [Key in Exclude<
    keyof BootOptions,
    'cpuid' | 'dom0Cpuid' | 'findings'
  >]: BootOptions[Key]
} & {
  /** What each feature is set to by `cpuid=`; false stays. */
  readonly cpuid: Map<FeatureName, boolean>
  /** What each feature is set to by `dom0-cpuid=`. */
  readonly dom0Cpuid: Map<FeatureName, boolean>
}

/**
 * Reads a Xen command line as that release does: options from left to right, each with its own rule about who wins.
 *
 * Xen boots with a line it does not understand, so this never throws on the line's content.
 *
 * @param commandLine - without the name of the hypervisor's file, as XENVER_commandline answers it.
 * @param release - such as `'4.17.7'`.
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function parseBootOptions(commandLine: string, release: string): BootOptions {
  const exact = nearestRelease(release)
  if (exact === undefined) throw new UnknownReleaseError(release)
  const draft: BootOptionsDraft = {
    cpuid: new Map(),
    dom0Cpuid: new Map(),
    tsx: null,
    tsxLeftOn: false,
    scMsrPv: true,
    scMsrHvm: true,
    gdsMitigation: null,
    bpSpecReduce: true,
    vpmuMode: 0,
    hap: true,
    dom0CpuidFaulting: true,
    smep: true,
    smap: true,
    xsave: true,
    pku: true,
    lapic: true,
  }
  const findings = bootTokens(commandLine, exact).flatMap((token) => read(token, draft, exact))
  const { cpuid, dom0Cpuid, ...rest } = draft
  return { ...rest, cpuid: named(cpuid, exact), dom0Cpuid: named(dom0Cpuid, exact), findings }
}

function read(token: BootToken, draft: BootOptionsDraft, release: string): Finding[] {
  const findings: Finding[] = []
  if (token.cut > 0) {
    findings.push({
      code: 'boot-option-cut',
      severity: 'warning',
      message: `Xen ${release} keeps all but the last ${token.cut} characters of "${token.text}"; give the rest in a second ${token.name}= of its own.`,
    })
  }
  const option = BOOT_OPTIONS.find(({ name }) => name === token.name)
  const other = OTHER_OPTIONS.find(({ names }) => names.includes(token.name))
  if (option !== undefined && hasOption(option, release))
    return [...findings, ...option.read(token, draft, release)]
  if (option !== undefined) {
    findings.push({
      code: 'boot-option-unknown',
      severity: 'warning',
      message: `Xen ${release} has no option ${option.name}, so "${token.text}" does nothing.`,
    })
  } else if (other !== undefined && hasOption(other, release)) {
    findings.push({
      code: 'boot-option-not-followed',
      severity: 'warning',
      message: `"${token.text}" ${other.effect}.`,
    })
  } else {
    findings.push({
      code: 'boot-option-without-effect',
      severity: 'info',
      message: `"${token.text}" decides nothing about features.`,
    })
  }
  return findings
}

/** Until when an option is there counts in whole branches: none was taken out of a branch once released. */
function hasOption(
  { landed, until }: { readonly landed: readonly string[]; readonly until?: string },
  release: string,
): boolean {
  return releaseHas(release, landed) && (until === undefined || !releaseHas(release, [until]))
}

function named(features: ReadonlyMap<FeatureName, boolean>, release: string): NamedFeatures {
  const inOrder = featureTable(release).features.map(({ name }) => name)
  return {
    enabled: inOrder.filter((name) => features.get(name) === true),
    disabled: inOrder.filter((name) => features.get(name) === false),
  }
}
