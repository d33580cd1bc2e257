/**
 * Asks a hypervisor everything that has one answer, whoever gives it: what the real Xen said in dom0 is held against what the simulated one
 * says outside. What belongs to one boot alone, such as free memory, is left out.
 */
import {
  CpuPolicy,
  cpuPolicySchema,
  HypercallError,
  type Hypervisor,
  HypervisorLacksError,
  hostSnapshotSchema,
  type PolicyRecords,
  publicLevellingCaps,
} from '@xenlevel/core'
import { type CpuidLeaf, Featureset, type MsrEntry } from '@xenlevel/cpuid'
import * as z from 'zod'

/** Answers by question. */
export type Answers = Record<string, unknown>

const KINDS = ['raw', 'host', 'pvDefault', 'pvMax', 'hvmDefault', 'hvmMax'] as const
const DRAWN_SETS = 24

/** The answers, in the order of the questions. */
export async function interview(xen: Hypervisor): Promise<Answers> {
  const answers: Answers = {}
  const ask = (question: string, call: () => unknown) => {
    answers[question] = plain(orRefusal(call))
  }
  const { major, minor, release, capabilities } = xen.version()
  ask('version', () => ({ major, minor, release, capabilities }))
  ask('lacks', () => [...xen.lacks].sort())
  const { totalPages, freePages, ...machine } = xen.physinfo()
  ask('physinfo', () => machine)
  ask('cpus', () => xen.cpus())
  for (const kind of KINDS) {
    ask(`featureset ${kind}`, () => xen.featureset(kind).toString(':'))
    ask(`policy ${kind}`, () => z.encode(cpuPolicySchema, xen.policy(kind)))
  }
  ask('levelling caps', () => publicLevellingCaps(xen.levellingCaps()))
  // Notes are for people, and say where the document comes from.
  ask('snapshot', () =>
    z.encode(hostSnapshotSchema, { ...xen.snapshot({ name: 'host' }), notes: [] }),
  )
  for (const cpu of [0, 1, 4095])
    ask(`microcode revision of CPU ${cpu}`, () => xen.microcodeRevision(cpu))
  for (const kind of ['pv', 'hvm', 'pvh'] as const) {
    const made = orRefusal(() => xen.createDomain({ kind }))
    if (typeof made !== 'number') {
      answers[`new ${kind} domain`] = made
      continue
    }
    ask(`new ${kind} domain`, () => text(xen.domainPolicy(made)))
    for (const [name, update] of Object.entries(updates(xen, made))) {
      ask(`${kind} domain, ${name}`, () => xen.setDomainPolicy(made, update))
      ask(`${kind} domain after ${name}`, () => text(xen.domainPolicy(made)))
    }
    ask(`destroying the ${kind} domain`, () => xen.destroyDomain(made) ?? null)
    ask(`destroying the ${kind} domain again`, () => xen.destroyDomain(made) ?? null)
    ask(`policy of the destroyed ${kind} domain`, () => xen.domainPolicy(made))
  }
  ask('setting the policy of domain 0', () => xen.setDomainPolicy(0, {}))
  ask('policy of domain 0', () => text(xen.domainPolicy(0)))
  for (const [name, bytes] of Object.entries(FILES)) {
    try {
      answers[`microcode: ${name}`] = (await xen.updateMicrocode(bytes)).errno
    } catch (error) {
      answers[`microcode: ${name}`] = plain(
        orRefusal(() => {
          throw error
        }),
      )
    }
  }
  return answers
}

/** Files that no CPU takes. */
const FILES: Readonly<Record<string, Uint8Array>> = {
  nothing: new Uint8Array(0),
  'four zeros': new Uint8Array(4),
  'a page of zeros': new Uint8Array(4096),
  'a page of ones': new Uint8Array(4096).fill(1),
}

/** What the domain is asked to have, one after the other; drawn ones are the same wherever the answers are. */
function updates(xen: Hypervisor, domid: number): Readonly<Record<string, Partial<PolicyRecords>>> {
  const { leaves, msrs } = xen.domainPolicy(domid)
  const present = CpuPolicy.fromRecords(leaves, msrs, { release: xen.release })
  const cleared = present.featureset.andNot(
    Featureset.fromNames(['RDRAND', 'BMI1', 'ADX', 'AESNI']),
  )
  const zero: CpuidLeaf = { leaf: 0x1234, subleaf: 0, a: 0, b: 0, c: 0, d: 0 }
  const msr: MsrEntry = { index: 0x10a, flags: 0, value: 0n }
  const withWords = (words: readonly number[]) =>
    present.withFeatureset(Featureset.fromWords(words)).toRecords()
  const { words } = present.featureset
  const draw = drawer(20_171)
  return {
    'the same': { leaves, msrs },
    nothing: {},
    'four features cleared': present.withFeatureset(cleared).toRecords(),
    'the same again': { leaves, msrs },
    'every feature': { leaves: withWords(words.map(() => 0xffff_ffff)).leaves },
    'a highest leaf too high': { leaves: [{ ...present.leaf(0), a: 0xff }] },
    'an unknown leaf': { leaves: [zero] },
    'leaf 7 without sub-leaf': { leaves: [{ ...zero, leaf: 7, subleaf: null }] },
    'an unknown MSR': { msrs: [{ ...msr, index: 0x1234 }] },
    'an MSR with flags': { msrs: [{ ...msr, flags: 1 }] },
    'every bit of an MSR': { msrs: [{ ...msr, value: 0xffff_ffff_ffff_ffffn }] },
    'too many leaves': { leaves: Array.from({ length: 200 }, () => present.leaf(0)) },
    'too many MSRs': { msrs: Array.from({ length: 20 }, () => msr) },
    ...Object.fromEntries(
      Array.from({ length: DRAWN_SETS }, (_, round) => [
        `drawn features ${round}`,
        { leaves: withWords(words.map((word) => (word ^ (draw() & draw())) >>> 0)).leaves },
      ]),
    ),
  }
}

/** Numbers that are the same every time (Marsaglia's xorshift). */
function drawer(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

function text({ leaves, msrs }: PolicyRecords): string[] {
  const hex = (value: number | bigint, digits = 8) => value.toString(16).padStart(digits, '0')
  return [
    ...leaves.map(
      ({ leaf, subleaf, a, b, c, d }) =>
        `${hex(leaf)}:${subleaf === null ? '-' : hex(subleaf)} ${[a, b, c, d].map((each) => hex(each)).join(':')}`,
    ),
    ...msrs.map(({ index, flags, value }) => `${hex(index)} ${flags} ${hex(value, 16)}`),
  ]
}

/** What a call answers, or how it is refused. */
function orRefusal(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    if (error instanceof HypercallError) return { refused: error.operation, errno: error.errno }
    if (error instanceof HypervisorLacksError) return { lacks: error.details.call }
    throw error
  }
}

/** As it is after JSON. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (_, part: unknown) => {
      if (typeof part === 'bigint') return `${part}n`
      if (part === null || typeof part !== 'object' || Array.isArray(part)) return part
      return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
    }),
  )
}
