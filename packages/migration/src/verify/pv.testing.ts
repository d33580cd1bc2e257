/** For tests: a small PV guest of 64 bits, of which each part can be made otherwise. */

import { libxcHeaders, record, words } from '../build.testing.js'
import { concat } from '../images.testing.js'

/** Where vcpu_guest_context of 64 bits has what is looked for. */
export const PLACES = { edx: 616, gdtFrames: 4832, gdtEntries: 4960, cr1: 4992, cr3: 5008 } as const

/** The state of a vCPU with its start info in page 1 and its tables in page 5. */
export function basic(
  changes: Readonly<Partial<Record<keyof typeof PLACES, number>>> = {},
  vcpu = 0,
): Uint8Array {
  const state = new Uint8Array(5168)
  const view = new DataView(state.buffer)
  const values = { edx: 1, cr3: 5 * 4096, ...changes }
  for (const [name, place] of Object.entries(PLACES)) {
    const value = Object.entries(values).find(([known]) => known === name)?.[1]
    if (value !== undefined) view.setBigUint64(place, BigInt(value), true)
  }
  return record(4, concat([words(vcpu, 0), state]))
}

/** A page by the words of 64 bits in it. */
export function page(entries: Readonly<Record<number, number>> = {}): Uint8Array {
  const bytes = new Uint8Array(4096)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of Object.entries(entries))
    view.setBigUint64(Number(index) * 8, BigInt(value), true)
  return bytes
}

/** A listed page. */
export interface Page {
  readonly pfn: number
  readonly type: number
  readonly content?: Uint8Array
}

/** PAGE_DATA of these pages. */
export function pages(...listed: readonly Page[]): Uint8Array {
  return record(
    1,
    concat([
      words(listed.length, 0),
      ...listed.map(({ pfn, type }) =>
        words(pfn >>> 0, type * 2 ** 28 + Math.floor(pfn / 2 ** 32)),
      ),
      ...listed.flatMap(({ content }) => (content === undefined ? [] : [content])),
    ]),
  )
}

/** X86_PV_P2M_FRAMES. */
export function frames(start: number, end: number, ...pfns: readonly number[]): Uint8Array {
  return record(3, concat([words(start, end), ...pfns.map((pfn) => words(pfn, 0))]))
}

/** Pages 0 to 9: the p2m in 0, start info in 1, xenstore and console in 2 and 3, tables in 4 and 5, the GDT in 6. */
export const PAGES: readonly Page[] = [
  { pfn: 0, type: 0, content: page() },
  { pfn: 1, type: 0, content: page({ 7: 2, 9: 3 }) },
  { pfn: 2, type: 0, content: page() },
  { pfn: 3, type: 0, content: page() },
  { pfn: 4, type: 1, content: page({ 0: 2 * 4096 + 1, 511: 9 * 4096 + 0x67 }) },
  { pfn: 5, type: 0xc, content: page({ 0: 4 * 4096 + 1 }) },
  { pfn: 6, type: 0, content: page() },
  { pfn: 7, type: 0xf },
]

/** The parts of an image, in order. */
interface Parts {
  readonly headers: Uint8Array
  readonly info: Uint8Array
  readonly staticDataEnd: Uint8Array
  readonly frames: Uint8Array
  readonly pages: Uint8Array
  readonly more: Uint8Array
  readonly tsc: Uint8Array
  readonly sharedInfo: Uint8Array
  readonly vcpus: Uint8Array
  readonly end: Uint8Array
}

const PARTS: Parts = {
  headers: libxcHeaders({ type: 1 }),
  info: record(2, Uint8Array.of(8, 4, 0, 0, 0, 0, 0, 0)),
  staticDataEnd: record(0x10),
  frames: frames(0, 9, 0),
  pages: pages(...PAGES),
  more: new Uint8Array(),
  tsc: record(8, new Uint8Array(24)),
  sharedInfo: record(7, new Uint8Array(4096)),
  vcpus: basic(),
  end: record(0),
}

/** The image, with some parts made otherwise. */
export function pvImage(parts: Partial<Parts> = {}): Uint8Array {
  return concat(Object.values<Uint8Array>({ ...PARTS, ...parts }))
}
