/** The snapshot of a host from a CPUID dump, or from the policies that `xen-cpuid -p` prints. */
import { brandString, CpuPolicy, estimateHostFeatureset, type HostSnapshot } from '@xenlevel/core'
import {
  COMMON_1D_FEATURES,
  type CpuDump,
  type DumpPolicy,
  Featureset,
  hostFeatureset,
  nearestRelease,
  readCpuDump,
} from '@xenlevel/cpuid'
import { count } from '../output/text.js'

/** What a dump does not say. */
export interface DumpFacts {
  /** The host's name. */
  readonly name: string
  /** The Xen that runs, or is to run, on it; undefined if none does. */
  readonly release?: string | undefined
}

/** The width of a CPU that does not tell (Intel SDM volume 2A, leaf 0x8000_0008). */
const UNTOLD_PHYS_ADDR_BITS = 36
/** IA32_BIOS_SIGN_ID: Intel has the revision in its high half, AMD (PATCH_LEVEL) in its low one. */
const MICROCODE_MSR = 0x8b
const SYSCALL = Featureset.fromNames(['SYSCALL'])
/** Words of MSR_ARCH_CAPABILITIES: a dump without MSRs tells everything else. */
const MSR_WORDS = [16, 17]

/** The snapshot of the host whose dump this is. */
export function snapshotOfDump(text: string, facts: DumpFacts): HostSnapshot {
  const dump = readCpuDump(text)
  const policies = dump.policies === undefined ? null : policiesOf(dump.policies, facts)
  const notes = [
    `Made of ${FORMATS[dump.format]}.`,
    ...dump.warnings.map(({ message }) => message),
    ...(policies?.notes ?? []),
  ]
  const common = commonFeatureset(dump, notes)
  const raw = rawPolicy(dump, common.featureset, facts)
  const physAddrBits = raw.physAddrBits || widthIn(dump)
  if (physAddrBits === 0)
    notes.push(
      `The dump does not tell the physical address width: ${UNTOLD_PHYS_ADDR_BITS} bits stand in for it.`,
    )
  const whole = common.unknownWords.every((word) => MSR_WORDS.includes(word))
  const kept = policies?.policies ?? (whole ? { raw } : undefined)
  return {
    format: 'xenlevel/host-snapshot',
    version: 1,
    name: facts.name,
    cpu: {
      vendor: raw.vendor,
      brand: brandString(raw) || brandInText(text),
      signature: raw.leaf(1).a,
      physAddrBits: physAddrBits === 0 ? UNTOLD_PHYS_ADDR_BITS : physAddrBits,
      microcodeRevision: revisionOf(dump, raw, text),
    },
    xen: xenOf(facts, raw, policies),
    featuresets: {
      raw: common.featureset,
      ...(policies === null && whole ? foreseen(raw, facts, notes) : policies?.featuresets),
    },
    ...(kept === undefined ? {} : { policies: kept }),
    unknownWords: [...common.unknownWords],
    notes,
  }
}

const FORMATS: Readonly<Record<CpuDump['format'], string>> = {
  aida: 'a dump of AIDA64, InstLatx64 or libcpuid',
  json: 'a dump in JSON',
  'cpuid-r': 'what cpuid -r prints',
  'libcpuid-raw': "libcpuid's raw dump",
  'xen-cpuid-p': 'what xen-cpuid -p prints',
  'proc-cpuinfo': 'Linux’ /proc/cpuinfo',
}

/** What Xen will use of the CPU, where it has not said it. */
function foreseen(
  raw: CpuPolicy,
  { release }: DumpFacts,
  notes: string[],
): Pick<HostSnapshot['featuresets'], 'host'> {
  const exact = release === undefined ? undefined : nearestRelease(release)
  if (exact === undefined) return {}
  notes.push(
    `The host featureset is what Xen ${exact} is foreseen to use of this CPU: "xenlevel policy derive" says what was assumed.`,
  )
  return { host: estimateHostFeatureset(raw, { release: exact }).featureset }
}

/** What all CPUs of the host have, with SYSCALL where a 32-bit program could not see it. */
function commonFeatureset(dump: CpuDump, notes: string[]) {
  const { featureset, unknownWords, differing } = hostFeatureset(dump)
  if (differing.length > 0) {
    const names = differing.map(({ feature, bit }) => feature ?? `bit ${bit}`)
    notes.push(
      `${count(differing.length, 'feature')} that not all CPUs of the host have ${differing.length === 1 ? 'is' : 'are'} left out: ${names.join(', ')}.`,
    )
  }
  const hidden = dump.warnings.some(({ code }) => code === 'syscall-hidden')
  if (hidden) notes.push('SYSCALL is taken for present, since LM is.')
  return { featureset: hidden ? featureset.or(SYSCALL) : featureset, unknownWords }
}

