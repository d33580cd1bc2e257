/** What becomes of built topologies under Xen: by hand, and on domains of recorded hosts. */
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../fixtures/boots.js'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import { bootPolicy, LABELS, policyOf, type RecordedPolicy } from '../policy/recorded.testing.js'
import { clampPolicy } from '../xen/clamp.js'
import type { HostPolicies } from '../xen/derive.js'
import type { RecordedBoot } from '../xen/levelling-caps.testing.js'
import type { OverwrittenRegister } from './overwritten.js'
import { TOPOLOGY_REGISTERS } from './registers.js'
import { TopologyError } from './shape.js'
import { amdCpu, intelCpu, without } from './topology.testing.js'
import type { TopologyShape } from './types.js'
import { withTopology } from './with-topology.js'

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`

describe('what Xen makes of it', () => {
  const lines = (found: readonly OverwrittenRegister[]) =>
    found.map(
      ({ leaf, subleaf, register, asked, seen, perVcpu, step }) =>
        `${hex(leaf)}${subleaf === null ? '' : `:${subleaf}`}.${register} ${hex(asked)} ${hex(seen)}+${hex(perVcpu)} ${step}`,
    )
  const wanted = { sockets: 1, cores: 4, threads: 2 }

  it('leaves Intel’s leaves 1 and 4', () => {
    const { overwritten, guest, byToolstack } = withTopology(intelCpu(), wanted)
    expect(lines(overwritten)).toEqual([
      '0x1.ebx 0x0 0x0+0x2000000 run-time',
      '0xb:0.eax 0x1 0x0+0x0 scrubbed',
      '0xb:0.ebx 0x2 0x0+0x0 scrubbed',
      '0xb:0.ecx 0x100 0x0+0x0 scrubbed',
      '0xb:0.edx 0x0 0x0+0x2 run-time',
      '0xb:1.eax 0x3 0x0+0x0 scrubbed',
      '0xb:1.ebx 0x8 0x0+0x0 scrubbed',
      '0xb:1.ecx 0x201 0x1+0x0 scrubbed',
      '0xb:1.edx 0x0 0x0+0x2 run-time',
    ])
    expect(overwritten[1]?.message).toBe(
      'A level of topology in 0xb:0.eax: 0x1 was built, the guest sees 0x0; Xen has no such leaf for guests.',
    )
    expect(guest).toMatchObject({ cores: 4, threads: 2, counted: 'addressable', findings: [] })
    // The toolstack doubles counts and shares no cache.
    expect(lines(byToolstack).filter((line) => !line.startsWith('0xb'))).toEqual([
      '0x1.ebx 0x80000 0x100000+0x0 toolstack',
      '0x4:0.eax 0xc004000 0x1c000000+0x0 toolstack',
      '0x4:1.eax 0xc004000 0x1c000000+0x0 toolstack',
      '0x4:2.eax 0xc004000 0x1c000000+0x0 toolstack',
      '0x4:3.eax 0xc01c000 0x1c000000+0x0 toolstack',
    ])
  })

  it('leaves AMD’s leaves 1 and 0x80000008, so that threads become cores', () => {
    const { overwritten, guest, byToolstack } = withTopology(amdCpu(), wanted, {
      release: '4.17.7',
    })
    expect(lines(overwritten).filter((line) => !line.startsWith('0xb'))).toEqual([
      '0x1.ebx 0x0 0x0+0x2000000 run-time',
      '0x8000001d.eax 0x4021 0x0+0x0 scrubbed',
      '0x8000001d.ebx 0x1c0003f 0x0+0x0 scrubbed',
      '0x8000001d.ecx 0x3f 0x0+0x0 scrubbed',
      '0x8000001e.ebx 0x100 0x0+0x0 scrubbed',
    ])
    expect(guest).toMatchObject({ cores: 8, threads: 1, counted: 'present' })
    expect(lines(byToolstack).filter((line) => /0x1\.|80000001\.|80000008/.test(line))).toEqual([
      '0x1.ebx 0x80000 0x100000+0x0 toolstack',
      '0x80000001.ecx 0x2 0x0+0x0 toolstack',
      '0x80000008.ecx 0x3007 0x400f+0x0 toolstack',
    ])
  })

  it('gives PV guests no APIC ID, and 4.12 no toolstack', () => {
    const pv = withTopology(intelCpu(), wanted, { kind: 'pv', release: '4.12.4' })
    expect(lines(pv.overwritten)[0]).toBe('0xb:0.eax 0x1 0x0+0x0 scrubbed')
    expect(pv.byToolstack).toEqual([])
    const plain = withTopology(without(intelCpu(), 'X2APIC'), wanted, { kind: 'pv' })
    expect(lines(plain.overwritten)).toHaveLength(6)
  })
})

interface RecordedHost {
  readonly name: string
  readonly config: { readonly vpmuMode: 0 | 1 | 2 | 4 }
  readonly raw: RecordedPolicy
  readonly host: RecordedPolicy
  readonly pvMax: RecordedPolicy
  readonly pvDefault: RecordedPolicy
  readonly hvmMax: RecordedPolicy
  readonly hvmDefault: RecordedPolicy
}

const SHAPES: readonly TopologyShape[] = [
  { sockets: 1, cores: 1, threads: 1 },
  { sockets: 1, cores: 4, threads: 1 },
  { sockets: 2, cores: 6, threads: 1 },
  { sockets: 1, cores: 8, threads: 2 },
  { sockets: 1, cores: 64, threads: 2 },
]

/** Builds each shape on a host, and compares what is foretold with what the clamp leaves. */
function foretold(host: HostPolicies): { built: number; refused: number; lost: number } {
  const counted = { built: 0, refused: 0, lost: 0 }
  // A host without HVM has empty policies for it.
  const kinds = host.hvmMax.maxLeaf === 0 ? (['pv'] as const) : (['pv', 'hvm'] as const)
  for (const kind of kinds) {
    const [max, defaults] =
      kind === 'pv' ? [host.pvMax, host.pvDefault] : [host.hvmMax, host.hvmDefault]
    for (const start of [max, defaults, host.raw ?? host.host]) {
      for (const shape of SHAPES) {
        let result: ReturnType<typeof withTopology>
        try {
          result = withTopology(start, shape, { host, kind })
        } catch (error) {
          expect(error).toBeInstanceOf(TopologyError)
          counted.refused++
          continue
        }
        counted.built++
        const kept = clampPolicy(result.policy, host, { kind }).policy.clearOutOfRange()
        const asked = result.policy.clearOutOfRange()
        const lost = TOPOLOGY_REGISTERS.flatMap(({ leaf, subleaf, register, bits }) => {
          const word = (policy: CpuPolicy) => {
            const { a, b, c, d } = policy.leaf(leaf, subleaf ?? undefined)
            return ({ eax: a, ebx: b, ecx: c, edx: d }[register] & bits) >>> 0
          }
          const place = `${hex(leaf)}:${subleaf}.${register}`
          return word(asked) === word(kept)
            ? []
            : [`${place} ${hex(word(asked))} ${hex(word(kept))}`]
        })
        const said = result.overwritten
          .filter(({ step }) => step !== 'run-time')
          .map(
            ({ leaf, subleaf, register, asked: was, kept: is }) =>
              `${hex(leaf)}:${subleaf}.${register} ${hex(was)} ${hex(is)}`,
          )
        expect(said).toEqual(lost)
        counted.lost += lost.length
        if (start !== defaults) continue
        // Without the host, all is foretold that would happen on any.
        const alone = withTopology(start, shape, { release: host.release, kind }).overwritten
        const byHost = ['limits', 'not-in-max', 'dependency']
        const everywhere = ({ step }: OverwrittenRegister) => !byHost.includes(step)
        expect(alone.filter(everywhere)).toEqual(result.overwritten.filter(everywhere))
      }
    }
  }
  return counted
}

/** What they come to. Refused are threads on three AMD CPUs that have no leaf for them, and cores on a Celeron without leaf 4. */
const TOTALS = {
  head: { hosts: 42, built: 1220, refused: 40, lost: 6616 },
  '4.17': { hosts: 42, built: 1200, refused: 60, lost: 6356 },
}

describe.each(LABELS)('recorded policies, %s', (label, release) => {
  const file = `policy/vectors/system-policies-${label}.json`
  describeRecorded(file, () => {
    it('lose what is foretold and nothing else', { timeout: 60_000 }, () => {
      const { hosts } = readRecordedJson<{ hosts: RecordedHost[] }>(file)
      const total = { hosts: hosts.length, built: 0, refused: 0, lost: 0 }
      for (const host of hosts) {
        const policy = (recorded: RecordedPolicy) => policyOf(recorded, release)
        const counted = foretold({
          release,
          raw: policy(host.raw),
          host: policy(host.host),
          pvMax: policy(host.pvMax),
          pvDefault: policy(host.pvDefault),
          hvmMax: policy(host.hvmMax),
          hvmDefault: policy(host.hvmDefault),
          vpmuMode: host.config.vpmuMode,
        })
        total.built += counted.built
        total.refused += counted.refused
        total.lost += counted.lost
      }
      expect(total).toEqual(TOTALS[label])
    })
  })
})

describe.each(BOOTS)('%s', (boot) => {
  const file = bootFile(boot)
  describeRecorded(file, () => {
    it('loses what is foretold and nothing else', () => {
      const { xen, hypercalls } = readRecordedJson<RecordedBoot>(file)
      const { policies } = hypercalls
      const counted = foretold({
        release: xen,
        raw: bootPolicy(policies.raw, xen),
        host: bootPolicy(policies.host, xen),
        pvMax: bootPolicy(policies.pv_max, xen),
        pvDefault: bootPolicy(policies.pv_default, xen),
        hvmMax: bootPolicy(policies.hvm_max, xen),
        hvmDefault: bootPolicy(policies.hvm_default, xen),
      })
      const kinds = boot.includes('EPYC') ? 2 : 1
      expect(counted.built + counted.refused).toBe(kinds * 3 * SHAPES.length)
      expect(counted.built).toBeGreaterThan(0)
      expect(counted.lost).toBeGreaterThan(0)
    })
  })
})
