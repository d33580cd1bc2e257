/** The part of bigint-buffer that is used: its build without native code, which comes without types of its own. */
declare module 'bigint-buffer/dist/browser.js' {
  export function toBigIntBE(bytes: Buffer): bigint
  export function toBufferBE(value: bigint, width: number): Buffer
}
