/** The texts of the tool itself, from its runs. */
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import type { FeatureTable } from '../features/table.js'
import { featureTable } from '../features/tables.js'
import { Featureset } from '../featureset.js'
import { type CpuidLeaf, leafRegister, type MsrEntry } from '../leaves.js'
import type { XenCpuidHost, XenCpuidPolicy } from './host.js'
import { xenCpuidText } from './text.js'

interface Case {
  args: string[]
  stdout: string
  stderr: string
  rc: number
}

interface Vectors {
  interpret: Case[]
  system: (Case & { host: string })[]
}

describe.each([
  ['head', '4.23-dev'],
  ['4.17', '4.17.7'],
])('the tool of %s', (label, release) => {
  const path = `policy/vectors/xen-cpuid-${label}.json`
  describeRecorded(path, () => {
    const { interpret, system } = readRecordedJson<Vectors>(path)

    it('has the cases it is said to have', () => {
      expect([interpret.length, system.length]).toEqual([57, 9])
    })

    it.each(interpret)('$args', ({ args, stdout, stderr, rc }) => {
      expect(xenCpuidText(args, { release })).toEqual({ stdout, stderr, rc })
    })

    it.each(system)('$args on $host', ({ args, host, stdout, stderr, rc }) => {
      const policies = system.find((other) => other.host === host && other.args[0] === '-p')
      if (policies === undefined) throw new Error(`no policies of ${host}`)
      const recorded = hostOfText(policies.stdout, featureTable(release))
      expect(xenCpuidText(args, { release, host: recorded })).toEqual({ stdout, stderr, rc })
    })
  })
})

/** Hosts under Xen of various releases; the tool on them was always that of 4.17.7. */
const RECORDED_HOSTS = [
  '4.17.0-EPYC',
  '4.17.0-Skylake-Server',
  '4.17-debian-EPYC',
  '4.17-debian-Haswell',
  '4.17-debian-Skylake-Server',
  '4.18.6-EPYC',
  '4.18.6-Skylake-Server',
  '4.20.3-EPYC',
  '4.20.3-Skylake-Server',
]

interface RecordedPolicy {
  leaves: string[]
  msrs: string[]
}

interface RecordedHost {
  hypercalls: {
    featureset_nr: { raw: number }
    featuresets: Record<'raw' | 'host' | 'pv' | 'hvm', string> &
      Record<'pv_max' | 'hvm_max', string | { err: string }>
    policy_max: [leaves: number, msrs: number]
    policies: Record<
      'raw' | 'host' | 'pv_max' | 'hvm_max' | 'pv_default' | 'hvm_default',
      RecordedPolicy
    >
  }
  'xen-cpuid-p': string
  'xen-cpuid-detail': string
}

describeRecorded(
  RECORDED_HOSTS.map((name) => `xen/hosts/${name}.json`),
  () => {
    it.each(RECORDED_HOSTS)('%s', (name) => {
      const answers = readRecordedJson<RecordedHost>(`xen/hosts/${name}.json`)
      const options = { release: '4.17.7', host: hostOfHypercalls(answers.hypercalls) }
      for (const [arg, recorded] of [
        ['-p', answers['xen-cpuid-p']],
        ['detail', answers['xen-cpuid-detail']],
      ] as const) {
        const { stdout, stderr, rc } = xenCpuidText([arg], options)
        // Both streams are in one text, what went to stderr wherever stdout was flushed last.
        expect(recorded).toContain(stderr)
        expect(stdout).toBe(recorded.replace(stderr, ''))
        expect(rc).toBe(stderr === '' ? 0 : 1)
      }
      const old = answers.hypercalls.featureset_nr.raw === 14
      expect(xenCpuidText(['detail'], options).stderr).toBe(
        old ? 'xen-cpuid: xc_get_featureset(): Invalid argument\n' : '',
      )
    })
  },
)

/** A host as its hypercalls answered. */
function hostOfHypercalls({
  featureset_nr,
  featuresets,
  policy_max: [maxLeaves, maxMsrs],
  policies,
}: RecordedHost['hypercalls']): XenCpuidHost {
  const policy = ({ leaves, msrs }: RecordedPolicy) => ({
    leaves: leaves.map(readLeaf),
    msrs: msrs.map(readMsr),
  })
  return {
    featuresetWords: featureset_nr.raw,
    featuresets: {
      raw: Featureset.parse(featuresets.raw),
      host: Featureset.parse(featuresets.host),
      pvDefault: Featureset.parse(featuresets.pv),
      hvmDefault: Featureset.parse(featuresets.hvm),
      ...answered('pvMax', featuresets.pv_max),
      ...answered('hvmMax', featuresets.hvm_max),
    },
    maxLeaves,
    maxMsrs,
    policies: {
      raw: policy(policies.raw),
      host: policy(policies.host),
      pvMax: policy(policies.pv_max),
      hvmMax: policy(policies.hvm_max),
      pvDefault: policy(policies.pv_default),
      hvmDefault: policy(policies.hvm_default),
    },
  }
}

