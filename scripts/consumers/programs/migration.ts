/** What a user does with @xenlevel/migration: an image written, its head read and judged, the whole of it verified and rewritten. */
import { CpuPolicy, derivePolicies } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import {
  admitImage,
  type ImageAdmission,
  ImageError,
  type ImageEvent,
  type ImageHead,
  type ImageReport,
  ImageWriter,
  readHead,
  readImage,
  rewritePolicy,
  verifyImage,
} from '@xenlevel/migration'

/** A type that was found; one that was not is `any`, and nothing can be given to `never`. */
type Found<Type> = 0 extends 1 & Type ? never : Type

const leaf = (number: number, a: number, b = 0, c = 0, d = 0) => {
  return { leaf: number, subleaf: null, a, b, c, d }
}

const host = (signature: number, more: readonly string[]) => {
  const raw = CpuPolicy.fromRecords([
    leaf(0, 0xd, 0x756e6547, 0x6c65746e, 0x49656e69),
    leaf(1, signature, 0x00100800),
    leaf(0x80000000, 0x80000008),
    leaf(0x80000008, 0x302e),
  ])
  const features = ['FPU', 'MSR', 'PAE', 'CX8', 'FXSR', 'SSE', 'SSE2', 'LM', 'VMX', ...more]
  const policy = raw.withFeatureset(Featureset.fromNames(features))
  return derivePolicies(policy, { release: '4.17.7', hvm: true, hap: true })
}

/** A PVH guest with one page, as xl saves it. */
function write(policy: CpuPolicy): Uint8Array<ArrayBuffer> {
  const context = new Uint8Array(40)
  const view = new DataView(context.buffer)
  view.setUint16(0, 1, true)
  view.setUint32(4, 24, true)
  view.setUint32(8, 0x54381286, true)
  view.setUint32(12, 2, true)
  const config = '{"c_info":{"type":"pvh","name":"web-1"}}'
  const writer = new ImageWriter({ form: 'xl', kind: 'pvh', xen: [4, 17], config })
  writer.policy(policy)
  writer.staticDataEnd()
  writer.pageData([{ pfn: 0, type: 'NOTAB' }], new Uint8Array(4096))
  writer.hvmContext(context)
  writer.end()
  return Uint8Array.from(writer.take().flatMap((piece) => [...piece]))
}

/** What it comes to. */
export async function answer(): Promise<Readonly<Record<string, unknown>>> {
  const [haswell, skylake] = [host(0x306f2, []), host(0x50654, ['ADX', 'CLFLUSHOPT'])]
  const saved = write(skylake.hvmDefault)
  const head: Found<ImageHead> = await readHead(saved)
  await head.remainder.close()
  const admission: Found<ImageAdmission> = admitImage(head, haswell)
  const report: Found<ImageReport> = await verifyImage(saved, { kind: 'pvh' })
  const events: string[] = []
  for await (const event of readImage(saved)) {
    const seen: Found<ImageEvent> = event
    events.push(seen.name)
  }
  const mending = new Blob([saved]).stream().pipeThrough(rewritePolicy(haswell.hvmDefault))
  const mended = new Uint8Array(await new Response(mending).arrayBuffer())
  const refused: unknown = await readHead(new Uint8Array(64)).catch((error: unknown) => error)
  return {
    layers: head.layers,
    guest: head.guestKind,
    admitted: admission.admitted,
    reasons: admission.reasons.map(({ message }) => message),
    ok: report.ok,
    events,
    mended: admitImage(await readHead(mended), haswell).admitted,
    refused: refused instanceof ImageError ? refused.code : 'another error',
  }
}
