declare module 'bigint-buffer/dist/browser.js' {
  export function toBigIntBE(bytes: Buffer): bigint
  export function toBufferBE(value: bigint, width: number): Buffer
}
