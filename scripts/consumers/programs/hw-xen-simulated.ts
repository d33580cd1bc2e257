/** What a user does with @xenlevel/hw-xen/simulated and its suite: a Xen that is not there, held to the contract of all. */
import { CpuPolicy, type Hypervisor, type SetPolicyAnswer } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import { type ConformanceReport, runConformance } from '@xenlevel/hw-xen/conformance'
import { SimulatedXen } from '@xenlevel/hw-xen/simulated'

/** A type that was found; one that was not is `any`, and nothing can be given to `never`. */
type Found<Type> = 0 extends 1 & Type ? never : Type

const leaf = (number: number, a: number, b = 0, c = 0, d = 0) => {
  return { leaf: number, subleaf: null, a, b, c, d }
}

/** What it comes to. */
export async function answer(): Promise<Readonly<Record<string, unknown>>> {
  const raw = CpuPolicy.fromRecords([
    leaf(0, 0xd, 0x756e6547, 0x6c65746e, 0x49656e69),
    leaf(1, 0x306f2, 0x00100800),
    leaf(0x80000000, 0x80000008),
    leaf(0x80000008, 0x302e),
  ]).withFeatureset(Featureset.fromNames(['FPU', 'MSR', 'PAE', 'FXSR', 'SSE', 'SSE2', 'LM', 'VMX']))
  const make = (): Found<Hypervisor> => new SimulatedXen({ raw, release: '4.17.7' })
  const xen = make()
  const domid = xen.createDomain({ kind: 'hvm' })
  const leaves = [{ ...xen.policy('hvmMax').leaf(0), a: 0x20 }]
  const taken: Found<SetPolicyAnswer> = xen.setDomainPolicy(domid, { leaves })
  const { passed, failed, skipped }: Found<ConformanceReport> = await runConformance(make, {
    rounds: 1,
  })
  return {
    release: xen.release,
    snapshot: xen.snapshot().xen?.release,
    taken: taken.ok || taken.error,
    passed,
    failed,
    skipped: skipped.length,
  }
}
