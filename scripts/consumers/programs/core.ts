/** What a user does with @xenlevel/core: levels a pool of two releases, admits a guest, derives policies, reads documents. */
import {
  type Admission,
  admitGuest,
  CpuPolicy,
  derivePolicies,
  formatHostSnapshot,
  type HostPolicies,
  type HostSnapshot,
  hostSnapshotSchema,
  levelPool,
  type PoolLevel,
  parseHostSnapshot,
  poolLevelSchema,
  toXapiFeatureset,
} from '@xenlevel/core'
import { Featureset, featureTable, XenlevelError } from '@xenlevel/cpuid'

/** A type that was found; one that was not is `any`, and nothing can be given to `never`. */
type Found<Type> = 0 extends 1 & Type ? never : Type

function host(name: string, release: string, features: readonly string[]): Found<HostSnapshot> {
  const set = Featureset.fromNames(features, featureTable(release)).toString()
  return parseHostSnapshot({
    format: 'xenlevel/host-snapshot',
    version: 1,
    name,
    cpu: {
      vendor: 'Intel',
      brand: '',
      signature: '0x00050654',
      physAddrBits: 46,
      microcodeRevision: null,
    },
    xen: { release, hvm: true, hap: true },
    featuresets: { pvDefault: set, pvMax: set, hvmDefault: set, hvmMax: set },
  })
}

const leaf = (number: number, a: number, b = 0, c = 0, d = 0) => {
  return { leaf: number, subleaf: null, a, b, c, d }
}

function policies(): Found<HostPolicies> {
  const raw = CpuPolicy.fromRecords([
    leaf(0, 0xd, 0x756e6547, 0x6c65746e, 0x49656e69),
    leaf(1, 0x306f2, 0x00100800),
    leaf(0x80000000, 0x80000008),
    leaf(0x80000008, 0x302e),
  ]).withFeatureset(Featureset.fromNames(['FPU', 'MSR', 'PAE', 'FXSR', 'SSE', 'SSE2', 'LM', 'VMX']))
  return derivePolicies(raw, { release: '4.17.7', hvm: true, hap: true })
}

/** What a document that is none is refused with: an error whose class is another package's. */
function refusal(): unknown {
  try {
    return parseHostSnapshot({ format: 'xenlevel/host-snapshot' })
  } catch (error) {
    return error instanceof XenlevelError ? error.code : 'another error'
  }
}

/** What it comes to. */
export async function answer(): Promise<Readonly<Record<string, unknown>>> {
  const hosts = [
    host('old', '4.16.0', ['FPU', 'FXSR', 'SSE']),
    host('young', '4.18.6', ['FPU', 'FXSR', 'SSE', 'SSE2', 'SSE3', 'AVX_IFMA']),
  ] as const
  const level: Found<PoolLevel> = levelPool(hosts)
  const document: unknown = JSON.parse(JSON.stringify(level))
  const featureset = Featureset.fromNames(['FPU', 'FXSR', 'SSE', 'SSE2'], featureTable('4.16.0'))
  const guest = { name: 'web-1', kind: 'hvm', featureset } as const
  const admissions: Found<Admission>[] = hosts.map((to) => admitGuest(guest, to))
  const derived = policies()
  return {
    release: level.release,
    hvm: level.hvm.max?.names() ?? null,
    losses: level.losses,
    document: poolLevelSchema.safeParse(document).success,
    again: hostSnapshotSchema.safeParse(JSON.parse(formatHostSnapshot(hosts[0]))).success,
    admissions: admissions.map(({ admitted, reasons }) => ({
      admitted,
      reasons: reasons.map(({ message }) => message),
    })),
    xapi: toXapiFeatureset(derived.hvmMax.featureset),
    hvmDefault: derived.hvmDefault.featureset.names(),
    refusal: refusal(),
  }
}
