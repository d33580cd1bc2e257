/** The head of an image: everything before the guest's memory, which is enough to decide. */
import { CpuPolicy, type Finding, type GuestKind, PolicyRecordError } from '@xenlevel/core'
import type { MsrEntry } from '@xenlevel/cpuid'
import type { HeaderEvent, ImageFormat, ImageLayer, RecordEvent } from './event.js'
import {
  configOf,
  guestKindOf,
  type HeadMaterial,
  headerNamed,
  isHeadEvent,
  metadataOf,
  policyRecordsOf,
} from './head-parts.js'
import { drive } from './input/drive.js'
import { ByteQueue } from './input/queue.js'
import { type Remainder, UnreadInput } from './input/remainder.js'
import { type AbortLike, abandon, type ImageSource, openSource } from './input/source.js'
import { inventedFor } from './invented-policies.js'
import { walkImage } from './layers/recognise.js'
import type { XenopsMetadata } from './layers/xenops-metadata.js'
import { leavesOf, msrsOf, POLICY_ROWS, type PolicyRecord } from './records/policy.js'
import { libxcRecord, STATIC_DATA_END } from './records/types.js'
import { type Beginning, Cursor } from './walk.js'

/** Options of {@link readHead}. */
export interface ReadHeadOptions {
  /** Ends reading with its reason and closes the source. */
  readonly signal?: AbortLike
  /** The most bytes that a head may have; 65536 by default. Real ones have about 2 KiB. */
  readonly limit?: number
}

/** What is known of an image before its memory. */
export interface ImageHead {
  /** The outermost form. */
  readonly format: ImageFormat
  /** The forms inside each other, outermost first. */
  readonly layers: readonly ImageLayer[]
  /** Where each of them begins, in bytes from the start of the input. */
  readonly layerOffsets: Readonly<Partial<Record<ImageLayer, number>>>
  /** Version of the libxc image. */
  readonly version: number
  /** Major and minor number of the Xen that wrote it; 0 and the converter's version for an image from before 4.6 that was converted. */
  readonly xen: readonly [major: number, minor: number]
  /** The kind of guest by the domain header, which calls a PVH guest HVM. */
  readonly kind: 'pv' | 'hvm'
  /** The kind as far as all of the head tells it: a 32-bit PV guest by its X86_PV_INFO, a PVH guest by its configuration. */
  readonly guestKind: GuestKind
  /** The policy; null if the image has no leaves, or some that Xen does not keep: see {@link ImageHead.policyError}. */
  readonly cpuPolicy: CpuPolicy | null
  /** The MSRs; null if the image has none. */
  readonly msrPolicy: readonly MsrEntry[] | null
  /** Why there is no policy although there are leaves; null otherwise. */
  readonly policyError: PolicyRecordError | null
  /** The policy records as they stand in the image; of two of a name the last counts. */
  readonly policyRecords: readonly PolicyRecord[]
  /** Whether the image says where its static part ends, or it ends with the first memory record, as in version 2. */
  readonly staticDataEnd: 'explicit' | 'inferred'
  /** Where the head ends, in bytes from the start of the input. */
  readonly headEnd: number
  /** The policies that are not there. */
  readonly missing: readonly ('CPUID' | 'MSR')[]
  /** What the receiver makes up for each that is not there. */
  readonly invented: readonly Finding[]
  /** The configuration in the file of xl or libvirt; not there if the file has none. */
  readonly config?: string
  /** Its language: libxl's JSON, xl's configuration file, libvirt's domain XML. */
  readonly configLanguage?: 'json' | 'xl' | 'xml'
  /** xenopsd's metadata. */
  readonly metadata?: XenopsMetadata
  /** The head itself, byte for byte. */
  readonly bytes: Uint8Array
  /** The input behind the head, untouched: `bytes` and this are what a restore has to be given. To be read on or closed. */
  readonly remainder: Remainder
}

const LIMIT = 65_536

/**
 * Reads an image of any form up to the end of its static part: behind STATIC_DATA_END, or before the first memory record of an image of
 * version 2. A chunk is asked for only while bytes of the head are missing. Whatever is wrong behind the head is not seen.
 *
 * @throws {@link ImageError} where a receiver could not get as far as that, a {@link LegacyImageError} for streams from before Xen 4.6,
 * the reason of the signal; the source is closed then.
 */
export async function readHead(
  source: ImageSource,
  options: ReadHeadOptions = {},
): Promise<ImageHead> {
  const used: Uint8Array[] = []
  const queue = new ByteQueue((bytes) => used.push(bytes.slice()))
  const chunks = openSource(source)
  const cursor = new Cursor(queue)
  try {
    const found = await findHead(cursor, { chunks, queue, ...options })
    const bytes = joined(used, queue.offset)
    const material = { cursor, events: found.events, bytes }
    return {
      ...headOf(material, found.staticDataEnd),
      bytes,
      remainder: new UnreadInput(queue, chunks),
    }
  } catch (error) {
    abandon(chunks)
    throw error
  }
}

