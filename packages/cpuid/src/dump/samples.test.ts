/** The recorded dumps, held against what their index says that a reader should find. */
import { expect, it } from 'vitest'
import { describeRecorded, readRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { featuresetOfPolicy } from '../features/registers.js'
import { Featureset } from '../featureset.js'
import type { CpuidLeaf } from '../leaves.js'
import { type CpuVendor, cpuVendor } from '../signature.js'
import { rawFeatureset } from './featureset.js'
import { featureOfLinuxFlag } from './linux-flags.js'
import { readCpuDump } from './read.js'
import type { DumpCpu } from './types.js'

interface RawIndex {
  files: {
    file: string
    format: string
    logicalCpus: number | null
    host: string | null
    expect: {
      vendor: string
      signature: string
      featureset: string
      e1dRaw?: string
      heterogeneousWords: number[]
      incompleteWords: number[]
      warnings: string[]
      archCapsMsr?: string | null
      featuresetOfCpus?: { cpus: number[]; featureset: string }[]
      coreTypes?: string[]
      policies?: Record<
        string,
        { leaves: number; msrs: number; printedLeaves: number; featureset: string }
      >
      bitOfFlag?: Record<string, number>
      flagsWithoutBit?: string[]
    }
  }[]
}

interface HostIndex {
  hosts: {
    name: string
    file: string
    featureset: string
    incompleteWords: number[]
    archCapsSuspicious: boolean
  }[]
}

interface HostFile {
  leaves: { leaf: string; subleaf: string; eax: string; ebx: string; ecx: string; edx: string }[]
  msrs: Record<string, string>
}

/** Codes that the index of the samples does not know. */
const NOT_IN_INDEX = ['suspicious-msr', 'echoes']

const VENDORS: Readonly<Record<string, CpuVendor>> = {
  intel: 'Intel',
  amd: 'AMD',
  hygon: 'Hygon',
  via: 'Centaur',
}

/**
 * The dump of this CPU ends before leaf 0x80000008, which its limit promises. The index calls it complete all the same, unlike
 * cpuid-r-excerpt.txt of the raw samples, where such words count as not told; so do they here.
 */
const CUT_SHORT: Readonly<Record<string, readonly number[]>> = {
  'lc-x86-64-netburst-intel-celeron-d-347': [8],
}

describeRecorded(['hosts/raw/index.json', 'hosts/index.json'], () => {
  const { files } = readRecordedJson<RawIndex>('hosts/raw/index.json')
  const { hosts } = readRecordedJson<HostIndex>('hosts/index.json')

  it.each(files)('$file is read as its index says', (sample) => {
    const { file, format, logicalCpus, host, expect: expected } = sample
    const text = readRecorded(`hosts/raw/${file}`)
    const dump = readCpuDump(text)
    const first = firstOf(dump.cpus)
    expect(dump.format).toBe(format === 'instlatx64' ? 'aida' : format)
    // Policies are of the whole machine, whatever the number of its CPUs.
    expect(dump.cpus).toHaveLength(logicalCpus ?? 1)

    const { b, c, d } = leafOf(first, 0)
    expect(cpuVendor(b, c, d)).toBe(VENDORS[expected.vendor])
    expect(leafOf(first, 1).a).toBe(Number(expected.signature))
    const raw = rawFeatureset(first)
    expect(raw.featureset.toString()).toBe(expected.featureset)
    expect(raw.unknownWords).toEqual(expected.incompleteWords)
    if (expected.e1dRaw !== undefined) {
      expect(leafOf(first, 0x8000_0001).d).toBe(Number(expected.e1dRaw))
    }
    const known = dump.warnings.filter(({ code }) => !NOT_IN_INDEX.includes(code))
    expect(known.map(({ code }) => code)).toEqual(expected.warnings)
    expect(dump.warnings.find(({ code }) => code === 'cores-differ')?.words ?? []).toEqual(
      expected.heterogeneousWords,
    )

    for (const { cpus, featureset } of expected.featuresetOfCpus ?? []) {
      for (const at of cpus) {
        const cpu = dump.cpus[at]
        expect(cpu === undefined ? undefined : rawFeatureset(cpu).featureset.toString()).toBe(
          featureset,
        )
      }
    }
    if (expected.coreTypes !== undefined) {
      const types = dump.cpus.map((cpu) => leafOf(cpu, 0x1a).a >>> 24)
      expect(types.map((type) => `0x${type.toString(16)}`)).toEqual(expected.coreTypes)
    }
    if (expected.archCapsMsr !== undefined) {
      const msr = first.msrs.find(({ index }) => index === 0x10a)
      expect(msr?.value ?? null).toBe(
        expected.archCapsMsr === null ? null : BigInt(expected.archCapsMsr),
      )
    }

    expect((dump.policies ?? []).map(({ name }) => name)).toEqual(
      Object.keys(expected.policies ?? {}),
    )
    for (const policy of dump.policies ?? []) {
      expect({
        leaves: policy.leafCount,
        msrs: policy.msrCount,
        printedLeaves: policy.leaves.length,
        featureset: featuresetOfPolicy(policy).toString(),
      }).toEqual(expected.policies?.[policy.name])
      expect(policy.msrs).toHaveLength(policy.msrCount)
    }
    if (expected.bitOfFlag !== undefined && expected.flagsWithoutBit !== undefined) {
      const flags = new Set(/^flags\s*: (.*)$/m.exec(text)?.[1]?.split(' '))
      const vendor = VENDORS[expected.vendor]
      const bitOf = (flag: string) => {
        const name = featureOfLinuxFlag(flag, vendor)
        return name === undefined ? undefined : Featureset.fromNames([name]).bits()[0]
      }
      const bits = [...flags].map((flag) => [flag, bitOf(flag)] as const)
      expect(
        Object.fromEntries(bits.flatMap(([flag, bit]) => (bit === undefined ? [] : [[flag, bit]]))),
      ).toEqual(expected.bitOfFlag)
      expect(bits.flatMap(([flag, bit]) => (bit === undefined ? [flag] : []))).toEqual(
        expected.flagsWithoutBit,
      )
    }

    if (host !== null) {
      const recorded = hosts.find(({ name }) => name === host)
      if (recorded === undefined) throw new Error(`${file} has no host file`)
      const { leaves, msrs } = readRecordedJson<HostFile>(`hosts/${recorded.file}`)
      expect(first.leaves.map(toHex)).toEqual(leaves)
      // Of the MSRs the host files hold a choice.
      expect(
        Object.fromEntries(first.msrs.map(({ index, value }) => [hex(index, 8), hex(value, 16)])),
      ).toMatchObject(msrs)
    }
  })

  it.each(hosts)(
    '$name as JSON has the words of the index',
    ({ name, file, featureset, incompleteWords, archCapsSuspicious }) => {
      const dump = readCpuDump(readRecorded(`hosts/${file}`))
      expect(dump.format).toBe('json')
      const raw = rawFeatureset(firstOf(dump.cpus))
      expect(raw.featureset.toString()).toBe(featureset)
      expect(raw.unknownWords).toEqual(CUT_SHORT[name] ?? incompleteWords)
      const codes = dump.warnings.map(({ code }) => code)
      expect(codes.includes('suspicious-msr')).toBe(archCapsSuspicious)
    },
  )
})

function firstOf(cpus: readonly DumpCpu[]): DumpCpu {
  const [first] = cpus
  if (first === undefined) throw new Error('no CPU')
  return first
}

function leafOf({ leaves }: DumpCpu, number: number): CpuidLeaf {
  const found = leaves.find(({ leaf }) => leaf === number)
  if (found === undefined) throw new Error(`no leaf ${number}`)
  return found
}

function hex(value: number | bigint, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`
}

function toHex({ leaf, subleaf, a, b, c, d }: CpuidLeaf) {
  return {
    leaf: hex(leaf, 8),
    subleaf: hex(subleaf ?? 0, 8),
    eax: hex(a, 8),
    ebx: hex(b, 8),
    ecx: hex(c, 8),
    edx: hex(d, 8),
  }
}
