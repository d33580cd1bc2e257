/** Names of real differences: the same CPU in two dumps, CPUs of one signature, and one machine under several hypervisor kernels. */
import {
  cpuSignature,
  cpuVendor,
  Featureset,
  featureTable,
  rawFeatureset,
  readCpuDump,
} from '@xenlevel/cpuid'
import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import { psabiLevel } from './psabi.js'

interface RecordedPair {
  a: string
  b: string
  onlyA: string[]
  onlyB: string[]
}

interface RecordedHost {
  name: string
  featureset: string
  incompleteWords: number[]
  syscallHiddenBy32bitDump: boolean
}

/** Names by bit; a bit without one as `word*32+bit`, as the records write it. */
function namesByBit(featureset: Featureset): string[] {
  return featureset
    .bits()
    .map((bit) => featureTable().feature(bit)?.name ?? `${bit >>> 5}*32+${bit & 31}`)
}

function recordedHosts(): (name: string) => RecordedHost {
  const { hosts } = readRecordedJson<{ hosts: RecordedHost[] }>('hosts/index.json')
  const byName = new Map(hosts.map((host) => [host.name, host]))
  return (name) => {
    const host = byName.get(name)
    if (host === undefined) throw new Error(`${name} is not among the recorded hosts`)
    return host
  }
}

describeRecorded(['levelling/same-signature-pairs.json', 'hosts/index.json'], () => {
  const hostOf = recordedHosts()
  const pairs = readRecordedJson<RecordedPair[]>('levelling/same-signature-pairs.json')

  it.each(pairs)('$a and $b', ({ a, b, onlyA, onlyB }) => {
    const both = [hostOf(a), hostOf(b)]
    // These answers are about CPUs, not dumps: a word that one of the dumps does not show is left out, and SYSCALL counts as present
    // where a 32-bit program took the dump.
    const unknown = new Set(both.flatMap(({ incompleteWords }) => incompleteWords))
    const [first = Featureset.empty, second = Featureset.empty] = both.map((host) => {
      const words = Featureset.parse(host.featureset).words
      const known = Featureset.fromWords(words.map((word, at) => (unknown.has(at) ? 0 : word)))
      return host.syscallHiddenBy32bitDump ? known.or(Featureset.fromNames(['SYSCALL'])) : known
    })
    expect(namesByBit(first.andNot(second))).toEqual(onlyA)
    expect(namesByBit(second.andNot(first))).toEqual(onlyB)
  })
})

describeRecorded(['levelling/same-cpu-different-dump.json', 'hosts/index.json'], () => {
  const hostOf = recordedHosts()
  const pairs = readRecordedJson<RecordedPair[]>('levelling/same-cpu-different-dump.json')

  it.each(pairs)('$a and $b', ({ a, b, onlyA, onlyB }) => {
    const [first, second] = [
      Featureset.parse(hostOf(a).featureset),
      Featureset.parse(hostOf(b).featureset),
    ]
    expect(namesByBit(first.andNot(second))).toEqual(onlyA)
    expect(namesByBit(second.andNot(first))).toEqual(onlyB)
  })
})

/** What the name of a recorded machine says of it, by public knowledge of these CPUs. */
const MACHINES: Record<string, { family: number; model: number; level: string }> = {
  AMD_MILAN: { family: 25, model: 1, level: 'x86-64-v3' },
  AMD_GENOA: { family: 25, model: 17, level: 'x86-64-v4' },
  INTEL_CASCADELAKE: { family: 6, model: 85, level: 'x86-64-v4' },
  INTEL_ICELAKE: { family: 6, model: 106, level: 'x86-64-v4' },
  INTEL_SAPPHIRE_RAPIDS: { family: 6, model: 143, level: 'x86-64-v4' },
  INTEL_GRANITE_RAPIDS: { family: 6, model: 173, level: 'x86-64-v4' },
}

/**
 * These record what a KVM guest sees, and no answer of Xen's: they are held against the registers that they are made of and against
 * what is known of the machines.
 */
