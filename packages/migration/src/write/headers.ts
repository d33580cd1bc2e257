/** The headers of all forms, with what stands in them. */
import {
  HEADER as LIBVIRT_HEADER,
  MAGIC as LIBVIRT_MAGIC,
  VERSION as LIBVIRT_VERSION,
} from '../layers/libvirt.js'
import { ID, PAGE_SHIFT } from '../layers/libxc.js'
import { CONVERTED, IDENT, VERSION as LIBXL_VERSION, libxlType } from '../layers/libxl.js'
import { SIGNATURE, type XenopsdHeaderName, xenopsdType } from '../layers/xenopsd.js'
import {
  BYTE_ORDER,
  STREAM_V2,
  XL_CONFIG_HEAD,
  XL_CONFIG_IS_JSON,
  MAGIC as XL_MAGIC,
} from '../layers/xl.js'
import { ascii, bigWords, longs, terminated, words } from './fields.js'
import { recordPieces } from './framing.js'
import type { ImageWriterOptions, LibvirtOptions, XlOptions } from './options.js'

const MARKER = [0xffff_ffff, 0xffff_ffff] as const
const DOMAIN_TYPES = { pv: 1, pv32: 1, hvm: 2, pvh: 2 } as const

/** Everything from the first byte up to where the first record of the libxc image begins. */
export function headersOf(options: ImageWriterOptions): Uint8Array[] {
  return [...outerHeaders(options), ...libxcHeaders(options)]
}

function outerHeaders(options: ImageWriterOptions): Uint8Array[] {
  switch (options.form) {
    case 'libxc':
      return []
    case 'libxl':
      return libxlHeaders(options.converted === true ? CONVERTED : 0)
    case 'xl':
      return [...xlHeaders(options), ...libxlHeaders(0)]
    case 'libvirt':
      return [...libvirtHeaders(options), ...libxlHeaders(0)]
    case 'xenopsd': {
      const metadata = new TextEncoder().encode(options.metadata)
      return [ascii(SIGNATURE), ...xenopsdPieces('Xenops', metadata), ...xenopsdPieces('Libxc')]
    }
  }
}

function libxcHeaders({ version = 3, kind, xen }: ImageWriterOptions): Uint8Array[] {
  return [bigWords(...MARKER, ID, version, 0, 0), words(DOMAIN_TYPES[kind], PAGE_SHIFT, ...xen)]
}

function libxlHeaders(flags: number): Uint8Array[] {
  return [ascii(IDENT), bigWords(LIBXL_VERSION, flags), ...recordPieces(libxlType('LIBXC_CONTEXT'))]
}

/** xl counts the zero behind its JSON, and writes none behind the text of a configuration file (tools/xl/xl_vmcontrol.c, xl_saverestore.c). */
function xlHeaders({ config, configLanguage = 'json', optionalData }: XlOptions): Uint8Array[] {
  const json = configLanguage === 'json'
  const text = json ? terminated(config) : new TextEncoder().encode(config)
  const more = optionalData ?? new Uint8Array()
  const flags = STREAM_V2 | (json ? XL_CONFIG_IS_JSON : 0)
  const length = XL_CONFIG_HEAD + text.length + more.length
  return [ascii(XL_MAGIC), words(BYTE_ORDER, flags, 0, length), words(text.length), text, more]
}

function libvirtHeaders({ xml }: LibvirtOptions): Uint8Array[] {
  const text = terminated(xml)
  const fields = words(LIBVIRT_VERSION, text.length)
  const unused = new Uint8Array(LIBVIRT_HEADER - LIBVIRT_MAGIC.length - fields.length)
  return [ascii(LIBVIRT_MAGIC), fields, unused, text]
}

/** A header of xenopsd, with what follows it. */
export function xenopsdPieces(
  name: XenopsdHeaderName,
  body: Uint8Array = new Uint8Array(),
): Uint8Array[] {
  return [longs([BigInt(xenopsdType(name)), BigInt(body.length)]), body]
}