interface FoundHead {
  readonly events: readonly (HeaderEvent | RecordEvent)[]
  readonly staticDataEnd: ImageHead['staticDataEnd']
}

type Input = ReadHeadOptions & {
  readonly chunks: ReturnType<typeof openSource>
  readonly queue: ByteQueue
}

async function findHead(cursor: Cursor, { chunks, queue, signal, limit }: Input) {
  const events: (HeaderEvent | RecordEvent)[] = []
  let stopped = false
  const begin = (piece: Beginning) => {
    const version = events.findLast(({ name }) => name === 'ImageHeader')
    stopped = endsHead(piece, version?.kind === 'header' ? version.fields.version : 0, cursor)
    if (!stopped) keepWithin(limit ?? LIMIT, piece, cursor)
    return stopped ? ('stop' as const) : ('pass' as const)
  }
  for await (const event of drive({ walk: walkImage(cursor), queue, chunks, signal, begin })) {
    if (isHeadEvent(event)) events.push(event)
    if (event.kind === 'record' && event.layer === 'libxc' && event.type === STATIC_DATA_END)
      return { events, staticDataEnd: 'explicit' } satisfies FoundHead
  }
  if (!stopped) throw cursor.error('NO_LIBXC_CONTEXT', 'The image ends without a libxc image in it')
  return { events, staticDataEnd: 'inferred' } satisfies FoundHead
}

/** Whether the head ends before a piece; throws where no receiver would go on. */
function endsHead(piece: Beginning, version: number | undefined, cursor: Cursor): boolean {
  const { layer, name, type } = piece
  if (name === 'UNKNOWN' || (name === 'OPTIONAL' && layer === 'libxl'))
    throw cursor.error('UNKNOWN_MANDATORY', 'No receiver knows this record or may leave it out')
  const row = layer === 'libxc' && type !== undefined ? libxcRecord(type) : undefined
  if (row?.part === 'never')
    throw cursor.error('UNEXPECTED_RECORD', `${name} is in no image that a receiver takes`)
  if (row?.part !== 'memory' && row?.part !== 'end') return false
  if (version !== 2)
    throw cursor.error(
      'NO_STATIC_DATA_END',
      `${name} comes before STATIC_DATA_END in an image of version ${version}`,
    )
  return true
}

function keepWithin(limit: number, { name, offset, size }: Beginning, cursor: Cursor): void {
  if (offset + size > limit)
    throw cursor.error(
      'HEAD_TOO_LONG',
      `${name} of ${size} bytes makes the head longer than ${limit} bytes; raise \`limit\` if that is right`,
      offset,
      { limit },
    )
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function headOf(
  material: HeadMaterial,
  staticDataEnd: ImageHead['staticDataEnd'],
): Omit<ImageHead, 'bytes' | 'remainder'> {
  const domain = headerNamed(material, 'DomainHeader')?.fields ?? {}
  const kind = domain.type === 1 ? 'pv' : 'hvm'
  const config = configOf(material)
  const metadata = metadataOf(material)
  const featureset = (metadata?.featureset ?? null) !== null
  const policyRecords = policyRecordsOf(material)
  const missing = POLICY_ROWS.filter((row) => !policyRecords.some(({ name }) => name === row.name))
  const layerOffsets = layersOf(material)
  const [format = 'libxc'] = layerOffsets.keys()
  return {
    format,
    layers: [...layerOffsets.keys()],
    layerOffsets: Object.fromEntries(layerOffsets),
    version: headerNamed(material, 'ImageHeader')?.fields.version ?? 0,
    xen: [domain.xenMajor ?? 0, domain.xenMinor ?? 0],
    kind,
    guestKind: guestKindOf(material, kind, config),
    ...policyOf(policyRecords),
    policyRecords,
    staticDataEnd,
    headEnd: material.bytes.length,
    missing: missing.map((row) => row.missing),
    invented: missing.map((row) => inventedFor(row.missing, { kind, featureset })),
    ...(config === undefined ? {} : { config: config.text, configLanguage: config.language }),
    ...(metadata === undefined ? {} : { metadata }),
  }
}

function layersOf({ events }: HeadMaterial): Map<ImageLayer, number> {
  const layers = new Map<ImageLayer, number>()
  for (const { layer, offset } of events) if (!layers.has(layer)) layers.set(layer, offset)
  return layers
}

function policyOf(
  records: readonly PolicyRecord[],
): Pick<ImageHead, 'cpuPolicy' | 'msrPolicy' | 'policyError'> {
  const [leaves, msrPolicy] = [leavesOf(records), msrsOf(records)]
  if (leaves === null) return { cpuPolicy: null, msrPolicy, policyError: null }
  try {
    const cpuPolicy = CpuPolicy.fromRecords(leaves, msrPolicy ?? [])
    return { cpuPolicy, msrPolicy, policyError: null }
  } catch (error) {
    if (error instanceof PolicyRecordError)
      return { cpuPolicy: null, msrPolicy, policyError: error }
    throw error
  }
}