/** The raw policy of the first CPU, with no more features than all have. */
function rawPolicy(dump: CpuDump, common: Featureset, { release }: DumpFacts): CpuPolicy {
  const exact = release === undefined ? undefined : nearestRelease(release)
  const policy = CpuPolicy.fromDump(dump, exact === undefined ? {} : { release: exact })
  const words = policy.featureset.words.map((word, at) => {
    // The dump's word 2 comes without AMD's copies of leaf 1; Xen's raw policy has them.
    const copies = at === 2 ? word & COMMON_1D_FEATURES : 0
    return ((common.words[at] ?? 0) | copies) >>> 0
  })
  return policy.withFeatureset(Featureset.fromWords(words))
}

function xenOf(
  { release }: DumpFacts,
  raw: CpuPolicy,
  policies: SaidPolicies | null,
): HostSnapshot['xen'] {
  if (release === undefined) return null
  const hvm = policies?.hvm ?? (raw.featureset.has('VMX') || raw.featureset.has('SVM'))
  return { release, hvm, hap: hvm }
}

function revisionOf({ cpus }: CpuDump, { vendor }: CpuPolicy, text: string): number | null {
  const value = cpus[0]?.msrs.find(({ index }) => index === MICROCODE_MSR)?.value
  if (value !== undefined && value !== 0n)
    return Number(vendor === 'Intel' ? value >> 32n : value & 0xffff_ffffn)
  const said = /^microcode\s*:\s*(0x[0-9a-f]{1,8})\s*$/m.exec(text)?.[1]
  return said === undefined ? null : Number.parseInt(said, 16)
}

/** The width, where the dump has its leaf and no limit that says so. */
function widthIn({ cpus }: CpuDump): number {
  const width = cpus[0]?.leaves.find(({ leaf }) => leaf === 0x8000_0008)?.a ?? 0
  return width & 0xff
}

function brandInText(text: string): string {
  return /^model name\s*:\s*(.+?)\s*$/m.exec(text)?.[1] ?? ''
}

/** Policies as Xen said them. */
interface SaidPolicies {
  readonly policies: NonNullable<HostSnapshot['policies']>
  readonly featuresets: HostSnapshot['featuresets']
  readonly hvm: boolean
  readonly notes: readonly string[]
}

/** Xen's names of its policies, and those of the snapshot. */
const POLICIES = [
  ['Raw', 'raw'],
  ['Host', 'host'],
  ['PV Max', 'pvMax'],
  ['PV Default', 'pvDefault'],
  ['HVM Max', 'hvmMax'],
  ['HVM Default', 'hvmDefault'],
] as const

function policiesOf(said: readonly DumpPolicy[], { release }: DumpFacts): SaidPolicies | null {
  const exact = release === undefined ? undefined : nearestRelease(release)
  if (exact === undefined) return null
  const policies: Partial<Record<(typeof POLICIES)[number][1], CpuPolicy>> = {}
  for (const [name, key] of POLICIES) {
    const found = said.find((policy) => policy.name === name)
    if (found !== undefined)
      policies[key] = CpuPolicy.fromRecords(found.leaves, found.msrs, { release: exact })
  }
  const { raw, host, pvMax, pvDefault, hvmMax, hvmDefault } = policies
  if (host === undefined || pvMax === undefined || pvDefault === undefined) return null
  const hvm =
    hvmMax !== undefined && hvmDefault !== undefined && !hvmMax.featureset.isEmpty
      ? { hvmMax, hvmDefault }
      : undefined
  return {
    policies: { ...(raw === undefined ? {} : { raw }), host, pvMax, pvDefault, ...hvm },
    featuresets: {
      host: host.featureset,
      pvMax: pvMax.featureset,
      pvDefault: pvDefault.featureset,
      ...(hvm && { hvmMax: hvm.hvmMax.featureset, hvmDefault: hvm.hvmDefault.featureset }),
    },
    hvm: hvm !== undefined,
    notes:
      hvm === undefined
        ? []
        : [
            'Whether paging of HVM guests is assisted by hardware is not in the text: taken for yes.',
          ],
  }
}
