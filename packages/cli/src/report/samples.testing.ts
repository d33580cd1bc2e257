/** Pools for tests of the report: recorded hosts, and pools that are large or hostile. */
import { readdirSync, readFileSync } from 'node:fs'
import { CpuPolicy, type HostSnapshot, levelPool, parseHostSnapshot } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import type { ReportedGuest } from './mobility.js'

const fixtures = new URL('../../../../fixtures/', import.meta.url)

/** Seven Intel hosts, of which the raw featuresets are known; the weakest first. */
export function recordedHosts(): HostSnapshot[] {
  const folder = new URL('hosts/', fixtures)
  return readdirSync(folder)
    .map((file) => parseHostSnapshot(readFileSync(new URL(file, folder), 'utf8'), file))
    .sort((a, b) => a.cpu.signature - b.cpu.signature || a.name.localeCompare(b.name))
}

/** Guests of those hosts: at the pool's level, and with all that one host offers. */
export function recordedGuests(hosts: readonly HostSnapshot[]): ReportedGuest[] {
  const level = levelPool(hosts)
  const levelled = ['web-1', 'web-2', 'web-3'].map((name) => ({
    name,
    kind: 'hvm' as const,
    vendor: 'Intel' as const,
    featureset: level.hvm.default,
    host: hosts[0]?.name ?? '',
  }))
  const spoilt = hosts.slice(3).map((host, at) => ({
    name: `db-${at + 1}`,
    kind: 'hvm' as const,
    vendor: 'Intel' as const,
    featureset: levelPool([host], { release: level.release }).hvm.default,
    host: host.name,
  }))
  return [...levelled, ...spoilt]
}

interface Recording {
  readonly xen: string
  readonly hypercalls: {
    readonly policies: Readonly<
      Record<string, { readonly leaves: readonly string[]; readonly msrs: readonly string[] }>
    >
  }
}

/** Hosts on which a real Xen 4.17.7 said all its policies; without VMX, so for PV guests. */
export function hostsWithPolicies(): HostSnapshot[] {
  return ['Skylake-Server', 'Haswell'].map((cpu) => {
    const file = new URL(`xen/hosts/4.17-debian-${cpu}.json`, fixtures)
    const recording: Recording = JSON.parse(readFileSync(file, 'utf8'))
    const policy = (which: string) => policyOf(recording, which)
    const raw = policy('raw')
    return {
      format: 'xenlevel/host-snapshot',
      version: 1,
      name: cpu.toLowerCase(),
      cpu: {
        vendor: raw.vendor,
        brand: `QEMU's ${cpu}`,
        signature: raw.leaf(1).a,
        physAddrBits: raw.physAddrBits,
        microcodeRevision: 1,
      },
      xen: { release: recording.xen, hvm: false, hap: false },
      featuresets: {},
      policies: {
        raw,
        host: policy('host'),
        pvMax: policy('pv_max'),
        pvDefault: policy('pv_default'),
      },
      unknownWords: [],
      notes: [],
    }
  })
}

const hex = (text = '') => Number.parseInt(text, 16)

/** Recordings write `leaf:subleaf -> eax:ebx:ecx:edx` and `msr -> value`. */
function policyOf({ xen, hypercalls }: Recording, which: string): CpuPolicy {
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
    { release: xen },
  )
}

/** As many hosts as asked for, each a recorded one with other features taken away, so that few are alike. */
export function unlikeHosts(count: number): HostSnapshot[] {
  const recorded = recordedHosts()
  return Array.from({ length: count }, (_, at) => {
    const host = recorded[at % recorded.length]
    if (host === undefined) throw new Error('no recorded hosts')
    const raw = host.featuresets.raw ?? Featureset.empty
    const bits = raw.bits().filter((bit) => (bit * 2_654_435_761 + at * 40_503) % 97 > 2)
    return {
      ...host,
      name: `rack${String(Math.floor(at / 20) + 1).padStart(2, '0')}-node${String((at % 20) + 1).padStart(2, '0')}`,
      featuresets: {
        raw: Featureset.fromBigInt(bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n)),
      },
    }
  })
}

/** Names that try to be something else: markup, the end of an attribute, of a CDATA section, text that runs the other way. */
export const HOSTILE_NAMES = [
  '<script>alert(1)</script>',
  `" onmouseover="alert(2)" x='`,
  ']]><img src=x onerror=alert(3)>',
  '--><svg/onload=alert(4)>',
  'moc.evil\u202ereve\u2066\u200b\ufeff',
  '&lt;b&gt; &#x3c;',
  'two\nlines\u0000\ud800',
  '</style></script><b>5</b>',
  `long-${'x'.repeat(300)}`,
  'שרת-1',
]

/** Hosts that are called so, and whose CPUs call themselves so. */
export function hostileHosts(): HostSnapshot[] {
  const recorded = recordedHosts()
  return HOSTILE_NAMES.flatMap((name, at) => {
    const host = recorded[at % recorded.length]
    return host === undefined ? [] : [{ ...host, name, cpu: { ...host.cpu, brand: name } }]
  })
}
