/** For tests: the recorded boots, the simulated Xen of each, and the microcode that they were given. */
import { HypercallError, HypervisorLacksError, type PolicyRecords } from '@xenlevel/core'
import { bootFile } from '../../../../fixtures/boots.js'
import { readRecordedJson } from '../../../../fixtures/recorded.js'
import { leafText, msrText } from '../../../core/src/policy/recorded.testing.js'
import { makeIntelUpdate } from '../../../microcode/src/intel/updates.testing.js'
import {
  answered,
  featuresetOfText,
  policyOfText,
  type RecordedPolicy,
  type RecordedSetName,
  type XenRecording,
} from '../replay/recording.js'
import { SimulatedXen } from './xen.js'

/** A recorded boot. */
export const recordingOf = (boot: string) => readRecordedJson<XenRecording>(bootFile(boot))

/** The simulated Xen of a recorded boot: its raw policy, its host featureset, its release, its command line; the rest is foreseen. */
export function simulate({ xen, hypercalls }: XenRecording): SimulatedXen {
  const { featuresets, policies, physinfo, commandline } = hypercalls
  const host = answered(featuresets.host)
  const amd = policies.raw.leaves[0]?.includes('68747541') === true
  return new SimulatedXen({
    release: xen,
    raw: policyOfText(policies.raw, xen),
    ...(host !== null && { hostFeatureset: featuresetOfText(host) }),
    commandLine: commandline,
    memory: {
      totalPages: BigInt(physinfo.total_pages),
      freePages: BigInt(physinfo.free_pages),
    },
    // QEMU's CPUs run these and take no other.
    microcodeRevision: amd ? 0x0100_0065 : 1,
    hardware: 'ignores',
  })
}

const SKYLAKE = 0x50654

const update = (revision: number, more: Parameters<typeof makeIntelUpdate>[0] = {}) =>
  makeIntelUpdate({ signature: SKYLAKE, platformMask: 1, revision, ...more })

function damaged(file: Uint8Array): Uint8Array {
  const bytes = file.slice()
  bytes[100] = (bytes[100] ?? 0) ^ 1
  return bytes
}

/** The updates by the recordings' names, made for an emulated CPU that runs revision 1. */
export const UPDATES: Readonly<Record<string, Uint8Array>> = {
  match_newer: update(2),
  match_same: update(1),
  match_older: update(0),
  match_negative: update(0x8000_0001),
  other_sig: update(2, { signature: 0x306c3 }),
  other_pf: update(2, { platformMask: 2 }),
  bad_sum: damaged(update(2)),
}

/** The other files by the recordings' names. */
export const NO_UPDATES: Readonly<Record<string, Uint8Array>> = {
  garbage4k: new Uint8Array(4096).fill(0xa5),
  zero4k: new Uint8Array(4096),
  len4: new Uint8Array(4),
  len0: new Uint8Array(0),
  amd_magic_only: Uint8Array.of(0x44, 0x4d, 0x41, 0),
}

/** How each recorded set was asked for. */
export const SETS: Readonly<
  Record<RecordedSetName, (present: PolicyRecords) => Partial<PolicyRecords>>
> = {
  set_same: (present) => present,
  set_cleared: ({ leaves, msrs }) => ({
    leaves: leaves.map((leaf) =>
      leaf.leaf === 1
        ? { ...leaf, c: (leaf.c & ~(1 << 30)) >>> 0 }
        : leaf.leaf === 7 && leaf.subleaf === 0
          ? { ...leaf, b: (leaf.b & ~((1 << 3) | (1 << 9))) >>> 0 }
          : leaf,
    ),
    msrs,
  }),
  set_bad_maxleaf: ({ leaves }) => ({
    leaves: leaves.filter(({ leaf }) => leaf === 0).map((leaf) => ({ ...leaf, a: 0x1000 })),
  }),
  set_unknown_leaf: () => ({ leaves: [{ leaf: 0x1234, subleaf: 0, a: 0, b: 0, c: 0, d: 0 }] }),
  set_leaf7_nosub: () => ({ leaves: [{ leaf: 7, subleaf: null, a: 0, b: 0, c: 0, d: 0 }] }),
  set_unknown_msr: () => ({ msrs: [{ index: 0x1234, flags: 0, value: 0n }] }),
  set_msr_flags: () => ({ msrs: [{ index: 0x10a, flags: 1, value: 0n }] }),
  set_too_many: ({ leaves }) => ({
    leaves: Array.from({ length: 500 }, () => leaves[0]).flatMap((leaf) => leaf ?? []),
  }),
  set_partial: ({ leaves }) => ({ leaves: leaves.filter(({ leaf }) => leaf === 1) }),
  set_over_max: ({ leaves }) => ({
    leaves: leaves
      .filter(({ leaf, subleaf }) => leaf === 7 && subleaf === 0)
      .map((leaf) => ({ ...leaf, b: 0xffff_ffff })),
  }),
}

/** The keys of a record, as what they are. */
export const keysOf = <Key extends string>(rows: Readonly<Record<Key, unknown>>): Key[] => {
  const keys: Key[] = []
  for (const key in rows) keys.push(key)
  return keys
}

/** A policy's records as text. */
export const textOf = ({ leaves, msrs }: PolicyRecords) => [
  ...leaves.map(leafText),
  ...msrs.map(msrText),
]

/** The same of a recorded policy. */
export const recordedText = (policy: RecordedPolicy, release: string) =>
  textOf(policyOfText(policy, release).toRecords())

/** What a call comes to: its answer, or the errno that it throws. */
export function errnoOf(call: () => unknown): string {
  try {
    call()
    return 'OK'
  } catch (error) {
    if (error instanceof HypercallError) return error.errno
    if (error instanceof HypervisorLacksError) return 'lacking'
    throw error
  }
}
