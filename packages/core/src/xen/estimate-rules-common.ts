/** What Xen does to the features of every CPU, or because the command line says so. */
import type { CapabilityRule } from './estimate-rules.js'

/** What Xen finds out before it asks the CPU: TSX is first (RELEASE-4.13.4, tsx.c: called between microcode and CPUID). */
export const TSX_RULES: readonly CapabilityRule[] = [
  {
    decision: 'tsx',
    when: { has: ['TSX_CTRL'], landed: ['4.16.0', '4.15.1', '4.14.3', '4.13.4'] },
    effect: 'force',
    features: ['HLE', 'RTM'],
    reason: 'TSX_CTRL can hide them, so Xen takes them as present whether they are hidden or not',
    source: '4.13.4, tsx.c',
  },
  {
    decision: 'tsx',
    when: {
      has: ['TSX_FORCE_ABORT', 'RTM_ALWAYS_ABORT'],
      lacks: ['RTM'],
      landed: ['4.16.0', '4.15.1', '4.14.3'],
    },
    effect: 'force',
    features: ['HLE', 'RTM'],
    reason:
      'TSX_FORCE_ABORT can hide them, so Xen takes them as present whether they are hidden or not',
    assumes: 'RTM was hidden by TSX_FORCE_ABORT, and is not missing by a fault of the microcode',
    source: '4.23-dev, tsx.c',
  },
  {
    decision: 'tsx',
    when: { has: ['TSX_FORCE_ABORT'], landed: ['4.16.0', '4.15.1', '4.14.3'] },
    effect: 'force',
    features: ['HLE', 'RTM'],
    reason:
      'TSX_FORCE_ABORT can hide them, so Xen takes them as present whether they are hidden or not',
    source: '4.14.3, tsx.c',
  },
  {
    decision: 'tsx',
    when: {
      has: ['TSX_CTRL'],
      landed: ['4.13.0', '4.12.2', '4.11.3'],
      boot: ({ tsx }) => tsx === 0,
    },
    effect: 'clear',
    features: ['HLE', 'RTM'],
    reason: 'tsx=0 hides them by TSX_CTRL, and these releases take what CPUID then says',
    source: '4.13.0, tsx.c',
  },
]

/** The others. */
export const COMMON_RULES: readonly CapabilityRule[] = [
  {
    when: {},
    effect: 'clear',
    features: ['OSXSAVE', 'OSPKE'],
    reason: 'CPUID repeats CR4 here, and Xen asks before it has set those bits of CR4',
    source: '4.23-dev, cpu/common.c: identify_cpu',
  },
  {
    when: { vendor: ['Unknown'] },
    effect: 'clear',
    features: ['SEP'],
    reason: 'Xen does not trust SYSENTER on a CPU whose maker it does not know',
    source: '4.17.7, cpu/common.c: default_init',
  },
  {
    when: { until: ['4.18.0'], boot: ({ pku }) => !pku },
    effect: 'disable',
    features: ['PKU'],
    reason: 'the command line says so',
    source: '4.17.7, cpu/common.c',
  },
  {
    when: { maxLeafBelow: 0xd },
    effect: 'disable',
    features: ['XSAVE'],
    reason: 'without leaf 0xd nobody knows the layout of the area',
    source: '4.23-dev, xstate.c: xstate_init',
  },
  {
    when: { boot: ({ xsave }) => !xsave },
    effect: 'disable',
    features: ['XSAVE'],
    reason: 'the command line says so',
    source: '4.23-dev, xstate.c: xstate_init',
  },
  {
    when: { boot: ({ smep }) => !smep },
    effect: 'disable',
    features: ['SMEP'],
    reason: 'the command line says so',
    source: '4.23-dev, setup.c',
  },
  {
    when: { boot: ({ smap }) => !smap },
    effect: 'disable',
    features: ['SMAP'],
    reason: 'the command line says so',
    source: '4.23-dev, setup.c',
  },
  {
    when: { boot: ({ lapic }) => !lapic },
    effect: 'disable',
    features: ['APIC'],
    reason: 'the command line says so',
    source: '4.23-dev, apic.c',
  },
  {
    when: { maxLeafBelow: 0x10, landed: ['4.10.0'] },
    effect: 'disable',
    features: ['PQE'],
    reason: 'cache allocation is described by leaf 0x10, which the CPU has not',
    source: '4.23-dev, psr.c: psr_presmp_init',
  },
  {
    when: { hasAny: ['VMX', 'SVM'], landed: ['4.19.0', '4.18.1', '4.17.4'] },
    effect: 'keep',
    features: ['VMX', 'SVM'],
    reason: 'Xen takes them away if it cannot switch them on',
    assumes: 'the firmware has left virtualisation switched on',
    source: '4.23-dev, hvm/vmx/vmcs.c and hvm/svm/svm.c',
  },
]

/** What is done last, to the host policy that is made of the features (cpu-policy.c: calculate_host_cpu_policy). */
export const POLICY_RULES: readonly CapabilityRule[] = [
  {
    when: { lacks: ['XSAVE'] },
    effect: 'clear',
    features: ['XSAVEOPT', 'XSAVEC', 'XGETBV1', 'XSAVES', 'XFD'],
    reason: 'leaf 0xd is made anew, and is empty without XSAVE',
    source: '4.23-dev, cpu-policy.c: recalculate_xstate',
  },
]