describeRecorded('levelling/firecracker-fingerprints.json', () => {
  interface Fingerprint {
    name: string
    leaves: Record<'leaf' | 'subleaf' | 'eax' | 'ebx' | 'ecx' | 'edx', string>[]
    msrs: Record<string, string>
  }
  const fingerprints = readRecordedJson<Fingerprint[]>('levelling/firecracker-fingerprints.json')
  const featuresetOf = (fingerprint: Fingerprint) => {
    const { cpus, warnings } = readCpuDump(JSON.stringify(fingerprint))
    const [cpu] = cpus
    if (cpu === undefined) throw new Error('a dump has at least one CPU')
    return { cpu, warnings, ...rawFeatureset(cpu) }
  }

  it.each(fingerprints)('$name: words are the registers', (fingerprint) => {
    const { cpu, featureset, unknownWords, warnings } = featuresetOf(fingerprint)
    expect(unknownWords).toEqual([])
    expect(warnings.map(({ code }) => code)).toContain('hypervisor')
    expect(cpu.leaves).toHaveLength(fingerprint.leaves.length)
    expect(cpu.msrs).toHaveLength(Object.keys(fingerprint.msrs).length)
    for (const { index, source } of featureTable().words) {
      const word = featureset.words[index]
      expect(source).not.toBeNull()
      if (source === null) continue
      if ('msr' in source) {
        const value = fingerprint.msrs[`0x${source.msr.toString(16).padStart(8, '0')}`]
        const half = source.register === 'edx' ? value?.slice(2, 10) : value?.slice(10)
        // A guest that is not told of the MSR has nothing of it, whatever the machine holds there.
        const told = featureset.has('ARCH_CAPS')
        expect(word).toBe(told ? Number.parseInt(half ?? '', 16) : 0)
      } else {
        const leaf = fingerprint.leaves.find(
          ({ leaf, subleaf }) =>
            Number(leaf) === source.leaf && Number(subleaf) === (source.subleaf ?? 0),
        )
        const value = Number(leaf?.[source.register] ?? 0)
        // AMD CPUs repeat bits of 1.edx in 0x80000001.edx, and a raw featureset has them once.
        const copies = index === 2 && fingerprint.name.startsWith('AMD') ? 0x0183_f3ff : 0
        expect({ index, word }).toEqual({ index, word: (value & ~copies) >>> 0 })
      }
    }
  })

  it.each(fingerprints)('$name: vendor, signature and level', (fingerprint) => {
    const { cpu, featureset } = featuresetOf(fingerprint)
    const [machine = '', vendor = ''] = /^([A-Z]+)_[A-Z_]+(?=_\d)/.exec(fingerprint.name) ?? []
    const known = MACHINES[machine]
    const leafOf = (number: number) => cpu.leaves.find(({ leaf }) => leaf === number)
    const { b = 0, c = 0, d = 0 } = leafOf(0) ?? {}
    expect(cpuVendor(b, c, d).toUpperCase()).toBe(vendor)
    expect(cpuSignature(leafOf(1)?.a ?? 0)).toMatchObject({
      family: known?.family,
      model: known?.model,
    })
    expect(psabiLevel(featureset).level).toBe(known?.level)
  })

  it('what a machine offers depends on its kernel, by name', () => {
    const featuresetNamed = (name: string) => {
      const fingerprint = fingerprints.find((candidate) => candidate.name === name)
      if (fingerprint === undefined) throw new Error(`${name} is not recorded`)
      return featuresetOf(fingerprint).featureset
    }
    // Both bits can be read in the recorded registers: 7:0.edx bit 26 goes, 0xd:1.eax bit 4 comes.
    const [milan61, milan618] = [
      featuresetNamed('AMD_MILAN_6.1host'),
      featuresetNamed('AMD_MILAN_6.18host'),
    ]
    expect(milan61.andNot(milan618).names()).toEqual(['IBRSB'])
    const [sapphire510, sapphire61] = [
      featuresetNamed('INTEL_SAPPHIRE_RAPIDS_5.10host'),
      featuresetNamed('INTEL_SAPPHIRE_RAPIDS_6.1host'),
    ]
    expect(sapphire61.andNot(sapphire510).names()).toContain('XFD')
    expect(sapphire510.isSubsetOf(sapphire61)).toBe(true)
  })
})
