/** Text in headers. */

/** Bytes as characters of one byte each: what magic numbers are compared as. */
export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
