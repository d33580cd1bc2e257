/** Texts as C has them: bytes of UTF-8. */

/** The number of bytes. */
export function byteLength(text: string): number {
  let length = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    // The two halves of a surrogate pair are four bytes together; a lone half becomes U+FFFD, which is three.
    if (code >= 0x80) length++
    if (code >= 0x800 && !isPaired(text, at)) length++
  }
  return length
}

function isPaired(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code >= 0xd800 && code < 0xdc00) {
    const next = text.charCodeAt(at + 1)
    return next >= 0xdc00 && next < 0xe000
  }
  if (code >= 0xdc00 && code < 0xe000) {
    const previous = text.charCodeAt(at - 1)
    return previous >= 0xd800 && previous < 0xdc00
  }
  return false
}
