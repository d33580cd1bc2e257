/** For tests: an image read record by record, each decoded, and written again. */
import type { GuestKind } from '@xenlevel/core'
import { decodeLeaves, decodeMsrs } from '@xenlevel/cpuid'
import { type ImageHead, readHead } from '../head.js'
import { concat } from '../images.testing.js'
import type { XenopsdBodyName } from '../layers/xenopsd.js'
import { readImage } from '../read.js'
import { pageTypeName } from '../records/page-types.js'
import { viewOf } from '../walk.js'
import type { Emulator, ListedPage } from './bodies.js'
import type { ImageWriterOptions } from './options.js'
import { ImageWriter } from './writer.js'

/** What the corpus says beside an image. */
export interface Said {
  readonly guest: 'pv' | 'hvm'
  readonly remus: boolean
}

/** Writes an image again from what is read of it; takes after each record what there is. */
export async function copied(bytes: Uint8Array, said: Said): Promise<Uint8Array> {
  const head = await readHead(bytes)
  const writer = new ImageWriter(optionsOf(head, said))
  const out: Uint8Array[] = []
  let body: Uint8Array[] = []
  let ended = false
  for await (const event of readImage(bytes, { contents: () => true })) {
    if (event.kind === 'data') body.push(event.bytes.slice())
    if (event.kind === 'header' && event.layer !== 'xenopsd') body = []
    if (event.kind === 'end' && !ended) writer.end()
    if (event.kind !== 'record') continue
    const { layer, name, type = 0 } = event
    const whole = concat(body)
    body = []
    if (name === 'XenopsRecord' || (layer === 'libxl' && name === 'LIBXC_CONTEXT')) continue
    const add = layer === 'libxc' ? LIBXC[name] : layer === 'libxl' ? LIBXL[name] : undefined
    if (add !== undefined) {
      try {
        add(writer, whole)
      } catch (error) {
        // A body that is too short to be decoded is written as it stands.
        if (!(error instanceof RangeError)) throw error
        writer.record(type, whole)
      }
    } else if (layer !== 'xenopsd') writer.record(type, whole)
    else if (name === 'End_of_image') writer.end()
    else writer.xenopsdRecord(xenopsdName(name, type), whole)
    ended = layer !== 'libxc' && (name === 'END' || name === 'End_of_image')
    ended ||= head.layers.length === 1 && name === 'END'
    out.push(...writer.take())
  }
  out.push(...writer.take())
  return concat(out)
}

const XENOPSD: Readonly<Record<number, XenopsdBodyName>> = {
  3840: 'Qemu_trad',
  3857: 'Varstored',
  3858: 'Swtpm0',
  3859: 'Swtpm',
}

