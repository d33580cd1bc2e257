/** The text with which a guest is configured, in the file around its image: xl's JSON or configuration file, libvirt's XML. */
import { HEADER as LIBVIRT_HEADER } from '../layers/libvirt.js'
import { XL_CONFIG_HEAD, HEADER as XL_HEADER } from '../layers/xl.js'
import { viewOf } from '../walk.js'
import { RewriteError, type RewriteErrorCode } from './errors.js'
import { type HeldHead, headTransform, type RewriteOptions, wordSplice } from './head.js'

/** Makes another text of a configuration. */
export type EditConfig = (
  config: string,
  language: 'json' | 'xl' | 'xml',
) => string | Promise<string>

/** Where a file keeps its configuration. */
interface ConfigFile {
  /** The form that has it. */
  readonly layer: 'xl' | 'libvirt'
  /** What the text is called. */
  readonly what: string
  /** Where the numbers stand that count the text, the zero behind it included, in bytes from the start of the file. */
  readonly lengthsAt: readonly number[]
  /** Where the text begins. */
  readonly textAt: number
  /** The number among them that counts the text and nothing else. */
  readonly ownLengthAt: number
  readonly missing: RewriteErrorCode
  readonly bad: RewriteErrorCode
}

/** tools/xl/xl.h: optional_data_len, and the length before the text, which the first counts as well. */
const XL: ConfigFile = {
  layer: 'xl',
  what: 'configuration',
  lengthsAt: [XL_HEADER - 4, XL_HEADER],
  ownLengthAt: XL_HEADER,
  textAt: XL_HEADER + XL_CONFIG_HEAD,
  missing: 'NO_XL_CONFIG',
  bad: 'BAD_XL_CONFIG',
}

/** libvirt, src/libxl/libxl_conf.h: xmlLen. */
const LIBVIRT: ConfigFile = {
  layer: 'libvirt',
  what: 'XML',
  lengthsAt: [20],
  ownLengthAt: 20,
  textAt: LIBVIRT_HEADER,
  missing: 'NO_LIBVIRT_XML',
  bad: 'BAD_LIBVIRT_XML',
}

/**
 * Changes the configuration in the file of xl: the JSON of libxl_domain_config, or the text of a configuration file. Lengths follow, a zero
 * behind the text stays or stays away as it was, and every other byte stays.
 *
 * The stream fails, with nothing written, as the edit fails, with an {@link ImageError} where the head cannot be read, and with a
 * {@link RewriteError} for an image without a configuration or a text that xl could not read.
 */
export function editXlConfig(
  edit: EditConfig,
  options: RewriteOptions = {},
): TransformStream<Uint8Array, Uint8Array> {
  return configTransform(edit, XL, options)
}

/** The same for the XML in the file of libvirt's driver for Xen. */
export function editLibvirtXml(
  edit: EditConfig,
  options: RewriteOptions = {},
): TransformStream<Uint8Array, Uint8Array> {
  return configTransform(edit, LIBVIRT, options)
}

function configTransform(edit: EditConfig, file: ConfigFile, options: RewriteOptions) {
  return headTransform(async (head) => {
    const { config, configLanguage: language, bytes } = head
    if (config === undefined || language === undefined || head.format !== file.layer)
      throw new RewriteError({
        code: file.missing,
        message: `The image has no ${file.what} of ${file.layer} to be changed; it is one of ${head.layers.join(', ')}`,
        details: { layers: head.layers },
      })
    const text = await edit(config, language)
    if (text === config) return []
    const length = viewOf(bytes).getUint32(file.ownLengthAt, true)
    const old = bytes.subarray(file.textAt, file.textAt + length)
    const encoded = encodedText(text, config, { old, file, head })
    const more = encoded.length - length
    return [
      ...file.lengthsAt.map((at) => wordSplice(at, viewOf(bytes).getUint32(at, true) + more, true)),
      { start: file.textAt, end: file.textAt + length, pieces: [encoded] },
    ]
  }, options)
}

interface Old {
  readonly old: Uint8Array
  readonly file: ConfigFile
  readonly head: HeldHead
}

/** The new text as bytes, with a zero behind it if the old one has one. */
function encodedText(text: string, config: string, { old, file, head }: Old): Uint8Array {
  const encoder = new TextEncoder()
  const ended = old.at(-1) === 0
  const bytesOf = (each: string) => encoder.encode(ended ? `${each}\0` : each)
  const refuse = (why: string) =>
    new RewriteError({
      code: file.bad,
      message: `The ${file.what} cannot be changed so: ${why}`,
      details: { language: head.configLanguage },
    })
  if (!isSame(bytesOf(config), old))
    throw refuse('the one in the file is not UTF-8, and would not come through')
  if (text === '') throw refuse('nothing would be left of it')
  if (text.includes('\0')) throw refuse('it would end at a zero within')
  if (head.configLanguage === 'json' && !isJson(text)) throw refuse('it would not be JSON any more')
  return bytesOf(text)
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