/** A featureset that Xen may not know; EINVAL is the only error that was recorded. */
function answered(set: 'pvMax' | 'hvmMax', words: string | { err: string }) {
  if (typeof words === 'string') return { [set]: Featureset.parse(words) }
  expect(words.err).toBe('EINVAL')
  return {}
}

/**
 * A host of which the text of `-p` is all that is known. What the text does not say comes from Xen's rules: which leaves are
 * counted, and that the words of a featureset are registers of its policy.
 */
function hostOfText(text: string, table: FeatureTable): XenCpuidHost {
  const policies = new Map(
    text
      .split(/^(?=.* policy: )/m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf(' policy: ')), policyOfText(part)]),
  )
  const bySet = <Answer>(answer: (policy: XenCpuidPolicy) => Answer) => {
    const of = (name: string) => {
      const policy = policies.get(name)
      if (policy === undefined) throw new Error(`no ${name} policy`)
      return answer(policy)
    }
    return {
      raw: of('Raw'),
      host: of('Host'),
      pvMax: of('PV Max'),
      hvmMax: of('HVM Max'),
      pvDefault: of('PV Default'),
      hvmDefault: of('HVM Default'),
    }
  }
  return {
    featuresetWords: table.words.length,
    featuresets: bySet((policy) => wordsOf(policy, table)),
    maxLeaves: 120,
    maxMsrs: 2,
    policies: bySet((policy) => policy),
  }
}

function policyOfText(text: string): XenCpuidPolicy {
  const lines = text.split('\n').filter((line) => /^ {2}[\da-f]{8}/.test(line))
  const leaves = lines.filter((line) => line.includes(':')).map(readLeaf)
  const msrs = lines.filter((line) => !line.includes(':')).map(readMsr)
  return { leaves: withEmptyLeaves(leaves), msrs }
}

/** Leaves that are not there are zero, whatever a policy's limits say. */
function wordsOf({ leaves, msrs }: XenCpuidPolicy, table: FeatureTable): Featureset {
  return Featureset.fromWords(
    table.words.map(({ source }) => {
      if (source === null) return 0
      if ('msr' in source) {
        const value = msrs.find(({ index }) => index === source.msr)?.value ?? 0n
        return Number(BigInt.asUintN(32, source.register === 'eax' ? value : value >> 32n))
      }
      const found = leaves.find(
        ({ leaf, subleaf }) => leaf === source.leaf && subleaf === source.subleaf,
      )
      return found === undefined ? 0 : leafRegister(found, source.register)
    }),
  )
}

/** All leaves that Xen serialises (xen/lib/x86: x86_cpuid_copy_to_buffer), given those that are not zero. */
function withEmptyLeaves(present: readonly CpuidLeaf[]): CpuidLeaf[] {
  const at = (leaf: number, subleaf: number | null): CpuidLeaf =>
    present.find((other) => other.leaf === leaf && other.subleaf === subleaf) ?? {
      leaf,
      subleaf,
      ...{ a: 0, b: 0, c: 0, d: 0 },
    }
  const subleaves = (leaf: number, count: number) =>
    Array.from({ length: count }, (_, subleaf) => at(leaf, subleaf))
  /** Up to the first of type 0, with it. */
  const upToLast = (all: CpuidLeaf[], typeOf: (leaf: CpuidLeaf) => number) => {
    const last = all.findIndex((leaf) => typeOf(leaf) === 0)
    return last < 0 ? all : all.slice(0, last + 1)
  }
  const states = () => {
    const [main, more] = [at(0xd, 0), at(0xd, 1)]
    const high = (main.d | more.d) >>> 0
    const low = (main.a | more.c) >>> 0
    return Math.max(2, high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(low))
  }
  const basic = Array.from({ length: Math.min(at(0, null).a, 0xd) + 1 }, (_, leaf) => {
    if (leaf === 4) return upToLast(subleaves(4, 6), ({ a }) => a & 0x1f)
    if (leaf === 7) return subleaves(7, Math.min(at(7, 0).a, 2) + 1)
    if (leaf === 0xb) return upToLast(subleaves(0xb, 2), ({ c }) => c & 0xff00)
    if (leaf === 0xd) return subleaves(0xd, states())
    return [at(leaf, null)]
  })
  const extended = Math.min(at(0x8000_0000, null).a & 0xffff, 0x21) + 1
  return [
    ...basic.flat(),
    at(0x4000_0000, null),
    at(0x4000_0100, null),
    ...Array.from({ length: extended }, (_, leaf) => at(0x8000_0000 + leaf, null)),
  ]
}

function readLeaf(text: string): CpuidLeaf {
  const [leaf = Number.NaN, subleaf = Number.NaN, a = 0, b = 0, c = 0, d = 0] = text
    .split(/:|->/)
    .map((word) => Number.parseInt(word, 16))
  return { leaf, subleaf: subleaf === 0xffff_ffff ? null : subleaf, a, b, c, d }
}

function readMsr(text: string): MsrEntry {
  const [index = '', value = ''] = text.split('->').map((part) => part.trim())
  return { index: Number.parseInt(index, 16), flags: 0, value: BigInt(`0x${value}`) }
}