function xenopsdName(name: string, type: number): XenopsdBodyName {
  const found = XENOPSD[type]
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

function optionsOf(head: ImageHead, { guest, remus }: Said): ImageWriterOptions {
  const { format, bytes, layerOffsets, xen, version, guestKind } = head
  const kind: GuestKind = guest === 'hvm' ? 'hvm' : guestKind
  const common = { kind, xen, version: version === 2 ? 2 : 3, checkpointed: remus } as const
  const at = (offset: number) => viewOf(bytes).getUint32(offset)
  switch (format) {
    case 'libxc':
      return { form: format, ...common }
    case 'libxl':
      return { form: format, ...common, converted: (at((layerOffsets.libxl ?? 0) + 12) & 2) !== 0 }
    case 'xl': {
      const length = viewOf(bytes).getUint32(48, true)
      return {
        form: format,
        ...common,
        config: head.config ?? '',
        configLanguage: head.configLanguage === 'xl' ? 'xl' : 'json',
        optionalData: bytes.subarray(52 + length, layerOffsets.libxl),
      }
    }
    case 'libvirt':
      return { form: format, ...common, xml: head.config ?? '' }
    case 'xenopsd':
      return { form: format, ...common, metadata: head.metadata?.text ?? '' }
  }
}

const u32 = (body: Uint8Array, at: number) => viewOf(body).getUint32(at, true)
const u64 = (body: Uint8Array, at: number) => viewOf(body).getBigUint64(at, true)
const blob = (body: Uint8Array) => [u32(body, 0), body.subarray(8)] as const

/** Adds a record of which the body is known. */
type Add = (writer: ImageWriter, body: Uint8Array) => void

const LIBXC: Readonly<Record<string, Add>> = {
  END: (writer) => writer.endLibxc(),
  PAGE_DATA: (writer, body) => {
    const list = Array.from({ length: u32(body, 0) }, (_, at): ListedPage => {
      const word = u64(body, 8 + at * 8)
      const [pfn, type] = [Number(word & 0xf_ffff_ffff_ffffn), pageTypeName(Number(word >> 60n))]
      if (type === 'RESERVED') throw new Error('a reserved type')
      return type === 'NOTAB' ? pfn : { pfn, type }
    })
    writer.pageData(list, body.subarray(8 + list.length * 8))
  },
  X86_PV_INFO: (writer) => writer.pvInfo(),
  X86_PV_P2M_FRAMES: (writer, body) => {
    const frames = Array.from({ length: (body.length - 8) / 8 }, (_, at) => u64(body, 8 + at * 8))
    writer.pvP2mFrames({ startPfn: u32(body, 0), endPfn: u32(body, 4), frames })
  },
  X86_PV_VCPU_BASIC: (writer, body) => writer.pvVcpuBasic(...blob(body)),
  X86_PV_VCPU_EXTENDED: (writer, body) => writer.pvVcpuExtended(...blob(body)),
  X86_PV_VCPU_XSAVE: (writer, body) => writer.pvVcpuXsave(...blob(body)),
  X86_PV_VCPU_MSRS: (writer, body) => writer.pvVcpuMsrs(...blob(body)),
  SHARED_INFO: (writer, body) => writer.sharedInfo(body),
  X86_TSC_INFO: (writer, body) =>
    writer.tscInfo({
      mode: u32(body, 0),
      khz: u32(body, 4),
      nanoseconds: u64(body, 8),
      incarnation: u32(body, 16),
    }),
  HVM_CONTEXT: (writer, body) => writer.hvmContext(body),
  HVM_PARAMS: (writer, body) =>
    writer.hvmParams(
      Array.from({ length: u32(body, 0) }, (_, at) => ({
        index: Number(u64(body, 8 + at * 16)),
        value: u64(body, 16 + at * 16),
      })),
    ),
  VERIFY: (writer) => writer.verify(),
  CHECKPOINT: (writer) => writer.checkpoint(),
  STATIC_DATA_END: (writer) => writer.staticDataEnd(),
  X86_CPUID_POLICY: (writer, body) => writer.cpuidPolicy(decodeLeaves(body)),
  X86_MSR_POLICY: (writer, body) => writer.msrPolicy(decodeMsrs(body)),
}

const EMULATORS = ['unknown', 'qemu-trad', 'qemu-upstream'] as const

const emulatorOf = (body: Uint8Array): Emulator => ({
  emulator: EMULATORS[u32(body, 0)] ?? 'unknown',
  index: u32(body, 4),
})

const LIBXL: Readonly<Record<string, Add>> = {
  END: (writer) => void writer.end(),
  EMULATOR_XENSTORE_DATA: (writer, body) => {
    const texts = new TextDecoder().decode(body.subarray(8, -1)).split('\0')
    const entries = texts.flatMap((key, at) =>
      at % 2 === 0 ? [[key, texts[at + 1] ?? ''] as const] : [],
    )
    writer.emulatorXenstoreData(entries, emulatorOf(body))
  },
  EMULATOR_CONTEXT: (writer, body) => writer.emulatorContext(body.subarray(8), emulatorOf(body)),
  CHECKPOINT_END: (writer) => writer.checkpointEnd(),
}
