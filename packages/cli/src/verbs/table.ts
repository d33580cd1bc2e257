/** Every verb: its name, what it does in a line, and where it is. A verb is read when it is asked for. */
import type { Verb } from '../verb.js'

/** The groups of the overview: title, and the name by which rows belong to it. */
export const GROUPS = [
  ['hosts', 'hosts'],
  ['pools', 'pools'],
  ['guests', 'guests'],
  ['microcode', 'microcode'],
  ['domain images', 'images'],
  ['the command', 'command'],
] as const

/** One verb. */
export interface VerbRow {
  /** As it is called. */
  readonly name: string
  /** Where the overview has it. */
  readonly group: (typeof GROUPS)[number][1]
  /** What it does. */
  readonly summary: string
  /** Reads it. */
  readonly load: () => Promise<Verb>
}

/** The verbs, in the order of the overview. */
export const VERBS: readonly VerbRow[] = [
  {
    name: 'host capture',
    group: 'hosts',
    summary: 'the snapshot of this host, asked of its Xen',
    load: async () => (await import('./host-capture.js')).hostCapture,
  },
  {
    name: 'host import',
    group: 'hosts',
    summary: 'snapshots from CPUID dumps, xen-cpuid -p, or what xe prints',
    load: async () => (await import('./host-import.js')).hostImport,
  },
  {
    name: 'host show',
    group: 'hosts',
    summary: 'what a host is and what it offers its guests',
    load: async () => (await import('./host-show.js')).hostShow,
  },
  {
    name: 'host diff',
    group: 'hosts',
    summary: 'what a reboot, firmware, microcode or Xen changed on a host, and why',
    load: async () => (await import('./host-diff.js')).hostDiff,
  },
  {
    name: 'features',
    group: 'hosts',
    summary: 'names of features, and featuresets in both directions',
    load: async () => (await import('./features.js')).features,
  },
  {
    name: 'level',
    group: 'pools',
    summary: 'what a pool can promise its guests, and what that costs',
    load: async () => (await import('./level.js')).level,
  },
  {
    name: 'explain',
    group: 'pools',
    summary: 'what each lost feature means, who keeps it back, and who costs what',
    load: async () => (await import('./explain.js')).explain,
  },
  {
    name: 'whatif',
    group: 'pools',
    summary: 'what a pool gains and loses if hosts join, leave, are replaced or upgraded',
    load: async () => (await import('./whatif.js')).whatif,
  },
  {
    name: 'fleet mobility',
    group: 'pools',
    summary: 'which guest can run on which host, who is stranded, who must be power-cycled',
    load: async () => (await import('./fleet-mobility.js')).fleetMobility,
  },
  {
    name: 'fleet evacuate',
    group: 'pools',
    summary: 'can a host be emptied, and where does each guest go',
    load: async () => (await import('./fleet-evacuate.js')).fleetEvacuate,
  },
  {
    name: 'fleet roll',
    group: 'pools',
    summary: 'in which order all hosts can be emptied and updated, and every move',
    load: async () => (await import('./fleet-roll.js')).fleetRoll,
  },
  {
    name: 'fleet split',
    group: 'pools',
    summary: 'the split of a mixed fleet into pools that keeps most features',
    load: async () => (await import('./fleet-split.js')).fleetSplit,
  },
  {
    name: 'admit',
    group: 'guests',
    summary: 'may this guest run on those hosts, and every reason why not',
    load: async () => (await import('./admit.js')).admit,
  },
  {
    name: 'policy derive',
    group: 'guests',
    summary: 'the policies that a Xen makes of a CPU: at most, and by default',
    load: async () => (await import('./policy-derive.js')).policyDerive,
  },
  {
    name: 'policy clamp',
    group: 'guests',
    summary: 'what Xen makes of a policy, with every change it makes in silence',
    load: async () => (await import('./policy-clamp.js')).policyClamp,
  },
  {
    name: 'policy diff',
    group: 'guests',
    summary: 'in what two policies differ, in names and fields',
    load: async () => (await import('./policy-diff.js')).policyDiff,
  },
  {
    name: 'default set',
    group: 'guests',
    summary: 'keep the level of a pool as the default for all guests of this host',
    load: async () => (await import('./default-set.js')).defaultSet,
  },
  {
    name: 'default show',
    group: 'guests',
    summary: 'the default for guests, and whether it still holds after a reboot',
    load: async () => (await import('./default-show.js')).defaultShow,
  },
  {
    name: 'default apply',
    group: 'guests',
    summary: 'an xl configuration with the default merged into its cpuid=',
    load: async () => (await import('./default-apply.js')).defaultApply,
  },
  {
    name: 'ucode list',
    group: 'microcode',
    summary: 'the updates in microcode files',
    load: async () => (await import('./ucode-list.js')).ucodeList,
  },
  {
    name: 'ucode verify',
    group: 'microcode',
    summary: 'would Xen, Linux and iucode_tool accept these files',
    load: async () => (await import('./ucode-verify.js')).ucodeVerify,
  },
  {
    name: 'ucode select',
    group: 'microcode',
    summary: 'which update a CPU gets, or why it gets none',
    load: async () => (await import('./ucode-select.js')).ucodeSelect,
  },
  {
    name: 'ucode pack',
    group: 'microcode',
    summary: 'microcode as an early archive or a file, alone or in front of an initrd',
    load: async () => (await import('./ucode-pack.js')).ucodePack,
  },
  {
    name: 'ucode plan',
    group: 'microcode',
    summary: 'what to do with the microcode of each host, and in which order',
    load: async () => (await import('./ucode-plan.js')).ucodePlan,
  },
  {
    name: 'image head',
    group: 'images',
    summary: 'what a domain image tells before its memory: guest, Xen, CPU policy',
    load: async () => (await import('./image-head.js')).imageHead,
  },
  {
    name: 'image verify',
    group: 'images',
    summary: 'is a domain image right, and must a receiver take it',
    load: async () => (await import('./image-verify.js')).imageVerify,
  },
  {
    name: 'image records',
    group: 'images',
    summary: 'the headers and records of a domain image, with their offsets',
    load: async () => (await import('./image-records.js')).imageRecords,
  },
  {
    name: 'image set-policy',
    group: 'images',
    summary: 'an image with another CPU policy, every other byte kept',
    load: async () => (await import('./image-set-policy.js')).imageSetPolicy,
  },
  {
    name: 'completion',
    group: 'command',
    summary: 'a script that makes a shell complete verbs and options',
    load: async () => (await import('./completion.js')).completion,
  },
]
