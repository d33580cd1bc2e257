/** The bodies in a head, read: configuration, metadata, the kind of guest, policy records. */
import type { GuestKind } from '@xenlevel/core'
import type { HeaderEvent, ImageEvent, RecordEvent } from './event.js'
import { RECORD_HEAD } from './layers/framing.js'
import { readXenopsMetadata, type XenopsMetadata } from './layers/xenops-metadata.js'
import { XL_CONFIG_HEAD, XL_CONFIG_IS_JSON } from './layers/xl.js'
import { POLICY_ROWS, type PolicyRecord } from './records/policy.js'
import { X86_PV_INFO } from './records/types.js'
import type { Cursor } from './walk.js'

/** What was read up to the end of the head: events in order, and all bytes. */
export interface HeadMaterial {
  /** Whose place errors give. */
  readonly cursor: Cursor
  /** Headers and records. */
  readonly events: readonly (HeaderEvent | RecordEvent)[]
  /** Every byte from the start of the input. */
  readonly bytes: Uint8Array
}

/** The text with which a guest is configured. */
export interface ImageConfig {
  /** The text, without the zero that ends it in the file. */
  readonly text: string
  /** Its language: libxl's JSON, xl's configuration file, libvirt's domain XML. */
  readonly language: 'json' | 'xl' | 'xml'
  /** Where the text begins, in bytes from the start of the input. */
  readonly offset: number
}

/** Whether an event belongs to a head as headers and records do. */
export function isHeadEvent(event: ImageEvent): event is HeaderEvent | RecordEvent {
  return event.kind === 'header' || event.kind === 'record'
}

/** The last header of a name. */
export function headerNamed({ events }: HeadMaterial, name: string): HeaderEvent | undefined {
  return events.filter(isHeader).findLast((event) => event.name === name)
}

function isHeader(event: HeaderEvent | RecordEvent): event is HeaderEvent {
  return event.kind === 'header'
}

/** The configuration in the file around the stream; undefined if there is none. */
export function configOf(material: HeadMaterial): ImageConfig | undefined {
  const xml = headerNamed(material, 'LibvirtXml')
  if (xml !== undefined) {
    const { offset, length } = xml
    return { text: textAt(material, offset, length), language: 'xml', offset }
  }
  const optional = headerNamed(material, 'XlOptionalData')
  const length = optional?.fields.configLength
  if (optional === undefined || length === undefined) return undefined
  const offset = optional.offset + XL_CONFIG_HEAD
  const flags = headerNamed(material, 'XlHeader')?.fields.mandatoryFlags ?? 0
  const language = (flags & XL_CONFIG_IS_JSON) === 0 ? 'xl' : 'json'
  return { text: textAt(material, offset, length), language, offset }
}

function textAt({ bytes }: HeadMaterial, offset: number, length: number): string {
  return new TextDecoder().decode(bytes.subarray(offset, offset + length)).replace(/\0$/, '')
}

/** xenopsd's metadata; undefined in an image without. */
export function metadataOf(material: HeadMaterial): XenopsMetadata | undefined {
  const record = material.events.find(({ name }) => name === 'XenopsRecord')
  if (record === undefined) return undefined
  const { offset, length } = record
  const metadata = readXenopsMetadata(textAt(material, offset, length))
  if (metadata === null)
    throw material.cursor.error(
      'BAD_XENOPS_RECORD',
      "xenopsd's metadata is no s-expression",
      offset,
    )
  return metadata
}

/** Widths of a word and levels of page tables that go together (tools/libs/guest/xg_sr_restore_x86_pv.c, handle_x86_pv_info). */
const PV_KINDS: Readonly<Record<string, GuestKind>> = { '4,3': 'pv32', '8,4': 'pv' }

/** How a configuration says that a guest of HVM type is PVH. */
const SAYS_PVH: Readonly<Record<ImageConfig['language'], RegExp>> = {
  json: /"c_info"\s*:\s*\{\s*"type"\s*:\s*"pvh"/,
  xl: /^\s*type\s*=\s*["']pvh["']/m,
  xml: /<type\b[^>]*>\s*xenpvh\s*<\/type>/,
}

/** The kind of guest as far as the head tells it: the domain header, the width of a PV guest, the configuration of a PVH one. */
export function guestKindOf(
  material: HeadMaterial,
  kind: 'pv' | 'hvm',
  config: ImageConfig | undefined,
): GuestKind {
  if (kind === 'hvm')
    return config !== undefined && SAYS_PVH[config.language].test(config.text) ? 'pvh' : 'hvm'
  const info = material.events.find((event) => event.kind === 'record' && isPvInfo(event))
  if (info === undefined) return 'pv'
  const body = bodyOf(material, info)
  const known = body.length >= 8 ? PV_KINDS[`${body[0]},${body[1]}`] : undefined
  if (known === undefined)
    throw material.cursor.error(
      'BAD_PV_INFO',
      `X86_PV_INFO of ${body.length} bytes says a width of ${body[0]} and ${body[1]} levels of page tables; there are 8 and 4, and 4 and 3`,
      info.offset,
    )
  return known
}

function isPvInfo({ layer, type }: RecordEvent): boolean {
  return layer === 'libxc' && type === X86_PV_INFO
}

function bodyOf({ bytes }: HeadMaterial, { offset, length }: HeaderEvent | RecordEvent) {
  return bytes.subarray(offset + RECORD_HEAD, offset + RECORD_HEAD + length)
}

/** All policy records, in order. */
export function policyRecordsOf(material: HeadMaterial): PolicyRecord[] {
  return material.events.flatMap((event) => {
    const row =
      event.kind === 'record' && event.layer === 'libxc'
        ? POLICY_ROWS.find(({ type }) => type === event.type)
        : undefined
    if (row === undefined) return []
    const { offset, length } = event
    if (length === 0 || length % row.entryBytes !== 0)
      throw material.cursor.error(
        'BAD_POLICY_LENGTH',
        `${row.name} of ${length} bytes is no whole number of ${row.entry} of ${row.entryBytes} bytes`,
        offset,
      )
    const entries = length / row.entryBytes
    return [{ name: row.name, offset, length, entries, bytes: bodyOf(material, event) }]
  })
}
