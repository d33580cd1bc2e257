/** Featuresets as xapi writes them into its database: eight lower-case digits a word, joined by "-", word 0 first. */
import { Featureset, FeaturesetSyntaxError, featureTable, ParseError } from '@xenlevel/cpuid'

/**
 * A map or a text that xapi would not have written, or that says more than any feature table knows.
 *
 * Codes: `XAPI_VALUE` (a value is no text), `XAPI_FEATURESET` (a value is no featureset; `offset` is the character of the value),
 * `XAPI_UNKNOWN_WORD` (bits in words that no Xen release has; `offset` is where the word starts), `XAPI_INCOMPLETE` (what was asked
 * for cannot be made of what is there). `path` begins with the key of the map.
 */
export class XapiCpuInfoError extends ParseError {}

/** Where a text comes from, for the error. */
export interface XapiTextPlace {
  /** The key that holds it: `features_pv`. */
  readonly key: string
  /** What the error calls the whole: a host's name, `pool`. */
  readonly source: string
}

/**
 * Reads a featureset as xapi does: words of up to eight hexadecimal digits joined by `-`; the empty text is the empty set.
 *
 * Zero words at the end are kept, however many: XenServer and XCP-ng write four more than their Xen has. Bits in words that not even
 * the newest release has are refused, because nobody could say what they promise; libxc refuses them too (xg_cpuid_x86.c,
 * EOPNOTSUPP).
 *
 * @throws {@link XapiCpuInfoError} with the code `XAPI_VALUE`, `XAPI_FEATURESET` or `XAPI_UNKNOWN_WORD`.
 */
export function readXapiFeatureset(text: string, place: XapiTextPlace): Featureset {
  refuseNoText(text, place)
  const featureset = parseStrictly(text, place)
  const known = featureTable().words.length
  const beyond = featureset.words.findIndex((word, index) => index >= known && word !== 0)
  if (beyond >= 0) {
    throw new XapiCpuInfoError({
      code: 'XAPI_UNKNOWN_WORD',
      message: `${place.key} of ${place.source} has bits in word ${beyond}, and Xen ${featureTable().release}, the newest release known here, has ${known} words: what they mean cannot be told. A newer version of this library may know.`,
      offset: text.split('-').slice(0, beyond).join('-').length + 1,
      path: `${place.key}, word ${beyond}`,
      details: { ...place, text, word: beyond, known },
    })
  }
  return featureset
}

/** Refuses what JavaScript may pass although the types forbid it. @throws {@link XapiCpuInfoError} with the code `XAPI_VALUE`. */
export function refuseNoText(value: unknown, { key, source }: XapiTextPlace): void {
  if (typeof value === 'string') return
  throw new XapiCpuInfoError({
    code: 'XAPI_VALUE',
    message: `${key} of ${source} is ${value === null ? 'null' : `a ${typeof value}`}; xapi's maps hold texts.`,
    offset: null,
    path: key,
    details: { key, source },
  })
}

function parseStrictly(text: string, place: XapiTextPlace): Featureset {
  try {
    const foreign = text.search(/[^0-9a-fA-F-]/)
    // Featureset.parse also takes ":" and "0x", which xapi refuses.
    if (foreign >= 0) {
      throw new FeaturesetSyntaxError({
        text,
        offset: foreign,
        word: text.slice(0, foreign).split('-').length - 1,
        problem: `unexpected ${JSON.stringify(text.charAt(foreign))}`,
      })
    }
    return Featureset.parse(text)
  } catch (error) {
    if (!(error instanceof FeaturesetSyntaxError)) throw error
    throw new XapiCpuInfoError({
      code: 'XAPI_FEATURESET',
      message: `${place.key} of ${place.source}: ${error.message}`,
      offset: error.offset,
      path: `${place.key}, ${error.path}`,
      details: { ...place, text },
      cause: error,
    })
  }
}

/** Options of {@link toXapiFeatureset}. */
export interface XapiFeaturesetOptions {
  /** How many words to write; as many as the featureset has by default. */
  readonly words?: number
}

/**
 * The text that xapi stores.
 *
 * @throws {@link @xenlevel/cpuid!FeaturesetRangeError} if `words` would cut off a set bit.
 */
export function toXapiFeatureset(
  featureset: Featureset,
  options: XapiFeaturesetOptions = {},
): string {
  return featureset.toString('-', options.words ?? featureset.words.length)
}

/**
 * Turns the word order of XenServer 5.6 to 6.5 masks into Xen's, and back: it is its own inverse.
 *
 * Those masks have four words in the order 1.ecx, 1.edx, 0x80000001.ecx, 0x80000001.edx (xapi's design document "Heterogeneous
 * pools"); Xen's featureset begins with edx each time. A set of any other length is in Xen's order already and is returned as it is.
 */
export function swapXapiMaskOrder(featureset: Featureset): Featureset {
  const [first, second, third, fourth] = featureset.words
  if (
    featureset.words.length !== 4 ||
    first === undefined ||
    second === undefined ||
    third === undefined ||
    fourth === undefined
  ) {
    return featureset
  }
  return Featureset.fromWords([second, first, fourth, third])
}
